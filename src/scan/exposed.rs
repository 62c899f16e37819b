//! The values of credentials that findings are about, taken from the lines that they name. A stored
//! finding has no value, and some scanners never tell one; what stands there must be masked all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

use ring::digest::{self, digest};

use super::{SecretKey, Secrets, builtin};
use crate::error::Result;
use crate::git::{LongBlob, Repository};
use crate::mask::{learn, learn_likely};
use crate::model::{FileVersion, Finding, Kind, Oid, RepoPath};

/// Most lines of one credential.
const MOST_LINES: usize = 200;
/// Most of a line that is looked at, in bytes, from its beginning or around the reported column.
const MOST_OF_A_LINE: usize = 8 * 1_024;
/// Longest line of a file that is read as a stream, in bytes.
const LONGEST_LINE: usize = 1024 * 1024;
/// How much of one is read at a time, in bytes.
const BUFFER: usize = 128 * 1024;
/// Length of a file from which on it is read as a stream, in bytes.
pub(super) const LONG: u64 = 8 * 1024 * 1024;

/// Learns the secrets that findings in the files of a tree are about, which are masked from then on.
///
/// # Errors
/// git could not read a file.
pub fn learn_secrets_in(
    repo: &Repository,
    tree: &Oid,
    findings: &[Finding],
    key: &SecretKey,
) -> Result<()> {
    let mut by_path: BTreeMap<&RepoPath, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|f| is_of_a_secret(f)) {
        by_path.entry(&finding.path).or_default().push(finding);
    }
    for (path, findings) in by_path {
        if let Some(file) = repo.entry(tree, path)? {
            learn_secrets_of(repo, &file, findings, key)?;
        }
    }
    Ok(())
}

/// Learns the credentials that stand in names of files.
pub fn learn_secrets_of_names<'n>(names: impl Iterator<Item = &'n str>) {
    let names: Vec<&str> = names.collect();
    Secrets::get().learn_from(names.join("\n").as_bytes());
}

/// Learns the secrets that the findings in one file are about.
pub(super) fn learn_secrets_of<'f>(
    repo: &Repository,
    file: &FileVersion,
    findings: impl IntoIterator<Item = &'f Finding>,
    key: &SecretKey,
) -> Result<()> {
    let findings = findings.into_iter().filter(|f| is_of_a_secret(f));
    let findings: Vec<&Finding> = findings.collect();
    if findings.is_empty() {
        return Ok(());
    }
    let long = repo.long_blob(&file.blob, LONG);
    if long.is_none_or(|content| learn_from_long(content, &findings, key).is_none()) {
        learn_from(&file.path, &repo.blob(&file.blob)?, &findings, key);
    }
    Ok(())
}

/// Learns from a long file without having all of it in memory; `None` if this is not possible.
fn learn_from_long(content: LongBlob, findings: &[&Finding], key: &SecretKey) -> Option<()> {
    let first = |finding: &Finding| finding.region.map(|region| region.line as usize);
    let mut wanted = BTreeSet::new();
    for finding in findings {
        let line = first(finding)?;
        wanted.extend(line..=line + MOST_LINES);
    }
    let lines = lines_of(&mut BufReader::with_capacity(BUFFER, content), &wanted)?;
    for finding in findings {
        let line = first(finding)?;
        let shown = lines.range(line..=line + MOST_LINES);
        let shown: Vec<&str> = shown.map(|(_, text)| text.as_str()).collect();
        learn_one(&shown, finding, key);
    }
    Some(())
}

/// The lines of a text with certain numbers, from 1. `None` if it cannot be read, has longer lines than people
/// write, or may be written in another encoding, which has other lines.
fn lines_of(text: &mut impl BufRead, wanted: &BTreeSet<usize>) -> Option<BTreeMap<usize, String>> {
    let mut lines = BTreeMap::new();
    let (mut number, mut line) = (1, Vec::new());
    let last = wanted.last().copied().unwrap_or(0);
    while number <= last {
        let buffer = text.fill_buf().ok()?;
        let end = memchr::memchr2(b'\n', 0, buffer).unwrap_or(buffer.len());
        let ends = buffer.get(end).copied();
        if ends == Some(0) {
            return None;
        }
        let is_end_of_text = buffer.is_empty();
        if wanted.contains(&number) {
            line.extend_from_slice(buffer.get(..end)?);
        }
        if line.len() > LONGEST_LINE {
            return None;
        }
        text.consume(end + usize::from(ends.is_some()));
        if ends.is_some() || is_end_of_text {
            if wanted.contains(&number) {
                lines.insert(number, String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
            number += 1;
        }
        if is_end_of_text {
            break;
        }
    }
    Some(lines)
}

/// Whether a finding is about a credential whose value must not be shown.
fn is_of_a_secret(finding: &Finding) -> bool {
    finding.kind == Kind::Secret || finding.secret.is_some()
}

fn learn_from(path: &RepoPath, content: &[u8], findings: &[&Finding], key: &SecretKey) {
    if !Secrets::has_lines(content) && findings.iter().any(|f| f.scanner == builtin::NAME) {
        // Lines and columns are those of another encoding, or of a file in an archive: the scan itself
        // learns what it finds.
        Secrets::get().scan(path, content, key);
    }
    let text = String::from_utf8_lossy(content);
    let lines: Vec<&str> = text.split('\n').collect();
    for finding in findings {
        let line = finding.region.map_or(0, |region| region.line as usize - 1);
        learn_one(lines.get(line..).unwrap_or_default(), finding, key);
    }
}

/// Learns the secret of a finding, from the text that begins with its line.
fn learn_one(lines: &[&str], finding: &Finding, key: &SecretKey) {
    let Some(region) = finding.region else {
        return;
    };
    let of_secrets = finding.kind == Kind::Secret;
    let number = (region.end_line - region.line) as usize + 1;
    let shown = lines.iter();
    // Some scanners report only the first line of a key.
    let begins = |l: &&str| of_secrets && l.contains("-----BEGIN ");
    if let Some(first) = shown.clone().next().copied().filter(begins) {
        let body = shown.skip(1).take(MOST_LINES).copied();
        let body: Vec<&str> = body.take_while(|l| !l.contains("-----END ")).collect();
        learn(&format!("{first}\n{}", body.join("\n")));
        return;
    }
    let shown: Vec<&str> = shown
        .take(number.min(MOST_LINES))
        .map(|l| l.trim_end_matches('\r'))
        .collect();
    let one_line = shown.len() == 1;
    let columns = |line: usize| {
        let start = region.column.filter(|_| line == 0).unwrap_or(1) as usize - 1;
        let end = region.end_column.filter(|_| one_line);
        (start, end.map(|c| c as usize - 1))
    };
    if let Some(secret) = finding.secret.as_deref() {
        for (at, line) in shown.iter().enumerate() {
            let (start, end) = columns(at);
            let is_it = |value: &&str| identities(value, key).iter().any(|i| i == secret);
            match candidates(window(line, start), start, end)
                .into_iter()
                .find(is_it)
            {
                // A scanner of code takes names for credentials, too.
                Some(value) if !of_secrets => return learn_likely(value),
                Some(value) => return learn(value),
                None => {}
            }
        }
    }
    if !of_secrets {
        return;
    }
    if !one_line {
        learn(&shown.join("\n"));
    }
    for (at, line) in shown.iter().enumerate() {
        let (start, end) = columns(at);
        likely(window(line, start), start, end)
            .into_iter()
            .for_each(learn_likely);
    }
}

/// The part of a line around a column; the whole of it where it is not very long.
fn window(line: &str, column: usize) -> &str {
    let from = match column > MOST_OF_A_LINE / 2 {
        true => column - MOST_OF_A_LINE / 2,
        false => 0,
    };
    let is_start = |at: &usize| line.is_char_boundary(*at);
    let from = (from..line.len()).find(is_start).unwrap_or(0);
    let to = (from + MOST_OF_A_LINE..line.len()).find(is_start);
    line.get(from..to.unwrap_or(line.len())).unwrap_or(line)
}

/// What a secret can be known by: a hash of its value, or of the hash that a scanner tells instead.
fn identities(value: &str, key: &SecretKey) -> [String; 2] {
    let hash = digest(&digest::SHA256, value.as_bytes());
    let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    [key.identity(value.as_bytes()), key.identity(hex.as_bytes())]
}

/// What on a line may be the value: what stands at its columns, in quotes, behind a sign or between
/// delimiters.
fn candidates(line: &str, start: usize, end: Option<usize>) -> Vec<&str> {
    let mut all = Vec::new();
    if let Some(end) = end {
        // Tools count columns from 0 or 1, to the last character or behind it.
        for start in [start, start + 1, start.saturating_sub(1)] {
            all.extend([end, end + 1, end.saturating_sub(1)].map(|end| line.get(start..end)));
        }
    }
    let mut all: Vec<&str> = all.into_iter().flatten().collect();
    all.extend(literals(line));
    all.extend(settings(line));
    for delimiters in ["\"'`=,;<>(){}[]", "\"'`=,;<>(){}[]:@/?&#|"] {
        let ends = |c: char| c.is_whitespace() || delimiters.contains(c);
        all.extend(line.split(ends));
    }
    all.retain(|c| !c.is_empty());
    all
}

/// What stands between quotes.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    let quotes = ['"', '\'', '`'];
    quotes.into_iter().flat_map(move |quote| {
        let pieces = line.split(quote).skip(1).step_by(2);
        pieces.filter(|p| !p.is_empty())
    })
}

/// What stands behind the first `=` or `:`, with what may follow it and without.
fn settings(line: &str) -> Vec<&str> {
    let around = |c: char| c.is_whitespace() || "\"'`,;".contains(c);
    let mut all = Vec::new();
    for sign in ["=", ":", ": ", "=>"] {
        let Some((_, value)) = line.split_once(sign) else {
            continue;
        };
        all.push(value.trim());
        all.push(value.trim_matches(around));
        let before_comment = value.split(" #").next().unwrap_or(value);
        all.push(before_comment.trim_matches(around));
    }
    all
}

/// What on a line looks like a secret, where nothing tells which it is: what stands at its columns, else
/// what is in quotes, else what is behind a sign, else any word.
fn likely(line: &str, start: usize, end: Option<usize>) -> Vec<&str> {
    let looks_like = |c: &&str| {
        let in_quotes = || literals(line).any(|l| l == *c);
        c.chars().count() >= 8
            && c.chars().any(|c| c.is_ascii_digit())
            && (!c.contains(char::is_whitespace) || in_quotes())
    };
    let at_columns = end.and_then(|end| line.get(start..end));
    let mut ways = [
        at_columns.into_iter().collect::<Vec<_>>(),
        literals(line).collect(),
        settings(line),
        candidates(line, start, None),
    ]
    .into_iter()
    .map(|way| way.into_iter().filter(looks_like).collect::<Vec<_>>());
    ways.find(|way| !way.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::masked;
    use crate::model::Region;

    fn key() -> SecretKey {
        SecretKey::new([9; 32])
    }

    fn finding(region: Region, secret: Option<String>) -> Finding {
        Finding::build("x", "R", "a".into())
            .kind(Kind::Secret)
            .region(Some(region))
            .secret(secret)
            .finish()
            .unwrap()
    }

    #[test]
    fn lines_of_a_stream_are_those_of_the_text() {
        let text = "a\r\nb\n\nlast";
        let wanted = BTreeSet::from([1, 3, 4, 9]);
        let lines =
            |text: &str| lines_of(&mut BufReader::with_capacity(2, text.as_bytes()), &wanted);
        let expected = [(1, "a\r"), (3, ""), (4, "last")].map(|(n, l)| (n, l.to_owned()));
        assert_eq!(lines(text), Some(BTreeMap::from(expected)));
        assert_eq!(lines("a\nb\0\n"), None);
    }

    fn learned(content: &str, finding: &Finding, text: &str) -> String {
        learn_from(&"a".into(), content.as_bytes(), &[finding], &key());
        masked(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn a_value_that_is_known_by_its_hash_is_found_on_its_line() {
        for (line, value) in [
            ("url: https://u:kq8-Zr2@host/x # v", "kq8-Zr2"),
            ("  password: open sesame 7  ", "open sesame 7"),
            ("f(\"lq8Zr2LmX0\", 'other-1234')", "lq8Zr2LmX0"),
            ("pin = wordsonlyhere", "wordsonlyhere"),
        ] {
            let secret = Some(key().identity(value.as_bytes()));
            let finding = finding(Region::line(1), secret);
            let text = format!("it is {value}; other-1234");
            assert_eq!(
                learned(line, &finding, &text),
                "it is [secret]; other-1234",
                "{line}"
            );
        }
        let sha1 = "3da541559918a808c2402bba5012f6c60b27661c";
        let finding = finding(Region::line(1), Some(key().identity(sha1.as_bytes())));
        assert_eq!(learned("k: asdf", &finding, "asdf"), "asdf");
    }

    #[test]
    fn where_nothing_tells_the_value_what_looks_like_one_is_taken() {
        let one = finding(Region::line(1), None);
        let line = "token_v2 = load('mq8Zr2LmX0vKp4') # since 2026-11-27";
        let text = "token_v2 mq8Zr2LmX0vKp4 2026-11-27";
        assert_eq!(learned(line, &one, text), "token_v2 [secret] 2026-11-27");
        let line = "APP_KEY=nq8Zr2LmX0vKp4";
        assert_eq!(learned(line, &one, "nq8Zr2LmX0vKp4"), "[secret]");
        let line = "  APP_KEY: \"a:b=c 1234567\"";
        assert_eq!(learned(line, &one, "a:b=c 1234567"), "[secret]");
        // Words are left to the line itself.
        let line = "password = some_handler";
        assert_eq!(learned(line, &one, "some_handler"), "some_handler");
    }

    #[test]
    fn all_lines_of_a_key_are_taken_though_only_the_first_is_named() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEzq8Zr2LmX0vKp4\noq8Zr2A=\n-----END RSA PRIVATE KEY-----\nx = 1\n";
        let finding = finding(Region::line(1), None);
        assert_eq!(
            learned(key, &finding, "MIIEzq8Zr2LmX0vKp4 oq8Zr2A= x = 1"),
            "[secret] [secret] x = 1"
        );
    }
}
