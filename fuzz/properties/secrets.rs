//! Secrets in texts.

use newgate::model::RepoPath;
use newgate::scan::{SecretKey, Secrets, redact};

/// A credential in pieces, so that this file holds none.
fn token() -> String {
    ["gh", "p_", "k3Jd8sLq0ZxV7bNm2RtY5wPc", "9aHf4uGe1iXo"].concat()
}

/// No credential is left in a text that was redacted, wherever it stands.
pub fn redaction(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let once = redact(&text);
    let _ = redact(&once);
    let token = token();
    // The fuzzer learns the token and writes it inside of a word, where it is none.
    if text.contains(&token) {
        return;
    }
    let at = text
        .char_indices()
        .nth(text.chars().count() / 2)
        .map_or(0, |(at, _)| at);
    let (before, after) = text.split_at(at);
    for (open, close) in [
        (" ", " "),
        ("\n", "\n"),
        ("\"", "\""),
        ("=", "\n"),
        ("'", "'"),
        ("(", ")"),
    ] {
        let planted = format!("{before}{open}{token}{close}{after}");
        let cut = redact(&planted);
        assert!(!cut.contains(&token), "{planted:?} became {cut:?}");
    }
    let path = RepoPath::from("a.py");
    let key = SecretKey::new([7; 32]);
    let lines = 1 + input.iter().filter(|b| matches!(b, b'\n' | b'\r')).count() as u32;
    for finding in Secrets::get().scan(&path, input, &key) {
        let region = finding.region.expect("a secret has a place");
        assert!(
            region.line <= region.end_line && region.line <= lines.max(1),
            "{region:?} of {lines}"
        );
        assert!(finding.secret.is_some());
        super::is_harmless("a finding", &finding.message);
    }
}
