//! What people who read a file don't see: characters without a shape, characters that change the order of a
//! text, letters that look like others, and programs under the names of pictures (Unicode TR 36, UTS 39).

use std::borrow::Cow;

use super::hit::Hit;
use super::place::Weight;
use crate::model::RepoPath;

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
const PROGRAM: &str = "hidden-program";

/// The extensions of files that are code, or settings of programs.
const CODE: [&str; 66] = [
    "py",
    "pyw",
    "js",
    "mjs",
    "cjs",
    "jsx",
    "ts",
    "mts",
    "cts",
    "tsx",
    "go",
    "java",
    "php",
    "rb",
    "rake",
    "rs",
    "c",
    "h",
    "cc",
    "cpp",
    "hpp",
    "cs",
    "swift",
    "kt",
    "kts",
    "scala",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "lua",
    "pl",
    "pm",
    "r",
    "jl",
    "sql",
    "tf",
    "groovy",
    "gradle",
    "vue",
    "svelte",
    "dart",
    "ex",
    "exs",
    "erl",
    "hs",
    "clj",
    "nim",
    "zig",
    "sol",
    "vy",
    "m",
    "mm",
    "mk",
    "cmake",
    "dockerfile",
    "makefile",
    "gemfile",
    "rakefile",
    "podfile",
    "jenkinsfile",
    "gemspec",
    "podspec",
];

/// Files that name packages, and what runs them.
const NAMES: [&str; 12] = [
    "package.json",
    "composer.json",
    "pyproject.toml",
    "cargo.toml",
    "go.mod",
    "pipfile",
    "setup.cfg",
    "pom.xml",
    ".gitmodules",
    ".npmrc",
    "docker-compose.yml",
    "action.yml",
];

/// The extensions of pictures, fonts, sounds and films.
const MEDIA: [&str; 40] = [
    "png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "avif", "tiff", "woff", "woff2", "ttf",
    "otf", "eot", "mp3", "mp4", "wav", "ogg", "webm", "mov", "flac", "heic", "tif", "jfif", "jpe",
    "apng", "jxl", "cur", "icns", "psd", "svgz", "otc", "ttc", "m4a", "aac", "opus", "mkv", "avi",
    "mpg", "xcf",
];

/// Whether a file is an image, a font, a sound or a video by its name.
pub(super) fn is_media(path: &RepoPath) -> bool {
    let name = String::from_utf8_lossy(path.as_bytes()).to_ascii_lowercase();
    MEDIA.contains(&name.rsplit(['.', '/']).next().unwrap_or_default())
}

/// Finds invisible and misleading characters in a file.
pub(super) fn find(path: &str, content: &[u8], weight: Weight, all: &mut Vec<Hit>) {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit('.').next().unwrap_or(&name);
    if MEDIA.contains(&extension) {
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
    let names_packages = NAMES.contains(&&*name)
        || name.starts_with("requirements") && extension == "txt"
        || path.contains(".github/workflows/");
    let is_code = CODE.contains(&extension) || names_packages || content.starts_with(b"#!");
    // No text in a language of that script, so that nobody types one of its letters by a slip.
    let is_alone = is_code && !text.chars().any(|c| is_cyrillic(c) && !ALIKE.contains(c));
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
    let hit = |rule, score, cwe: &[u32], title: &str, message: &str, fix: &str| {
        Some(Hit {
            rule,
            line: number,
            score,
            cwe: cwe.to_vec(),
            title: title.into(),
            message: message.into(),
            fix: fix.into(),
            identity: None,
        })
    };
    let chars: Vec<char> = line.chars().collect();
    let right_to_left = chars.iter().any(|c| is_right_to_left(*c));
    if chars.iter().any(|c| is_bidi(*c)) && (!right_to_left || is_code && overrides(&chars)) {
        return hit(
            BIDI,
            8.2,
            &[1007, 506],
            "Hidden bidirectional characters (Trojan Source)",
            "Invisible characters change the order in which this line is displayed, so that it does something other than what it seems to do.",
            "Delete the characters U+202A to U+202E and U+2066 to U+2069.",
        );
    }
    let hidden = hidden(&chars);
    if hidden.tags > 0 || hidden.run >= 3 {
        return hit(
            INVISIBLE,
            8.2,
            &[506, 1007],
            "Invisible text",
            "This line contains a sequence of invisible characters, which can hide code or instructions for an AI assistant.",
            "Delete the characters; `cat -v FILE` shows where they are.",
        );
    }
    let is_alone = in_words?;
    if hidden.in_word {
        return hit(
            INVISIBLE,
            7.2,
            &[1007],
            "Invisible character in a name",
            "A word in this line contains an invisible character, so it is not the word that it seems to be.",
            "Delete the word and type it again.",
        );
    }
    let mixed = words(line).any(|word| is_mixed(word, is_alone) && !is_glued(word, line));
    if mixed {
        return hit(
            LETTER,
            7.1,
            &[1007],
            "Look-alike letter from another script (homoglyph)",
            "A word in Latin letters contains a letter of another script that looks the same, so it is not the word that it seems to be.",
            "Delete the word and type it again.",
        );
    }
    None
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether the order is turned round for all that follows, which no script needs.
fn overrides(chars: &[char]) -> bool {
    chars.iter().any(|c| matches!(c, '\u{202d}' | '\u{202e}'))
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        && c != '\u{feff}'
}

/// A character that has no shape and takes no place (Unicode's `Default_Ignorable_Code_Point`, but for the soft hyphen,
/// which some texts have in each word, and for those that [`is_bidi`] and the tags are).
fn is_shapeless(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0080}'..='\u{e0fff}')
}

/// Most tags of a flag: a country, a part of it in three letters, and the end.
const FLAG: usize = 6;

/// What is hidden in a line.
#[derive(Default)]
struct Hidden {
    /// The number of tag characters that are not part of a flag.
    tags: usize,
    /// The longest series of invisible characters.
    run: usize,
    /// A character within a word, or at its end.
    in_word: bool,
}

fn hidden(chars: &[char]) -> Hidden {
    let mut found = Hidden::default();
    let mut run = 0;
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
        found.run = found.run.max(run);
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
    found
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

/// Whether a line is a comment and nothing else, as far as its begin tells.
fn is_comment(line: &str, extension: &str) -> bool {
    let line = line.trim();
    let of = |all: &[&str]| all.contains(&extension);
    let ends = |end: &str| line.find(end).is_none_or(|at| at + end.len() == line.len());
    match line {
        // Other languages begin a statement like that.
        _ if line.starts_with('#') => !of(&[
            "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "java", "go", "php",
        ]),
        _ if line.starts_with("//") => !of(&["py", "pyw", "rb", "rake", "sh", "bash", "zsh"]),
        _ if line.starts_with("/*") || line.starts_with('*') => ends("*/"),
        _ if line.starts_with("--") => of(&["sql", "lua", "hs"]),
        _ if line.starts_with("<!--") => ends("-->"),
        _ if line.starts_with(';') => of(&["clj"]),
        _ => {
            let quotes = ["\"\"\"", "\'\'\'"];
            let inner = quotes
                .iter()
                .find_map(|q| Some((line.strip_prefix(*q)?, q)));
            inner.is_some_and(|(inner, quote)| {
                inner
                    .find(*quote)
                    .is_none_or(|at| at + quote.len() == inner.len())
            })
        }
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Letters of other scripts with the shape of Latin ones: Cyrillic, Greek, Armenian, and signs of phonetic alphabets.
const ALIKE: &str = "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХЅІЈονΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոɡɑǃ";

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// Whether a word is made of Latin letters but for some that only look like them. One that is made of such letters alone
/// is suspicious if `is_alone`: the file has no text in their script.
fn is_mixed(word: &str, is_alone: bool) -> bool {
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

/// Whether a file holds the texts of a program in one of its languages.
fn is_translation(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let folders = [
        "locale",
        "lang/",
        "i18n",
        "l10n",
        "translation",
        "languages/",
    ];
    folders.iter().any(|f| path.contains(f))
}

/// Whether all invisible characters of a line are joiners, and the line is in a script that needs them.
fn are_joiners(line: &str) -> bool {
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let needs_them = |c: char| matches!(c, '\u{600}'..='\u{6ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}');
    let is_hidden = |c: &char| is_shapeless(*c) || matches!(*c, '\u{e0000}'..='\u{e007f}');
    line.chars().filter(is_hidden).all(is_joiner) && line.chars().any(needs_them)
}

/// Whether a word is one of another script and a Latin one without a space between, in a text of that script.
fn is_glued(word: &str, line: &str) -> bool {
    let rest = word.trim_start_matches(|c: char| !c.is_ascii());
    let begins = word.len() - rest.len() >= 4 && rest.is_ascii();
    let is_of_other =
        |w: &str| w.chars().count() >= 3 && w.chars().all(|c| c.is_alphabetic() && !c.is_ascii());
    begins
        && rest.starts_with(|c: char| c.is_ascii_uppercase())
        && words(line).filter(|w| is_of_other(w)).count() >= 3
}

/// A program in a file that is named as a picture, a font, a sound or a film.
fn program(content: &[u8]) -> Option<Hit> {
    let begins = |magic: &[u8]| content.starts_with(magic);
    let is_binary = begins(b"\x7fELF")
        || begins(b"MZ\x90\0")
        || begins(b"\xcf\xfa\xed\xfe")
        || begins(b"\xca\xfe\xba\xbe");
    let is_script = begins(b"#!/") || begins(b"#! /") || begins(b"<?php");
    let is_text = || {
        let is_pointer = begins(b"version https://git-lfs")
            || content.windows(12).take(200).any(|w| w == b"annex/object");
        let text = std::str::from_utf8(content)
            .ok()
            .filter(|_| !is_pointer && !content.contains(&0));
        text.is_some_and(is_program_text)
    };
    let carries_php = || content.windows(5).any(|w| w == b"<?php");
    if !(is_binary || is_script || is_text() || carries_php()) {
        return None;
    }
    Some(Hit {
        rule: PROGRAM,
        line: 1,
        score: 8.6,
        cwe: vec![506],
        title: "Program disguised as an image, font or media file".into(),
        message: "The file name says image, font, audio or video, but the content is a program."
            .into(),
        fix: "Find out who added the file, and remove it or rename it to what it is.".into(),
        identity: None,
    })
}

/// Whether a text is a program, and not a remark or a page that stands for a missing file.
fn is_program_text(text: &str) -> bool {
    let signs = [
        "eval(",
        "require(",
        "exec(",
        "function(",
        "function ",
        "=>",
        "import ",
        "child_process",
        "process.env",
        "atob(",
        "fromCharCode",
        "subprocess",
        "os.system",
        "base64",
        "curl ",
        "wget ",
        "powershell",
        "<script",
        "def ",
        "#!/bin",
    ];
    let found = signs.iter().filter(|s| text.contains(**s)).count();
    let is_page = text
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("<!doctype html")
        || text.trim_start().starts_with("<svg");
    let is_loud = [
        "eval(",
        "child_process",
        "os.system",
        "fromCharCode",
        "atob(",
        "powershell",
        "DownloadString",
        "@echo off",
    ]
    .iter()
    .any(|s| text.contains(s));
    !is_page && text.len() > 12 && (found >= 2 || is_loud)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(&'static str, bool)> {
        let mut all = Vec::new();
        find(path, text.as_bytes(), Weight::Full, &mut all);
        all.iter().map(|h| (h.rule, h.score >= 7.0)).collect()
    }

    #[test]
    fn what_cannot_be_seen_blocks() {
        for (path, text, rule) in [
            ("a.js", "if (admin\u{202e} \u{2066}) {}\n", BIDI),
            ("README.md", "See\u{202e}exe.txt\n", BIDI),
            (
                "a.js",
                "const x = `\u{e0100}\u{e0101}\u{e0102}`;\n",
                INVISIBLE,
            ),
            ("AGENTS.md", "Hello\u{e0041}\u{e0042}\n", INVISIBLE),
            ("a.py", "user\u{200b}name = 1\n", INVISIBLE),
            ("a.js", "const \u{3164} = 1;\n", INVISIBLE),
            ("a.py", "p\u{430}ypal = 1\n", LETTER),
            ("a.py", "\u{430}dm\u{456}n\u{43e}s = 1\n", LETTER),
            ("a.js", "/**/ if (is\u{410}dmin()) {}\n", LETTER),
            ("a.js", ";is\u{410}dmin()\n", LETTER),
            ("a.py", "\u{435}\u{445}\u{435}\u{441} = 1\n", LETTER),
            ("a.js", "\u{435}\u{445}ec(cmd)\n", LETTER),
            ("a.js", "if (environment\u{1c3}=1) {}\n", LETTER),
            ("a.py", "h\u{585}st_name = 1\n", LETTER),
            (
                "package.json",
                "{\"dependencies\": {\"l\u{43e}dash\": \"4\"}}\n",
                LETTER,
            ),
            ("requirements-dev.txt", "d\u{458}ango==4.0\n", LETTER),
            ("a.js", "const isAdmin\u{200d} = true;\n", INVISIBLE),
            (
                "README.md",
                "\u{1f3f4}\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}\u{e0020}\n",
                INVISIBLE,
            ),
            ("README.md", "a\u{180b}\u{180c}\u{180d}\n", INVISIBLE),
            ("README.md", "a\u{e0200}\u{e0201}\u{e0202}\n", INVISIBLE),
            ("logo.png", "#!/bin/sh\ncurl x | sh\n", PROGRAM),
            (
                "font.woff2",
                "const p = require('child_process'); p.exec('x')\n",
                PROGRAM,
            ),
            (
                "logo.svg",
                "const p = require('child_process'); p.exec('x')\n",
                PROGRAM,
            ),
            ("a.tif", "#! /bin/sh\nid\n", PROGRAM),
            ("a.gif", "GIF89a<?php system($_GET['c']); ?>", PROGRAM),
        ] {
            assert_eq!(rules(path, text), [(rule, true)], "{path} {text:?}");
        }
    }

    #[test]
    fn joiners_too_many_in_a_translation_are_a_slip() {
        let text = "\u{928}\u{200d}\u{200c}\u{200d}\u{200c}\u{200d} ====\n";
        let joined = "==== \u{200c}\u{200c}\u{200c} \u{928}\n";
        assert_eq!(rules("inc/lang/ne/a.txt", joined), [(INVISIBLE, false)]);
        assert_eq!(rules("a/b.txt", joined), [(INVISIBLE, true)]);
        assert!(rules("inc/lang/ne/a.txt", text).iter().all(|r| !r.1));
    }

    #[test]
    fn neither_wrong_bytes_nor_the_length_of_a_file_hide_characters() {
        let bad = |before: &[u8]| [before, "if (admin\u{202e} \u{2066}) {}\n".as_bytes()].concat();
        for (before, expected) in [
            (&b"// caf\xe9, as it was written before UTF-8\n"[..], 1),
            (&[b' '; 5 << 20], 1),
            // No text, so what stands in it is chance.
            (b"\x89PNG\xff\xff\xff", 0),
            (b"\xff\0", 0),
        ] {
            let mut all = Vec::new();
            find("a.js", &bad(before), Weight::Full, &mut all);
            assert_eq!(all.len(), expected, "{:?}", before.get(..9));
        }
    }

    #[test]
    fn what_a_script_or_an_emoji_needs_is_fine() {
        for (path, text) in [
            (
                "a.py",
                "x = '\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{2764}\u{fe0f} 1\u{fe0f}\u{20e3}'\n",
            ),
            (
                "a.py",
                "x = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'\n",
            ),
            (
                "fa.json",
                "{\"a\": \"\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}\"}\n",
            ),
            (
                "he.json",
                "{\"a\": \"\u{202b}\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{202c}\"}\n",
            ),
            (
                "ru.py",
                "x = '\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}, world'\n",
            ),
            ("a.py", "\u{feff}import os\n"),
            ("mn.json", "{\"a\": \"\u{1820}\u{180b}\u{1821}\"}\n"),
            ("a.py", "    # \u{43f}\u{440}\u{438} Bob\u{430}\n"),
            ("a.js", "/* Bob\u{430}s */\n"),
            ("logo.png", "\u{89}PNG\r\n"),
            (
                "logo.png",
                "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            ),
            ("logo.png", "not found\n"),
            (
                "logo.svg",
                "<svg onload=\"eval(1)\"><script>exec()</script></svg>\n",
            ),
            // The file has text in that script.
            (
                "a.py",
                "x = '\u{421}\u{421}\u{421}\u{420}'\ny = '\u{43b}\u{434}'\n",
            ),
            ("a.js", "const x = 'text\u{200b}';\n"),
        ] {
            assert_eq!(rules(path, text), [], "{path} {text:?}");
        }
    }
}
