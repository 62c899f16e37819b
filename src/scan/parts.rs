//! A content in parts: several threads share a long one, and it need not be in memory as a whole.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// How much of a long content a thread reads at a time, in bytes.
pub const SIZE: usize = 4 * 1024 * 1024;
/// How much before its own text a part shows, in bytes.
const BEFORE: usize = 4_096;
/// How much behind it, in bytes.
const BEHIND: usize = 8_192;

/// A part of a content: text of its own, which begins and ends with lines where these are not too long, and
/// some of what stands around it.
#[derive(Debug)]
pub struct TextPart<'c> {
    /// Its place among the parts, from 0.
    pub number: usize,
    /// Where its text begins in the content, in bytes.
    pub at: usize,
    /// Its text.
    pub text: Cow<'c, [u8]>,
    /// What of the text is its own. The own texts of all parts are the content.
    pub own: Range<usize>,
}

/// Gives the parts of a content, in order.
pub trait Parts<'c>: Send {
    /// The next part.
    ///
    /// # Errors
    /// The content cannot be read.
    fn next(&mut self) -> io::Result<Option<TextPart<'c>>>;
}

/// The parts of a content that is in memory.
pub(super) struct Whole<'c> {
    content: &'c [u8],
    size: usize,
    number: usize,
    at: usize,
}

impl<'c> Whole<'c> {
    pub(super) fn new(content: &'c [u8], size: usize) -> Whole<'c> {
        Whole {
            content,
            size,
            number: 0,
            at: 0,
        }
    }
}

impl<'c> Parts<'c> for Whole<'c> {
    fn next(&mut self) -> io::Result<Option<TextPart<'c>>> {
        let rest = self.content.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let begin = self.at.saturating_sub(BEFORE);
        let end = self.at + own_length(rest, self.size);
        let until = (end + BEHIND).min(self.content.len());
        let part = TextPart {
            number: self.number,
            at: begin,
            text: Cow::Borrowed(self.content.get(begin..until).unwrap_or_default()),
            own: self.at - begin..end - begin,
        };
        self.number += 1;
        self.at = end;
        Ok(Some(part))
    }
}

/// The parts of a content that is read as they are asked for.
#[derive(Debug)]
pub struct Stream<R> {
    reader: R,
    size: usize,
    number: usize,
    /// What is read but not given as a part's own text yet, behind `before` bytes that are.
    text: Vec<u8>,
    before: usize,
    /// Where `text` begins in the content.
    at: usize,
}

impl<R: Read> Stream<R> {
    /// The parts of what a reader gives.
    pub fn new(reader: R) -> Stream<R> {
        Stream::with_size(reader, SIZE)
    }

    /// The same in parts of so many bytes, which are [`SIZE`] otherwise.
    pub fn with_size(reader: R, size: usize) -> Stream<R> {
        Stream {
            reader,
            size,
            number: 0,
            text: Vec::new(),
            before: 0,
            at: 0,
        }
    }
}

impl<R: Read + Send> Parts<'static> for Stream<R> {
    fn next(&mut self) -> io::Result<Option<TextPart<'static>>> {
        let wanted = self.before + self.size + BEHIND;
        let missing = wanted.saturating_sub(self.text.len());
        self.text.reserve_exact(missing);
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        self.reader
            .by_ref()
            .take(missing)
            .read_to_end(&mut self.text)?;
        let rest = self.text.get(self.before..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let end = self.before + own_length(rest, self.size);
        let keep = end.saturating_sub(BEFORE);
        let kept = self.text.get(keep..).unwrap_or_default().to_vec();
        let mut text = std::mem::replace(&mut self.text, kept);
        text.truncate(end + BEHIND);
        let part = TextPart {
            number: self.number,
            at: self.at,
            own: self.before..end,
            text: Cow::Owned(text),
        };
        self.number += 1;
        self.at += keep;
        self.before = end - keep;
        Ok(Some(part))
    }
}

/// How much of what is left the next part has for its own: whole lines, where they are not too long.
fn own_length(rest: &[u8], size: usize) -> usize {
    match rest.get(..size) {
        Some(part) if rest.len() > size => memchr::memrchr(b'\n', part).map_or(size, |i| i + 1),
        _ => rest.len(),
    }
}

/// How many threads read a long content.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What a function makes of each part, in order of the parts; `None` as soon as it is `None` for one.
///
/// # Errors
/// The content cannot be read.
pub fn map<'c, T: Send>(
    parts: &mut dyn Parts<'c>,
    threads: usize,
    work: &(dyn Fn(TextPart<'c>) -> Option<T> + Sync),
) -> io::Result<Option<Vec<T>>> {
    let source = Mutex::new((parts, false));
    let one = || -> io::Result<Option<Vec<(usize, T)>>> {
        let mut all = Vec::new();
        loop {
            // One thread reads while the others work on what was read before.
            let next = {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                if source.1 {
                    return Ok(None);
                }
                let next = source.0.next();
                source.1 = next.is_err();
                next?
            };
            let Some(part) = next else {
                return Ok(Some(all));
            };
            let number = part.number;
            let Some(made) = work(part) else {
                source.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
                return Ok(None);
            };
            all.push((number, made));
        }
    };
    let made: Vec<_> = match threads {
        0 | 1 => vec![one()],
        _ => std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            let made = threads.into_iter().map(|thread| match thread.join() {
                Ok(made) => made,
                Err(fault) => std::panic::resume_unwind(fault),
            });
            made.collect()
        }),
    };
    let made: Vec<_> = made.into_iter().collect::<io::Result<_>>()?;
    let Some(made) = made.into_iter().collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let mut all: Vec<_> = made.into_iter().flatten().collect();
    all.sort_by_key(|(number, _)| *number);
    Ok(Some(all.into_iter().map(|(_, made)| made).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(mut source: impl Parts<'static>) -> Vec<(usize, Range<usize>, Vec<u8>)> {
        let mut all = Vec::new();
        while let Some(part) = source.next().unwrap() {
            all.push((part.at, part.own, part.text.into_owned()));
        }
        all
    }

    #[test]
    fn a_stream_has_the_parts_of_the_whole() {
        let mut content: Vec<u8> = (0..60_000_u32).map(|n| (n % 251) as u8).collect();
        content.extend(b"\n\n".repeat(9_000));
        content.extend([b'x'; 30_000]);
        let content: &'static [u8] = content.leak();
        for size in [1, 700, 9_000, 100_000, 200_000] {
            let end = if size == 1 { 3_000 } else { content.len() };
            let content = &content[..end];
            let whole = parts(Whole::new(content, size));
            assert_eq!(parts(Stream::with_size(content, size)), whole, "{size}");
            let own = whole.iter().flat_map(|(_, own, text)| &text[own.clone()]);
            assert!(own.eq(content), "{size}");
        }
    }

    #[test]
    fn a_content_that_cannot_be_read_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let half = vec![b'x'; 10_000];
        let mut stream = Stream::with_size(half.as_slice().chain(Broken), 1_000);
        assert!(map(&mut stream, 2, &|_| Some(())).is_err());
    }
}
