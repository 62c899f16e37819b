//! Names that modules of JavaScript and TypeScript are imported or required under.

use memchr::memmem;

use super::super::text::{SPACES, ahead, behind, name_at, name_before};
use super::{Aliases, LONGEST_LIST, module_at};

/// The modules whose functions rules name, and the name that rules know each by.
const JAVASCRIPT: [(&str, &str); 40] = [
    ("child_process", "child_process"),
    ("fs", "fs"),
    ("fs/promises", "fs"),
    ("fs-extra", "fs"),
    ("vm", "vm"),
    ("path", "path"),
    ("crypto", "crypto"),
    ("http", "http"),
    ("https", "https"),
    ("axios", "axios"),
    ("got", "got"),
    ("request", "request"),
    ("needle", "needle"),
    ("superagent", "superagent"),
    ("jsonwebtoken", "jwt"),
    ("lodash", "_"),
    ("node-serialize", "serialize"),
    ("libxmljs", "libxmljs"),
    ("libxmljs2", "libxmljs"),
    ("xpath", "xpath"),
    ("js-yaml", "yaml"),
    ("ejs", "ejs"),
    ("pug", "pug"),
    ("jade", "jade"),
    ("dot", "doT"),
    ("handlebars", "Handlebars"),
    ("nunjucks", "nunjucks"),
    ("mustache", "Mustache"),
    ("shelljs", "shell"),
    ("execa", "execa"),
    ("node-fetch", "fetch"),
    ("cross-fetch", "fetch"),
    ("cors", "cors"),
    ("express-session", "session"),
    ("client-sessions", "session"),
    ("cookie-session", "cookieSession"),
    ("serve-index", "serveIndex"),
    ("crypto-js", "CryptoJS"),
    ("mathjs", "math"),
    ("errorhandler", "errorhandler"),
];

impl Aliases {
    pub(super) fn in_javascript(&mut self, text: &str) {
        let all = |word: &'static str| memmem::find_iter(text.as_bytes(), word);
        for at in all("require").chain(all("import")) {
            self.required(text, at);
        }
        for at in all("from") {
            self.imported(text, at);
        }
        if self.given.is_empty() {
            return;
        }
        for at in all("promisify(") {
            self.promised(text, at);
        }
        for word in ["const", "let", "var"] {
            for at in all(word) {
                self.taken(text.get(at + word.len()..).unwrap_or_default());
            }
        }
    }

    /// `const run = require("child_process").exec`, `const { exec } = await import("child_process")`
    fn required(&mut self, text: &str, at: usize) -> Option<()> {
        let rest = text.get(at..)?;
        let after = rest
            .strip_prefix("require")
            .or_else(|| rest.strip_prefix("import"))?;
        let (module, after) = module_at(after.strip_prefix('(')?, &['"', '\'', '`'])?;
        let after = after.trim_start_matches(SPACES).strip_prefix(')')?;
        let module = module_of_javascript(module)?;
        let member = after
            .strip_prefix('.')
            .map_or("", |after| name_at(after, b""));
        let mut before = text.get(..at)?;
        if rest.starts_with("import") {
            before = ahead(before, "await")?;
        }
        let before = before.trim_end_matches(SPACES).strip_suffix('=')?;
        let before = before.trim_end_matches(SPACES);
        let (before, list, name) = match list_before(before) {
            Some((before, list)) => (before, Some(list), ""),
            None => {
                let (before, name) = name_before(before, b"$");
                (before, None, name)
            }
        };
        let words = ["const", "let", "var", "import"];
        let begin = words
            .into_iter()
            .find_map(|word| ahead(before, word))?
            .len();
        let end = text.len() - after.len()
            + if member.is_empty() {
                0
            } else {
                member.len() + 1
            };
        self.given.push(begin..end);
        match member {
            "" | "promises" | "default" => self.name(name, module, true),
            member => self.name(name, &format!("{module}.{member}"), false),
        }
        if let Some(list) = list.filter(|l| l.len() <= LONGEST_LIST) {
            self.list(list, module);
        }
        Some(())
    }

    /// `import name, { exec as run } from "child_process"`
    fn imported(&mut self, text: &str, at: usize) -> Option<()> {
        let (module, after) = module_at(text.get(at + "from".len()..)?, &['"', '\''])?;
        let module = module_of_javascript(module)?;
        let before = text.get(..at)?.trim_end_matches(SPACES);
        let (before, list) = match list_before(before) {
            Some((before, list)) => (before, Some(list)),
            None => (before, None),
        };
        let (begin, name) = match before.trim_end_matches(SPACES).strip_suffix("import") {
            Some(begin) => (begin, ""),
            None => {
                let before = before.trim_end_matches(SPACES);
                let before = before.strip_suffix(',').unwrap_or(before);
                let (before, name) = name_before(before.trim_end_matches(SPACES), b"$");
                let all = ahead(before, "as");
                let all = all.and_then(|b| b.trim_end_matches(SPACES).strip_suffix('*'));
                let begin = match all {
                    Some(before) => before.trim_end_matches(SPACES).strip_suffix("import"),
                    None => ahead(before, "import"),
                };
                // `import type { Stats } from "fs"`
                let name = if list.is_some() && name == "type" {
                    ""
                } else {
                    name
                };
                (begin?, name)
            }
        };
        self.given.push(begin.len()..text.len() - after.len());
        self.name(name, module, true);
        if let Some(list) = list.filter(|l| l.len() <= LONGEST_LIST) {
            self.list(list, module);
        }
        Some(())
    }

    /// `const run = util.promisify(child_process.exec)`
    fn promised(&mut self, text: &str, at: usize) -> Option<()> {
        let (before, after) = text.split_at_checked(at)?;
        let before = match before.strip_suffix('.') {
            Some(before) => name_before(before, b"").0,
            None => before,
        };
        let before = before.trim_end_matches(SPACES).strip_suffix('=')?;
        let (before, name) = name_before(before.trim_end_matches(SPACES), b"");
        let words = ["const", "let", "var"];
        words.into_iter().find_map(|word| ahead(before, word))?;
        let after = after.split_once('(')?.1.trim_start_matches(SPACES);
        let first = name_at(after, b"");
        let after = after.get(first.len()..)?;
        let second = after.strip_prefix('.').map(|after| name_at(after, b""));
        let end = after.get(second.map_or(0, |s| s.len() + 1)..)?;
        end.trim_start_matches(SPACES).strip_prefix(')')?;
        let known = match second {
            None => self.names.get(first).map(|a| a.stands_for.clone()),
            Some(member) => self.module(first).map(|m| format!("{m}.{member}")),
        };
        self.name(name, &known?, false);
        Some(())
    }

    /// What follows `const`: `run = child_process.exec;`, `{ exec } = child_process;`.
    fn taken(&mut self, text: &str) -> Option<()> {
        let rest = behind(text, "")?;
        let (name, list, rest) = match rest.strip_prefix('{') {
            Some(rest) => {
                let end = rest
                    .find(['{', '}'])
                    .filter(|e| rest.as_bytes().get(*e) == Some(&b'}'))?;
                ("", rest.get(..end)?, rest.get(end + 1..)?)
            }
            None => {
                let name = name_at(rest, b"");
                (name, "", rest.get(name.len()..)?)
            }
        };
        let rest = rest.trim_start_matches(SPACES).strip_prefix('=')?;
        let rest = rest.trim_start_matches(SPACES);
        let from = name_at(rest, b"");
        let mut rest = rest.get(from.len()..)?;
        let mut member = "";
        if !name.is_empty() {
            rest = rest.strip_prefix('.')?;
            member = name_at(rest, b"");
            rest = rest.get(member.len()..)?;
        }
        let rest = rest.trim_start_matches([' ', '\t', '\r']);
        if from.is_empty() || !(rest.is_empty() || rest.starts_with([';', '\n'])) {
            return None;
        }
        let module = self.module(from)?;
        if !name.is_empty() && !member.is_empty() {
            self.name(name, &format!("{module}.{member}"), false);
        } else if name.is_empty() && list.len() <= LONGEST_LIST {
            self.list(list, &module);
        }
        Some(())
    }

    /// The module that a name stands for.
    fn module(&self, name: &str) -> Option<String> {
        let alias = self.names.get(name).filter(|a| a.is_module);
        let own = JAVASCRIPT.iter().any(|(_, known)| *known == name);
        alias
            .map(|a| a.stands_for.clone())
            .or_else(|| own.then(|| name.to_owned()))
    }
}

/// A list in braces at the end of a text, and what is before it.
fn list_before(text: &str) -> Option<(&str, &str)> {
    let (before, list) = text.strip_suffix('}')?.rsplit_once('{')?;
    (!list.contains('}')).then_some((before, list))
}

fn module_of_javascript(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("node:").unwrap_or(name);
    let known = JAVASCRIPT.iter().find(|(module, _)| *module == name);
    known.map(|(_, known_as)| *known_as)
}
