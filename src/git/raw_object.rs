//! Commits and annotated tags as git stores them: headers, an empty line, the message (git-mktag(1),
//! git-cat-file(1)).

use crate::model::{Oid, harmless};

/// What a tag object points at, and the name that it gives itself.
pub(super) fn read_tag(raw: &[u8]) -> Option<(Oid, String)> {
    let head = raw.len() - message(raw).len();
    let head = String::from_utf8_lossy(raw.get(..head)?).into_owned();
    let field = |name| head.lines().find_map(|l| l.strip_prefix(name));
    let target = Oid::parse(field("object ")?)?;
    Some((target, harmless(field("tag ").unwrap_or_default())))
}

/// The message of a commit or tag.
pub(super) fn message(raw: &[u8]) -> &[u8] {
    let end = raw.windows(2).position(|pair| pair == b"\n\n");
    end.and_then(|at| raw.get(at + 2..)).unwrap_or_default()
}
