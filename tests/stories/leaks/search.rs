//! Where a secret is found, in whichever encoding.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use serde_json::json;

/// Forms of a value that are looked for.
pub(super) fn forms(value: &str) -> Vec<String> {
    let hex: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    let percent: String = value
        .bytes()
        .map(|b| match b.is_ascii_alphanumeric() {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect();
    let quoted = json!(value).to_string();
    // Base64 of a text with the value in it, wherever in it: what does not depend on the neighbours.
    let inside = (0..3).map(|before| {
        let text = BASE64_STANDARD_NO_PAD.encode(format!("{}{value}", "-".repeat(before)));
        text[4..text.len() - 2].to_owned()
    });
    let markup = value.replace('&', "&amp;");
    let mut all = vec![
        value.to_owned(),
        value[4..].to_owned(),
        BASE64_STANDARD.encode(value),
        hex.to_uppercase(),
        hex,
        percent.to_lowercase(),
        percent,
        quoted.trim_matches('"').replace('/', "\\/"),
        markup,
    ];
    all.extend(inside);
    all
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.symlink_metadata().unwrap() {
            m if m.is_dir() => files(&path, found),
            m if m.is_file() => found.push(path),
            _ => {}
        }
    }
}

/// Every place where a secret is found: in what was said, and in the files below folders, their names
/// among them.
pub(super) fn places(
    secrets: &[String],
    said: &[(String, String)],
    folders: &[PathBuf],
) -> Vec<String> {
    let mut texts: Vec<(String, Vec<u8>)> = said
        .iter()
        .map(|(name, text)| (name.clone(), text.clone().into_bytes()))
        .collect();
    let mut paths = Vec::new();
    folders.iter().for_each(|f| files(f, &mut paths));
    for path in paths {
        let name = path.display().to_string();
        texts.push((name.clone(), fs::read(&path).unwrap()));
        texts.push((format!("name {name}"), name.into_bytes()));
    }
    let forms: Vec<String> = secrets.iter().flat_map(|s| forms(s)).collect();
    let search = aho_corasick::AhoCorasick::new(&forms).unwrap();
    let mut found = Vec::new();
    for (name, text) in &texts {
        for at in search.find_iter(text) {
            let around = at.start().saturating_sub(60)..(at.end() + 20).min(text.len());
            found.push(format!("{name}: {}", text[around].escape_ascii()));
        }
    }
    found
}
