//! Characters without a shape, and those that change the order of a text.

pub(super) fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether the order is turned round for all that follows, which no script needs.
pub(super) fn overrides(chars: &[char]) -> bool {
    chars.iter().any(|c| matches!(c, '\u{202d}' | '\u{202e}'))
}

pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        && c != '\u{feff}'
}

/// A character that has no shape and takes no place (Unicode's `Default_Ignorable_Code_Point`, but for the soft hyphen,
/// which some texts have in each word, and for those that [`is_bidi`] and the tags are).
pub(super) fn is_shapeless(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0080}'..='\u{e0fff}')
}

/// Most tags of a flag: a country, a part of it in three letters, and the end.
const FLAG: usize = 6;

/// What is hidden in a line.
#[derive(Default)]
pub(super) struct Hidden {
    /// The number of tag characters that are not part of a flag.
    pub(super) tags: usize,
    /// The longest series of invisible characters.
    pub(super) run: usize,
    /// A character within a word, or at its end.
    pub(super) in_word: bool,
}

pub(super) fn hidden(chars: &[char]) -> Hidden {
    let mut found = Hidden::default();
    let mut run = 0;
    // The ends of the series, and their lengths.
    let mut series: Vec<(usize, usize)> = Vec::new();
    let mut in_flag: Option<usize> = None;
    // Several joiners after a letter that needs them are a slip of the keyboard.
    let mut joined = false;
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| chars.get(i)).copied();
        let after = chars.get(index + 1).copied();
        // Flags of countries' parts are a black flag and tags.
        in_flag = match c {
            '\u{1f3f4}' => Some(0),
            '\u{e0020}'..='\u{e007f}' => in_flag.map(|n| n + 1).filter(|n| *n <= FLAG),
            _ => None,
        };
        let in_flag = in_flag.is_some();
        if matches!(c, '\u{e0000}'..='\u{e007f}') && !in_flag {
            found.tags += 1;
        }
        if !is_shapeless(*c) {
            (run, joined) = (0, false);
            continue;
        }
        joined = joins(*c, before, after) || joined && before == Some(*c);
        if joined {
            run = 0;
            continue;
        }
        run += 1;
        match run {
            1 => series.push((index + 1, run)),
            _ => series
                .iter_mut()
                .next_back()
                .into_iter()
                .for_each(|s| *s = (index + 1, run)),
        }
        let is_of_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_filler = matches!(c, '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}');
        let splits = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
        // JavaScript and Java let a name end with these.
        let ends = matches!(c, '\u{200c}' | '\u{200d}' | '\u{2060}')
            && !after.is_none_or(|a| "'\"`".contains(a));
        found.in_word |= splits && is_of_word(before) && (is_of_word(after) || ends)
            || is_filler
                && (is_of_word(before) || is_of_word(after) || before.is_none_or(|b| b.is_ascii()));
    }
    let series = series
        .iter()
        .filter_map(|(end, length)| chars.get(end - length..*end));
    let series: Vec<_> = series.collect();
    if !fill_a_line(&series) {
        found.run = series.iter().map(|s| s.len()).max().unwrap_or_default();
    }
    found
}

/// Whether series of invisible characters are one that is repeated, which says nothing: mails fill the line with it that
/// is shown beside their subject.
fn fill_a_line(series: &[&[char]]) -> bool {
    const LEAST: usize = 8;
    let Some(longest) = series.iter().max_by_key(|s| s.len()) else {
        return false;
    };
    let same = series.iter().filter(|s| *s == longest).count();
    // The first and the last one may be cut.
    let is_part = |s: &&[char]| longest.starts_with(s) || longest.ends_with(s);
    same >= LEAST && series.len() - same <= 2 && series.iter().all(is_part)
}

/// Whether a character without a shape does what it is for: it joins the parts of an emoji, chooses the form of
/// a character, or joins or parts letters of a script that needs it.
fn joins(c: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else {
        return false;
    };
    let is_plain =
        |c: char| c.is_ascii() || is_shapeless(c) && !matches!(c, '\u{fe0e}' | '\u{fe0f}');
    match c {
        '\u{fe0e}' | '\u{fe0f}' => {
            !is_shapeless(before) && (!before.is_ascii() || "#*0123456789".contains(before))
        }
        '\u{fe00}'..='\u{fe0d}'
        | '\u{e0100}'..='\u{e01ef}'
        | '\u{180b}'..='\u{180d}'
        | '\u{180f}' => !is_plain(before),
        '\u{34f}' => !is_plain(before),
        '\u{200c}' | '\u{200d}' => {
            !is_plain(before) || before == '\u{200d}' && after.is_some_and(|a| !a.is_ascii())
        }
        '\u{200e}' | '\u{200f}' => is_right_to_left(before) || after.is_some_and(is_right_to_left),
        '\u{1160}' => matches!(before, '\u{1100}'..='\u{115f}'),
        _ => false,
    }
}

/// Whether all invisible characters of a line are joiners, and the line is in a script that needs them.
pub(super) fn are_joiners(line: &str) -> bool {
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let needs_them = |c: char| matches!(c, '\u{600}'..='\u{6ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}');
    let is_hidden = |c: &char| is_shapeless(*c) || matches!(*c, '\u{e0000}'..='\u{e007f}');
    line.chars().filter(is_hidden).all(is_joiner) && line.chars().any(needs_them)
}
