//! The programs that the first line of a script names.

/// How much of a first line is looked at, in bytes.
const LONGEST: usize = 256;

/// The names of the programs that a first line such as `#!/usr/bin/env -S python3.11 -u` may start, in lower case,
/// without folders; empty for all other files. The words of `env` are among them.
pub(super) fn programs(content: &[u8]) -> Vec<String> {
    let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let Some(line) = text
        .strip_prefix(b"#!")
        .and_then(|c| c.split(|b| *b == b'\n').next())
    else {
        return Vec::new();
    };
    let line = line.get(..LONGEST).unwrap_or(line);
    let line = String::from_utf8_lossy(line).to_lowercase();
    let words = line.split_whitespace().map(|word| {
        let stuck = ["--split-string=", "-vs", "-s"];
        let word = stuck
            .iter()
            .find_map(|o| word.strip_prefix(o))
            .unwrap_or(word);
        let word = word.trim_matches(['"', '\'']);
        let program = word.rsplit(['/', '\\']).next().unwrap_or(word);
        program.strip_suffix(".exe").unwrap_or(program).to_owned()
    });
    words.collect()
}

/// The name of a program without its version: `python3.11` is `python`.
pub(super) fn without_version(program: &str) -> &str {
    program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}
