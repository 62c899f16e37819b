use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Region, RepoPath, Score, Text, is_unsafe_char};

/// What kind of weakness a finding is about; decides how it is matched and grouped.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A weakness in source code.
    #[default]
    Code,
    /// A credential in a file.
    Secret,
    /// A package with a known vulnerability.
    Dependency,
    /// A weakness in a configuration, an infrastructure description or a container file.
    Configuration,
}

impl Kind {
    /// What it finds, in the plural.
    pub fn finds(self) -> &'static str {
        match self {
            Kind::Code => "weaknesses in code",
            Kind::Secret => "credentials",
            Kind::Dependency => "packages with known vulnerabilities",
            Kind::Configuration => "weaknesses in configuration",
        }
    }

    /// The kind's name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Secret => "secret",
            Kind::Dependency => "dependency",
            Kind::Configuration => "configuration",
        }
    }
}

/// How sure the scanner is, in its own three steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// The package that a dependency finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    /// The ecosystem in the words of OSV (`PyPI`, `npm`, `crates.io`, ...).
    pub ecosystem: String,
    /// The package's name.
    pub name: String,
    /// The version that is used.
    pub version: String,
    /// The versions that fix it, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
}

/// A step of a flow: a place, and what happens there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// The file.
    pub path: RepoPath,
    /// The line, counted from 1.
    pub line: u32,
    /// What happens there; may be empty.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub message: Text,
}

fn is_empty(text: &Text) -> bool {
    text.is_empty()
}

/// One result of one scanner, normalised. Made by [`Finding::build`] only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The scanner's name in the catalogue.
    pub scanner: Text,
    /// The scanner's own rule id.
    pub rule: Text,
    /// The rule that stands for it across scanners, `scanner:rule`.
    pub canonical: Text,
    /// What kind of weakness it is.
    pub kind: Kind,
    /// The file.
    pub path: RepoPath,
    /// Where in the file; `None` if the finding is about the file or a package.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<Region>,
    /// What the weakness is, in a few words: the same for all findings of the rule, where possible.
    pub title: Text,
    /// What the scanner says about this place.
    pub message: Text,
    /// The severity score; `None` if nobody stated one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub score: Option<Score>,
    /// The scanner's own word for the severity.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub level: Option<Text>,
    /// How sure the scanner is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<Confidence>,
    /// CWE numbers, in rising order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<u32>,
    /// Advisory ids (CVE, GHSA, ...), in rising order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<Text>,
    /// The package, for a dependency finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub package: Option<Box<Package>>,
    /// The keyed hash of the secret, for a finding about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<Text>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<Text>,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<Text>,
    /// The scanner's own stable identity of the finding; decides ties only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<Text>,
    /// The scanner found it but an inline comment suppresses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
    /// The day on which its advisory was published, in days since 1970-01-01.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<i64>,
    /// How likely its advisory is to be exploited within 30 days (EPSS,
    /// <https://www.first.org/epss/>), in ten-thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epss: Option<u16>,
    /// Whether its advisory is in a catalogue of known exploited ones (KEV,
    /// <https://www.cisa.gov/known-exploited-vulnerabilities-catalog>).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kev: bool,
    /// The way that data takes from where it comes in to the reported place, where the scanner tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flow: Vec<Step>,
    /// The score before the policy replaced it, and why it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Box<Overridden>>,
}

/// A score that the policy replaced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Overridden {
    /// The score as the scanner or the catalogue states it; none if nobody does.
    pub stated: Option<Score>,
    /// Why the project sees it otherwise.
    pub reason: Text,
}

/// The longest text kept of a message, in characters.
const MESSAGE_LIMIT: usize = 2_000;
/// The longest text kept of a title, in characters.
const TITLE_LIMIT: usize = 160;
/// The most steps kept of a flow.
const FLOW_LIMIT: usize = 100;

impl Finding {
    /// Starts a finding of a scanner's rule in a file.
    pub fn build(scanner: &str, rule: &str, path: RepoPath) -> FindingBuilder {
        FindingBuilder {
            finding: Finding {
                scanner: scanner.into(),
                rule: rule.into(),
                canonical: format!("{scanner}:{rule}").into(),
                kind: Kind::Code,
                path,
                region: None,
                title: Text::default(),
                message: Text::default(),
                score: None,
                level: None,
                confidence: None,
                cwe: Vec::new(),
                advisories: Vec::new(),
                package: None,
                secret: None,
                fix: None,
                url: None,
                fingerprint: None,
                suppressed: false,
                published: None,
                epss: None,
                kev: false,
                flow: Vec::new(),
                overridden: None,
            },
        }
    }

    /// Checks a finding that was stored elsewhere again, as if a scanner had just said it: no text of it
    /// can steer what shows it.
    ///
    /// # Errors
    /// As [`FindingBuilder::finish`].
    pub fn checked(self) -> Result<Finding, Invalid> {
        FindingBuilder { finding: self }.finish()
    }

    /// The reported line, or 0 for a finding without a region.
    pub fn line(&self) -> u32 {
        self.region.map_or(0, |r| r.line)
    }

    /// The reported column, or 0 if there is none.
    pub fn column(&self) -> u32 {
        self.region.and_then(|r| r.column).unwrap_or(0)
    }

    /// Whether the weakness is about one literal in the code, a hard-coded credential: another
    /// literal is another weakness, and its text is never shown. Told by the kind, by the CWE
    /// (259, 321, 798: hard-coded credentials; 312, 522: unprotected ones), or, for a scanner that
    /// states neither, by the words of the rule.
    pub fn is_about_a_literal(&self) -> bool {
        const CWE: [u32; 5] = [259, 312, 321, 522, 798];
        const CREDENTIALS: [&str; 6] = [
            "password",
            "passphrase",
            "secret",
            "token",
            "credential",
            "key",
        ];
        if self.kind == Kind::Secret || self.secret.is_some() {
            return true;
        }
        if self.cwe.iter().any(|c| CWE.contains(c)) {
            return true;
        }
        let words = format!("{} {} {}", self.rule, self.title, self.message).to_lowercase();
        let hard_coded = ["hardcoded", "hard-coded", "hard_coded", "hard coded"];
        hard_coded.iter().any(|w| words.contains(w))
            && CREDENTIALS.iter().any(|w| words.contains(w))
    }

    /// Whether the weakness is a command that starts by itself (CWE-506): another command is another
    /// weakness. Which it is, the canonical rule says.
    pub fn is_about_a_command(&self) -> bool {
        self.kind == Kind::Code && self.cwe.contains(&506)
    }

    /// The order in which findings are listed and digested: place first, then rule and message.
    pub fn order(&self) -> (&RepoPath, u32, u32, &str, &str) {
        (
            &self.path,
            self.line(),
            self.column(),
            &self.rule,
            &self.message,
        )
    }
}

/// What made a finding unusable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects what is known about a finding, and checks it at the end.
#[derive(Clone, Debug)]
#[must_use]
pub struct FindingBuilder {
    finding: Finding,
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {
        $( $(#[$doc])* pub fn $name(mut self, $name: $type) -> FindingBuilder { self.finding.$name = $name.into(); self } )*
    };
}

macro_rules! optional_setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {
        $( $(#[$doc])* pub fn $name(mut self, $name: Option<$type>) -> FindingBuilder { self.finding.$name = $name.map(Into::into); self } )*
    };
}

impl FindingBuilder {
    setters! {
        /// Sets the rule that stands for it across scanners.
        canonical: impl Into<Text>,
        /// Sets the kind of weakness.
        kind: Kind,
        /// Sets the place in the file.
        region: Option<Region>,
        /// Sets the title; an empty one is replaced by the message's first sentence.
        title: impl Into<Text>,
        /// Sets what the scanner says about this place.
        message: impl Into<Text>,
        /// Sets the severity score.
        score: Option<Score>,
        /// Sets how sure the scanner is.
        confidence: Option<Confidence>,
        /// Sets the CWE numbers.
        cwe: Vec<u32>,
        /// Sets the advisory ids.
        advisories: Vec<Text>,
        /// Sets whether an inline comment suppresses it.
        suppressed: bool,
        /// Sets the day on which its advisory was published.
        published: Option<i64>,
        /// Sets how likely its advisory is to be exploited.
        epss: Option<u16>,
        /// Sets whether its advisory is known to be exploited.
        kev: bool,
        /// Sets the way that data takes; what is past the first hundred steps is dropped.
        flow: Vec<Step>,
    }

    optional_setters! {
        /// Sets the scanner's own word for the severity.
        level: impl Into<Text>,
        /// Sets the package.
        package: Package,
        /// Sets the keyed hash of the secret.
        secret: impl Into<Text>,
        /// Sets what to do about it.
        fix: impl Into<Text>,
        /// Sets where to read more.
        url: impl Into<Text>,
        /// Sets the scanner's own identity of it.
        fingerprint: impl Into<Text>,
    }

    /// Checks and returns the finding.
    ///
    /// # Errors
    /// A finding without a rule or a path, with a line 0, or with a region that ends before it begins.
    pub fn finish(mut self) -> Result<Finding, Invalid> {
        let f = &mut self.finding;
        if f.rule.trim().is_empty() {
            return Err(Invalid("a finding names no rule".into()));
        }
        if f.path.as_bytes().is_empty() {
            return Err(Invalid(format!(
                "a finding of rule `{}` names no file",
                f.rule
            )));
        }
        if let Some(region) = &mut f.region {
            if region.line == 0 {
                return Err(Invalid(format!(
                    "a finding of rule `{}` is on line 0 of `{}`",
                    f.rule, f.path
                )));
            }
            if region.end_line < region.line {
                return Err(Invalid(format!(
                    "a finding of rule `{}` in `{}` ends before it begins",
                    f.rule, f.path
                )));
            }
        }
        let text = |text: &Text, limit| Text::from(tidy(text, limit));
        f.rule = text(&f.rule, TITLE_LIMIT);
        f.canonical = text(&f.canonical, TITLE_LIMIT);
        f.level = f.level.take().map(|l| text(&l, TITLE_LIMIT));
        f.fix = f.fix.take().map(|t| text(&t, MESSAGE_LIMIT));
        f.message = text(&f.message, MESSAGE_LIMIT);
        if f.title.trim().is_empty() {
            f.title = first_sentence(&f.message).into();
        }
        f.title = text(&f.title, TITLE_LIMIT);
        if f.title.is_empty() {
            f.title.clone_from(&f.rule);
        }
        f.flow.truncate(FLOW_LIMIT);
        for step in &mut f.flow {
            step.message = text(&step.message, TITLE_LIMIT);
        }
        for advisory in &mut f.advisories {
            *advisory = text(advisory, TITLE_LIMIT);
        }
        if let Some(package) = &mut f.package {
            let texts = [
                &mut package.ecosystem,
                &mut package.name,
                &mut package.version,
            ];
            for text in texts.into_iter().chain(&mut package.fixed) {
                *text = tidy(text, TITLE_LIMIT);
            }
        }
        f.cwe.sort_unstable();
        f.cwe.dedup();
        f.advisories.sort_unstable();
        f.advisories.dedup();
        // They stay for long, and there may be many.
        f.cwe.shrink_to_fit();
        f.advisories.shrink_to_fit();
        f.flow.shrink_to_fit();
        if f.url.as_deref().is_some_and(|u| {
            !(u.starts_with("https://") || u.starts_with("http://")) || u.contains(is_unsafe_char)
        }) {
            f.url = None;
        }
        Ok(self.finding)
    }
}

/// Folds white space, drops what could steer a terminal, and cuts at a length in characters.
fn tidy(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit * 2));
    let mut chars = 0;
    for word in text.split_whitespace() {
        let mut shown = word.chars().filter(|c| !is_unsafe_char(*c)).peekable();
        if !out.is_empty() && shown.peek().is_some() {
            out.push(' ');
            chars += 1;
        }
        for c in shown {
            if chars >= limit {
                out.push('…');
                return out;
            }
            out.push(c);
            chars += 1;
        }
    }
    out
}

fn first_sentence(text: &str) -> &str {
    let first = text.split_once(". ").map_or(text, |(first, _)| first);
    first.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scanner_says_cannot_steer_a_terminal() {
        let f = Finding::build("s", "R1", "a.py".into())
            .message("bad\x1b[2J thing.\n\nSecond \u{202e}sentence.")
            .url(Some("javascript:alert(1)"))
            .finish()
            .unwrap();
        assert_eq!(f.message, "bad[2J thing. Second sentence.");
        assert_eq!(f.title, "bad[2J thing");
        assert_eq!(f.url, None);
    }

    #[test]
    fn a_finding_without_rule_or_file_or_with_an_impossible_region_is_refused() {
        let build = |rule, path: &str| Finding::build("s", rule, path.into());
        assert!(build(" ", "a").finish().is_err());
        assert!(build("R", "").finish().is_err());
        assert!(
            build("R", "a")
                .region(Some(Region::line(0)))
                .finish()
                .is_err()
        );
        let backwards = Region {
            end_line: 2,
            ..Region::line(3)
        };
        assert!(build("R", "a").region(Some(backwards)).finish().is_err());
    }
}
