//! Two trees, and findings on both sides.

use std::collections::{BTreeMap, BTreeSet};

use newgate::compare::{
    ComparedFile, Content, Difference, Known, Located, Outcome, compare, group,
};
use newgate::model::{Finding, Kind, Origin, Package, Reason, Region, RepoPath, Score, Status};

use super::draw::{Draw, Random, mutate};

/// A tree, and what a scanner found in it.
#[derive(Clone, Debug, Default)]
pub struct Side {
    pub files: BTreeMap<RepoPath, Vec<u8>>,
    pub findings: Vec<Finding>,
}

/// What the comparison promises, whatever the two sides are.
fn holds(base: &Side, head: &Side, known: &Known) {
    let outcome = compared(base, head, known);
    // One to one: each finding of the base pays for one of the head, or is fixed.
    let mut paid: Vec<usize> = outcome.head.iter().filter_map(|d| d.from).collect();
    paid.extend(&outcome.fixed);
    paid.sort_unstable();
    assert!(
        paid.iter().copied().eq(0..base.findings.len()),
        "not one to one: {outcome:?}"
    );
    assert_eq!(outcome.head.len(), head.findings.len());
    // The order of the input does not matter.
    let mut turned = (base.clone(), head.clone());
    turned.0.findings.reverse();
    turned.1.findings.reverse();
    let again = compared(&turned.0, &turned.1, known);
    let (one, other) = (fates(head, &outcome), fates(&turned.1, &again));
    assert_eq!(one, other, "the order of the input decides");
    // Nothing is new against itself, whether its files are told to be the same or not.
    for side in [base, head] {
        let given = difference(side, side);
        for difference in [given, Difference::new(Vec::new())] {
            let own = compare(&difference, &side.findings, &side.findings, known);
            assert!(own.fixed.is_empty(), "fixed against itself: {side:?}");
            let inherited = |d: &newgate::compare::Decision| d.status == Status::Inherited;
            assert!(
                own.head.iter().all(inherited),
                "new against itself: {side:?}"
            );
        }
    }
    grouped(base, head, &outcome);
}

/// Every finding is in one occurrence of one issue.
fn grouped(base: &Side, head: &Side, outcome: &Outcome) {
    let mut located: Vec<Located> = Vec::new();
    let mut add = |finding: &Finding, status, stage, from, reason: Reason| {
        located.push(Located {
            finding: finding.clone(),
            status,
            stage,
            touched: false,
            from,
            reason,
            commit: None,
        });
    };
    for (finding, fate) in head.findings.iter().zip(&outcome.head) {
        let from = fate.from.map(|b| Origin {
            path: base.findings[b].path.clone(),
            line: base.findings[b].line(),
        });
        add(finding, fate.status, fate.stage, from, fate.reason.clone());
    }
    for b in &outcome.fixed {
        add(
            &base.findings[*b],
            Status::Fixed,
            newgate::model::Stage::Unmatched,
            None,
            Reason::Gone,
        );
    }
    let number = located.len();
    let scanners = ["one".to_owned(), "two".to_owned()];
    let issues = group(located, &scanners, &BTreeMap::new());
    let occurrences = || issues.iter().flat_map(|i| &i.occurrences);
    assert_eq!(
        occurrences().map(|o| o.findings.len()).sum::<usize>(),
        number,
        "a finding was lost"
    );
    let ids: BTreeSet<&str> = issues.iter().map(|i| i.id.as_str()).collect();
    assert_eq!(ids.len(), issues.len(), "two issues have one id");
}

fn compared(base: &Side, head: &Side, known: &Known) -> Outcome {
    compare(
        &difference(base, head),
        &base.findings,
        &head.findings,
        known,
    )
}

/// The fate of each finding, in an order that the input has no part in.
fn fates(side: &Side, outcome: &Outcome) -> Vec<String> {
    let all = side.findings.iter().zip(&outcome.head);
    let mut all: Vec<String> = all
        .map(|(f, d)| format!("{f:?} {:?} {:?}", d.status, d.stage))
        .collect();
    all.sort_unstable();
    all
}

fn difference(base: &Side, head: &Side) -> Difference {
    let paths: BTreeSet<&RepoPath> = base.files.keys().chain(head.files.keys()).collect();
    let content = |side: &Side, path: &RepoPath| {
        let bytes = side.files.get(path)?;
        Some((path.clone(), Content::of(bytes.clone())))
    };
    let files = paths.into_iter().map(|path| ComparedFile {
        old: content(base, path),
        new: content(head, path),
    });
    Difference::new(files.collect())
}

const PATHS: [&str; 8] = [
    "a.py",
    "b.js",
    "src/c.rb",
    "d.yml",
    "e.bin",
    "ü/x.go",
    "Dockerfile",
    "f.min.js",
];

/// Two small trees and findings, drawn from an input.
pub fn drawn(input: &[u8]) {
    let mut draw = Draw::new(input);
    let known_all = draw.byte();
    let mut base = Side::default();
    let mut head = Side::default();
    for _ in 0..1 + draw.below(3) {
        let path = RepoPath::from(PATHS[draw.below(PATHS.len())]);
        let old = draw.bytes().to_vec();
        let other = RepoPath::from(PATHS[draw.below(PATHS.len())]);
        let fate = draw.byte() % 8;
        let new = match fate {
            0 | 1 => {
                let mut new = old.clone();
                let at = draw.below(new.len() + 1);
                let end = (at + draw.below(64)).min(new.len());
                new.splice(at..end, draw.bytes().iter().copied());
                new
            }
            2 => draw.bytes().to_vec(),
            3 => [&old[..], &old[..]].concat(),
            4 => crlf(&old),
            _ => old.clone(),
        };
        if fate != 6 {
            base.files.insert(path.clone(), old);
        }
        if fate != 7 {
            head.files.insert(if fate == 5 { other } else { path }, new);
        }
    }
    for _ in 0..draw.below(12) {
        let finding = finding(&mut |end| draw.below(end), &base, &head);
        match draw.byte() % 3 {
            0 => base.findings.push(finding),
            1 => head.findings.push(finding),
            _ => {
                base.findings.push(finding.clone());
                head.findings.push(finding);
            }
        }
    }
    let unread = if known_all & 2 == 0 {
        None
    } else {
        base.files.keys().next().cloned()
    };
    let known = Known {
        file_local: known_all & 1 == 1,
        unread: unread.into_iter().collect(),
    };
    holds(&base, &head, &known);
}

/// A real file, and what became of it; findings at random, and on each line that holds a word of it.
pub fn mutated(real: &[u8], other: &[u8], random: &mut Random) {
    let path = RepoPath::from(PATHS[random.below(PATHS.len())]);
    let renamed = random.below(4) == 0;
    let to = if renamed {
        RepoPath::from("moved/to.py")
    } else {
        path.clone()
    };
    let mut new = mutate(real, other, random);
    if random.below(8) == 0 {
        new = crlf(&new);
    }
    let mut base = Side {
        files: [(path.clone(), real.to_vec())].into(),
        findings: Vec::new(),
    };
    let mut head = Side {
        files: [(to.clone(), new)].into(),
        findings: Vec::new(),
    };
    let (nothing, one) = (Side::default(), base.clone());
    for _ in 0..random.below(6) {
        base.findings
            .push(finding(&mut |end| random.below(end), &one, &nothing));
    }
    let one = head.clone();
    for _ in 0..random.below(6) {
        head.findings
            .push(finding(&mut |end| random.below(end), &nothing, &one));
    }
    let words: Vec<&[u8]> = real
        .split(|b| !b.is_ascii_alphanumeric() && *b < 128)
        .filter(|w| w.len() > 3)
        .take(2_000)
        .collect();
    if !words.is_empty() {
        let word = words[random.below(words.len())];
        for (side, path) in [(&mut base, &path), (&mut head, &to)] {
            let found = marked(&side.files[path], word, path);
            side.findings.extend(found);
        }
    }
    let known = Known {
        file_local: random.below(2) == 0,
        ..Known::default()
    };
    holds(&base, &head, &known);
}

fn marked(content: &[u8], word: &[u8], path: &RepoPath) -> Vec<Finding> {
    let lines = content.split(|b| *b == b'\n').enumerate();
    let found = lines.filter_map(|(n, line)| {
        let column = line.windows(word.len()).position(|w| w == word)? as u32 + 1;
        let region = Region {
            column: Some(column),
            ..Region::line(n as u32 + 1)
        };
        let finding = Finding::build("one", "WORD", path.clone()).message("found");
        Some(
            finding
                .region(Some(region))
                .finish()
                .expect("it has a rule and a place"),
        )
    });
    found.take(40).collect()
}

fn crlf(bytes: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    lines.join(&b"\r\n"[..])
}

/// A finding somewhere in one of the files, or nowhere.
fn finding(below: &mut dyn FnMut(usize) -> usize, base: &Side, head: &Side) -> Finding {
    let files: Vec<(&RepoPath, &Vec<u8>)> = base.files.iter().chain(&head.files).collect();
    let (path, content) = match files.is_empty() {
        true => (RepoPath::from("gone.py"), 0),
        false => {
            let (path, content) = files[below(files.len())];
            (path.clone(), content.split(|b| *b == b'\n').count())
        }
    };
    let rule = ["B101", "B602", "hard-coded-password", "CVE-1"][below(4)];
    let scanner = ["one", "one", "one", "two"][below(4)];
    // Some lie past the end, or are longer than the file.
    let line = below(content + 3) as u32;
    let region = (line > 0).then(|| Region {
        line,
        column: Some(below(200) as u32).filter(|c| *c % 3 > 0),
        end_line: line + [0, 0, 0, 1, 5][below(5)],
        end_column: None,
    });
    let kind = [Kind::Code, Kind::Code, Kind::Secret, Kind::Dependency][below(4)];
    let package = Package {
        ecosystem: "npm".into(),
        name: ["left", "right"][below(2)].into(),
        version: ["1.0", "1.1"][below(2)].into(),
        fixed: Vec::new(),
    };
    let secret = ["a", "b"][below(2)].to_owned();
    let score = Score::new([0.0, 5.0, 5.0, 9.8][below(4)]);
    Finding::build(scanner, rule, path)
        .kind(kind)
        .message(["said", "said", "said else"][below(3)])
        .package(Some(package).filter(|_| kind == Kind::Dependency))
        .advisories(vec![["CVE-1", "CVE-2"][below(2)].into()])
        .secret(Some(secret).filter(|_| kind == Kind::Secret))
        .score(score.filter(|_| below(3) > 0))
        .region(region)
        .finish()
        .expect("it has a rule and a place")
}
