//! The search against the compiled expressions.

use super::program::Program;
use super::*;

#[test]
fn a_search_says_the_same_as_the_compiled_expression() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scan/builtin/code");
    let mut texts = Vec::new();
    for language in ["python", "javascript", "go", "java", "php", "ruby"] {
        for file in std::fs::read_dir(format!("{folder}/{language}")).unwrap() {
            texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    for file in ["guards/mod", "guards/checks", "guards/read", "origin/host"] {
        texts.push(std::fs::read_to_string(format!("{folder}/{file}.rs")).unwrap());
    }
    let (mut expressions, mut pieces) = (std::collections::BTreeSet::new(), Vec::new());
    for text in &texts {
        // Any text in quotes may be read as an expression, and most are.
        for quote in ['\'', '"'] {
            expressions.extend(
                text.lines()
                    .flat_map(|l| l.split(quote))
                    .map(|e| e.replace("\\\\", "\\")),
            );
        }
        pieces.extend(text.lines().step_by(7));
        pieces.extend(text.split_whitespace().step_by(5));
    }
    let (mut read, mut fits) = (0, 0);
    for (number, expression) in expressions.iter().enumerate() {
        let (Ok(compiled), Some(program)) = (compiled(expression), Program::read(expression))
        else {
            continue;
        };
        read += 1;
        let own = [expression.as_str(), "", "\n", "É", "a.b(c, 'd')"];
        let some = pieces.iter().copied().skip(number % 97).step_by(97);
        for piece in some.chain(own) {
            let found = program.is_match(piece.as_bytes(), &mut 1_000_000);
            let Some(found) = found else {
                continue;
            };
            assert_eq!(
                found,
                compiled.is_match(piece.as_bytes()),
                "`{expression}` in `{piece}`"
            );
            fits += usize::from(found);
        }
        let loose = super::compiled(&loose::loose(expression).unwrap()).unwrap();
        for text in texts.iter().skip(number % 97).step_by(97) {
            if let Some(found) = program.fits_anywhere(text.as_bytes(), &mut 100_000) {
                assert_eq!(
                    found,
                    loose.is_match(text.as_bytes()),
                    "`{expression}` in `{text}`"
                );
            }
        }
    }
    assert!(read > 1_000 && fits > 1_000, "{read} {fits}");
}

#[test]
fn expressions_of_all_forms_are_read() {
    let texts = [
        "", "a", "b", "ab", "aab", "B", "_", " a ", "a-b", "\n", "a\nb", "aaa", "É", "x]y", "\\",
    ];
    for (expression, is_read) in [
        ("a|b", true),
        ("^(?:a|ab|)$", true),
        ("(a|b)*b$", true),
        ("a{2}", true),
        ("^a{1,2}b", true),
        ("^a{2,}$", true),
        ("(?i)b", true),
        ("(?i:b)|c", true),
        ("(?i)[^b]$", true),
        ("^.$", true),
        ("(?s)^.$", true),
        (r"\ba\b", true),
        (r"\Ba", true),
        (r"[^\w\s]", true),
        (r"[]x]", true),
        ("[a-]", true),
        (r"^[\w-]+$", true),
        (r"\A\W\z", true),
        ("a+?b??", true),
        (r"\\", true),
        ("(?:(?:a*b)*|B)*$", true),
        ("(?:a(?:b|c*)*)+$", true),
        ("(?m)^b", false),
        ("[a&&b]", false),
        ("[[:alpha:]]", false),
        ("(?P<n>a)", false),
        ("É", false),
        (r"\x61", false),
        (r"\pL", false),
        ("a{1000}", false),
    ] {
        let program = Program::read(expression);
        assert_eq!(program.is_some(), is_read, "{expression}");
        let asked = Expression::new(expression.to_owned());
        let compiled = compiled(expression);
        for text in texts {
            let Ok(compiled) = &compiled else {
                continue;
            };
            let fits = compiled.is_match(text.as_bytes());
            assert_eq!(
                asked.is_match(text.as_bytes()),
                fits,
                "`{expression}` in `{text}`"
            );
        }
    }
    // What never ends is compiled.
    let slow = Expression::new("(?:a*)*b");
    assert!(!slow.is_match("a".repeat(5_000).as_bytes()));
    assert!(slow.compiled.get().is_some());
}
