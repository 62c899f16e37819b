//! The files of a zip archive, as its central directory lists them (PKWARE's APPNOTE, 4.3).

/// A file of a zip archive.
pub(super) struct Entry<'a> {
    pub name: String,
    /// How it is packed: 0 not at all, 8 deflated.
    pub method: u16,
    pub encrypted: bool,
    /// The CRC-32 of what is packed.
    pub checksum: u32,
    pub packed: &'a [u8],
}

/// Where the record begins that ends an archive.
pub(super) fn end_of(content: &[u8]) -> Option<usize> {
    let floor = content.len().saturating_sub(22 + usize::from(u16::MAX));
    let tail = content.get(floor..)?;
    memchr::memmem::rfind(tail, b"PK\x05\x06").map(|at| floor + at)
}

fn two(content: &[u8], at: usize) -> Option<u16> {
    let bytes = content.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn four(content: &[u8], at: usize) -> Option<u32> {
    let bytes = content.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn eight(content: &[u8], at: usize) -> Option<u64> {
    let bytes = content.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Calls a function with each file, as long as it says so. Returns whether all that the archive says it has is there.
pub(super) fn for_each_entry(content: &[u8], visit: &mut dyn FnMut(Entry<'_>) -> bool) -> bool {
    let content = archive_of(content);
    let Some((mut at, number)) = directory(content) else {
        return false;
    };
    let mut whole = true;
    for _ in 0..number {
        let Some((entry, next)) = entry(content, at) else {
            return false;
        };
        at = next;
        match entry {
            Some(entry) => {
                if !entry.packed.is_empty() && !visit(entry) {
                    return true;
                }
            }
            None => whole = false,
        }
    }
    whole
}

/// What is outside of the files: a program before them, and a comment or more behind them.
pub(super) fn outside(content: &[u8]) -> [&[u8]; 2] {
    let before = memchr::memmem::find(content, b"PK\x03\x04").unwrap_or_default();
    let behind = end_of(content).map_or(content.len(), |end| end + 22);
    [
        content.get(..before).unwrap_or_default(),
        content.get(behind..).unwrap_or_default(),
    ]
}

/// The archive behind what was put before it, if its places do not count that.
fn archive_of(content: &[u8]) -> &[u8] {
    let lists = |content: &[u8]| {
        let listed = directory(content).and_then(|(at, _)| content.get(at..at.checked_add(4)?));
        listed == Some(b"PK\x01\x02")
    };
    let behind = || {
        let end = end_of(content)?;
        let (size, start) = (four(content, end + 12)?, four(content, end + 16)?);
        let length = usize::try_from(u64::from(size) + u64::from(start)).ok()?;
        content.get(end.checked_sub(length)?..)
    };
    match lists(content) {
        true => content,
        false => behind().filter(|rest| lists(rest)).unwrap_or(content),
    }
}

/// Where the central directory begins, and how many files it lists.
fn directory(content: &[u8]) -> Option<(usize, u64)> {
    let end = end_of(content)?;
    let (number, start) = (two(content, end + 10)?, four(content, end + 16)?);
    // The length of a comment is the last of it.
    two(content, end + 20)?;
    if number < u16::MAX && start < u32::MAX {
        return Some((usize::try_from(start).ok()?, u64::from(number)));
    }
    // The numbers are too large for it (4.3.14, 4.3.15).
    let Some(locator) = end
        .checked_sub(20)
        .filter(|at| content.get(*at..*at + 4) == Some(b"PK\x06\x07"))
    else {
        return Some((usize::try_from(start).ok()?, u64::from(number)));
    };
    let record = usize::try_from(eight(content, locator + 8)?).ok()?;
    if content.get(record..record.checked_add(4)?)? != b"PK\x06\x06" {
        return None;
    }
    let start = usize::try_from(eight(content, record + 48)?).ok()?;
    Some((start, eight(content, record + 32)?))
}

/// The file that the directory lists at a place, if its content is where it says, and the place behind.
fn entry(content: &[u8], at: usize) -> Option<(Option<Entry<'_>>, usize)> {
    if content.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
        return None;
    }
    let name_length = usize::from(two(content, at + 28)?);
    let extra_length = usize::from(two(content, at + 30)?);
    let comment = usize::from(two(content, at + 32)?);
    let name = content.get(at + 46..at + 46 + name_length)?;
    let extra_at = at + 46 + name_length;
    let extra = content.get(extra_at..extra_at + extra_length)?;
    let next = extra_at + extra_length + comment;
    let (size, local) = sizes(
        extra,
        [
            four(content, at + 24)?,
            four(content, at + 20)?,
            four(content, at + 42)?,
        ],
    )?;
    let packed = || {
        if content.get(local..local.checked_add(4)?)? != b"PK\x03\x04" {
            return None;
        }
        let names = usize::from(two(content, local + 26)?) + usize::from(two(content, local + 28)?);
        let start = local.checked_add(30 + names)?;
        content.get(start..start.checked_add(size)?)
    };
    let flags = two(content, at + 8)?;
    let entry = packed().map(|packed| Entry {
        name: String::from_utf8_lossy(name).into_owned(),
        method: two(content, at + 10).unwrap_or_default(),
        encrypted: flags & 1 != 0,
        checksum: four(content, at + 16).unwrap_or_default(),
        packed,
    });
    Some((entry, next))
}

/// The packed size of a file and where it begins, of the three numbers that an entry has: unpacked size, packed size,
/// place. Those that are too large for it stand among the extra fields (4.5.3).
fn sizes(extra: &[u8], stated: [u32; 3]) -> Option<(usize, usize)> {
    let mut at = 0;
    let mut large = None;
    while let (Some(kind), Some(length)) = (two(extra, at), two(extra, at + 2)) {
        if kind == 1 {
            large = extra.get(at + 4..at + 4 + usize::from(length));
        }
        at += 4 + usize::from(length);
    }
    let mut numbers = [0_u64; 3];
    let mut from = 0;
    for (number, stated) in numbers.iter_mut().zip(stated) {
        *number = match (stated, large) {
            (u32::MAX, Some(large)) => {
                let number = eight(large, from)?;
                from += 8;
                number
            }
            _ => u64::from(stated),
        };
    }
    let [_, packed, place] = numbers;
    Some((usize::try_from(packed).ok()?, usize::try_from(place).ok()?))
}
