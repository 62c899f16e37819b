//! Conditions that a value passes before it is used: a list of what is allowed, the shape of a number, a path
//! that stays within a folder. What is used behind one of them is no longer what a stranger chose.
//!
//! A condition counts if code that fails it does not go on (`if x not in ALLOWED: return`), or if the use stands
//! inside (`if x in ALLOWED: use(x)`), and if the name is not assigned anew in between.

mod checks;
mod read;

use std::ops::Range;
use std::sync::LazyLock;

use super::expression::Expression;
use super::text::has;
use checks::{Check, checks};

pub(super) use checks::read_from;
pub(super) use read::ends_when_caught;

/// Most conditions of one function that are looked at for one use, the last ones before it.
const MOST: usize = 40;

/// One condition.
pub(super) struct Guard<'t> {
    /// What is asked, with what is assigned for it (`_, ok := allowed[x]; !ok`).
    condition: &'t str,
    /// Code that runs if it holds.
    holds: Range<usize>,
    /// Code that runs if it does not.
    fails: Range<usize>,
    /// What is around the condition: only what stands there too comes after it.
    around: Range<usize>,
    /// Where all of it ends.
    end: usize,
    /// The last statement of the code that runs if it holds; none for an assertion, which ends the program.
    last: Option<&'t str>,
    /// `unless`
    inverted: bool,
    /// A call that ends the program if what it is given is wrong.
    is_call: bool,
}

static NEGATED: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r"!|\bnot\b|(?i:[=]==?\s*(?:false|-1|null|nil|none|0)\b)|\bis\s+None\b|<\s*0|\bempty\(",
    )
});

static LEAVES: LazyLock<Expression> = LazyLock::new(|| {
    Expression::constant(
        r"(?i)^(?:return|raise|throw|continue|break|next|exit|die|abort|halt|panic|head|(?:\w+(?:\.|::|->))*(?:exit|abort|abort_if|fatal\w*|(?:do|raise|throw|show|send|json|exit_with)_error|access_denied|trigger_error|page_(?:not_found|forbidden)|\w+_(?:die|exit)|fail\w*|panic|halt|redirect\w*|not_?found|forbidden|bad_?request|send\w*(?:error|response|status)|throw\w*))\b|\band\s+return\b",
    )
});

impl<'t> Guard<'t> {
    /// Where the code begins that runs if it holds.
    pub(super) fn begin(&self) -> usize {
        self.holds.start
    }

    /// Whether a name that is used at a place has passed this condition. `path` is whether it is used as a path or an
    /// address, `shape` whether it is enough that it is a text, `before` is what the function says before the condition,
    /// and `ends` is whether the code that it runs keeps the use from being reached.
    fn covers(
        &self,
        name: &str,
        at: usize,
        (path, shape): (bool, bool),
        before: &str,
        ends: bool,
    ) -> bool {
        let inside = match (self.holds.contains(&at), self.fails.contains(&at)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let is_after = self.end <= at && self.around.contains(&at);
        if self.is_call {
            return is_after && self.is_given(name);
        }
        if inside.is_none() && !is_after || !has(self.condition, name) {
            return false;
        }
        if inside.is_none() && !ends && !self.leaves() && self.assigns() != Some(name) {
            return false;
        }
        let negated = NEGATED.is_match(self.condition.as_bytes()) != self.inverted;
        let runs_if_passed = match inside {
            Some(holds) => holds != negated,
            None => negated,
        };
        let passes = |condition: &str| {
            let mut checks = checks(condition, name, before, shape).into_iter();
            checks.any(|check| match check {
                Check::Anywhere => runs_if_passed,
                Check::Within => path && runs_if_passed,
                // `if name.includes("..") return`
                Check::LeadsOut { negated: here } => {
                    path && match inside {
                        Some(holds) => holds == (here != self.inverted),
                        None => here == self.inverted,
                    }
                }
            })
        };
        // `if a(name) || name == "b"`: each must say something, but for one that there is none.
        if inside == Some(true) && !negated && self.condition.contains("||") {
            let mut parts = self.condition.split("||");
            return parts.all(|part| {
                let bare = part
                    .trim_start_matches("if")
                    .trim_matches([' ', '(', ')', '{']);
                passes(part) || bare.strip_prefix('!') == Some(name)
            });
        }
        passes(self.condition)
    }

    /// Whether the arguments of a call are a name, or its key and the list that it is in: `'id', $_GET`.
    fn is_given(&self, name: &str) -> bool {
        let stated = |part: &str| has(self.condition, part);
        stated(name)
            || name
                .strip_suffix(']')
                .and_then(|n| n.split_once('['))
                .is_some_and(|(list, key)| key.len() > 2 && stated(list) && stated(key))
    }

    /// Whether the code that runs if it holds does not go on to what comes after.
    fn leaves(&self) -> bool {
        self.last
            .is_none_or(|last| LEAVES.is_match(last.as_bytes()))
    }

    /// The name or list that this code writes an error to last: `$json['error'] = "no";`.
    fn notes(&self) -> Option<&'t str> {
        let (name, _) = self.last?.split_once('=')?;
        if !name.contains("rror") && !name.contains('[') {
            return None;
        }
        let name = name.trim_end_matches(['.', '+', ' ']);
        name.split('[').next().filter(|n| n.len() > 2)
    }

    /// Whether a place is only reached if nothing was written to a name: `if (!$json) { here; }`.
    fn asks_for_none(&self, name: &str, at: usize) -> bool {
        if !has(self.condition, name) {
            return false;
        }
        let condition = self.condition.replace("!empty(", "");
        let negated = NEGATED.is_match(condition.as_bytes()) != self.inverted;
        let is_after = self.end <= at && self.around.contains(&at) && self.leaves();
        match negated {
            true => self.holds.contains(&at),
            false => self.fails.contains(&at) || is_after,
        }
    }

    /// The name that this code gives a constant last: `order = "asc"`.
    fn assigns(&self) -> Option<&'t str> {
        let (name, value) = self.last?.split_once('=')?;
        let value = value.trim().trim_end_matches(';');
        let is_literal = value.starts_with(['"', '\'', '0'])
            && !value.contains(['+', '$', '{', '(', '[', '%', '.', '#']);
        let name = name.trim_end_matches([':', ' ']);
        is_literal.then(|| name.trim_start_matches("this.").trim())
    }
}

/// Whether a name that is used at a place has passed one of the conditions since it was assigned.
pub(super) fn passed(
    guards: &[Guard<'_>],
    (name, since): (&str, usize),
    at: usize,
    wants: (bool, bool),
    text: &str,
    scope: usize,
) -> bool {
    let near = guards.partition_point(|g| g.holds.start <= at);
    let near = guards.get(..near).unwrap_or_default();
    near.iter().rev().take(MOST).any(|guard| {
        let begin = guard.holds.start;
        // What is assigned inside the condition itself is what it falls back to.
        let still = since <= begin || guard.assigns() == Some(name) && since <= guard.end;
        let before = text.get(scope..begin).unwrap_or_default();
        let ends = || {
            let noted = guard.notes();
            noted.is_some_and(|n| near.iter().any(|g| g.asks_for_none(n, at)))
        };
        still
            && (guard.covers(name, at, wants, before, false)
                || ends() && guard.covers(name, at, wants, before, true))
    })
}

#[cfg(test)]
mod tests;
