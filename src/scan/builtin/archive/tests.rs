use super::super::corpus;
use super::*;

fn names(content: &[u8]) -> (Vec<String>, Option<Unread>) {
    let mut names = Vec::new();
    let unread = for_each_file(content, &mut |name, _| names.push(name.to_owned()));
    (names, unread)
}

#[test]
fn what_is_cut_or_damaged_is_told_and_nothing_panics() {
    for sample in corpus::samples() {
        if !is_archive(&sample.content) {
            continue;
        }
        let (files, unread) = names(&sample.content);
        assert_eq!(unread, None, "{}", sample.kind);
        assert_eq!(files.len(), 1, "{}", sample.kind);
        for cut in 0..sample.content.len() {
            let (begin, end) = sample.content.split_at(cut);
            let told = names(begin).1.is_some();
            // What is left of an archive in its first bytes is no archive, and tar may end anywhere between files.
            assert!(
                told || !is_archive(begin) || tar::is_tar(begin),
                "{} at {cut}",
                sample.kind
            );
            let changed = [begin, &[0xff], end.get(1..).unwrap_or_default()].concat();
            names(&changed);
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
    let unread = for_each_file(&bomb, &mut |_, content| bytes += content.len() as u64);
    assert_eq!(bytes, MOST_BYTES);
    assert_eq!(unread.map(|u| u.why), Some(Why::TooMuch));
}

/// A zip archive of one file that is not packed, and the places of its fields in the list at its end.
fn zip(method: u8, flags: u8, checksum: u32, size: u32) -> Vec<u8> {
    let content = b"a = 1\n";
    let checksum = checksum.to_le_bytes();
    let length = 6_u32.to_le_bytes();
    let fields = [
        &[flags, 0, method, 0, 0, 0, 0, 0][..],
        &checksum,
        &size.to_le_bytes(),
        &length,
        &[1, 0],
    ]
    .concat();
    let local = [&b"PK\x03\x04\x14\0"[..], &fields[..], b"\0\0x", content].concat();
    let at = u32::try_from(local.len()).unwrap().to_le_bytes();
    let listed = [&b"PK\x01\x02\x14\0\x14\0"[..], &fields[..], &[0; 16], b"x"].concat();
    let end = [
        &b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..],
        &u32::try_from(listed.len()).unwrap().to_le_bytes(),
        &at,
        &[0; 2],
    ]
    .concat();
    [local, listed, end].concat()
}

#[test]
fn what_cannot_be_seen_is_told() {
    let mut checksum = Crc::new();
    checksum.update(b"a = 1\n");
    let sum = checksum.sum();
    let why = |content: &[u8]| names(content).1.map(|unread| unread.why);
    assert_eq!(why(&zip(0, 0, sum, 6)), None);
    assert_eq!(why(&zip(0, 0, sum + 1, 6)), Some(Why::Damaged));
    assert_eq!(why(&zip(0, 1, sum, 6)), Some(Why::Encrypted));
    assert_eq!(why(&zip(14, 0, sum, 6)), Some(Why::Method(14)));
    assert_eq!(why(&zip(0, 0, sum, 600_000)), Some(Why::Damaged));
    let packed: [(&[u8], &str); 5] = [
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7-Zip"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"\xfd7zXZ\0\0\x04", "xz"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x28\xb5\x2f\xfd\x24", "Zstandard"),
    ];
    for (content, name) in packed {
        let unread = names(content).1.unwrap();
        assert_eq!(unread.why, Why::Format(name));
        let expected = format!(
            "it is an archive that is packed with {name}, which this scanner does not read"
        );
        assert_eq!(unread.to_string(), expected);
    }
    assert_eq!(why(b"BZh9 is a word"), None);
}

#[test]
fn what_is_around_a_zip_is_read_too() {
    let mut checksum = Crc::new();
    checksum.update(b"a = 1\n");
    let plain = zip(0, 0, checksum.sum(), 6);
    let read = |content: &[u8]| {
        let mut texts = Vec::new();
        let unread = for_each_file(content, &mut |_, text| texts.push(text.to_vec()));
        assert_eq!(unread, None);
        texts
    };
    assert_eq!(read(&plain), [b"a = 1\n"]);
    let around = [b"#!/bin/sh\n", plain.as_slice(), b"behind"].concat();
    let wanted: [&[u8]; 3] = [b"a = 1\n", b"#!/bin/sh\n", b"behind"];
    assert_eq!(read(&around), wanted);
}
