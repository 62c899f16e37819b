//! Large blobs, read as a stream from the files that git keeps new objects in. The library could do that too, but
//! nobody else could ask it anything meanwhile.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;

use crate::model::Oid;

/// Longest header of an object, in bytes.
const HEADER: usize = 32;
/// How much of a file is read at a time, in bytes.
const BUFFER: usize = 128 * 1024;

/// The content of a large blob. It is an error to read one that is shorter or longer than its header says.
#[derive(Debug)]
pub struct LongBlob {
    content: ZlibDecoder<BufReader<File>>,
    /// How much is to come, in bytes.
    left: u64,
}

impl Read for LongBlob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, "its size is not the stated one");
        self.left = self.left.checked_sub(read as u64).ok_or_else(damaged)?;
        match read == 0 && !buffer.is_empty() && self.left > 0 {
            true => Err(damaged()),
            false => Ok(read),
        }
    }
}

/// Opens a blob that lies in a folder of objects as a file of its own (gitformat-loose(5)): a zlib stream of
/// `blob SIZE`, a NUL byte and the content. `None` if it doesn't, if it isn't a blob, or if it is shorter than `least` bytes.
pub(super) fn open(objects: &Path, oid: &Oid, least: u64) -> Option<LongBlob> {
    let (folder, name) = oid.as_str().split_at_checked(2)?;
    let file = File::open(objects.join(folder).join(name)).ok()?;
    let mut content = ZlibDecoder::new(BufReader::with_capacity(BUFFER, file));
    let mut header = Vec::with_capacity(HEADER);
    let mut byte = [0];
    loop {
        content.read_exact(&mut byte).ok()?;
        match byte {
            [0] => break,
            [other] if header.len() < HEADER => header.push(other),
            _ => return None,
        }
    }
    let size = header.strip_prefix(b"blob ")?;
    let left: u64 = std::str::from_utf8(size).ok()?.parse().ok()?;
    (left >= least).then_some(LongBlob { content, left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::ZlibEncoder;

    fn opened(object: &[u8], cut: usize) -> Option<io::Result<Vec<u8>>> {
        let folder = tempfile::tempdir().unwrap();
        let oid = Oid::parse("0123456789abcdef0123456789abcdef01234567").unwrap();
        let mut packed = Vec::new();
        ZlibEncoder::new(object, Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        packed.truncate(packed.len() - cut);
        std::fs::create_dir(folder.path().join("01")).unwrap();
        std::fs::write(
            folder
                .path()
                .join("01/23456789abcdef0123456789abcdef01234567"),
            packed,
        )
        .unwrap();
        let mut blob = open(folder.path(), &oid, 4)?;
        let mut content = Vec::new();
        Some(blob.read_to_end(&mut content).map(|_| content))
    }

    #[test]
    fn a_blob_is_read_and_a_damaged_one_is_an_error() {
        assert_eq!(opened(b"blob 5\0a\0cde", 0).unwrap().unwrap(), b"a\0cde");
        for (object, cut) in [
            (&b"blob 6\0a\0cde"[..], 0),
            (&b"blob 4\0a\0cde"[..], 0),
            (&b"blob 5\0a\0cde"[..], 5),
        ] {
            assert!(
                opened(object, cut).is_none_or(|read| read.is_err()),
                "{object:?}"
            );
        }
        for other in [
            &b"tree 5\0a\0cde"[..],
            b"blob 3\0abc",
            b"blob x\0abc",
            b"blob",
        ] {
            assert!(opened(other, 0).is_none(), "{other:?}");
        }
    }
}
