//! Lines that are inside of a text: their indentation says nothing of the code around them.

use super::manner::Manner;
use super::names::is_word;

/// How many lines a text may have. A quote that is not closed by then opens none.
const LONGEST: usize = 500;

/// For each line whether it is inside of a text that an earlier line opened: between three quotes, between back quotes,
/// or in a here-document. The line that closes a text belongs to it.
pub(super) fn inside_texts(lines: &[&str], manner: Manner) -> Vec<bool> {
    let mut inside = vec![false; lines.len()];
    if manner.prose {
        return inside;
    }
    let mut line = 0;
    while line < lines.len() {
        let below = lines.iter().skip(line + 1).take(LONGEST);
        let length = opened(lines[line], manner)
            .and_then(|end| below.into_iter().position(|l| end.is_in(l, manner)));
        let last = length.map_or(line, |n| line + n + 1);
        for mark in inside.iter_mut().take(last + 1).skip(line + 1) {
            *mark = true;
        }
        line = last + 1;
    }
    inside
}

/// What ends a text.
#[derive(Clone, Copy)]
enum End<'t> {
    Quotes(&'static str),
    /// The word of a here-document, on a line of its own.
    Word(&'t str),
}

impl End<'_> {
    fn is_in(self, line: &str, manner: Manner) -> bool {
        match self {
            End::Quotes(quotes) => line.contains(quotes),
            // PHP goes on after the word.
            End::Word(word) => {
                let rest = line.trim().strip_prefix(word);
                rest.is_some_and(|r| {
                    r.is_empty() || manner.slash_comment && !r.starts_with(is_word)
                })
            }
        }
    }
}

/// The closing quote of a text that a line opens but does not close.
fn opened(line: &str, manner: Manner) -> Option<End<'_>> {
    if !line.contains(['"', '\'', '`', '<']) {
        return None;
    }
    let content = line.trim_start();
    let is_comment = manner.hash_comment && content.starts_with('#')
        || manner.slash_comment && (content.starts_with("//") || content.starts_with('*'));
    if is_comment {
        return None;
    }
    let odd = |quotes: &str| line.matches(quotes).count() % 2 == 1;
    let quotes = ["\"\"\"", "'''"].into_iter().find(|q| odd(q));
    let back = || (manner.back_quotes && odd("`")).then_some("`");
    if let Some(quotes) = quotes.or_else(back) {
        return Some(End::Quotes(quotes));
    }
    here_document(line).map(End::Word)
}

/// The word that ends the here-document that a line begins: `<<EOF`, `<<-'EOF'`, `<<~EOS`, `<<<"EOT"`.
fn here_document(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("<<")?;
    let rest = rest.strip_prefix('<').unwrap_or(rest);
    let rest = rest.strip_prefix(['-', '~']).unwrap_or(rest);
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let word = rest.get(..length)?;
    let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (is_name && word.len() > 1).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_inside_of_a_text_are_found_in_many_languages() {
        for (name, text, inside) in [
            ("a.py", "x = \"\"\"\ndef f():\n\"\"\"\ny\n", "-##-"),
            ("a.py", "\"\"\"One.\"\"\"\n'''\na\n''' + b\nc\n", "--##-"),
            ("a.py", "x = \"\"\"never closed\ny\n", "--"),
            ("a.py", "# it's \"\"\"\nx = 1\n\"\"\"\na\n\"\"\"\n", "---##"),
            ("a.js", "f(`\nfunction g() {\n`)\nh()\n", "-##-"),
            ("a.js", "// one `\ng()\n// two `\n", "---"),
            ("a.c", "/* one ` */\ng();\n/* two ` */\n", "---"),
            ("a.sh", "cat <<EOF\nf() {\nEOF\ng\n", "-##-"),
            ("a.sh", "cat <<-'EOF' > x\n\tf\n\tEOF\ng\n", "-##-"),
            ("a.rb", "x = <<~SQL\n  a\nSQL\ny\n", "-##-"),
            ("a.php", "$x = <<<\"EOT\"\n a\nEOT;\n$y;\n", "-##-"),
            ("a.py", "x = 1 << width\nwidth\ny\n", "---"),
            ("a.md", "```\"\"\"\na\n\"\"\"\n", "---"),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            let found = inside_texts(&lines, Manner::of(name.as_bytes()));
            let found: String = found.iter().map(|i| if *i { '#' } else { '-' }).collect();
            assert_eq!(found, inside, "{text}");
        }
    }
}
