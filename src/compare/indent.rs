//! How deep lines stand.

use super::manner::Manner;

/// The column of the first character of each line that is not white space, tabs to multiples of 4;
/// `u16::MAX` for a blank line.
///
/// In languages without meaningful indentation, lines that belong to a line above count as indented by one column, such
/// as the layers of a stage in a Dockerfile, or the clauses of an SQL statement.
pub(super) fn indents<'t>(lines: impl Iterator<Item = &'t str>, manner: Manner) -> Vec<u16> {
    let mut ended = true;
    let deep = |line: &'t str| {
        let indent = indent_of(line);
        if indent == u16::MAX || !manner.stages && !manner.statements {
            return indent;
        }
        let content = line.trim();
        let stage = content
            .get(..5)
            .is_some_and(|word| word.eq_ignore_ascii_case("from "));
        let begins = if manner.stages { stage } else { ended };
        ended = content.ends_with(';') || content.starts_with("--");
        indent.saturating_add(u16::from(!begins))
    };
    lines.map(deep).collect()
}

fn indent_of(line: &str) -> u16 {
    let mut column: u16 = 0;
    for c in line.chars() {
        match c {
            '\t' => column = (column / 4).saturating_add(1).saturating_mul(4),
            c if c.is_whitespace() => column = column.saturating_add(1),
            _ => return column,
        }
    }
    u16::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_and_clauses_belong_to_the_line_that_begins_them() {
        let of = |name: &str, text: &str| indents(text.lines(), Manner::of(name.as_bytes()));
        assert_eq!(
            of("Dockerfile", "FROM a\nRUN b\n\nFROM c\n"),
            [0, 1, u16::MAX, 0]
        );
        assert_eq!(
            of("a.sql", "CREATE VIEW v AS\nSELECT 1;\nDROP TABLE t;\n"),
            [0, 1, 0]
        );
        assert_eq!(of("a.c", "f()\n{\n\tg();\n}\n"), [0, 0, 4, 0]);
    }
}
