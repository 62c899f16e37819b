//! The files in archives: zip and what is one (jar, whl, docx), tar, gzip, and archives in archives, within
//! bounds.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

/// How deep archives may be in one another.
const DEEPEST: usize = 3;
/// The most bytes that are unpacked from one archive, with those inside it.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// The most files that are unpacked from one archive.
const MOST_FILES: usize = 10_000;

/// How much may still be unpacked.
struct Left {
    bytes: u64,
    files: usize,
    /// Something is after them.
    exceeded: bool,
}

impl Left {
    /// Reads as much as is left, or as can be read before a fault.
    fn read(&mut self, from: impl Read) -> Vec<u8> {
        let mut unpacked = Vec::new();
        let _ = from.take(self.bytes + 1).read_to_end(&mut unpacked);
        if unpacked.len() as u64 > self.bytes {
            self.exceeded = true;
            unpacked.pop();
        }
        self.bytes -= unpacked.len() as u64;
        unpacked
    }

    /// Takes one file, if there may be one more.
    fn takes_file(&mut self) -> bool {
        self.exceeded |= self.files == 0;
        self.files = self.files.saturating_sub(1);
        !self.exceeded
    }
}

/// Whether a content is an archive that is looked into.
pub(super) fn is_archive(content: &[u8]) -> bool {
    kind(content).is_some()
}

/// Calls a function with the name and the content of each file in an archive. What is damaged is left out. Returns
/// whether nothing is after a bound.
pub(super) fn for_each_file(content: &[u8], visit: &mut dyn FnMut(&str, &[u8])) -> bool {
    let mut left = Left {
        bytes: MOST_BYTES,
        files: MOST_FILES,
        exceeded: false,
    };
    unpack("", content, DEEPEST, &mut left, visit);
    !left.exceeded
}

#[derive(Clone, Copy)]
enum ArchiveKind {
    Zip,
    Gzip,
    Tar,
}

fn kind(content: &[u8]) -> Option<ArchiveKind> {
    match content {
        [b'P', b'K', 3, 4, ..] => Some(ArchiveKind::Zip),
        [0x1f, 0x8b, 8, ..] => Some(ArchiveKind::Gzip),
        _ if content.get(257..262) == Some(b"ustar") => Some(ArchiveKind::Tar),
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
        left.exceeded = true;
    }
    let mut member = |inner: &str, content: &[u8], left: &mut Left| {
        let whole = match name {
            "" => inner.to_owned(),
            outer => format!("{outer}/{inner}"),
        };
        unpack(&whole, content, depth - 1, left, visit);
    };
    match kind {
        None => visit(name, content),
        Some(ArchiveKind::Gzip) => {
            let unpacked = left.read(MultiGzDecoder::new(content));
            let inner = name.rsplit('/').next().unwrap_or_default();
            let inner = inner.strip_suffix(".gz").unwrap_or("content").to_owned();
            member(&inner, &unpacked, left);
        }
        Some(ArchiveKind::Tar) => {
            for (name, file) in tar_files(content) {
                if !left.takes_file() {
                    return;
                }
                member(&name, file, left);
            }
        }
        Some(ArchiveKind::Zip) => {
            for entry in zip_entries(content) {
                if !left.takes_file() {
                    return;
                }
                let unpacked = match entry.method {
                    0 => left.read(entry.packed),
                    8 => left.read(DeflateDecoder::new(entry.packed)),
                    _ => continue,
                };
                member(&entry.name, &unpacked, left);
            }
        }
    }
}

/// The files of a tar archive (POSIX ustar, and what GNU tar writes).
fn tar_files(content: &[u8]) -> impl Iterator<Item = (String, &[u8])> {
    const BLOCK: usize = 512;
    let mut at = 0;
    std::iter::from_fn(move || {
        let header = content.get(at..at + BLOCK)?;
        let digits = header.get(124..136)?.iter().copied();
        let digits = digits.skip_while(|b| *b == b' ');
        let size = digits
            .take_while(u8::is_ascii_digit)
            .try_fold(0_usize, |n, d| {
                n.checked_mul(8)?.checked_add(usize::from(d - b'0'))
            })?;
        let name = header.get(..100)?;
        let name = name.split(|b| *b == 0).next().unwrap_or_default();
        if name.is_empty() {
            return None;
        }
        let start = at + BLOCK;
        let end = start.checked_add(size)?.min(content.len());
        at = start.checked_add(size.checked_next_multiple_of(BLOCK)?)?;
        Some((
            String::from_utf8_lossy(name).into_owned(),
            content.get(start..end)?,
        ))
    })
}

/// A file of a zip archive.
struct ZipEntry<'a> {
    name: String,
    /// How it is packed: 0 not at all, 8 deflated.
    method: u16,
    packed: &'a [u8],
}

/// The files of a zip archive, as its central directory lists them (PKWARE's APPNOTE, 4.3).
fn zip_entries(content: &[u8]) -> impl Iterator<Item = ZipEntry<'_>> {
    let two = |at: usize| -> Option<u16> {
        let bytes = content.get(at..at.checked_add(2)?)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    };
    let four = |at: usize| -> Option<usize> {
        let bytes = content.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let floor = content.len().saturating_sub(22 + usize::from(u16::MAX));
    let tail = content.get(floor..).unwrap_or_default();
    let end = memchr::memmem::rfind(tail, b"PK\x05\x06").map(|i| floor + i);
    let mut next = end.and_then(|end| four(end + 16));
    std::iter::from_fn(move || {
        loop {
            let at = next?;
            if content.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
                return None;
            }
            let name_length = usize::from(two(at + 28)?);
            let extra = usize::from(two(at + 30)?);
            let comment = usize::from(two(at + 32)?);
            next = Some(at + 46 + name_length + extra + comment);
            let name = content.get(at + 46..at + 46 + name_length)?;
            let local = four(at + 42)?;
            let lengths = two(local.checked_add(26)?).zip(two(local.checked_add(28)?));
            let Some((local_name, local_extra)) = lengths else {
                continue;
            };
            let start = local + 30 + usize::from(local_name) + usize::from(local_extra);
            let Some(packed) = content.get(start..start.saturating_add(four(at + 20)?)) else {
                continue;
            };
            if packed.is_empty() {
                continue;
            }
            return Some(ZipEntry {
                name: String::from_utf8_lossy(name).into_owned(),
                method: two(at + 10)?,
                packed,
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_damaged_is_left_out_and_nothing_panics() {
        for sample in super::super::corpus::samples() {
            if !is_archive(&sample.content) {
                continue;
            }
            let mut names = Vec::new();
            let whole = for_each_file(&sample.content, &mut |name, _| names.push(name.to_owned()));
            assert!(whole, "{}", sample.kind);
            assert_eq!(names.len(), 1, "{}", sample.kind);
            for cut in 0..sample.content.len() {
                let (begin, end) = sample.content.split_at(cut);
                for_each_file(begin, &mut |_, _| {});
                let changed = [begin, &[0xff], end.get(1..).unwrap_or_default()].concat();
                for_each_file(&changed, &mut |_, _| {});
            }
        }
    }

    #[test]
    fn a_bomb_ends() {
        let mut packer = flate2::read::GzEncoder::new(
            std::io::repeat(0).take(MOST_BYTES + 1_000),
            flate2::Compression::fast(),
        );
        let mut bomb = Vec::new();
        packer.read_to_end(&mut bomb).unwrap();
        let mut bytes = 0;
        let whole = for_each_file(&bomb, &mut |_, content| bytes += content.len() as u64);
        assert_eq!((bytes, whole), (MOST_BYTES, false));
    }
}
