//! Whether a text is YAML that scanners can read: they leave out a file that is not, without a word.

use granit_parser::{Event, Parser};

/// What is wrong with a text as YAML; `None` if it can be read.
///
/// A mapping or a list as a key is right in YAML, but no reader makes a value of it: it is what an
/// unquoted `{{ name }}` of a template is.
pub(super) fn fault(text: &str) -> Option<String> {
    // For each mapping that is open, whether a key comes next; for a list, nothing.
    let mut open: Vec<Option<bool>> = Vec::new();
    let mut before = |event: &Event<'_>| -> bool {
        let starts = matches!(event, Event::MappingStart(..) | Event::SequenceStart(..));
        let is_node = starts || matches!(event, Event::Scalar(..) | Event::Alias(..));
        let mut is_key = false;
        if is_node && let Some(Some(next)) = open.last_mut() {
            is_key = *next;
            *next = !*next;
        }
        match event {
            Event::MappingStart(..) => open.push(Some(true)),
            Event::SequenceStart(..) => open.push(None),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            _ => {}
        }
        starts && is_key
    };
    for event in Parser::new_from_str(text) {
        match event {
            Err(error) => return Some(error.to_string()),
            Ok((event, span)) if before(&event) => {
                let line = span.start.line();
                return Some(format!("a key on line {line} is not text"));
            }
            Ok(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_reader_makes_values_of_is_a_fault() {
        for right in [
            "",
            "a: 1\nb: [x, {c: d}]\n---\n- e\n",
            "a: &x {b: c}\nd: *x\n",
            "a: \"{{ quoted }}\"\n",
            "{\"kind\": \"Pod\", \"a\": [1, null]}",
            "a: !Ref b\n",
            "text: |\n  {{ in a block }}\n",
        ] {
            assert_eq!(fault(right), None, "{right}");
        }
        for wrong in [
            "b: *unknown\n",
            "a: b\n{{- if .Values.x }}\nc: d\n{{- end }}\n",
            "a: {{ name }}\n",
            "a: [b\n",
            "a: b: c\n",
            "a:\n\t- b\n",
        ] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
    }
}
