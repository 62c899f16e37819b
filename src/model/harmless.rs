//! Texts for people without what could steer a terminal or the runner of a pipeline.

/// Returns whether a character could move the cursor or reorder the text around it, or is not visible.
pub(crate) fn is_unsafe_char(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A text for people with what could steer a terminal or a runner written as escapes; line breaks stay.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe_char(c) && c != '\n' {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    without_commands(out)
}

/// What begins a command of a runner wherever it is in a line, and what takes its place: GitHub's and Azure's
/// (<https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>), TeamCity's, the sections of GitLab
/// (<https://docs.gitlab.com/ci/jobs/job_logs/>) and the folds of Travis.
const COMMANDS: [(&str, &str); 6] = [
    ("##[", "#\\u{23}["),
    ("##vso[", "#\\u{23}vso["),
    ("##teamcity[", "#\\u{23}teamcity["),
    ("section_start:", "section_start\\u{3a}"),
    ("section_end:", "section_end\\u{3a}"),
    ("travis_fold:", "travis_fold\\u{3a}"),
];

/// A text in which the runner of a pipeline finds no command: those of [`COMMANDS`], and GitHub's that
/// begin a line with `::`.
pub(crate) fn without_commands(text: String) -> String {
    let mut text = text;
    if text.contains("::") {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let command = line.trim_start();
            if command.starts_with("::") {
                out.extend(line.strip_suffix(command));
                out.push_str(&command.replacen("::", ":\\u{3a}", 1));
            } else {
                out.push_str(line);
            }
        }
        text = out;
    }
    for (command, escaped) in COMMANDS {
        if text.contains(command) {
            text = text.replace(command, escaped);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_no_command_of_a_runner() {
        for (text, safe) in [
            ("a ##[add-mask]y", "a #\\u{23}[add-mask]y"),
            (
                "  ::debug::x\na::b ##vso[x]\n",
                "  :\\u{3a}debug::x\na::b #\\u{23}vso[x]\n",
            ),
            ("###[x]", "##\\u{23}[x]"),
            (
                "section_start:1:a\r\u{1b}[0K",
                "section_start\\u{3a}1:a\\u{d}\\u{1b}[0K",
            ),
            (
                "::std::env, ## [a] and a # [b]",
                ":\\u{3a}std::env, ## [a] and a # [b]",
            ),
            ("plain `text` # 1", "plain `text` # 1"),
        ] {
            assert_eq!(harmless(text), safe);
            assert_eq!(harmless(safe), safe);
        }
    }

    #[test]
    fn what_is_not_seen_or_turns_a_text_round_is_escaped() {
        let text = "a\u{202e}b\u{200b}c\u{61c}d\u{ad}e\u{9b}f\u{e0041}g";
        let safe = harmless(text);
        assert!(safe.is_ascii(), "{safe}");
    }
}
