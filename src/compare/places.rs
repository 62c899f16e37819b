//! Findings of different scanners about one weakness at one place.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::located::{Aliases, Located, issue_key};
use super::weaknesses;
use crate::model::{Finding, Kind, RepoPath, Severity, Status, Text, drained};

/// How many places are tried on each side of a finding.
const FARTHEST: usize = 64;
/// How many lines may lie between the begins of two findings about one statement.
const LINES: u32 = 10;
/// newgate's own scanners. What the one for secrets finds is an issue of its own, and the one for code need not repeat it.
const SECRETS: &str = "secrets";
const CODE: &str = "code";
/// CWE numbers of credentials in code: scanners report them as secrets or as code.
const CREDENTIALS: [u32; 4] = [259, 321, 547, 798];

/// The findings at one place about one weakness, the first scanner's first.
pub(super) struct Place {
    pub findings: Vec<Located>,
}

impl Place {
    pub(super) fn first(&self) -> &Located {
        &self.findings[0]
    }

    /// Takes a finding in. What is secret stands first, because its issue is the secret, wherever else it is.
    fn add(&mut self, item: Located) {
        let is_secret = |l: &Located| l.finding.kind == Kind::Secret;
        match is_secret(&item) && !is_secret(self.first()) {
            true => self.findings.insert(0, item),
            false => self.findings.push(item),
        }
    }

    /// New if any finding is: what one scanner cannot find at base is not known to be old.
    pub(super) fn deciding(&self) -> &Located {
        let new = self.findings.iter().find(|l| l.status == Status::New);
        new.unwrap_or_else(|| self.first())
    }
}

/// What a finding that joins a place must have in common with the place's first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// The advisory and the version of the package, wherever in the manifest.
    Package(String, String),
    /// What the issue is, for findings of a whole file.
    Whole(String),
    /// What the issue is, for findings with a region.
    Same(String),
    /// For findings with a region that may be about one weakness under other names.
    Weakness,
}

/// Line and column of a place's first finding, and the place.
type Spot = (u32, u32, usize);

/// The places of one file that findings may join.
#[derive(Default)]
struct Index {
    /// The scanner whose findings are taken now.
    scanner: usize,
    open: HashMap<Key, BTreeSet<Spot>>,
    /// Places that have a finding of this scanner, and are closed to its others.
    closed: Vec<usize>,
}

/// Joins findings of different scanners about one weakness at one place: first those with the same
/// canonical rule, then those that share a weakness of the CWE list. One place has at most one
/// finding of each scanner, but for reports of one secret.
pub(super) fn join(
    mut located: Vec<Located>,
    aliases: &Aliases,
    rank: impl Fn(&Finding) -> usize,
) -> Vec<Place> {
    leave_out_repeated_secrets(&mut located);
    located.sort_by(|a, b| {
        let key = |l: &Located| rank(&l.finding);
        (key(a), &a.finding.scanner, a.finding.order(), &a.commit).cmp(&(
            key(b),
            &b.finding.scanner,
            b.finding.order(),
            &b.commit,
        ))
    });
    let mut places: Vec<Place> = Vec::new();
    let mut files: BTreeMap<(bool, RepoPath, Option<Text>), Index> = BTreeMap::new();
    let mut scanner = 0;
    let mut before: Option<Text> = None;
    for item in drained(located) {
        if before.as_ref() != Some(&item.finding.scanner) {
            scanner += 1;
            before = Some(item.finding.scanner.clone());
        }
        let file = (
            item.status == Status::Fixed,
            item.finding.path.clone(),
            item.commit.clone(),
        );
        let index = files.entry(file).or_default();
        if index.scanner != scanner {
            index.scanner = scanner;
            for place in std::mem::take(&mut index.closed) {
                index.open(place, &places[place].first().finding, aliases);
            }
        }
        let own = index.same_secret(&item.finding, &places);
        let own = own.or_else(|| index.same_weakness(&item.finding, &places));
        if let Some(place) = own {
            places[place].findings.push(item);
            continue;
        }
        let found = match scanner {
            1 => None,
            _ => index.find(&item.finding, &places, aliases),
        };
        match found {
            Some(place) => {
                index.close(place, &places[place].first().finding, aliases);
                places[place].add(item);
            }
            None => {
                index.closed.push(places.len());
                places.push(Place {
                    findings: vec![item],
                });
            }
        }
    }
    places
}

/// Leaves out what the scanner for code says of a credential in a line in which the scanner for secrets found one, because it knows
/// more of it.
/// What is as severe as a secret stays, and so does what has another fate.
fn leave_out_repeated_secrets(located: &mut Vec<Located>) {
    let place = |l: &Located| {
        let path = l.finding.path.clone();
        (path, l.commit.clone(), l.finding.line(), l.status)
    };
    let secrets = located.iter().filter(|l| is_secret(&l.finding));
    let secrets: HashSet<_> = secrets.map(place).collect();
    located.retain(|l| !(is_mild_credential(&l.finding) && secrets.contains(&place(l))));
}

/// Whether newgate's own scanner for secrets found this.
pub fn is_secret(finding: &Finding) -> bool {
    finding.scanner == SECRETS
}

/// Whether newgate's own scanner for code found this, and it is a credential that is less severe than a secret.
pub fn is_mild_credential(finding: &Finding) -> bool {
    let is_mild = finding.score.is_some_and(|s| s.severity() < Severity::High);
    let is_credential = || finding.cwe.iter().any(|c| CREDENTIALS.contains(c));
    finding.scanner == CODE && is_mild && is_credential()
}

/// What a finding can be joined by, the strongest first.
fn keys(finding: &Finding, aliases: &Aliases) -> Vec<Key> {
    match (&finding.package, finding.region) {
        (Some(package), _) => {
            let version = package.version.clone();
            vec![Key::Package(aliases.key(finding), version)]
        }
        (None, None) => vec![Key::Whole(issue_key(finding))],
        (None, Some(_)) => vec![Key::Same(issue_key(finding)), Key::Weakness],
    }
}

fn spot(finding: &Finding, place: usize) -> Spot {
    (finding.line(), finding.column(), place)
}

impl Index {
    fn open(&mut self, place: usize, first: &Finding, aliases: &Aliases) {
        for key in keys(first, aliases) {
            let spots = self.open.entry(key).or_default();
            spots.insert(spot(first, place));
        }
    }

    fn close(&mut self, place: usize, first: &Finding, aliases: &Aliases) {
        for key in keys(first, aliases) {
            if let Some(spots) = self.open.get_mut(&key) {
                spots.remove(&spot(first, place));
            }
        }
        self.closed.push(place);
    }

    /// The place of another report of the same secret by the same scanner: some tell about one token by its form and by
    /// its entropy. They have no column, and do not say that the secrets differ.
    fn same_secret(&self, finding: &Finding, places: &[Place]) -> Option<usize> {
        let is_secret = finding.kind == Kind::Secret && finding.region.is_some();
        let near = self.closed.iter().rev().take(FARTHEST);
        let near = near.filter(|_| is_secret && finding.column() == 0);
        near.copied().find(|place| {
            let of_scanner = places[*place].findings.iter().map(|l| &l.finding);
            let mut of_scanner = of_scanner.filter(|f| f.scanner == finding.scanner);
            of_scanner.any(|f| {
                let differ = f.secret.is_some() && finding.secret.is_some();
                f.kind == Kind::Secret
                    && (f.line(), f.column()) == (finding.line(), 0)
                    && (!differ || f.secret == finding.secret)
            })
        })
    }

    /// The place of another report of the same weakness by the same scanner, where another scanner found it first: some have
    /// several rules for one.
    fn same_weakness(&self, finding: &Finding, places: &[Place]) -> Option<usize> {
        let near = self.closed.iter().rev().take(FARTHEST);
        let near = near.filter(|_| finding.kind == Kind::Code && finding.region.is_some());
        near.copied().find(|place| {
            let all = || places[*place].findings.iter().map(|l| &l.finding);
            let is_other = |f: &Finding| f.scanner != finding.scanner;
            all()
                .next()
                .is_some_and(|first| is_other(first) && alike(first, finding).is_some())
                && all().all(|f| {
                    is_other(f)
                        || f.rule != finding.rule && alike(f, finding).is_some_and(|d| d < 4)
                })
        })
    }

    /// The nearest place that a finding may join.
    fn find(&self, finding: &Finding, places: &[Place], aliases: &Aliases) -> Option<usize> {
        keys(finding, aliases)
            .iter()
            .find_map(|key| self.nearest(key, finding, places))
    }

    fn nearest(&self, key: &Key, finding: &Finding, places: &[Place]) -> Option<usize> {
        let spots = self.open.get(key)?;
        let (line, column, _) = spot(finding, 0);
        if matches!(key, Key::Package(..) | Key::Whole(_)) {
            return spots.first().map(|(_, _, place)| *place);
        }
        let fits = |place: usize| -> Option<u8> {
            let first = &places[place].first().finding;
            match key {
                Key::Weakness => alike(first, finding),
                _ => first.region?.overlaps(&finding.region?).then_some(0),
            }
        };
        let above = spots.range(..(line, column, 0)).rev().take(FARTHEST);
        let below = spots.range((line, column, 0)..).take(FARTHEST);
        let far = |l: u32| *key == Key::Weakness && l.abs_diff(line) > LINES;
        let above = above.take_while(|(l, ..)| !far(*l));
        let below = below.take_while(|(l, ..)| !far(*l));
        let near = above.chain(below).filter_map(|(l, c, place)| {
            let distance = (l.abs_diff(line), c.abs_diff(column));
            Some((fits(*place)?, distance, *place))
        });
        near.min().map(|(_, _, place)| place)
    }
}

/// Whether two findings are about one weakness although their rules differ, and how far from it they are: on one line, or on
/// lines that they share.
fn alike(first: &Finding, finding: &Finding) -> Option<u8> {
    let on_line = first.line() == finding.line();
    if first.kind == Kind::Secret && finding.kind == Kind::Secret {
        let known = first.secret.is_some() && finding.secret.is_some();
        return (!known && on_line).then_some(1);
    }
    let (one, other) = (first.region?, finding.region?);
    let apart = weaknesses::distance(&first.cwe, &finding.cwe)?;
    let is_credential =
        |f: &Finding| f.scanner != SECRETS && f.cwe.iter().any(|c| CREDENTIALS.contains(c));
    let of_kind = first.kind == finding.kind
        || matches!(
            (first.kind, finding.kind),
            (Kind::Secret, Kind::Code) | (Kind::Code, Kind::Secret)
        ) && is_credential(first)
            && is_credential(finding);
    let place = match on_line {
        true => 2,
        false => 4,
    };
    (of_kind && one.overlaps(&other)).then_some(place + apart)
}

#[cfg(test)]
mod tests {
    use super::super::group;
    use super::*;
    use crate::model::{Reason, Region, Score, Stage};

    /// A scanner's report of a secret on line 1.
    fn secret(rule: &str, column: Option<u32>, identity: Option<&str>) -> Located {
        let region = Region {
            column,
            ..Region::line(1)
        };
        let finding = Finding::build("tool", rule, "a.py".into());
        let finding = finding.kind(Kind::Secret).message("found");
        let finding = finding.region(Some(region));
        let finding = finding.secret(identity.map(Text::from));
        Located {
            finding: finding.finish().unwrap(),
            status: Status::New,
            stage: Stage::Unmatched,
            touched: false,
            from: None,
            reason: Reason::NotInBase,
            commit: None,
        }
    }

    #[test]
    fn two_reports_of_one_secret_by_one_scanner_are_one_occurrence() {
        let occurrences = |all: Vec<Located>| -> usize {
            let issues = group(all, &["tool".to_owned()], &BTreeMap::new());
            issues.iter().map(|i| i.occurrences.len()).sum()
        };
        let (form, entropy) = (
            secret("form", None, None),
            secret("entropy", None, Some("a")),
        );
        assert_eq!(occurrences(vec![form.clone(), entropy.clone()]), 1);
        // Two secrets that are known to differ, or stand at two places, are two.
        let other = secret("form", None, Some("b"));
        assert_eq!(occurrences(vec![entropy, other]), 2);
        let placed = |column| secret("form", Some(column), None);
        assert_eq!(occurrences(vec![placed(1), placed(9)]), 2);
    }

    #[test]
    fn a_credential_in_code_is_left_out_only_if_it_is_the_secret_that_is_known() {
        let of = |scanner: &str, line: u32, score: f64, status| {
            let region = Region::line(line);
            let finding = Finding::build(scanner, "credential", "a.py".into());
            let finding = finding.message("found").region(Some(region)).cwe(vec![547]);
            let finding = finding.score(Score::new(score));
            let kind = if scanner == SECRETS {
                Kind::Secret
            } else {
                Kind::Code
            };
            Located {
                finding: finding.kind(kind).finish().unwrap(),
                status,
                ..secret("form", None, None)
            }
        };
        let left = |code: Located| {
            let known = of(SECRETS, 1, 8.5, Status::Inherited);
            let mut all = vec![known, code];
            leave_out_repeated_secrets(&mut all);
            all.len()
        };
        assert_eq!(left(of(CODE, 1, 5.4, Status::Inherited)), 1);
        assert_eq!(left(of(CODE, 1, 5.4, Status::New)), 2);
        assert_eq!(left(of(CODE, 1, 7.5, Status::Inherited)), 2);
        assert_eq!(left(of(CODE, 2, 5.4, Status::Inherited)), 2);
    }
}
