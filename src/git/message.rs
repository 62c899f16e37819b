//! The commits and annotated tags whose messages a change brings.

use super::raw_object::read_tag;
use super::{Repository, library, program};
use crate::error::Result;
use crate::model::{Oid, Tag};

/// How many tags are followed in a row.
const MOST_TAGS: usize = 100;

impl Repository {
    /// The annotated tags that lead from an object to the one that it stands for, outermost first.
    ///
    /// # Errors
    /// git could not answer.
    pub fn tags_from(&self, oid: &Oid) -> Result<Vec<Tag>> {
        let mut tags = Vec::new();
        let mut next = oid.clone();
        while tags.len() < MOST_TAGS {
            let raw = self.ask(
                &[next.as_str()],
                |r| library::tag(r, &next),
                |g| program::tag(g, &next),
            )?;
            let Some((target, name)) = raw.as_deref().and_then(read_tag) else {
                break;
            };
            let object = std::mem::replace(&mut next, target);
            tags.push(Tag { object, name });
        }
        Ok(tags)
    }

    /// The commits that are reachable from `heads` but from none of `known`, newest first; with a `limit`, at most as many.
    ///
    /// # Errors
    /// git could not answer.
    pub fn commits(&self, heads: &[Oid], known: &[Oid], limit: Option<usize>) -> Result<Vec<Oid>> {
        let objects: Vec<&str> = heads.iter().map(Oid::as_str).collect();
        self.ask(
            &objects,
            |r| library::commits(r, heads, known, limit),
            |g| program::commits(g, heads, known, limit),
        )
    }
}
