//! Sets of bytes.

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) const ALL: Bytes = Bytes([u64::MAX; 4]);

    pub(super) fn add(&mut self, byte: u8) {
        if let Some(part) = self.0.get_mut(usize::from(byte >> 6)) {
            *part |= 1 << (byte & 63);
        }
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        let part = self.0.get(usize::from(byte >> 6));
        part.is_some_and(|part| part >> (byte & 63) & 1 == 1)
    }

    pub(super) fn join(&mut self, other: Bytes) {
        for (part, other) in self.0.iter_mut().zip(other.0) {
            *part |= other;
        }
    }

    pub(super) fn inverted(self) -> Bytes {
        Bytes(self.0.map(|part| !part))
    }

    /// The set of one.
    pub(super) fn one(byte: u8) -> Bytes {
        let mut one = Bytes::default();
        one.add(byte);
        one
    }

    /// What a letter after a backslash stands for.
    pub(super) fn named(letter: u8) -> Option<Bytes> {
        const DIGITS: Bytes = Bytes([0x03ff_0000_0000_0000, 0, 0, 0]);
        const WORDS: Bytes = Bytes([0x03ff_0000_0000_0000, 0x07ff_fffe_87ff_fffe, 0, 0]);
        const SPACES: Bytes = Bytes([0x0000_0001_0000_3e00, 0, 0, 0]);
        Some(match letter {
            b'd' => DIGITS,
            b'D' => DIGITS.inverted(),
            b'w' => WORDS,
            b'W' => WORDS.inverted(),
            b's' => SPACES,
            b'S' => SPACES.inverted(),
            _ => return None,
        })
    }

    /// With the other case of each letter.
    pub(super) fn folded(self) -> Bytes {
        let mut all = self;
        for letter in b'a'..=b'z' {
            let other = letter.to_ascii_uppercase();
            if self.has(letter) || self.has(other) {
                all.add(letter);
                all.add(other);
            }
        }
        all
    }
}
