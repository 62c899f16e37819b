//! Names that modules and functions of Python are imported, assigned or made under.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::super::text::{has, name_at};
use super::{Aliases, LONGEST_LIST};

const PYTHON: [&str; 19] = [
    "os",
    "subprocess",
    "pickle",
    "cPickle",
    "dill",
    "marshal",
    "shelve",
    "jsonpickle",
    "yaml",
    "requests",
    "httpx",
    "urllib.request",
    "hashlib",
    "random",
    "tempfile",
    "jwt",
    "commands",
    "importlib",
    "builtins",
];

/// White space within a line.
const BLANKS: [char; 2] = [' ', '\t'];

impl Aliases {
    pub(super) fn in_python(&mut self, text: &str) {
        let mut taken = Vec::new();
        let mut from = 0;
        for line in text.split('\n') {
            let begin = from;
            from += line.len() + 1;
            let line = line.trim_start_matches(BLANKS);
            let at = from - 1 - line.len();
            if let Some(rest) = line.strip_prefix("from") {
                let _ = self.of_module(text, begin..at + 4, rest);
            } else if let Some(rest) = line
                .strip_prefix("import")
                .filter(|r| r.starts_with(BLANKS))
            {
                let list = rest.split(['#', ';']).next().unwrap_or_default();
                for item in list.split(',').take(50) {
                    if let Some((module, alias)) = item.split_once(" as ")
                        && is_known(module.trim())
                    {
                        self.given.push(begin..from - 1 - (rest.len() - list.len()));
                        self.name(alias.trim(), module.trim(), true);
                    }
                }
            } else if let Some((name, value)) = line.split_once('=') {
                taken.push((name.trim_end_matches(BLANKS), value.trim_matches(BLANKS)));
            }
        }
        for (name, value) in taken {
            self.taken_from(name, value);
        }
        self.made(text);
    }

    /// `run = os.system`
    fn taken_from(&mut self, name: &str, value: &str) -> Option<()> {
        let (from, member) = value.split_once('.')?;
        let is_name = |n: &str| !n.is_empty() && name_at(n, b"").len() == n.len();
        if ![name, from, member].into_iter().all(is_name) {
            return None;
        }
        let module = self.names.get(from).filter(|a| a.is_module);
        let module = module.map(|a| a.stands_for.clone());
        // `os.environ` and the like are no functions, but no rule knows them either.
        let module = module.or_else(|| is_known(from).then(|| from.to_owned()))?;
        self.name(name, &format!("{module}.{member}"), false);
        Some(())
    }

    /// Calls that make a function or a module of its name: `getattr(os, "system")`, `__import__("os")`.
    fn made(&mut self, text: &str) {
        static MADE: LazyLock<Regex> = LazyLock::new(|| {
            let mut made = RegexBuilder::new(
                r#"getattr\(\s*(?:(\w+)|__import__\(\s*["'](\w+)["']\s*\))\s*,\s*["'](\w+)["']\s*\)|(?:__import__|importlib\.import_module)\(\s*["'](\w+)["']\s*\)|(?:__builtins__|builtins)\.(eval|exec|compile|open|__import__)\b"#,
            );
            made.unicode(false).build().expect("a test uses it")
        });
        let signs = ["getattr(", "__import__(", "import_module(", "builtins"];
        // Few files have one of these.
        if !signs.iter().any(|sign| has(text, sign)) {
            return;
        }
        for found in MADE.captures_iter(text) {
            let Some(whole) = found.get(0) else {
                continue;
            };
            let group = |n| found.get(n).map(|g| g.as_str());
            let module = group(1)
                .or(group(2))
                .map(|name| match self.names.get(name) {
                    Some(alias) if alias.is_module => alias.stands_for.clone(),
                    _ => name.to_owned(),
                });
            let new = match (module.filter(|m| is_known(m)), group(3), group(4), group(5)) {
                (Some(module), Some(member), _, _) if module == "builtins" => member.to_owned(),
                (Some(module), Some(member), _, _) => format!("{module}.{member}"),
                (_, _, Some(module), _) if is_known(module) => module.to_owned(),
                (_, _, _, Some(function)) => function.to_owned(),
                _ => continue,
            };
            self.edits.push((whole.range(), new));
        }
    }

    /// `from os import system as run`, from behind the first word on.
    fn of_module(&mut self, text: &str, given: Range<usize>, rest: &str) -> Option<()> {
        let rest = behind_blanks(rest)?;
        let module = name_at(rest, b".");
        let rest = behind_blanks(rest.get(module.len()..)?)?;
        let line = rest.strip_prefix("import")?.trim_start_matches(BLANKS);
        is_known(module).then_some(())?;
        // What stands in brackets may go on on other lines.
        let end = text.get(given.end..)?.split('\n').next()?.len() + given.end;
        let begin = end - line.len();
        let bracket = line.strip_prefix('(').and_then(|_| {
            let inner = text.get(begin + 1..)?;
            let end = inner.find(['(', ')'])?;
            (inner.as_bytes().get(end) == Some(&b')')).then(|| inner.get(..end))?
        });
        let list = match bracket {
            Some(list) => list,
            None => line.split(['(', '#', ';']).next()?,
        };
        let behind = begin + list.len() + if bracket.is_some() { 2 } else { 0 };
        self.given.push(given.start..behind);
        if list.trim() == "*" {
            let all = match module {
                "os" => "system, popen",
                "subprocess" => "run, call, check_call, check_output, Popen, getoutput",
                "pickle" => "loads",
                _ => "",
            };
            self.list(all, module);
        } else if list.len() <= LONGEST_LIST {
            self.list(list, module);
        }
        Some(())
    }
}

/// Whether rules name the functions of a module.
fn is_known(module: &str) -> bool {
    PYTHON.contains(&module)
}

/// What is behind white space, if a text begins with that.
fn behind_blanks(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(BLANKS);
    (rest.len() < text.len()).then_some(rest)
}
