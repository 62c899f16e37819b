//! A target's results as files that clones share: by scanner key, for the units of its recent tips.
//!
//! Under a ref of the remote lie a file `index`, files `results/SCANNER/KEY/XX` with a line for each unit
//! whose digest begins with XX (`DIGEST VANISHED RESULT`: the digest in hexadecimal, the generation in
//! which the target lost the unit or 0, and the result as JSON, nothing for a clean one), and a file
//! `signature` over a hash of all of them. Lines are sorted, so that a publication alters few of them
//! and packs well.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use super::{Gate, listing};
use crate::cache::{ScannerKey, UnitDigest};
use crate::error::Result;
use crate::git::{Repository, Target};
use crate::model::Oid;
use crate::scan::{Scanner, Scope, State, UnitResult, project};

/// The first line of the index.
const MAGIC: &str = "newgate-baseline 1";
/// For how many generations (publications of another tip) a unit that the target lost, or a scanner
/// key that nobody uses, is kept.
const KEPT: u32 = 20;
/// The longest line that is read, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;
/// The largest number of units that is read.
const MOST: usize = 20_000_000;

/// What is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// How many tips were published.
    pub generation: u32,
    /// The newest tips, the last published first.
    pub tips: Vec<Oid>,
    scanners: BTreeMap<(String, String), Results>,
}

/// The results of one scanner key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Results {
    /// The generation in which it was last published.
    last: u32,
    units: BTreeMap<[u8; 32], Unit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unit {
    /// The generation in which the target lost it; 0 if it has it.
    vanished: u32,
    result: Vec<u8>,
}

/// What a scanner of this clone has to do with what is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The scanner.
    pub scanner: String,
    /// How many units the target's tip has for it.
    pub units: u64,
    /// How many of them have a result.
    pub known: u64,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Whether a text can stand for a scanner or a key in a file's name and in the index.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
}

impl Shared {
    /// Reads files; what cannot be read of them is left out. `None` if they are no baseline of this
    /// version.
    pub fn from_files<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Option<Shared> {
        let mut shared = Shared::default();
        let mut has_index = false;
        let mut units = 0;
        for (name, content) in files {
            if name == "index" {
                shared.read_index(std::str::from_utf8(content).ok()?)?;
                has_index = true;
                continue;
            }
            let mut parts = name.split('/');
            let (Some("results"), Some(scanner), Some(key)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if !is_name(scanner) || !is_name(key) {
                continue;
            }
            let results = shared
                .scanners
                .entry((scanner.to_owned(), key.to_owned()))
                .or_default();
            for line in content.split(|b| *b == b'\n') {
                let fits = line.len() <= LONGEST && units < MOST;
                if let Some((digest, unit)) = fits.then(|| read_line(line)).flatten() {
                    results.units.insert(digest, unit);
                    units += 1;
                }
            }
        }
        has_index.then_some(shared)
    }

    fn read_index(&mut self, text: &str) -> Option<()> {
        let mut lines = text.lines();
        (lines.next()? == MAGIC).then_some(())?;
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["generation", number] => self.generation = number.parse().ok()?,
                ["tip", oid] => self.tips.push(Oid::parse(oid)?),
                ["scanner", scanner, key, last] if is_name(scanner) && is_name(key) => {
                    let entry = self.scanners.entry((scanner.to_owned(), key.to_owned()));
                    entry.or_default().last = last.parse().ok()?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// Writes the files.
    pub fn to_files(&self) -> Vec<(String, Vec<u8>)> {
        let mut index = format!("{MAGIC}\ngeneration {}\n", self.generation);
        for tip in &self.tips {
            let _ = writeln!(index, "tip {tip}");
        }
        let mut files = Vec::new();
        for ((scanner, key), results) in &self.scanners {
            let _ = writeln!(index, "scanner {scanner} {key} {}", results.last);
            let mut buckets: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
            for (digest, unit) in &results.units {
                let bucket = buckets.entry(digest[0]).or_default();
                bucket.extend(format!("{} {} ", hex(digest), unit.vanished).bytes());
                bucket.extend(&unit.result);
                bucket.push(b'\n');
            }
            for (first, content) in buckets {
                files.push((format!("results/{scanner}/{key}/{first:02x}"), content));
            }
        }
        files.insert(0, ("index".to_owned(), index.into_bytes()));
        files
    }

    /// What a signature of the files is made of.
    pub fn statement(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, content) in self.to_files() {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&(content.len() as u64).to_le_bytes());
            hasher.update(&content);
        }
        format!("{MAGIC}\nblake3 {}\n", hasher.finalize().to_hex())
    }

    /// The number of units, over all scanner keys.
    pub fn len(&self) -> usize {
        self.scanners.values().map(|r| r.units.len()).sum()
    }

    /// Whether it has no unit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn of(&self, name: &str, key: &ScannerKey) -> Option<&Results> {
        self.scanners.get(&(name.to_owned(), hex(key.as_bytes())))
    }

    /// Adds what is known here of a target's tip. A tip that was published before, by somebody who was
    /// faster or of another part, adds its results and marks nothing as lost.
    fn add(&mut self, tip: &Oid, own: Vec<Own>) {
        let newest = self.tips.first() == Some(tip);
        let older = !newest && self.tips.contains(tip);
        if !newest && !older {
            self.generation += 1;
            self.tips.insert(0, tip.clone());
            self.tips.truncate(KEPT as usize);
        }
        let generation = self.generation;
        for one in own {
            let entry = self.scanners.entry((one.scanner, hex(one.key.as_bytes())));
            let results = entry.or_default();
            results.last = generation;
            for (digest, result) in one.results {
                let unit = Unit {
                    vanished: 0,
                    result,
                };
                results.units.insert(digest, unit);
            }
            if older {
                continue;
            }
            for (digest, unit) in &mut results.units {
                match (one.units.contains(digest), unit.vanished) {
                    (true, _) => unit.vanished = 0,
                    (false, 0) => unit.vanished = generation,
                    (false, _) => {}
                }
            }
        }
        for results in self.scanners.values_mut() {
            results
                .units
                .retain(|_, u| u.vanished == 0 || generation - u.vanished.min(generation) <= KEPT);
        }
        self.scanners
            .retain(|_, r| generation - r.last.min(generation) <= KEPT);
    }
}

fn read_line(line: &[u8]) -> Option<([u8; 32], Unit)> {
    let mut parts = line.splitn(3, |b| *b == b' ');
    let digest = unhex(std::str::from_utf8(parts.next()?).ok()?)?;
    let vanished = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let result = parts.next()?.to_vec();
    Some((digest, Unit { vanished, result }))
}

/// What this clone knows of a target's tip for one scanner.
struct Own {
    scanner: String,
    key: ScannerKey,
    /// The units of the tip.
    units: HashSet<[u8; 32]>,
    /// Their results, as far as they are known.
    results: BTreeMap<[u8; 32], Vec<u8>>,
}

/// The scanners that are on for a target.
fn scanners_of(gate: &Gate<'_>, target: &Target) -> Result<Vec<Scanner>> {
    gate.scanners(&super::build::settings_for(gate, target)?)
}

/// The scanners whose results can be shared: those that are run here and can be.
fn shareable(gate: &Gate<'_>, target: &Target) -> Result<Vec<Scanner>> {
    let mut scanners = scanners_of(gate, target)?;
    // The built-in scanner is as fast as reading its results, and a secret is known by a hash of this
    // clone.
    scanners.retain(|s| {
        let of_files = s.descriptor.scope() == Scope::File;
        s.state == State::Ready && !s.given && s.program.is_some() && of_files
    });
    Ok(scanners)
}

/// The units of a tree for a scanner.
fn units_of(repo: &Repository, scanner: &Scanner, tree: &Oid) -> Result<Vec<UnitDigest>> {
    if scanner.descriptor.scope() == Scope::Project {
        return Ok(project::digests(repo, &scanner.descriptor, tree)?.to_vec());
    }
    let files = listing::files_of(repo, tree)?;
    let mut units = Vec::new();
    for file in files {
        if crate::scan::is_listed_for(&scanner.descriptor, &file, &|f| repo.blob(&f.blob))? {
            units.push(UnitDigest::of_file(&file));
        }
    }
    Ok(units)
}

/// A result that may be shared: checked as if it had just been made, and not too long to be read.
fn checked(result: &[u8]) -> Option<Vec<u8>> {
    UnitResult::checked(result).filter(|r| r.len() <= LONGEST - 100)
}

/// What a file of allowed signers is known by.
pub fn hash_of_signers(content: &[u8]) -> [u8; 32] {
    *blake3::hash(content).as_bytes()
}

/// Adds what this clone knows of a target's tip; returns how much that is, for each scanner.
///
/// # Errors
/// The configuration has mistakes, or git could not answer.
pub fn add_own(gate: &Gate<'_>, target: &Target, shared: &mut Shared) -> Result<Vec<Part>> {
    let scanners = shareable(gate, target)?;
    let mut own = Vec::new();
    let mut parts = Vec::new();
    for scanner in &scanners {
        let units = units_of(gate.repo, scanner, &target.tree)?;
        let mut results = BTreeMap::new();
        for unit in &units {
            let result = gate.cache.result(&scanner.key, unit);
            if let Some(result) = result.and_then(|r| checked(&r)) {
                results.insert(*unit.as_bytes(), result);
            }
        }
        parts.push(Part {
            scanner: scanner.descriptor.name().to_owned(),
            units: units.len() as u64,
            known: results.len() as u64,
        });
        own.push(Own {
            scanner: scanner.descriptor.name().to_owned(),
            key: scanner.key,
            units: units.iter().map(|u| *u.as_bytes()).collect(),
            results,
        });
    }
    shared.add(&target.tip, own);
    Ok(parts)
}

/// The scanner keys and units of a target's tip.
///
/// # Errors
/// As [`add_own`].
pub fn units_of_tip(gate: &Gate<'_>, target: &Target) -> Result<HashSet<(ScannerKey, UnitDigest)>> {
    let mut all = HashSet::new();
    for scanner in scanners_of(gate, target)? {
        for unit in units_of(gate.repo, &scanner, &target.tree)? {
            all.insert((scanner.key, unit));
        }
    }
    Ok(all)
}

/// Takes over what is shared of a target's tip: summed up, to be told beside the verdict. What an allowed signer signed
/// (`signers` is the hash of the file that names them) counts for checks too, apart from what was scanned here and as
/// long as the target names the same signers.
///
/// # Errors
/// As [`add_own`].
pub fn take_over(
    gate: &Gate<'_>,
    target: &Target,
    shared: &Shared,
    signers: Option<[u8; 32]>,
) -> Result<Vec<Part>> {
    let scanners = shareable(gate, target)?;
    let mut parts = Vec::new();
    let mut fetched = Vec::new();
    for scanner in &scanners {
        let units = units_of(gate.repo, scanner, &target.tree)?;
        let of_scanner = shared.of(scanner.descriptor.name(), &scanner.key);
        let result_of = |unit: &UnitDigest| -> Option<Vec<u8>> {
            checked(&of_scanner?.units.get(unit.as_bytes())?.result)
        };
        let known = units.iter().filter(|u| result_of(u).is_some()).count();
        parts.push(Part {
            scanner: scanner.descriptor.name().to_owned(),
            units: units.len() as u64,
            known: known as u64,
        });
        let Some(results) = of_scanner else {
            continue;
        };
        // Those of older tips too: branches began there.
        fetched.extend(results.units.iter().filter_map(|(digest, unit)| {
            let digest = UnitDigest::from_bytes(*digest);
            Some((scanner.key, digest, checked(&unit.result)?))
        }));
        listing::walk_shared(gate.repo, gate.cache, scanner, &target.tree, &result_of)?;
    }
    gate.cache.keep_fetched(signers.map(|s| (s, fetched)));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(n: u8) -> Oid {
        Oid::parse(&format!("{n:02x}").repeat(20)).unwrap()
    }

    fn own(units: &[u8], known: &[u8]) -> Vec<Own> {
        let digest = |n: &u8| [*n; 32];
        vec![Own {
            scanner: "bandit".into(),
            key: ScannerKey::new("d", "1", &[], []),
            units: units.iter().map(digest).collect(),
            results: known.iter().map(|n| (digest(n), b"{}".to_vec())).collect(),
        }]
    }

    fn units(shared: &Shared) -> Vec<u8> {
        let results = shared.scanners.values();
        results.flat_map(|r| r.units.keys().map(|k| k[0])).collect()
    }

    #[test]
    fn files_lead_back_to_what_was_written_and_damage_is_left_out() {
        let mut shared = Shared::default();
        shared.add(&oid(1), own(&[1, 2, 250], &[1, 2, 250]));
        let files = shared.to_files();
        let read = |files: &[(String, Vec<u8>)]| {
            Shared::from_files(files.iter().map(|(n, c)| (n.as_str(), c.as_slice())))
        };
        assert_eq!(read(&files), Some(shared.clone()));
        assert_eq!(read(&files[1..]), None);
        let mut damaged = files.clone();
        damaged[1].1.truncate(30);
        damaged.push(("results/bandit".into(), b"x\n".to_vec()));
        damaged.push(("else".into(), b"x\n".to_vec()));
        assert_eq!(read(&damaged).unwrap().len(), 2);
        assert_ne!(read(&damaged).unwrap().statement(), shared.statement());
        let mut newer = files;
        newer[0].1 = b"newgate-baseline 2\n".to_vec();
        assert_eq!(read(&newer), None);
    }

    #[test]
    fn parts_of_one_tip_add_up_and_an_older_tip_takes_nothing_away() {
        let mut shared = Shared::default();
        shared.add(&oid(1), own(&[1, 2, 3], &[1]));
        shared.add(&oid(1), own(&[1, 2, 3], &[2, 3]));
        assert_eq!((shared.generation, units(&shared)), (1, vec![1, 2, 3]));
        shared.add(&oid(2), own(&[2, 4], &[2, 4]));
        shared.add(&oid(1), own(&[1, 2, 3], &[1]));
        assert_eq!(shared.generation, 2);
        assert_eq!(units(&shared), [1, 2, 3, 4]);
        assert_eq!(shared.tips, [oid(2), oid(1)]);
    }

    #[test]
    fn what_the_target_lost_goes_after_a_while_and_so_do_keys_that_nobody_uses() {
        let mut shared = Shared::default();
        shared.add(&oid(1), own(&[1, 2], &[1, 2]));
        for n in 2..=22 {
            shared.add(&oid(n), own(&[2], &[2]));
        }
        assert_eq!(units(&shared), [1, 2]);
        shared.add(&oid(23), own(&[2], &[2]));
        assert_eq!(units(&shared), [2]);
        assert_eq!(shared.tips.len(), KEPT as usize);
        for n in 24..=50 {
            shared.add(&oid(n), Vec::new());
        }
        assert!(shared.is_empty());
    }
}
