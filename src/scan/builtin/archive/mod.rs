//! The files in archives: zip and what is one (jar, whl, docx), tar, gzip, and archives in archives, within
//! bounds. What cannot be seen is never passed over in silence.

mod tar;
mod zip;

use std::fmt;
use std::io::Read;

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};

use crate::model::harmless;

/// How deep archives may lie in one another.
const DEEPEST: usize = 3;
/// Most bytes that are unpacked from one archive, with those inside it.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Most files that are unpacked from one archive.
const MOST_FILES: usize = 10_000;

/// What of an archive was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// The file in the archive; empty for the archive itself.
    name: String,
    pub(super) why: Why,
}

/// Why a part of an archive was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It lies behind the bounds of depth, size or number.
    TooMuch,
    /// It ends too early, or its checksum is another one.
    Damaged,
    /// A password is needed.
    Encrypted,
    /// It is packed in a form of zip's that is not read (APPNOTE, 4.4.5).
    Method(u16),
    /// It is packed by another program.
    Format(&'static str),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.why == Why::TooMuch {
            return f.write_str("it is an archive that is too large to unpack completely");
        }
        match &*self.name {
            "" => f.write_str("it is an archive that ")?,
            name => write!(f, "it is an archive, and `{name}` in it ")?,
        }
        match self.why {
            Why::TooMuch | Why::Damaged => f.write_str("is damaged"),
            Why::Encrypted => f.write_str("is encrypted"),
            Why::Method(method) => {
                write!(
                    f,
                    "is packed by method {method}, which this scanner does not read"
                )
            }
            Why::Format(name) => {
                write!(f, "is packed with {name}, which this scanner does not read")
            }
        }
    }
}

/// What is left of the bounds, and what was not read.
struct Left {
    bytes: u64,
    files: usize,
    unread: Option<Unread>,
}

/// What was unpacked of a file.
struct Unpacked {
    content: Vec<u8>,
    /// Whether it is all of it.
    whole: bool,
}

impl Left {
    /// Remembers the first thing that was not read.
    fn miss(&mut self, name: &str, why: Why) {
        self.unread.get_or_insert_with(|| Unread {
            name: harmless(name),
            why,
        });
    }

    /// Reads as much as is left, or as can be read before a fault.
    fn read(&mut self, name: &str, from: impl Read) -> Unpacked {
        let mut content = Vec::new();
        let read = from.take(self.bytes + 1).read_to_end(&mut content);
        if read.is_err() {
            self.miss(name, Why::Damaged);
        }
        let exceeds = content.len() as u64 > self.bytes;
        if exceeds {
            self.miss(name, Why::TooMuch);
            content.pop();
        }
        self.bytes -= content.len() as u64;
        Unpacked {
            content,
            whole: read.is_ok() && !exceeds,
        }
    }

    /// Takes one file, if there may be one more.
    fn takes_file(&mut self, name: &str) -> bool {
        let any = self.files > 0;
        if !any {
            self.miss(name, Why::TooMuch);
        }
        self.files = self.files.saturating_sub(1);
        any
    }
}

/// Whether a content is an archive, or packed.
pub(super) fn is_archive(content: &[u8]) -> bool {
    kind(content).is_some()
}

/// Calls a function with the name and the content of each file in an archive. Returns the first thing that was
/// not read.
pub(super) fn for_each_file(content: &[u8], visit: &mut dyn FnMut(&str, &[u8])) -> Option<Unread> {
    let mut left = Left {
        bytes: MOST_BYTES,
        files: MOST_FILES,
        unread: None,
    };
    unpack("", content, DEEPEST, &mut left, visit);
    left.unread
}

#[derive(Clone, Copy)]
enum ArchiveKind {
    Zip,
    Gzip,
    Tar,
    Other(&'static str),
}

fn kind(content: &[u8]) -> Option<ArchiveKind> {
    match content {
        [b'P', b'K', 3, 4, ..] => Some(ArchiveKind::Zip),
        // A program in front of an archive, as Python's zipapp has.
        [b'#', b'!', ..] if zip::end_of(content).is_some() => Some(ArchiveKind::Zip),
        [0x1f, 0x8b, 8, ..] => Some(ArchiveKind::Gzip),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(ArchiveKind::Other("7-Zip")),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(ArchiveKind::Other("RAR")),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(ArchiveKind::Other("xz")),
        // Behind the size of its blocks, a block or the end.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, 0x41 | 0x72, ..] => {
            Some(ArchiveKind::Other("bzip2"))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(ArchiveKind::Other("Zstandard")),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(ArchiveKind::Other("LZ4")),
        [b'L', b'Z', b'I', b'P', 1, ..] => Some(ArchiveKind::Other("lzip")),
        [0x1f, 0x9d, ..] => Some(ArchiveKind::Other("compress")),
        [0xed, 0xab, 0xee, 0xdb, ..] => Some(ArchiveKind::Other("RPM")),
        _ if tar::is_tar(content) => Some(ArchiveKind::Tar),
        _ => None,
    }
}

fn unpack(
    name: &str,
    content: &[u8],
    depth: usize,
    left: &mut Left,
    visit: &mut dyn FnMut(&str, &[u8]),
) {
    let mut kind = kind(content);
    if depth == 0 && kind.take().is_some() {
        left.miss(name, Why::TooMuch);
    }
    let whole_name = |inner: &str| match name {
        "" => inner.to_owned(),
        outer => format!("{outer}/{inner}"),
    };
    match kind {
        None => visit(name, content),
        Some(ArchiveKind::Other(format)) => left.miss(name, Why::Format(format)),
        Some(ArchiveKind::Gzip) => {
            let unpacked = left.read(name, MultiGzDecoder::new(content));
            let inner = name.rsplit('/').next().unwrap_or_default();
            let inner = inner.strip_suffix(".gz").unwrap_or("content");
            unpack(
                &whole_name(inner),
                &unpacked.content,
                depth - 1,
                left,
                visit,
            );
        }
        Some(ArchiveKind::Tar) => {
            let whole = tar::for_each_file(content, &mut |inner, file| {
                let inner = whole_name(inner);
                let takes = left.takes_file(&inner);
                if takes {
                    unpack(&inner, file, depth - 1, left, visit);
                }
                takes
            });
            if !whole {
                left.miss(name, Why::Damaged);
                visit(name, content);
            }
        }
        Some(ArchiveKind::Zip) => {
            let whole = zip::for_each_entry(content, &mut |entry| {
                let inner = whole_name(&entry.name);
                let takes = left.takes_file(&inner);
                if takes {
                    let unpacked = unpack_entry(&inner, &entry, left);
                    unpack(&inner, &unpacked, depth - 1, left, visit);
                }
                takes
            });
            match whole {
                true => {
                    let around = zip::outside(content).into_iter();
                    around
                        .filter(|t| !t.is_empty())
                        .for_each(|text| visit(name, text));
                }
                false => {
                    left.miss(name, Why::Damaged);
                    visit(name, content);
                }
            }
        }
    }
}

/// The content of a file of a zip archive, or what can be read of it.
fn unpack_entry(name: &str, entry: &zip::Entry<'_>, left: &mut Left) -> Vec<u8> {
    if entry.encrypted {
        left.miss(name, Why::Encrypted);
        return Vec::new();
    }
    let unpacked = match entry.method {
        0 => left.read(name, entry.packed),
        8 => left.read(name, DeflateDecoder::new(entry.packed)),
        method => {
            left.miss(name, Why::Method(method));
            return Vec::new();
        }
    };
    let mut checksum = Crc::new();
    checksum.update(&unpacked.content);
    if unpacked.whole && checksum.sum() != entry.checksum {
        left.miss(name, Why::Damaged);
    }
    unpacked.content
}

#[cfg(test)]
mod tests;
