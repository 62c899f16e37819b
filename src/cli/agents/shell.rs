//! A command line, taken apart into the words of its commands, as a shell does before it runs them.

use std::iter::Peekable;
use std::str::Chars;

/// Programs that read commands.
pub(super) const SHELLS: [&str; 5] = ["sh", "bash", "zsh", "dash", "ksh"];

/// The program that a word names.
pub(super) fn name_of(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// A command line, taken apart.
#[derive(Default)]
pub(super) struct Parts {
    /// The words of each simple command.
    pub(super) commands: Vec<Vec<String>>,
    /// What is in `$(...)` and backticks.
    pub(super) nested: Vec<String>,
}

/// What is before the closing double quote.
fn quoted(chars: &mut impl Iterator<Item = char>) -> String {
    let mut inner = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => inner.extend(chars.next()),
            c => inner.push(c),
        }
    }
    inner
}

/// What is before the closing bracket of one that is open.
fn bracketed(chars: &mut impl Iterator<Item = char>) -> String {
    let mut depth = 1;
    let inner = chars.take_while(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth > 0
    });
    inner.collect()
}

pub(super) fn parts_of(command: &str) -> Parts {
    let mut parts = Parts::default();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    // What ends each text that begins at the next line, and whether a shell reads it.
    let mut texts: Vec<(String, bool)> = Vec::new();
    let mut chars = command.chars().peekable();
    let end_word = |word: &mut Option<String>, words: &mut Vec<String>| {
        words.extend(word.take());
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let text = word.get_or_insert_default();
                text.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                let inner = quoted(&mut chars);
                if inner.contains("$(") || inner.contains('`') {
                    parts.nested.extend(parts_of(&inner).nested);
                }
                word.get_or_insert_default().push_str(&inner);
            }
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(c) => word.get_or_insert_default().push(c),
            },
            '`' => parts
                .nested
                .push(chars.by_ref().take_while(|c| *c != '`').collect()),
            '$' if chars.peek() == Some(&'(') => {
                chars.next();
                parts.nested.push(bracketed(&mut chars));
                word.get_or_insert_default();
            }
            '#' if word.is_none() => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
                parts.commands.push(std::mem::take(&mut words));
            }
            '<' if chars.peek() == Some(&'<') => {
                chars.next();
                end_word(&mut word, &mut words);
                let end = heredoc_end(&mut chars);
                let is_script = words.first().is_some_and(|w| SHELLS.contains(&name_of(w)));
                texts.extend(end.map(|end| (end, is_script)));
            }
            ';' | '&' | '|' | '\n' | '(' | ')' => {
                end_word(&mut word, &mut words);
                parts.commands.push(std::mem::take(&mut words));
                if c == '\n' {
                    for (end, is_script) in texts.drain(..) {
                        let text = heredoc(&mut chars, &end);
                        parts.nested.extend(is_script.then_some(text));
                    }
                }
            }
            c if c.is_whitespace() => end_word(&mut word, &mut words),
            c => word.get_or_insert_default().push(c),
        }
    }
    end_word(&mut word, &mut words);
    parts.commands.push(words);
    parts
}

/// The word that ends a text in the command line (`<<'END'`); none for `<<<`, which has the text in the same line.
fn heredoc_end(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    if chars.next_if_eq(&'<').is_some() {
        return None;
    }
    let _ = chars.next_if_eq(&'-');
    while chars.next_if_eq(&' ').is_some() {}
    let mut end = String::new();
    while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !";&|()<>".contains(*c)) {
        if !"'\"\\".contains(c) {
            end.push(c);
        }
    }
    Some(end)
}

/// The lines up to one that has only this word.
fn heredoc(chars: &mut Peekable<Chars<'_>>, end: &str) -> String {
    let mut text = String::new();
    while chars.peek().is_some() {
        let line: String = chars.by_ref().take_while(|c| *c != '\n').collect();
        if line.trim() == end {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}
