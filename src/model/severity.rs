use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A CVSS v3.1 score, 0.0 to 10.0 in steps of 0.1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

impl Score {
    /// Takes a number from 0.0 to 10.0, rounded to a tenth; `None` outside of that or not a number.
    pub fn new(value: f64) -> Option<Score> {
        (0.0..=10.0)
            .contains(&value)
            .then(|| Score((value * 10.0).round() as u8))
    }

    /// The score of a CVSS vector of version 2.0, 3.0, 3.1 or 4.0 (<https://www.first.org/cvss/>);
    /// `None` if it is none.
    pub fn of_vector(vector: &str) -> Option<Score> {
        let vector = vector.trim().trim_matches(['(', ')']);
        let vector: cvss::Cvss = vector.parse().ok()?;
        Score::new(vector.score())
    }

    /// The score as a number.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// The band of the score.
    pub fn severity(self) -> Severity {
        Severity::of(Some(self))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.value())
    }
}

impl fmt::Debug for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Score {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Score".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number", "minimum": 0, "maximum": 10})
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Score, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Score::new(value).ok_or_else(|| {
            serde::de::Error::custom(format!("`{value}` is not a score from 0.0 to 10.0"))
        })
    }
}

/// The band of a score, after NIST's qualitative scale for CVSS v3.1
/// (<https://nvd.nist.gov/vuln-metrics/cvss>); `Info` is its band "none".
///
/// Ordered from the least to the worst. `Unassigned` (nobody stated a severity) stands last so that
/// it is listed first; how it counts against a threshold is said by [`Severity::blocks_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 0.0
    Info,
    /// 0.1 to 3.9
    Low,
    /// 4.0 to 6.9
    Medium,
    /// 7.0 to 8.9
    High,
    /// 9.0 to 10.0
    Critical,
    /// No score was stated.
    Unassigned,
}

impl Severity {
    /// All bands, worst first, for lists and tables.
    pub const WORST_FIRST: [Severity; 6] = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Info,
        Severity::Unassigned,
    ];

    /// The band of a score.
    pub fn of(score: Option<Score>) -> Severity {
        match score.map(|s| s.0) {
            None => Severity::Unassigned,
            Some(0) => Severity::Info,
            Some(1..=39) => Severity::Low,
            Some(40..=69) => Severity::Medium,
            Some(70..=89) => Severity::High,
            Some(90..) => Severity::Critical,
        }
    }

    /// Returns whether this severity is at or above a threshold. An unassigned one counts as high:
    /// it is never silently low.
    pub fn blocks_at(self, threshold: Severity) -> bool {
        let rank = |s| {
            if s == Severity::Unassigned {
                Severity::High
            } else {
                s
            }
        };
        rank(self) >= rank(threshold)
    }

    /// The band's name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
            Severity::Unassigned => "unassigned",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = ();

    fn from_str(text: &str) -> Result<Severity, ()> {
        Severity::WORST_FIRST
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_those_of_nist() {
        for (score, band) in [
            (0.0, "info"),
            (0.1, "low"),
            (3.9, "low"),
            (4.0, "medium"),
            (6.9, "medium"),
            (7.0, "high"),
            (8.9, "high"),
            (9.0, "critical"),
            (10.0, "critical"),
        ] {
            assert_eq!(Score::new(score).unwrap().severity().name(), band);
        }
        assert_eq!(Score::new(10.1), None);
        assert_eq!(Score::new(f64::NAN), None);
    }

    #[test]
    fn unassigned_blocks_like_high() {
        assert!(Severity::Unassigned.blocks_at(Severity::High));
        assert!(!Severity::Unassigned.blocks_at(Severity::Critical));
        assert!(Severity::Critical.blocks_at(Severity::High));
        assert!(!Severity::Medium.blocks_at(Severity::High));
    }
}
