//! What somebody meant who wrote a name that there is not.

use super::Repository;
use crate::model::nearest;

/// The branch or tag whose name is most like one that does not exist. A help beside an error: none if git cannot
/// answer.
pub fn similar_ref(repo: &Repository, name: &str) -> Option<String> {
    const MOST: &str = "--count=10000";
    let args = [
        "for-each-ref",
        MOST,
        "--format=%(refname:short)",
        "refs/heads",
        "refs/remotes",
        "refs/tags",
    ];
    let listed = repo.git().run(args).ok()?;
    let listed = String::from_utf8_lossy(&listed.must("for-each-ref").ok()?).into_owned();
    nearest(name, listed.lines()).map(str::to_owned)
}
