//! Where the lines of moved blocks went.

use std::collections::{HashMap, HashSet};

/// A line: file and line, of one side.
pub(super) type Place = (usize, usize);

/// The moved blocks, and the changed regions inside and beside them.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub to_head: HashMap<Place, Place>,
    pub to_base: HashMap<Place, Place>,
    pub base_regions: HashMap<Place, u32>,
    pub head_regions: HashMap<Place, u32>,
    pub freed: HashSet<Place>,
}

impl Moved {
    /// The head line that a deleted base line moved to.
    pub(super) fn of_base(&self, place: Place) -> Option<Place> {
        self.to_head.get(&place).copied()
    }

    /// The base line that an added head line came from.
    pub(super) fn of_head(&self, place: Place) -> Option<Place> {
        self.to_base.get(&place).copied()
    }

    /// Whether the diff maps a head line to a base line that moved elsewhere with its definition.
    /// The head line was then added.
    pub(super) fn frees(&self, place: Place) -> bool {
        self.freed.contains(&place)
    }

    /// The changed region of a base line in or beside a moved block.
    pub(super) fn base_region(&self, place: Place) -> Option<u32> {
        self.base_regions.get(&place).copied()
    }

    /// The changed region of a head line in or beside a moved block.
    pub(super) fn head_region(&self, place: Place) -> Option<u32> {
        self.head_regions.get(&place).copied()
    }
}
