//! A changed region of a pair of files.

/// A changed region: lines of the base that went and lines of the head that came in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub base: usize,
    pub base_len: usize,
    pub head: usize,
    pub head_len: usize,
}

impl Hunk {
    pub(super) fn base_end(&self) -> usize {
        self.base + self.base_len
    }

    pub(super) fn head_end(&self) -> usize {
        self.head + self.head_len
    }
}
