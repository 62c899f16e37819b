//! Letters of other scripts that look like Latin ones.

/// Letters of other scripts with the shape of Latin ones: Cyrillic, Greek, Armenian, and signs of phonetic alphabets.
const ALIKE: &str = "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХЅІЈονΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոɡɑǃ";

pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// Whether a text has Cyrillic letters that do not look like Latin ones.
pub(super) fn has_cyrillic_text(text: &str) -> bool {
    text.chars().any(|c| is_cyrillic(c) && !ALIKE.contains(c))
}

/// Whether a word is made of Latin letters but for some that only look like them. One that is made of such letters alone
/// is suspicious if `is_alone`: the file has no text in their script.
pub(super) fn is_mixed(word: &str, is_alone: bool) -> bool {
    if word.is_ascii() {
        return false;
    }
    let (mut latin, mut alike, mut cyrillic) = (0, 0, 0);
    for (at, c) in word.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => latin += 1,
            '0'..='9' | '_' => {}
            // Some names of languages begin with this letter.
            'ǃ' if at == 0 => return false,
            c if ALIKE.contains(c) => {
                alike += 1;
                cyrillic += usize::from(is_cyrillic(c));
            }
            _ => return false,
        }
    }
    let is_hidden = is_alone && cyrillic == alike && latin + alike >= 3 && (latin > 0 || alike > 3);
    (1..=latin).contains(&alike) && latin >= 3 || alike > 0 && is_hidden
}

/// Whether a word is one of another script and a Latin one without a space between, in a text of that script.
pub(super) fn is_glued(word: &str, line: &str) -> bool {
    let rest = word.trim_start_matches(|c: char| !c.is_ascii());
    let begins = word.len() >= rest.len() + 4 && rest.is_ascii();
    let is_of_other =
        |w: &str| w.chars().count() >= 3 && w.chars().all(|c| c.is_alphabetic() && !c.is_ascii());
    begins
        && rest.starts_with(|c: char| c.is_ascii_uppercase())
        && words(line).filter(|w| is_of_other(w)).count() >= 3
}
