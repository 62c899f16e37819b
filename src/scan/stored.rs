//! Results as the cache keeps them: JSON, and compressed where they are long. A scanner that reports very
//! much says nearly the same in each of its findings.

use std::io::{BufReader, Read};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Results with more findings than this are long.
const MANY: usize = 500;
/// What a compressed text begins with (RFC 1950), and no JSON.
const ZLIB: u8 = 0x78;
/// The most bytes that a compressed text may stand for.
const LONGEST: u64 = 2 * 1024 * 1024 * 1024;

/// Writes results that have a number of findings.
pub(super) fn write(results: &impl Serialize, findings: usize) -> Vec<u8> {
    const PLAIN: &str = "results are plain data, and go to a list of bytes";
    if findings <= MANY {
        return serde_json::to_vec(results).expect(PLAIN);
    }
    // Written as it goes: the whole text may be longer than the results in memory.
    let mut text = ZlibEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut text, results).expect(PLAIN);
    text.finish().expect(PLAIN)
}

/// Reads results; `None` if they are damaged.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match bytes.first() {
        Some(&ZLIB) => {
            let text = ZlibDecoder::new(bytes).take(LONGEST);
            serde_json::from_reader(BufReader::new(text)).ok()
        }
        _ => serde_json::from_slice(bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_results_are_short_and_come_back_or_are_none() {
        let all: Vec<String> = (0..2_000).map(|n| format!("the finding {n}")).collect();
        let (short, long) = (write(&all, MANY), write(&all, MANY + 1));
        assert!(long.len() * 4 < short.len(), "{}", long.len());
        assert_eq!(read::<Vec<String>>(&short).as_ref(), Some(&all));
        assert_eq!(read::<Vec<String>>(&long).as_ref(), Some(&all));
        for length in [0, 1, 2, long.len() / 2, long.len() - 1] {
            assert_eq!(read::<Vec<String>>(&long[..length]), None, "{length}");
        }
    }
}
