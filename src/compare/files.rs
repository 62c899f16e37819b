//! Which file continues which.
//!
//! Files that keep their path are pairs. A deleted and an added file with equal content are a pair, then those whose
//! lines are most similar, down to 30 %, and those of the same name with most of the words in common. A wrong pair
//! costs nothing, because only equal or nearly equal lines are mapped afterwards. Copies are not continuations: a file
//! that still is at its old path pays for nothing else.

use std::collections::{BTreeMap, HashMap};

use super::statement::{hash, in_common, words};
use super::text::{Interner, Text};
use super::{ComparedFile, Content};
use crate::model::RepoPath;

/// The least share of common text of a renamed file.
const SIMILAR: f64 = 0.3;
/// The least share of common words of a file of the same name.
const SAME_WORDS: f64 = 0.7;
/// A line that more files than this have says nothing about a rename.
const COMMON_LINE: usize = 40;

/// A file of one side.
#[derive(Debug)]
pub(super) struct File {
    pub path: RepoPath,
    /// Its lines; none if it is not text.
    pub text: Text,
    /// The hashes of its pieces, if it is not text.
    binary: Option<Box<[u64]>>,
    /// The file that it continues, or that continues it, on the other side.
    pub pair: Option<usize>,
}

impl File {
    fn new(path: RepoPath, content: Content, interner: &mut Interner) -> File {
        let (text, binary) = match content {
            Content::Text(text) => (text, None),
            Content::Binary(pieces) => (String::new(), Some(pieces)),
        };
        File {
            text: Text::new(path.as_bytes(), text, interner),
            path,
            binary,
            pair: None,
        }
    }

    /// A hash of a line (from 1) as it is in the file.
    pub(super) fn line_hash(&self, number: u32) -> Option<u64> {
        match &self.binary {
            Some(pieces) => pieces.get((number as usize).checked_sub(1)?).copied(),
            None => Some(hash(self.text.physical_line(number)?.as_bytes())),
        }
    }
}

/// The files of both sides, and which belong together.
#[derive(Debug)]
pub(super) struct Files {
    pub base: Vec<File>,
    pub head: Vec<File>,
    base_by_path: HashMap<RepoPath, usize>,
    head_by_path: HashMap<RepoPath, usize>,
}

impl Files {
    pub(super) fn pair(changed: Vec<ComparedFile>) -> Files {
        let mut old: BTreeMap<RepoPath, Content> = BTreeMap::new();
        let mut new: BTreeMap<RepoPath, Content> = BTreeMap::new();
        for file in changed {
            old.extend(file.old);
            new.extend(file.new);
        }
        let mut interner = Interner::default();
        let mut side = |files: BTreeMap<RepoPath, Content>| -> Vec<File> {
            files
                .into_iter()
                .map(|(path, content)| File::new(path, content, &mut interner))
                .collect()
        };
        let (base, head) = (side(old), side(new));
        let index = |files: &[File]| {
            files
                .iter()
                .enumerate()
                .map(|(i, f)| (f.path.clone(), i))
                .collect()
        };
        let mut files = Files {
            base_by_path: index(&base),
            head_by_path: index(&head),
            base,
            head,
        };
        for h in 0..files.head.len() {
            if let Some(b) = files.base_by_path.get(&files.head[h].path).copied() {
                files.join(b, h);
            }
        }
        files.pair_renamed();
        files
    }

    fn join(&mut self, b: usize, h: usize) {
        self.base[b].pair = Some(h);
        self.head[h].pair = Some(b);
    }

    pub(super) fn base_at(&self, path: &RepoPath) -> Option<usize> {
        self.base_by_path.get(path).copied()
    }

    pub(super) fn head_at(&self, path: &RepoPath) -> Option<usize> {
        self.head_by_path.get(path).copied()
    }

    /// Whether a base file or its continuation at head is not text.
    pub(super) fn base_is_binary(&self, file: usize) -> bool {
        let old = &self.base[file];
        let new = old.pair.map(|h| &self.head[h]);
        old.binary.is_some() || new.is_some_and(|f| f.binary.is_some())
    }

    /// Whether a head file, or the one that it continues, is not text.
    pub(super) fn head_is_binary(&self, file: usize) -> bool {
        let new = &self.head[file];
        let old = new.pair.map(|b| &self.base[b]);
        new.binary.is_some() || old.is_some_and(|f| f.binary.is_some())
    }

    /// Pairs files that are not text by equal content, in the order of their paths.
    fn pair_binary(&mut self) {
        let mut gone: HashMap<&[u64], Vec<usize>> = HashMap::new();
        for (b, file) in self.base.iter().enumerate().rev() {
            if let (Some(pieces), None) = (&file.binary, file.pair) {
                gone.entry(pieces).or_default().push(b);
            }
        }
        let mut pairs = Vec::new();
        for (h, file) in self.head.iter().enumerate() {
            if let (Some(pieces), None) = (&file.binary, file.pair)
                && let Some(b) = gone.get_mut(&**pieces).and_then(Vec::pop)
            {
                pairs.push((b, h));
            }
        }
        for (b, h) in pairs {
            self.join(b, h);
        }
    }

    fn pair_renamed(&mut self) {
        self.pair_binary();
        self.pair_by_lines();
        self.pair_by_words();
    }

    /// Pairs files of one name that hardly share a line, but most of their words: they went to another folder
    /// and were formatted.
    fn pair_by_words(&mut self) {
        /// How many pairs of files of one name are looked at.
        const MOST: usize = 1_024;
        let mut names: BTreeMap<&[u8], (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (b, file) in self
            .base
            .iter()
            .enumerate()
            .filter(|(_, f)| f.pair.is_none())
        {
            names.entry(file.path.file_name()).or_default().0.push(b);
        }
        for (h, file) in self
            .head
            .iter()
            .enumerate()
            .filter(|(_, f)| f.pair.is_none())
        {
            names.entry(file.path.file_name()).or_default().1.push(h);
        }
        let mut candidates: Vec<(u64, usize, usize)> = Vec::new();
        for (old, new) in names.into_values() {
            if old.is_empty() || new.is_empty() || old.len() * new.len() > MOST {
                continue;
            }
            let all = |text: &Text| words(text.piece_of(&(0..text.len())).0);
            let new: Vec<_> = new.iter().map(|h| (*h, all(&self.head[*h].text))).collect();
            for b in old {
                let before = all(&self.base[b].text);
                for (h, after) in &new {
                    let share = in_common(&before, after);
                    if share >= SAME_WORDS {
                        candidates.push(((share * 1000.0) as u64, b, *h));
                    }
                }
            }
        }
        candidates.sort_by(|x, y| y.0.cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        for (_, b, h) in candidates {
            if self.base[b].pair.is_none() && self.head[h].pair.is_none() {
                self.join(b, h);
            }
        }
    }

    fn pair_by_lines(&mut self) {
        let gone: Vec<usize> = (0..self.base.len())
            .filter(|b| self.base[*b].pair.is_none())
            .collect();
        let come: Vec<usize> = (0..self.head.len())
            .filter(|h| self.head[*h].pair.is_none())
            .collect();
        if gone.is_empty() || come.is_empty() {
            return;
        }
        // How often each line is in each added file, for lines that few files have.
        let mut holders: HashMap<u32, Vec<(usize, u32)>> = HashMap::new();
        for &h in &come {
            for (line, (count, _)) in line_counts(&self.head[h].text) {
                holders.entry(line).or_default().push((h, count));
            }
        }
        let mut candidates: Vec<(u64, bool, usize, usize)> = Vec::new();
        for &b in &gone {
            let old = &self.base[b];
            let mut common: HashMap<usize, u64> = HashMap::new();
            for (line, (count, weight)) in line_counts(&old.text) {
                let Some(files) = holders.get(&line).filter(|f| f.len() <= COMMON_LINE) else {
                    continue;
                };
                for (h, other) in files {
                    let times = u64::from(count.min(*other));
                    *common.entry(*h).or_default() += u64::from(weight) * times;
                }
            }
            for (h, common) in common {
                let new = &self.head[h];
                let largest = total(&old.text).max(total(&new.text));
                let share = common as f64 / largest.max(1) as f64;
                if share >= SIMILAR || old.text.norm == new.text.norm {
                    let same_name = old.path.file_name() == new.path.file_name();
                    candidates.push(((share * 1000.0) as u64, same_name, b, h));
                }
            }
        }
        // Best first; among equals the same file name, then the order of paths.
        candidates.sort_by(|x, y| {
            (y.0, y.1)
                .cmp(&(x.0, x.1))
                .then((x.2, x.3).cmp(&(y.2, y.3)))
        });
        for (_, _, b, h) in candidates {
            if self.base[b].pair.is_none() && self.head[h].pair.is_none() {
                self.join(b, h);
            }
        }
    }
}

/// The lines of a text with words in them, in a fixed order: how often each is there, and how many
/// characters of words it has.
fn line_counts(text: &Text) -> BTreeMap<u32, (u32, u16)> {
    let mut counts = BTreeMap::new();
    for line in 0..text.len() {
        if text.significant(line) {
            let entry = counts
                .entry(text.norm[line])
                .or_insert((0, text.words[line]));
            entry.0 += 1;
        }
    }
    counts
}

fn total(text: &Text) -> u64 {
    text.words.iter().map(|w| u64::from(*w)).sum()
}
