//! An expression for what is cut out of a file, as one that is asked about the whole file.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition,
};

/// Writes an expression anew that is asked about a piece of code, for the file that the piece is in: where the piece begins or
/// ends, the file has no word that goes on. A part of a text may also begin behind an escape (`\n`). None if it can't be read.
pub(super) fn loose(text: &str) -> Option<String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    Some(loosened(&parser.parse(text).ok()?).to_string())
}

fn loosened(part: &Hir) -> Hir {
    match part.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => part.clone(),
        HirKind::Look(Look::Start) => Hir::alternation(vec![
            not_within_word(),
            Hir::concat(vec![Hir::literal(*b"\\"), any_byte()]),
        ]),
        HirKind::Look(Look::End) => not_within_word(),
        // What is cut out has other edges.
        HirKind::Look(_) => Hir::empty(),
        HirKind::Repetition(all) => Hir::repetition(Repetition {
            sub: Box::new(loosened(&all.sub)),
            ..all.clone()
        }),
        HirKind::Capture(all) => Hir::capture(Capture {
            sub: Box::new(loosened(&all.sub)),
            ..all.clone()
        }),
        HirKind::Concat(all) => Hir::concat(all.iter().map(loosened).collect()),
        HirKind::Alternation(all) => Hir::alternation(all.iter().map(loosened).collect()),
    }
}

fn not_within_word() -> Hir {
    Hir::alternation(vec![
        Hir::look(Look::WordStartHalfAscii),
        Hir::look(Look::WordEndHalfAscii),
    ])
}

fn any_byte() -> Hir {
    let all = ClassBytes::new([ClassBytesRange::new(0, u8::MAX)]);
    Hir::class(Class::Bytes(all))
}
