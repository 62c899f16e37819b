//! Which assignments have run whenever a later place is reached.

use std::ops::Range;

use tree_sitter::Node;

use super::super::guards;
use super::Flow;

/// What stands around an assignment.
pub(super) enum Around {
    /// The body of a loop or a condition in whose head it stands.
    Body(Range<usize>),
    /// A `try` whose exceptions end the function, and the block in it.
    Tried(Range<usize>, Range<usize>),
    /// The block that it belongs to.
    Block(Range<usize>),
}

impl<'t> Flow<'t> {
    /// Whether the assignment of a value has run whenever a later place is reached: it stands in a block around that place,
    /// and under no condition in the block.
    pub(in super::super) fn always_runs_before(&self, value: Node<'_>, at: usize) -> bool {
        let mut known = self.around.borrow_mut();
        let around = known
            .entry(value.id())
            .or_insert_with(|| self.around(value));
        for around in around {
            match around {
                Around::Body(body) if body.contains(&at) => return true,
                Around::Tried(tried, _) if !tried.contains(&at) => {}
                Around::Tried(_, block) | Around::Block(block) => return block.contains(&at),
                Around::Body(_) => {}
            }
        }
        false
    }

    /// What stands around the assignment of a value, from the inside, up to its block or a condition. To go up a tree takes
    /// as long as the file.
    fn around(&self, value: Node<'_>) -> Vec<Around> {
        const BLOCKS: [&str; 10] = [
            "block",
            "compound_statement",
            "body",
            "then",
            "else",
            "suite",
            "program",
            "module",
            "source_file",
            "statements",
        ];
        const BRANCHES: [&str; 19] = [
            "if",
            "for",
            "while",
            "case",
            "switch",
            "match",
            "ternary",
            "conditional",
            "binary",
            "boolean",
            "unless",
            "until",
            "rescue",
            "try",
            "catch",
            "when",
            "lambda",
            "function",
            "method",
        ];
        let mut all = Vec::new();
        let mut next = value.parent();
        while let Some(node) = next {
            let is_one_of = |kinds: &[&str]| kinds.iter().any(|k| node.kind().contains(k));
            if is_one_of(&BLOCKS) {
                // If what is thrown ends the function, all of `try` has run.
                let tried = node.parent().filter(|p| p.kind() == "try_statement");
                let Some(tried) = tried.filter(|t| guards::ends_when_caught(*t, self.text)) else {
                    all.push(Around::Block(node.byte_range()));
                    return all;
                };
                all.push(Around::Tried(tried.byte_range(), node.byte_range()));
                next = tried.parent();
                continue;
            }
            // The head of a loop or a condition has run when its body is reached.
            let body = ["body", "consequence"].into_iter();
            let body = body.filter_map(|f| node.child_by_field_name(f)).next();
            let body = body.map(|b| b.byte_range());
            all.extend(
                body.filter(|b| !b.contains(&value.start_byte()))
                    .map(Around::Body),
            );
            if is_one_of(&BRANCHES) {
                return all;
            }
            next = node.parent();
        }
        all
    }
}
