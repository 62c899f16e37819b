//! What people who read a file don't see: characters without a shape, characters that change the order of a
//! text, letters that look like others, and programs under the names of pictures (Unicode TR 36, UTS 39).

mod characters;
mod files;
mod letters;
mod program;

use std::borrow::Cow;

use super::hit::Hit;
use super::place::Weight;
use characters::{are_joiners, hidden, is_bidi, is_right_to_left, overrides};
use files::{is_code, is_comment, is_media_by, is_translation};
use letters::{has_cyrillic_text, is_glued, is_mixed, words};
use program::program;

pub(super) use files::is_media;

/// Most hits in one file.
const MOST: usize = 20;
/// The longest line that is searched for single letters, in bytes. Longer lines are packed code.
const LONGEST_LINE: usize = 400;
/// One byte of so many in a text may be no UTF-8.
const FEW: usize = 50;
/// Longest piece of a line that is looked at in one go, in bytes.
const PIECE: usize = 64 * 1024;
/// The greatest score of a text for tests: the band `low`.
const IN_TESTS: f64 = 3.9;
/// The greatest score of what a packed file holds in one of its long lines.
const IN_PACKED: f64 = 5.0;

const BIDI: &str = "hidden-bidi";
const INVISIBLE: &str = "hidden-text";
const LETTER: &str = "hidden-letter";

/// What may be hidden in a line, and what is said of it.
struct Trick {
    rule: &'static str,
    score: f64,
    cwe: &'static [u32],
    title: &'static str,
    message: &'static str,
    fix: &'static str,
}

const ORDER: Trick = Trick {
    rule: BIDI,
    score: 8.2,
    cwe: &[1007, 506],
    title: "Hidden bidirectional characters (Trojan Source)",
    message: "Invisible characters change the order in which this line is displayed, so that it does something other than what it seems to do.",
    fix: "Delete the characters U+202A to U+202E and U+2066 to U+2069.",
};
const TEXT: Trick = Trick {
    rule: INVISIBLE,
    score: 8.2,
    cwe: &[506, 1007],
    title: "Invisible text",
    message: "This line contains a sequence of invisible characters, which can hide code or instructions for an AI assistant.",
    fix: "Delete the characters; `cat -v FILE` shows where they are.",
};
const NAME: Trick = Trick {
    rule: INVISIBLE,
    score: 7.2,
    cwe: &[1007],
    title: "Invisible character in a name",
    message: "A word in this line contains an invisible character, so it is not the word that it seems to be.",
    fix: "Delete the word and type it again.",
};
const LOOKALIKE: Trick = Trick {
    rule: LETTER,
    score: 7.1,
    cwe: &[1007],
    title: "Look-alike letter from another script (homoglyph)",
    message: "A word in Latin letters contains a letter of another script that looks the same, so it is not the word that it seems to be.",
    fix: "Delete the word and type it again.",
};

impl Trick {
    fn hit(&self, line: u32) -> Hit {
        Hit {
            rule: self.rule,
            line,
            score: self.score,
            cwe: self.cwe.to_vec(),
            title: self.title.into(),
            message: self.message.into(),
            fix: self.fix.into(),
            identity: None,
        }
    }
}

/// Finds invisible and misleading characters in a file.
pub(super) fn find(path: &str, content: &[u8], weight: Weight, all: &mut Vec<Hit>) {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit('.').next().unwrap_or(&name);
    if is_media_by(extension) {
        all.extend(program(content));
        return;
    }
    // A picture in text is XML.
    let is_xml =
        || content.trim_ascii_start().starts_with(b"<") || content.starts_with(b"\xef\xbb\xbf<");
    if extension == "svg" && !is_xml() {
        all.extend(program(content));
    }
    if content.is_ascii() {
        return;
    }
    let text = String::from_utf8_lossy(content);
    // Other programs pass over single bytes that are no UTF-8. What has many is no text.
    if matches!(text, Cow::Owned(_)) {
        let wrong = text.matches(char::REPLACEMENT_CHARACTER).count();
        if content.contains(&0) || wrong * FEW > content.len() {
            return;
        }
    }
    let is_code = is_code(path, &name, extension) || content.starts_with(b"#!");
    // No text in a language of that script, so that nobody types one of its letters by a slip.
    let is_alone = is_code && !has_cyrillic_text(&text);
    for (line, number) in text.lines().zip(1..) {
        if line.is_ascii() {
            continue;
        }
        let line = match number {
            // A mark at the begin says that the file is Unicode.
            1 => line.strip_prefix('\u{feff}').unwrap_or(line),
            _ => line,
        };
        let is_written = weight != Weight::Generated && line.len() <= LONGEST_LINE;
        let in_words = is_code && is_written && !is_comment(line, extension);
        let mut hits = pieces(line)
            .filter_map(|piece| in_line(piece, number, is_code, in_words.then_some(is_alone)));
        if let Some(mut hit) = hits.next() {
            if weight == Weight::Test && !is_code {
                hit.score = hit.score.min(IN_TESTS);
            }
            // A packed file holds the characters that its program looks for, and nobody reads it.
            if weight == Weight::Generated && line.len() > LONGEST_LINE {
                hit.score = hit.score.min(IN_PACKED);
            }
            // A translation has such slips of the keyboard, and its texts name nothing.
            let is_slip = hit.rule == LETTER || hit.rule == INVISIBLE && are_joiners(line);
            if is_slip && is_translation(path) {
                hit.score = hit.score.min(IN_PACKED);
            }
            all.push(hit);
            if all.len() >= MOST {
                return;
            }
        }
    }
}

/// A line in pieces.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let mut end = PIECE.min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let piece;
        (piece, rest) = rest.split_at(end);
        (!piece.is_empty()).then_some(piece)
    })
}

/// Finds what is hidden in a line. `in_words` is whether words count too, and then whether the file has no other letters of
/// a script that has letters like Latin ones.
fn in_line(line: &str, number: u32, is_code: bool, in_words: Option<bool>) -> Option<Hit> {
    let of = |trick: &Trick| Some(trick.hit(number));
    let chars: Vec<char> = line.chars().collect();
    let right_to_left = chars.iter().any(|c| is_right_to_left(*c));
    if chars.iter().any(|c| is_bidi(*c)) && (!right_to_left || is_code && overrides(&chars)) {
        return of(&ORDER);
    }
    let hidden = hidden(&chars);
    if hidden.tags > 0 || hidden.run >= 3 {
        return of(&TEXT);
    }
    let is_alone = in_words?;
    if hidden.in_word {
        return of(&NAME);
    }
    let mixed = words(line).any(|word| is_mixed(word, is_alone) && !is_glued(word, line));
    if mixed {
        return of(&LOOKALIKE);
    }
    None
}

#[cfg(test)]
mod tests;
