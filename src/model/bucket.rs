//! Where an issue is counted. Every writer of reports reads these buckets, so that no two of them count
//! differently.

use serde::{Deserialize, Serialize};

use super::{Excuse, Issue, IssueStatus, Occurrence, Severity, Status};

/// Where an issue is counted: by those of its occurrences that count, or by what excuses all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// The change adds it.
    New,
    /// The baseline has it, and the change adds occurrences that count.
    Grown,
    /// The baseline has it, and the change adds nothing that counts.
    Inherited,
    /// The change removes it.
    Fixed,
    /// Nothing of it counts.
    Excused(Excuse),
}

impl Bucket {
    /// All buckets, in the order in which reports name them.
    pub const ALL: [Bucket; 7] = [
        Bucket::New,
        Bucket::Grown,
        Bucket::Inherited,
        Bucket::Fixed,
        Bucket::Excused(Excuse::Exempted),
        Bucket::Excused(Excuse::Ignored),
        Bucket::Excused(Excuse::Suppressed),
    ];

    /// The bucket's name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Bucket::New => "new",
            Bucket::Grown => "grown",
            Bucket::Inherited => "inherited",
            Bucket::Fixed => "fixed",
            Bucket::Excused(excuse) => excuse.name(),
        }
    }
}

impl Issue {
    /// Where it is counted.
    pub fn bucket(&self) -> Bucket {
        let counts = |status| {
            let mut own = self.occurrences.iter();
            own.any(|o| o.status == status && o.excuse.is_none())
        };
        // Occurrences in files that the change does not touch make no issue old that is new or fixed.
        let known = matches!(self.status, IssueStatus::Grown | IssueStatus::Inherited);
        let inherited = known && (self.elsewhere > 0 || counts(Status::Inherited));
        match (counts(Status::New), inherited) {
            (true, _) if known => Bucket::Grown,
            (true, _) => Bucket::New,
            (false, true) => Bucket::Inherited,
            (false, false) => {
                let judged = |o: &&Occurrence| match known {
                    true => o.status != Status::Fixed,
                    false => o.status == Status::New,
                };
                let standing = self.occurrences.iter().filter(judged);
                match standing.filter_map(|o| o.excuse).min() {
                    Some(excuse) => Bucket::Excused(excuse),
                    None => Bucket::Fixed,
                }
            }
        }
    }

    /// The new occurrences that count.
    pub fn counting(&self) -> impl Iterator<Item = &Occurrence> {
        let new = self.occurrences.iter();
        new.filter(|o| o.status == Status::New && o.excuse.is_none())
    }
}

/// Numbers by severity band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the bands")]
pub struct BandCounts {
    pub critical: u64,
    pub high: u64,
    pub medium: u64,
    pub low: u64,
    pub info: u64,
    pub unassigned: u64,
}

impl BandCounts {
    /// Adds to a band.
    pub fn add(&mut self, severity: Severity, number: u64) {
        *self.slot(severity) += number;
    }

    /// Adds other numbers, band by band.
    pub fn add_all(&mut self, other: BandCounts) {
        for severity in Severity::WORST_FIRST {
            self.add(severity, other.get(severity));
        }
    }

    /// The number in a band.
    pub fn get(mut self, severity: Severity) -> u64 {
        *self.slot(severity)
    }

    /// The sum over all bands.
    pub fn total(self) -> u64 {
        Severity::WORST_FIRST.iter().map(|s| self.get(*s)).sum()
    }

    fn slot(&mut self, severity: Severity) -> &mut u64 {
        match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
            Severity::Unassigned => &mut self.unassigned,
        }
    }
}

/// The numbers of a report. Each issue is in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Counts {
    /// New issues.
    pub new: BandCounts,
    /// Inherited issues with new occurrences that count.
    pub grown: BandCounts,
    /// New occurrences that count, of new and of grown issues.
    pub new_occurrences: BandCounts,
    /// Inherited issues without new occurrences that count.
    pub inherited: BandCounts,
    /// Fixed issues.
    pub fixed: BandCounts,
    /// Fixed occurrences, of fixed issues and of others.
    pub fixed_occurrences: BandCounts,
    /// Issues that do not count, since exemptions cover them.
    pub exempted: BandCounts,
    /// Issues that do not count, since rules of the policy ignore them.
    pub ignored: BandCounts,
    /// Issues that do not count, since inline comments suppress them.
    pub suppressed: BandCounts,
}

impl Counts {
    /// Counts issues and occurrences by bucket and severity.
    pub fn of<'i>(issues: impl IntoIterator<Item = &'i Issue>) -> Counts {
        let mut counts = Counts::default();
        for issue in issues {
            counts.slot(issue.bucket()).add(issue.severity, 1);
            let new = issue.counting().count() as u64;
            counts.new_occurrences.add(issue.severity, new);
            let fixed = issue.occurrences.iter();
            let fixed = fixed.filter(|o| o.status == Status::Fixed).count() as u64;
            counts.fixed_occurrences.add(issue.severity, fixed);
        }
        counts
    }

    /// The numbers of a bucket.
    pub fn get(mut self, bucket: Bucket) -> BandCounts {
        *self.slot(bucket)
    }

    /// The number of issues that do not count, for whatever reason.
    pub fn excused(self) -> u64 {
        self.exempted.total() + self.ignored.total() + self.suppressed.total()
    }

    fn slot(&mut self, bucket: Bucket) -> &mut BandCounts {
        match bucket {
            Bucket::New => &mut self.new,
            Bucket::Grown => &mut self.grown,
            Bucket::Inherited => &mut self.inherited,
            Bucket::Fixed => &mut self.fixed,
            Bucket::Excused(Excuse::Exempted) => &mut self.exempted,
            Bucket::Excused(Excuse::Ignored) => &mut self.ignored,
            Bucket::Excused(Excuse::Suppressed) => &mut self.suppressed,
        }
    }
}
