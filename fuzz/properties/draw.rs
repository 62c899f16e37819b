//! Values drawn from the bytes of an input, and inputs mutated by a fixed seed.

/// Draws values from bytes; past their end everything is zero or empty.
#[derive(Debug)]
pub struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    pub fn new(bytes: &'a [u8]) -> Draw<'a> {
        Draw(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below another, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        let number = usize::from(self.byte()) << 8 | usize::from(self.byte());
        number % end
    }

    /// Some bytes: a length of two bytes, then as many as there are.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = self.below(usize::from(u16::MAX)).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// A text: up to the next byte 255.
    pub fn text(&mut self) -> String {
        let end = self.0.iter().position(|b| *b == 255);
        let (taken, rest) = match end {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &self.0[self.0.len()..]),
        };
        self.0 = rest;
        String::from_utf8_lossy(taken).into_owned()
    }
}

/// Numbers that a seed decides (xorshift64*): the same in every run and on every machine.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Pieces that parsers trip over.
const PIECES: [&[u8]; 30] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x1b[2J",
    b"\x07",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n",
    b" ",
    b"\t",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"<",
    b"&",
    b"]]>",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"null",
    "→".as_bytes(),
    "名\u{202e}é".as_bytes(),
];

/// Alters some bytes: flips, cuts, repeats, moves, and puts in pieces of its own and of another input.
pub fn mutate(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(64)).min(bytes.len());
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copied = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copied);
            }
            3 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(256)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            4 => bytes.truncate(at),
            5 if at < bytes.len() => bytes[at] = random.next() as u8,
            6 => {
                // A line goes somewhere else.
                let lines = bytes.split_inclusive(|b| *b == b'\n');
                let mut lines: Vec<Vec<u8>> = lines.map(<[u8]>::to_vec).collect();
                if !lines.is_empty() {
                    let line = lines.remove(random.below(lines.len()));
                    lines.insert(random.below(lines.len() + 1), line);
                }
                bytes = lines.concat();
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes
}
