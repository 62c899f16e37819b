//! Reads conditions: `if`, assertions, calls that check what they get, and the left side of `a && b`.

use std::sync::LazyLock;

use tree_sitter::Node;

use super::super::expression::Expression;
use super::super::kinds::last_child;
use super::super::text::has;
use super::Guard;

/// Longest condition that is looked at, in bytes.
const LONGEST: usize = 600;

impl<'t> Guard<'t> {
    /// Reads a condition.
    pub(in super::super) fn of(
        node: Node<'t>,
        parent: Node<'t>,
        text: &'t str,
    ) -> Option<Guard<'t>> {
        if node.kind() == "assert_statement" {
            return Guard::alone(node, node, node, text);
        }
        let field = |names: &[&str]| names.iter().find_map(|f| node.child_by_field_name(f));
        let holds = field(&["consequence", "body"])?;
        let asked = field(&["condition"])?;
        let condition = match holds.start_byte() > node.start_byte() {
            true => text.get(node.start_byte()..holds.start_byte())?,
            false => text.get(asked.byte_range())?,
        };
        if condition.len() > LONGEST {
            return None;
        }
        let fails = node.child_by_field_name("alternative");
        let last = last_statement(holds);
        let last = text.get(last.byte_range())?.trim_start();
        let mut around = parent;
        while around.kind() == "expression_statement" {
            around = around.parent()?;
        }
        // What a condition in `try` throws ends the function, if the code that catches it does.
        while let Some(outer) = around.parent().filter(|p| p.kind() == "try_statement") {
            if !ends_when_caught(outer, text) {
                break;
            }
            around = outer.parent()?;
        }
        Some(Guard {
            condition,
            holds: holds.byte_range(),
            fails: fails.map_or(0..0, |f| f.byte_range()),
            around: around.byte_range(),
            end: node.end_byte(),
            last: Some(last),
            inverted: node.kind().starts_with("unless"),
            is_call: false,
        })
    }

    /// Reads what must hold for the right side of `a && b` to run, where it looks something up.
    pub(in super::super) fn of_both(node: Node<'t>, text: &'t str) -> Option<Guard<'t>> {
        let field = |name: &str| node.child_by_field_name(name);
        let operator = text.get(field("operator")?.byte_range())?;
        if !matches!(operator, "&&" | "and") {
            return None;
        }
        let (left, right) = (field("left")?, field("right")?);
        let condition = text.get(left.byte_range())?;
        let looks_up = [
            "nclude",
            "in_array",
            "has(",
            "ontains",
            "match",
            "key_exists",
        ];
        let counts = condition.len() <= LONGEST && looks_up.iter().any(|l| has(condition, l));
        counts.then(|| Guard {
            condition,
            holds: right.byte_range(),
            fails: 0..0,
            around: 0..0,
            end: node.end_byte(),
            last: Some(""),
            inverted: false,
            is_call: false,
        })
    }

    /// Reads a call that stands alone and whose name says that it checks its arguments: `check_input('id', $_GET);`.
    pub(in super::super) fn of_call(
        node: Node<'t>,
        callee: &str,
        statement: Node<'t>,
        text: &'t str,
    ) -> Option<Guard<'t>> {
        static CHECKS: LazyLock<Expression> = LazyLock::new(|| {
            Expression::constant(
                r"^(?:[$\w]+(?:->|::|\.))?(?:check|validate|assert|verify|ensure)(?:_\w+|[A-Z]\w*)?$",
            )
        });
        if statement.kind() != "expression_statement" || !CHECKS.is_match(callee.as_bytes()) {
            return None;
        }
        let arguments = node.child_by_field_name("arguments")?;
        let guard = Guard::alone(arguments, node, statement, text)?;
        Some(Guard {
            is_call: true,
            ..guard
        })
    }

    /// Reads a call that does not return if what it gets is not fine.
    pub(in super::super) fn asserted(
        call: Node<'t>,
        statement: Node<'t>,
        text: &'t str,
    ) -> Option<Guard<'t>> {
        Guard::alone(call, call, statement, text)
    }

    /// One that ends the program, or the function, if it is not met: a call or a statement that stands alone.
    fn alone(
        condition: Node<'t>,
        node: Node<'t>,
        statement: Node<'t>,
        text: &'t str,
    ) -> Option<Guard<'t>> {
        let condition = text.get(condition.byte_range())?;
        (condition.len() <= LONGEST).then(|| Guard {
            condition,
            holds: node.start_byte()..node.start_byte(),
            fails: 0..0,
            around: statement.parent().map_or(0..0, |p| p.byte_range()),
            end: node.end_byte(),
            last: None,
            inverted: true,
            is_call: false,
        })
    }
}

/// Whether no code that catches what `try` throws goes on to what comes after.
pub(in super::super) fn ends_when_caught(node: Node<'_>, text: &str) -> bool {
    let mut cursor = node.walk();
    let mut caught = node
        .named_children(&mut cursor)
        .filter(|c| matches!(c.kind(), "catch_clause" | "except_clause"));
    caught.all(|clause| {
        let body = clause.child_by_field_name("body");
        let body = body.or_else(|| last_child(clause));
        let last = body
            .map(last_statement)
            .and_then(|last| text.get(last.byte_range()));
        last.is_some_and(|last| {
            let ends = ["return", "throw", "raise", "exit", "die", "abort"];
            ends.iter().any(|e| last.trim_start().starts_with(e))
        })
    })
}

/// The last statement of a block, or the statement itself.
fn last_statement(block: Node<'_>) -> Node<'_> {
    let mut node = block;
    for _ in 0..4 {
        let is_block = matches!(
            node.kind(),
            "block"
                | "statement_block"
                | "compound_statement"
                | "then"
                | "statement_list"
                | "colon_block"
        );
        let mut last = node.named_child_count();
        let mut inner = None;
        while is_block && last > 0 {
            last -= 1;
            inner = node.named_child(u32::try_from(last).unwrap_or(0));
            if inner.is_some_and(|n| n.kind() != "comment") {
                break;
            }
        }
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}
