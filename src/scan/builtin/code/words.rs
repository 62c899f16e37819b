//! A search for many words at once that takes next to no time to make ready: most runs search one short file.

use memchr::memmem;

/// How many bits say which three bytes words begin with.
const BITS: u32 = 14;

/// A search for words.
pub(super) struct WordSearch {
    words: Vec<String>,
    folds: bool,
    /// A bit for each hash of three bytes that a word begins with.
    begins: Vec<u64>,
    /// The first three bytes of words, in order, with their numbers.
    by_begin: Vec<(u32, usize)>,
    /// The words that are shorter.
    short: Vec<usize>,
}

impl WordSearch {
    /// Of words, by their numbers; perhaps in any case.
    pub(super) fn of(words: Vec<String>, folds: bool) -> WordSearch {
        let mut made = WordSearch {
            words,
            folds,
            begins: vec![0; 1 << (BITS - 6)],
            by_begin: Vec::new(),
            short: Vec::new(),
        };
        for (number, word) in made.words.iter_mut().enumerate() {
            if folds {
                word.make_ascii_lowercase();
            }
            match word.as_bytes() {
                [a, b, c, ..] => {
                    let key = u32::from_le_bytes([*a, *b, *c, 0]);
                    made.by_begin.push((key, number));
                    let bit = hash(key);
                    if let Some(part) = made.begins.get_mut(bit >> 6) {
                        *part |= 1 << (bit & 63);
                    }
                }
                _ => made.short.push(number),
            }
        }
        made.by_begin.sort_unstable();
        made
    }

    /// The words, in small letters where their case does not count.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Marks the words that are in a text, among those that are there already.
    pub(super) fn mark(&self, text: &[u8], there: &mut [bool]) {
        for number in &self.short {
            let (Some(word), Some(seen)) = (self.words.get(*number), there.get_mut(*number)) else {
                continue;
            };
            let in_other_case = || {
                let mut parts = text.windows(word.len().max(1));
                parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
            };
            *seen = *seen
                || memmem::find(text, word.as_bytes()).is_some()
                || self.folds && in_other_case();
        }
        let mut key = 0;
        for (end, byte) in text.iter().enumerate() {
            let byte = if self.folds {
                byte.to_ascii_lowercase()
            } else {
                *byte
            };
            key = key >> 8 | u32::from(byte) << 16;
            let bit = hash(key);
            let is_begin = self
                .begins
                .get(bit >> 6)
                .is_some_and(|part| part >> (bit & 63) & 1 == 1);
            if is_begin && end >= 2 {
                self.mark_at(key, text.get(end - 2..).unwrap_or_default(), there);
            }
        }
    }

    /// Marks the words that a text begins with.
    fn mark_at(&self, key: u32, text: &[u8], there: &mut [bool]) {
        let from = self.by_begin.partition_point(|(k, _)| *k < key);
        let same = self
            .by_begin
            .iter()
            .skip(from)
            .take_while(|(k, _)| *k == key);
        for (_, number) in same {
            let (Some(word), Some(seen)) = (self.words.get(*number), there.get_mut(*number)) else {
                continue;
            };
            *seen = *seen
                || text.get(..word.len()).is_some_and(|t| match self.folds {
                    true => t.eq_ignore_ascii_case(word.as_bytes()),
                    false => t == word.as_bytes(),
                });
        }
    }
}

fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}
