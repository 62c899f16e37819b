//! The scanner inside newgate: credentials in files.
//!
//! A keyword search over the whole content (Aho-Corasick) finds the few lines that may hold a
//! credential; the rule's regular expression runs over those only; then its entropy is measured and
//! the allow-list asked. Rules are data (`secrets.toml`). The text of a secret does not leave
//! [`Secrets::scan`]: a redacted form and a keyed hash do.

mod archive;
pub(super) mod code;
mod derived;
pub(super) mod encodings;
mod found;
mod plain_toml;
mod rules;
mod search;
mod value;

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::OnceLock;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::UnitResult;
use super::parts::{Stream, TextPart, threads};
use crate::mask::SECRET;
use crate::model::{Finding, RepoPath, Text};
use found::learn_value;
use rules::Rules;

/// The name of the scanner in the catalogue.
pub(super) const NAME: &str = "secrets";
/// A comment that says that a credential on its line is none.
const SUPPRESSION: &[u8] = b"newgate:allow-secret";

/// The key of the hashes that stand for secrets. It stays in the repository's private folder.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes the key.
    pub fn new(key: [u8; 32]) -> SecretKey {
        SecretKey(key)
    }

    /// The identity of a secret: a keyed hash of it, as 32 hexadecimal digits. It is one of the secret's
    /// SHA-1, since that is all that some scanners tell.
    pub fn identity(&self, secret: &[u8]) -> String {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, secret);
        let hex: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        self.identity_of_sha1(&hex)
    }

    /// The identity of the secret that has a SHA-1, which is in lower-case hexadecimal digits.
    pub fn identity_of_sha1(&self, hash: &str) -> String {
        format!(
            "{:.32}",
            blake3::keyed_hash(&self.0, hash.as_bytes()).to_hex()
        )
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

static SECRETS: OnceLock<Secrets> = OnceLock::new();

/// The secrets scanner, its rules compiled.
#[derive(Debug)]
pub struct Secrets {
    rules: Rules,
}

impl Secrets {
    /// The scanner with the rules that are compiled in; made once.
    pub fn get() -> &'static Secrets {
        SECRETS.get_or_init(|| Secrets {
            rules: Rules::built_in(),
        })
    }

    /// Finds the credentials in a file's content, whatever it is encoded in.
    pub fn scan(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
        self.scan_unit(path, content, key).findings
    }

    /// The same, and whether a part of it was not read.
    pub(super) fn scan_unit(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> UnitResult {
        if archive::is_archive(content) {
            return self.scan_archive(path, content, key);
        }
        UnitResult {
            findings: self.scan_text(path, content, key),
            unread: None,
        }
    }

    /// Finds the credentials in a long content that is read as it comes; `None` if it must be in memory as a whole,
    /// because it is an archive or may be written in another encoding.
    ///
    /// # Errors
    /// It cannot be read to its end.
    pub(super) fn scan_long(
        &self,
        path: &RepoPath,
        content: impl Read + Send,
        key: &SecretKey,
    ) -> io::Result<Option<UnitResult>> {
        let fits = |part: &TextPart<'_>| {
            let is_archive = part.number == 0 && archive::is_archive(&part.text);
            !is_archive && memchr::memchr(0, &part.text).is_none()
        };
        let mut parts = Stream::new(content);
        let findings = self.scan_parts(path, &mut parts, threads(), key, &fits)?;
        Ok(findings.map(|findings| UnitResult {
            findings,
            unread: None,
        }))
    }

    /// Whether what is found in a content stands on the lines that it is reported for.
    pub(super) fn has_lines(content: &[u8]) -> bool {
        !content.contains(&0) && !archive::is_archive(content)
    }

    /// Finds the credentials in the files of an archive; they are findings in the archive.
    fn scan_archive(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> UnitResult {
        let mut all = Vec::new();
        let unread = archive::for_each_file(content, &mut |name, content| {
            // What cannot be unpacked may be a text that only begins like an archive.
            if name.is_empty() {
                all.extend(self.scan_text(path, content, key));
                return;
            }
            for mut finding in self.scan_text(&name.into(), content, key) {
                let line = finding.line();
                let place = format!("{} (in `{name}`, line {line})", finding.message);
                finding.message = place.into();
                finding.path = path.clone();
                finding.region = None;
                all.push(finding);
            }
        });
        UnitResult {
            findings: all,
            unread: unread.map(|unread| unread.to_string()),
        }
    }

    fn scan_text(&self, path: &RepoPath, content: &[u8], key: &SecretKey) -> Vec<Finding> {
        let readings = encodings::readings(content);
        if let [only] = &readings[..] {
            return self.scan_reading(path, only, key);
        }
        // What several readings show is one credential, and the first can tell its place best.
        let mut known: HashSet<(Text, Option<Text>)> = HashSet::new();
        let mut all = Vec::new();
        for reading in &readings {
            let mut found = self.scan_reading(path, reading, key);
            found.retain(|f| !known.contains(&(f.rule.clone(), f.secret.clone())));
            known.extend(found.iter().map(|f| (f.rule.clone(), f.secret.clone())));
            all.append(&mut found);
        }
        all
    }

    /// Learns the credentials in a text whose form alone tells that they are some.
    pub(super) fn learn_from(&self, content: &[u8]) {
        for hit in self.hits(content, None, false) {
            learn_value(&content[hit.start..hit.end]);
        }
    }
}

/// Replaces every credential in a text by `[secret]`.
pub fn redact(text: &str) -> String {
    if SECRETS.get().is_none() && !rules::holds_keyword(text) {
        return text.to_owned();
    }
    let hits = Secrets::get().hits(text.as_bytes(), None, true);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for hit in hits {
        out.push_str(&String::from_utf8_lossy(&text.as_bytes()[from..hit.start]));
        out.push_str(SECRET);
        from = hit.end;
    }
    out.push_str(&String::from_utf8_lossy(&text.as_bytes()[from..]));
    out
}

#[cfg(test)]
#[path = "../../../benches/secrets/corpus.rs"]
mod corpus;

#[cfg(test)]
mod tests;
