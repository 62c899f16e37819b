//! What results are remembered by.

use crate::model::FileVersion;

/// The version of how results are read and stored; raised when findings would come out differently.
const READER_VERSION: u32 = 1;

/// A hash of all that can alter a scanner's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScannerKey([u8; 32]);

impl ScannerKey {
    /// Made of the descriptor, the program's version, the arguments and the content of the
    /// configuration files.
    pub fn new(descriptor: &str, version: &str, args: &[String], config: &[Vec<u8>]) -> ScannerKey {
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

    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A hash of a unit: for a file, its path, its mode and its content's id, since a scanner may heed
/// each of them.
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

    /// The hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
