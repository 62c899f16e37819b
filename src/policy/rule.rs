//! The project's own rules: conditions that all must hold, and an action. The first rule that fits an
//! occurrence decides.

use globset::{GlobBuilder, GlobMatcher};

use crate::model::{
    Action, Issue, IssueStatus, Kind, Occurrence, RepoPath, Score, Severity, Status, nests_deeply,
};

/// What an occurrence is to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The change adds it.
    New,
    /// The change adds it to an issue that the target has.
    Grown,
    /// The target has it, and the change edits its lines.
    Touched,
    /// The target has it.
    Inherited,
    /// The change removes it.
    Fixed,
}

/// A text with `*` for anything; letters of either case are the same.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Takes a pattern for words (`path` false: `*` is anything) or for paths (`*` ends at a `/`, `**`
    /// does not).
    ///
    /// # Errors
    /// It is no pattern, in words.
    pub fn new(text: &str, path: bool) -> Result<Pattern, String> {
        if nests_deeply(text) {
            return Err("its `{` are nested too deep".into());
        }
        let built = GlobBuilder::new(text)
            .literal_separator(path)
            .case_insensitive(!path)
            .build();
        Ok(Pattern {
            text: text.to_owned(),
            matcher: built.map_err(|e| e.to_string())?.compile_matcher(),
        })
    }

    /// The pattern as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// Whether it fits a path.
    pub fn fits_path(&self, path: &RepoPath) -> bool {
        self.matcher.is_match(path.as_path())
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// One rule. An empty list is no condition; `status` without words means what the change adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRule {
    /// Its name, for reports.
    pub name: String,
    /// What it does.
    pub action: Action,
    /// The standing of the occurrence: new, grown, touched, inherited or fixed.
    pub status: Vec<Standing>,
    /// The least severity.
    pub severity: Option<Severity>,
    /// The least score.
    pub score: Option<Score>,
    /// Kinds of weakness.
    pub kinds: Vec<Kind>,
    /// Scanners of which one must report it.
    pub scanners: Vec<String>,
    /// Patterns for a rule id, with or without `scanner:` before it.
    pub rules: Vec<Pattern>,
    /// Patterns for the issue's title.
    pub titles: Vec<Pattern>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// Advisory ids, with or without `CVE-` and the like before them.
    pub advisories: Vec<String>,
    /// Patterns for the path.
    pub paths: Vec<Pattern>,
    /// Patterns for the package's name.
    pub packages: Vec<Pattern>,
    /// The least number of occurrences of the issue that are not fixed.
    pub occurrences: Option<u64>,
    /// The least age of the advisory, in days.
    pub advisory_age: Option<i64>,
    /// The least EPSS, in ten-thousandths.
    pub epss: Option<u16>,
    /// Whether the advisory is known to be exploited.
    pub kev: Option<bool>,
    /// Whether an inline comment suppresses it.
    pub suppressed: Option<bool>,
}

impl PolicyRule {
    /// A rule without conditions.
    pub fn new(name: &str, action: Action) -> PolicyRule {
        PolicyRule {
            name: name.to_owned(),
            action,
            status: Vec::new(),
            severity: None,
            score: None,
            kinds: Vec::new(),
            scanners: Vec::new(),
            rules: Vec::new(),
            titles: Vec::new(),
            cwe: Vec::new(),
            advisories: Vec::new(),
            paths: Vec::new(),
            packages: Vec::new(),
            occurrences: None,
            advisory_age: None,
            epss: None,
            kev: None,
            suppressed: None,
        }
    }

    /// Whether all conditions hold. `today` is in days since 1970-01-01; a severity that nobody stated
    /// counts as `unassigned`.
    pub fn fits(
        &self,
        issue: &Issue,
        occurrence: &Occurrence,
        today: i64,
        unassigned: Severity,
    ) -> bool {
        let findings = &occurrence.findings;
        let by_scanner = findings
            .iter()
            .any(|f| self.scanners.iter().any(|s| *s == f.scanner));
        let score = findings.iter().filter_map(|f| f.score).max();
        let counted = match Severity::of(score) {
            Severity::Unassigned => unassigned,
            stated => stated,
        };
        let standing_now = issue
            .occurrences
            .iter()
            .filter(|o| o.status != Status::Fixed);
        let number = standing_now.count() as u64 + issue.elsewhere;
        let fits_rule = |pattern: &Pattern| {
            findings.iter().any(|f| {
                pattern.fits(&f.rule)
                    || pattern.fits(&f.canonical)
                    || pattern.fits(&format!("{}:{}", f.scanner, f.rule))
            })
        };
        let fits_package = |pattern: &Pattern| {
            let packages = findings.iter().filter_map(|f| f.package.as_ref());
            packages.into_iter().any(|p| pattern.fits(&p.name))
        };
        let has_advisory = |wanted: &String| {
            let all = findings.iter().flat_map(|f| &f.advisories);
            all.into_iter().any(|a| is_advisory(a, wanted))
        };
        let old = |days: i64| {
            let published = findings.iter().filter_map(|f| f.published).min();
            published.is_some_and(|day| today - day >= days)
        };
        self.fits_status(issue, occurrence)
            && self.severity.is_none_or(|s| counted >= s)
            && self
                .score
                .is_none_or(|least| score.is_some_and(|s| s >= least))
            && (self.kinds.is_empty() || findings.iter().any(|f| self.kinds.contains(&f.kind)))
            && (self.scanners.is_empty() || by_scanner)
            && (self.rules.is_empty() || self.rules.iter().any(fits_rule))
            && (self.titles.is_empty() || self.titles.iter().any(|t| t.fits(&issue.title)))
            && (self.cwe.is_empty()
                || findings
                    .iter()
                    .flat_map(|f| &f.cwe)
                    .any(|c| self.cwe.contains(c)))
            && (self.advisories.is_empty() || self.advisories.iter().any(has_advisory))
            && (self.paths.is_empty() || self.paths.iter().any(|p| p.fits_path(&occurrence.path)))
            && (self.packages.is_empty() || self.packages.iter().any(fits_package))
            && self.occurrences.is_none_or(|least| number >= least)
            && self.advisory_age.is_none_or(old)
            && self
                .epss
                .is_none_or(|least| findings.iter().any(|f| f.epss.is_some_and(|e| e >= least)))
            && self
                .kev
                .is_none_or(|wanted| findings.iter().any(|f| f.kev) == wanted)
            && self
                .suppressed
                .is_none_or(|wanted| is_suppressed(occurrence) == wanted)
    }

    fn fits_status(&self, issue: &Issue, occurrence: &Occurrence) -> bool {
        let is = |standing: &Standing| match standing {
            Standing::New => occurrence.status == Status::New,
            Standing::Grown => {
                occurrence.status == Status::New && issue.status == IssueStatus::Grown
            }
            Standing::Touched => occurrence.status == Status::Inherited && occurrence.touched,
            Standing::Inherited => occurrence.status == Status::Inherited,
            Standing::Fixed => occurrence.status == Status::Fixed,
        };
        match self.status.is_empty() {
            true => is(&Standing::New),
            false => self.status.iter().any(is),
        }
    }
}

/// Whether an inline comment suppresses an occurrence for all scanners that report it.
pub(super) fn is_suppressed(occurrence: &Occurrence) -> bool {
    !occurrence.findings.is_empty() && occurrence.findings.iter().all(|f| f.suppressed)
}

/// Whether an advisory has this id, in upper or lower case, with or without the list's name.
fn is_advisory(advisory: &str, wanted: &str) -> bool {
    let (advisory, wanted) = (advisory.to_ascii_uppercase(), wanted.to_ascii_uppercase());
    advisory == wanted
        || advisory
            .split_once('-')
            .is_some_and(|(_, number)| number == wanted)
}
