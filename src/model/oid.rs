use std::fmt;

use serde::{Deserialize, Serialize};

/// A full object id of git in lower-case hexadecimal: 40 digits (SHA-1) or 64 (SHA-256).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid(String);

impl Oid {
    /// Reads a full id; `None` unless it is 40 or 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Oid> {
        let full = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        full.then(|| Oid(text.to_ascii_lowercase()))
    }

    /// Returns whether every digit is zero, which is how git says "no object", whatever the length.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }

    /// The id's digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl TryFrom<String> for Oid {
    type Error = String;

    fn try_from(text: String) -> Result<Oid, String> {
        Oid::parse(&text).ok_or_else(|| format!("`{text}` is not a full object id"))
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> String {
        oid.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({})", self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_ids_of_both_lengths_are_zero() {
        assert!(Oid::parse(&"0".repeat(40)).unwrap().is_zero());
        assert!(Oid::parse(&"0".repeat(64)).unwrap().is_zero());
        assert!(
            !Oid::parse(&format!("{}1", "0".repeat(39)))
                .unwrap()
                .is_zero()
        );
    }

    #[test]
    fn abbreviated_ids_and_words_are_no_ids() {
        assert_eq!(Oid::parse("abc123"), None);
        assert_eq!(Oid::parse(&"g".repeat(40)), None);
    }
}
