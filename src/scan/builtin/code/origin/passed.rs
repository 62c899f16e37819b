//! Whether a value has passed a condition before its use, so that a stranger no longer chooses it.

use tree_sitter::Node;

use super::super::flow::Flow;
use super::super::guards;
use super::Trace;

/// How much of a function before a place is looked at for what is read from an address, in bytes.
const HEAD: usize = 4_000;

impl<'t> Flow<'t> {
    /// Whether a name that is used at a place has passed a condition since it was assigned.
    pub(super) fn is_passed(&self, name: &str, since: usize, at: usize, trace: &Trace<'t>) -> bool {
        for scope in self.scopes_around(at) {
            let wants = (trace.question.path, trace.question.only.is_some());
            let passes = |name, since| {
                let guards = &scope.guards;
                guards::passed(guards, (name, since), at, wants, self.text, scope.start)
            };
            if passes(name, since) {
                return true;
            }
            // What is read from a path or an address says as much as the whole.
            if trace.question.path && !scope.guards.is_empty() {
                let from = scope.start.max(at.saturating_sub(HEAD));
                let before = self.text.get(from..at).unwrap_or_default();
                let mut read = guards::read_from(before, name).into_iter();
                if read.any(|name| passes(name, since)) {
                    return true;
                }
            }
            if scope.names.contains_key(name) {
                return false;
            }
        }
        false
    }

    /// Whether a part of a value has passed a condition by itself: `in_array($data['kind'], $kinds)`.
    pub(super) fn is_checked_part(&self, node: Node<'t>, trace: &Trace<'t>) -> bool {
        let (text, at) = (self.text_of(node), node.start_byte());
        self.bindings(text, at).is_none() && self.is_passed(text, 0, at, trace)
    }
}

/// Whether a condition looks a value up in a list of those that are allowed.
pub(super) fn is_looked_up(condition: &str, value: &str) -> bool {
    let looks = [
        "in_array(",
        "array_key_exists(",
        ".includes(",
        ".has(",
        ".include?(",
        ".in?(",
        ".member?(",
        ".key?(",
        ".contains(",
        ".containsKey(",
        " in ",
    ];
    condition.contains(value) && looks.iter().any(|l| condition.contains(l))
}
