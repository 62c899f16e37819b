//! Programs under the names of pictures, fonts, sounds and films.

use super::super::hit::Hit;

pub(super) const PROGRAM: &str = "hidden-program";

/// A program in a file that is named as a picture, a font, a sound or a film.
pub(super) fn program(content: &[u8]) -> Option<Hit> {
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
    let begin = text.trim_start();
    let is_page =
        begin.to_ascii_lowercase().starts_with("<!doctype html") || begin.starts_with("<svg");
    let loud = [
        "eval(",
        "child_process",
        "os.system",
        "fromCharCode",
        "atob(",
        "powershell",
        "DownloadString",
        "@echo off",
    ];
    let is_loud = loud.iter().any(|s| text.contains(s));
    !is_page && text.len() > 12 && (found >= 2 || is_loud)
}
