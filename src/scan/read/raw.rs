//! Items of a report, whatever its format, made into findings by one place.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Deserializer};

use super::offsets::Span;
use super::paths::Place;
use super::{Paths, Reading, Unread, Unreadable};
use crate::mask::{learn, learn_likely, without};
use crate::model::{Confidence, Finding, Kind, Package, Region, RepoPath, Score, Step};
use crate::scan::builtin::{SecretKey, redact};
use crate::scan::{Catalog, Descriptor, scanner_name};

/// One item of a report, as a jq filter writes it (`docs/scanners.md` has the fields): a finding, a
/// file that could not be read (`error`), or a file that was scanned (`scanned`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Item {
    /// The tool, for formats that many tools write.
    pub tool: Option<String>,
    pub scanned: Option<String>,
    pub error: Option<String>,
    /// The scanner says that it did not finish.
    pub failed: Option<String>,
    pub path: Option<String>,
    #[serde(deserialize_with = "number")]
    pub line: Option<u32>,
    #[serde(deserialize_with = "number")]
    pub column: Option<u32>,
    #[serde(deserialize_with = "number")]
    pub end_line: Option<u32>,
    #[serde(deserialize_with = "number")]
    pub end_column: Option<u32>,
    pub rule: Option<String>,
    /// The kind of weakness, if it differs from the descriptor's.
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub message: Option<String>,
    pub level: Option<String>,
    pub confidence: Option<String>,
    /// A CVSS score, where the scanner gives one.
    pub score: Option<f64>,
    /// CVSS vectors; the highest score of those that can be read counts, before `score`.
    pub cvss: Vec<String>,
    pub cwe: Vec<u32>,
    pub advisories: Vec<String>,
    pub package: Option<Package>,
    /// The secret itself; only its keyed hash is kept.
    pub secret: Option<String>,
    /// The SHA-1 of the secret, in hexadecimal digits, of a scanner that does not tell the secret.
    pub secret_sha1: Option<String>,
    pub fix: Option<String>,
    pub url: Option<String>,
    pub fingerprint: Option<String>,
    pub suppressed: bool,
    /// The day on which the advisory was published; a date, whatever follows it.
    pub published: Option<String>,
    /// EPSS, 0.0 to 1.0.
    pub epss: Option<f64>,
    /// Whether the advisory is known to be exploited.
    pub kev: bool,
    /// The way that data takes to the place.
    pub flow: Vec<FlowStep>,
    /// The place, where it is told by characters and not by lines.
    #[serde(skip)]
    pub span: Option<Span>,
    /// The text of the place.
    #[serde(skip)]
    pub snippet: Option<String>,
    /// The level that counts where neither the report nor the descriptor says anything.
    #[serde(skip)]
    pub assumed: Option<&'static str>,
    /// Whether it may be about a file that is not in the tree, and means nothing then: an `error`, or a further place.
    #[serde(skip)]
    pub may_be_elsewhere: bool,
}

/// A step of a flow, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FlowStep {
    pub path: String,
    pub line: u32,
    pub message: String,
}

/// A number, or a text that is one.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }
    let value = match Option::<Written>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Written::Number(n)) => n,
        Some(Written::Text(t)) => t
            .trim()
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("`{t}` is not a number")))?,
    };
    if value < 0.0 || value > f64::from(u32::MAX) {
        return Err(serde::de::Error::custom(format!(
            "`{value}` is not a line or column"
        )));
    }
    Ok(Some(value as u32))
}

/// Scores for SARIF's levels where nothing else says how severe a result is.
pub(super) fn score_of_level(level: &str) -> Option<Score> {
    let value = match level.to_ascii_lowercase().as_str() {
        "critical" => 9.5,
        "error" | "high" => 8.0,
        "warning" | "medium" | "moderate" => 5.5,
        "note" | "low" => 3.0,
        "none" | "info" | "informational" => 0.0,
        _ => return None,
    };
    Score::new(value)
}

/// Takes the items of a report one by one, and makes the reading of them.
pub(super) struct Gather<'a> {
    descriptor: &'a Descriptor,
    error_rules: &'a [String],
    /// Whether paths are URIs.
    uris: bool,
    paths: &'a Paths<'a>,
    key: &'a SecretKey,
    reading: Reading,
    by_tool: HashMap<String, Option<Descriptor>>,
    /// The files that have findings, so that these share their paths.
    files: HashSet<RepoPath>,
    /// How many findings there may be before repeated ones are dropped again.
    room: usize,
    /// The file of the last lookup of a place.
    content: Option<(RepoPath, Vec<u8>)>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(
        descriptor: &'a Descriptor,
        error_rules: &'a [String],
        uris: bool,
        paths: &'a Paths<'a>,
        key: &'a SecretKey,
    ) -> Gather<'a> {
        Gather {
            descriptor,
            error_rules,
            uris,
            paths,
            key,
            reading: Reading::default(),
            by_tool: HashMap::new(),
            files: HashSet::new(),
            room: 10_000,
            content: None,
        }
    }

    /// Takes an item.
    ///
    /// # Errors
    /// It names no file, or one that is not in the tree.
    pub(super) fn take(&mut self, mut item: Item) -> Result<(), Unreadable> {
        let (paths, uris, reading) = (self.paths, self.uris, &mut self.reading);
        // Headers of a system, say; a relative path is one of another commit.
        if item.may_be_elsewhere
            && item.error.is_none()
            && let Some(written) = &item.path
            && paths
                .find(written, uris)
                .is_err_and(|foreign| !foreign.is_empty())
        {
            return Ok(());
        }
        // A package lies in a cache, or in an image; the file that requires it was named.
        if item.package.is_some()
            && paths.default.is_some()
            && let Some(written) = &item.path
            && paths.find(written, uris).is_err()
        {
            item.path = None;
        }
        if let Some(written) = item.scanned.as_ref().or(item.path.as_ref())
            && paths.place(written, uris) == Place::Foreign
        {
            return Ok(());
        }
        let known = |written: &str| {
            paths.resolve(written, uris).ok_or_else(|| {
                Unreadable(format!(
                    "it names a file that is not in the tree: `{}`",
                    written.escape_debug()
                ))
            })
        };
        if let Some(path) = &item.scanned {
            reading.scanned.get_or_insert_default().push(known(path)?);
        } else if let Some(reason) = item.failed {
            reading.failed.get_or_insert(redact(&reason));
        } else if let Some(reason) = &item.error {
            let path = match (&item.path, &paths.default) {
                (Some(path), _) if item.may_be_elsewhere => match paths.resolve(path, uris) {
                    Some(path) => path,
                    None => return Ok(()),
                },
                (Some(path), _) => known(path)?,
                (None, Some(path)) => path.clone(),
                (None, None) => {
                    reading.failed.get_or_insert(redact(reason));
                    return Ok(());
                }
            };
            reading.unread.push(Unread {
                path,
                why: redact(reason),
                tool: item.tool,
            });
        } else {
            let written = item.path.as_deref().unwrap_or_default();
            let path = match (written, &paths.default) {
                ("", Some(default)) => default.clone(),
                ("", None) => match item
                    .package
                    .as_ref()
                    .and_then(|p| paths.manifest(&p.ecosystem))
                {
                    Some(manifest) => manifest,
                    None => {
                        let rule = item.rule.as_deref().unwrap_or("?");
                        return Err(Unreadable(format!(
                            "a result of rule `{rule}` names no file"
                        )));
                    }
                },
                (written, _) => known(written)?,
            };
            if item
                .rule
                .as_ref()
                .is_some_and(|r| self.error_rules.contains(r))
            {
                let message = redact(item.message.as_deref().unwrap_or("it cannot be parsed"));
                reading.unread.push(Unread {
                    path,
                    why: message,
                    tool: item.tool,
                });
                return Ok(());
            }
            if let Some(span) = item.span {
                self.place(&path, span, &mut item)?;
            }
            // In a format of many tools, what is known of a rule is known of the tool's.
            let tool = item.tool.as_deref().or(self.descriptor.tool());
            let own = tool.map(scanner_name);
            let named = own.as_ref().and_then(|tool| {
                let known = self
                    .by_tool
                    .entry(tool.clone())
                    .or_insert_with(|| Catalog::default().get(tool).ok().flatten());
                known.as_ref()
            });
            // A step outside of the tree (the scanner's own models of libraries) is no place to show.
            let steps = item.flow.iter().filter(|s| s.line > 0);
            let flow = steps.filter_map(|s| {
                Some(Step {
                    path: paths.find(&s.path, uris).ok()?,
                    line: s.line,
                    message: s.message.as_str().into(),
                })
            });
            let flow = flow.collect();
            let path = match self.files.get(&path) {
                Some(same) => same.clone(),
                None => {
                    self.files.insert(path.clone());
                    path
                }
            };
            let of_tool = own.as_deref().zip(named);
            let finding = finding(self.descriptor, of_tool, item, (path, flow), self.key)?;
            self.reading.findings.push(finding);
        }
        if self.reading.findings.len() >= self.room {
            self.tidy();
            self.room = self.reading.findings.len() * 2 + 10_000;
        }
        Ok(())
    }

    /// Sets the lines of an item whose place is told by characters.
    fn place(&mut self, path: &RepoPath, span: Span, item: &mut Item) -> Result<(), Unreadable> {
        if self.content.as_ref().is_none_or(|(of, _)| of != path) {
            let Some(content) = self.paths.content.as_ref().and_then(|read| read(path)) else {
                return Ok(());
            };
            self.content = Some((path.clone(), content));
        }
        let content = self.content.as_ref().map(|(_, content)| content.as_slice());
        let region = span
            .region(content.unwrap_or_default())
            .ok_or_else(|| Unreadable(format!("it has a result past the end of `{path}`")))?;
        let [line, column, end_line, end_column] = region.map(Some);
        (item.line, item.column) = (line, column);
        (item.end_line, item.end_column) = (end_line, end_column);
        Ok(())
    }

    /// What all items say.
    pub(super) fn finish(mut self) -> Reading {
        // What one finding is about, another may quote.
        self.reading.mask();
        self.tidy();
        self.reading
    }

    /// Puts the findings in order and drops what a scanner said twice.
    fn tidy(&mut self) {
        let findings = &mut self.reading.findings;
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        findings.dedup_by(|a, b| a == b && a.region.is_some_and(|r| r.column.is_some()));
        // What stands beside the lists of a long report is said with each of its parts.
        let mut told = HashSet::new();
        self.reading.unread.retain(|one| told.insert(one.clone()));
        if let Some(scanned) = &mut self.reading.scanned {
            let mut told = HashSet::new();
            scanned.retain(|path| told.insert(path.clone()));
        }
    }
}

fn finding(
    format: &Descriptor,
    of_tool: Option<(&str, &Descriptor)>,
    item: Item,
    (path, mut flow): (RepoPath, Vec<Step>),
    key: &SecretKey,
) -> Result<Finding, Unreadable> {
    let descriptor = of_tool.map_or(format, |(_, d)| d);
    let rule = own_rule(descriptor, item.rule.unwrap_or_default());
    let message = item.message.unwrap_or_default();
    let snippet = item
        .snippet
        .filter(|s| descriptor.snippet_is_secret() && !is_cut(s));
    let secret = item.secret.or(snippet);
    let mut secrets: Vec<String> = secret.into_iter().filter(|s| !s.is_empty()).collect();
    if let Some(pattern) = descriptor.secret_in_message(&rule)
        && let Some(found) = pattern.captures(&message).and_then(|c| c.get(1))
        && !found.is_empty()
    {
        secrets.insert(0, found.as_str().to_owned());
    }
    let of_hash = item.secret_sha1.filter(|hash| !hash.is_empty());
    let secret = secrets.first().map(|s| key.identity(s.as_bytes()));
    let secret = secret.or_else(|| of_hash.map(|hash| key.identity_of_sha1(&hash)));
    let kind = if item.package.is_some() {
        Kind::Dependency
    } else {
        item.kind.unwrap_or_else(|| descriptor.kind())
    };
    for value in &secrets {
        match kind {
            Kind::Secret => learn(value),
            // What a scanner of code takes for a credential may be a name.
            _ => learn_likely(value),
        }
    }
    // No text of a report keeps a secret, whichever field it stands in.
    let clean = |text: &str| {
        let cut = secrets.iter().fold(text.to_owned(), |t, s| without(&t, s));
        redact(&cut)
    };
    let message = clean(&message);
    for step in &mut flow {
        step.message = clean(&step.message).into();
    }
    let data = descriptor.rule(&rule);
    let other = descriptor.other_rules();
    let confidence = item.confidence.as_deref();
    let of_vectors = item.cvss.iter().filter_map(|v| Score::of_vector(v)).max();
    let score = of_vectors
        .or_else(|| descriptor.score_of_rule(&rule, &message))
        .or_else(|| item.score.and_then(Score::new))
        .or_else(|| descriptor.score(item.level.as_deref()?, confidence))
        .or_else(|| format.score(item.level.as_deref()?, confidence))
        .or_else(|| {
            let title = item.title.as_deref().filter(|t| !t.is_empty());
            descriptor.score_of_others(title.unwrap_or(&message))
        })
        .or_else(|| score_of_level(item.level.as_deref()?))
        .or_else(|| score_of_level(item.assumed?));
    let region = item.line.filter(|l| *l > 0).map(|line| Region {
        line,
        column: item.column.filter(|c| *c > 0),
        end_line: item.end_line.unwrap_or(line).max(line),
        end_column: item.end_column.filter(|c| *c > 0),
    });
    let mut advisories = item.advisories;
    if is_advisory(&rule) {
        advisories.push(rule.clone());
    }
    let mut cwe = item.cwe;
    cwe.extend(data.iter().flat_map(|d| &d.cwe));
    if cwe.is_empty() {
        cwe.extend(other.iter().flat_map(|o| &o.cwe));
    }
    let title = data
        .and_then(|d| d.title.clone())
        // A format of many tools may have a title of its own.
        .or_else(|| {
            descriptor
                .title_of_others(&rule)
                .filter(|_| of_tool.is_none())
        })
        .or(item.title)
        .or_else(|| descriptor.title_of_others(&rule))
        .unwrap_or_default();
    let tool = item.tool.as_deref().map(scanner_name);
    let canonical = match (&tool, of_tool) {
        (Some(tool), None) => format!("{tool}:{rule}"),
        _ => descriptor.canonical(&rule),
    };
    Finding::build(
        tool.as_deref().unwrap_or(descriptor.name()),
        &clean(&rule),
        path,
    )
    .canonical(canonical)
    .kind(kind)
    .region(region)
    .title(capitalised(&clean(&title)))
    .message(message)
    .score(score)
    .confidence(confidence.and_then(confidence_of))
    .level(
        item.level
            .or(item.assumed.map(str::to_owned))
            .map(|l| clean(&l)),
    )
    .cwe(cwe)
    .advisories(advisories.into_iter().map(Into::into).collect())
    .package(item.package.map(normal_package))
    .secret(secret)
    .fix(
        data.and_then(|d| d.fix.clone())
            .or(item.fix.map(|f| clean(&f)))
            .or_else(|| other?.fix.clone()),
    )
    .url(item.url.map(|u| clean(&u)))
    .fingerprint(item.fingerprint.map(|f| clean(&f)))
    .suppressed(item.suppressed)
    .published(
        item.published
            .as_deref()
            .and_then(crate::model::days_of_date),
    )
    .epss(
        item.epss
            .filter(|e| (0.0..=1.0).contains(e))
            .map(|e| (e * 10_000.0).round() as u16),
    )
    .kev(item.kev)
    .flow(flow)
    .finish()
    .map_err(|e| Unreadable(e.to_string()))
}

/// Whether a scanner shows only a part of a secret, or nothing of it.
fn is_cut(snippet: &str) -> bool {
    snippet.contains("REDACTED") || snippet.ends_with("...")
}

/// A rule in the scanner's own words, where a format of it writes it otherwise: `zizmor/x` for `x`. One
/// that the descriptor names is in its own words.
fn own_rule(descriptor: &Descriptor, rule: String) -> String {
    if descriptor.rule(&rule).is_some() {
        return rule;
    }
    let canonical = descriptor.canonical(&rule);
    let own = canonical.strip_prefix(descriptor.name());
    match own.and_then(|own| own.strip_prefix(':')) {
        Some(own) if own != rule => own.to_owned(),
        _ => rule,
    }
}

/// A package in the words of OSV (<https://ossf.github.io/osv-schema/#defined-ecosystems>), whatever
/// words its scanner uses; a name on PyPI in its normal form (PEP 503).
fn normal_package(mut package: Package) -> Package {
    const ECOSYSTEMS: [(&str, &[&str]); 9] = [
        (
            "PyPI",
            &[
                "pypi",
                "pip",
                "python",
                "poetry",
                "pipenv",
                "uv",
                "python-pkg",
            ],
        ),
        (
            "npm",
            &[
                "npm",
                "node",
                "nodejs",
                "javascript",
                "js",
                "yarn",
                "pnpm",
                "node-pkg",
            ],
        ),
        (
            "crates.io",
            &["crates.io", "cargo", "rust", "crates", "rust-crate"],
        ),
        ("Go", &["go", "golang", "gomod", "go-module", "gobinary"]),
        (
            "Maven",
            &["maven", "java", "gradle", "java-archive", "jar", "pom"],
        ),
        ("RubyGems", &["rubygems", "gem", "ruby", "bundler"]),
        ("NuGet", &["nuget", "dotnet", ".net", "dotnet-core"]),
        ("Packagist", &["packagist", "composer", "php"]),
        ("Hex", &["hex", "mix", "erlang", "elixir"]),
    ];
    let word = package.ecosystem.to_lowercase();
    let known = ECOSYSTEMS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()));
    if let Some((name, _)) = known {
        package.ecosystem = (*name).to_owned();
    }
    if package.ecosystem == "PyPI" {
        let parts = package
            .name
            .split(['-', '_', '.'])
            .filter(|p| !p.is_empty());
        package.name = parts.collect::<Vec<_>>().join("-").to_lowercase();
    }
    package
}

/// Whether a rule is one vulnerability of one package.
pub(super) fn is_advisory(rule: &str) -> bool {
    const LISTS: [&str; 8] = [
        "CVE-", "GHSA-", "PYSEC-", "RUSTSEC-", "GO-", "OSV-", "SNYK-", "MAL-",
    ];
    LISTS.iter().any(|l| rule.starts_with(l)) && rule.chars().any(|c| c.is_ascii_digit())
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn confidence_of(word: &str) -> Option<Confidence> {
    match word.to_ascii_lowercase().as_str() {
        "low" | "weak" => Some(Confidence::Low),
        "medium" => Some(Confidence::Medium),
        "high" | "very-high" | "certain" => Some(Confidence::High),
        _ => None,
    }
}
