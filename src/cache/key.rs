//! What results are remembered by.

use crate::model::{FileVersion, Oid};

/// The version of how results are read and stored; raised when findings would come out differently.
const READER_VERSION: u32 = 4;

/// A hash of all that can alter a scanner's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScannerKey([u8; 32]);

impl ScannerKey {
    /// Made of the descriptor, the versions of the program and its database, the arguments, and paths
    /// and contents of the configuration files.
    pub fn new<'c>(
        descriptor: &str,
        version: &str,
        args: &[String],
        config: impl IntoIterator<Item = &'c [u8]>,
    ) -> ScannerKey {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(&READER_VERSION.to_le_bytes());
        part(descriptor.as_bytes());
        part(version.as_bytes());
        part(&(args.len() as u64).to_le_bytes());
        for arg in args {
            part(arg.as_bytes());
        }
        for content in config {
            part(content);
        }
        ScannerKey(*hasher.finalize().as_bytes())
    }

    /// The key of results that somebody gave, by ingestion or from a server: what made them is not
    /// known here, only how they were read and where they came from.
    pub fn of_given(scanner: &str, how: &str) -> ScannerKey {
        ScannerKey::new(&format!("given\0{scanner}\0{how}"), "", &[], [])
    }

    /// The key of results that were made with programs which the change itself names: they say nothing
    /// of those that the target names.
    #[must_use]
    pub fn of_head(&self) -> ScannerKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"head").update(&self.0);
        ScannerKey(*hasher.finalize().as_bytes())
    }

    /// The key for the sums of a shared baseline's results, apart from those of scans here.
    #[must_use]
    pub fn of_shared(&self) -> ScannerKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"shared").update(&self.0);
        ScannerKey(*hasher.finalize().as_bytes())
    }

    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A hash of a unit: for a file, its path, its mode and its content's id, because a scanner may
/// consider each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitDigest([u8; 32]);

impl UnitDigest {
    /// The digest of a file.
    pub fn of_file(file: &FileVersion) -> UnitDigest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(file.path.as_bytes().len() as u64).to_le_bytes());
        hasher.update(file.path.as_bytes());
        hasher.update(&file.mode.to_le_bytes());
        hasher.update(file.blob.as_str().as_bytes());
        UnitDigest(*hasher.finalize().as_bytes())
    }

    /// A digest that was written down.
    pub fn from_bytes(bytes: [u8; 32]) -> UnitDigest {
        UnitDigest(bytes)
    }

    /// The digest of a set of files, in any order.
    pub fn of_files(files: &[FileVersion]) -> UnitDigest {
        let mut each: Vec<[u8; 32]> = files.iter().map(|f| UnitDigest::of_file(f).0).collect();
        each.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"files");
        for digest in each {
            hasher.update(&digest);
        }
        UnitDigest(*hasher.finalize().as_bytes())
    }

    /// The digest of all that a scanner reads in a tree.
    pub fn of_tree(tree: &Oid) -> UnitDigest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"tree").update(tree.as_str().as_bytes());
        UnitDigest(*hasher.finalize().as_bytes())
    }

    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
