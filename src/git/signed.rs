//! The signature in a commit.

#![deny(clippy::indexing_slicing, reason = "a commit may hold anything")]

use super::Repository;
use crate::error::Result;
use crate::model::Oid;

/// What a commit's signature is about, and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The commit without its signatures: its tree, its parents, its authors and its message.
    pub text: Vec<u8>,
    /// The signature; `None` if there is none, or more than one.
    pub signature: Option<String>,
}

impl Repository {
    /// The signature of a commit and what it signs.
    ///
    /// # Errors
    /// git could not answer.
    pub fn signed(&self, commit: &Oid) -> Result<Signed> {
        let said = self.git().run(["cat-file", "commit", commit.as_str()])?;
        Ok(parse_signed(&said.must("cat-file commit")?))
    }
}

/// Splits a commit (git's `Documentation/gitformat-signature`): a signature is the value of the header
/// `gpgsig`, or `gpgsig-sha256` in a repository of SHA-256, and its further lines begin with a space. Both
/// are left out of what is signed.
fn parse_signed(object: &[u8]) -> Signed {
    let mut text = Vec::with_capacity(object.len());
    let mut signatures: Vec<Vec<u8>> = Vec::new();
    let mut in_signature = false;
    let mut in_message = false;
    for line in object.split_inclusive(|b| *b == b'\n') {
        if in_message {
            text.extend_from_slice(line);
            continue;
        }
        let begins = [b"gpgsig ".as_slice(), b"gpgsig-sha256 "];
        if let Some(value) = begins.iter().find_map(|b| line.strip_prefix(*b)) {
            signatures.push(value.to_vec());
            in_signature = true;
        } else if let (true, Some(more)) = (in_signature, line.strip_prefix(b" ")) {
            if let Some(last) = signatures.last_mut() {
                last.extend_from_slice(more);
            }
        } else {
            in_signature = false;
            in_message = line == b"\n";
            text.extend_from_slice(line);
        }
    }
    let mut signatures = signatures.into_iter();
    let signature = match (signatures.next(), signatures.next()) {
        (Some(only), None) => String::from_utf8(only).ok(),
        _ => None,
    };
    Signed { text, signature }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_a_header_and_there_is_only_one() {
        let head = "tree 1\nparent 2\nauthor a\ncommitter c\n";
        let message = "\nAdd\n\ngpgsig not one\n of these\n";
        let signature = "gpgsig -----BEGIN\n line\n \n -----END\n";
        let text = format!("{head}{message}").into_bytes();
        let of = |object: String| parse_signed(object.as_bytes());
        let unsigned = of(format!("{head}{message}"));
        assert_eq!((&unsigned.text, unsigned.signature), (&text, None));
        for signature in [
            signature.to_owned(),
            signature.replace("gpgsig", "gpgsig-sha256"),
        ] {
            let signed = of(format!("{head}{signature}encoding e\n{message}"));
            let text = format!("{head}encoding e\n{message}").into_bytes();
            assert_eq!(signed.text, text);
            let found = signed.signature.unwrap();
            assert_eq!(found, "-----BEGIN\nline\n\n-----END\n");
        }
        let twice = of(format!("{head}{signature}{signature}{message}"));
        assert_eq!((twice.text, twice.signature), (text, None));
        assert_eq!(of(String::new()).signature, None);
    }
}
