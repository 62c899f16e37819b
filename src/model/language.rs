/// A language whose code is read: the scanner finds weaknesses in it, and reports colour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
    Java,
    Php,
    Ruby,
}

impl Language {
    /// That of a file, by its name.
    pub fn of_name(path: &[u8]) -> Option<Language> {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
        let extension = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
        let extension = match extension.len() == name.len() {
            true => &[][..],
            false => extension,
        };
        match extension.to_ascii_lowercase().as_slice() {
            b"py" | b"pyw" => Some(Language::Python),
            // Flow's types are read as TSX at most, plain JavaScript by its own grammar.
            b"js" | b"mjs" | b"cjs" | b"jsx" | b"es6" => Some(Language::JavaScript),
            b"ts" | b"mts" | b"cts" => Some(Language::TypeScript),
            b"tsx" => Some(Language::Tsx),
            b"go" => Some(Language::Go),
            b"java" => Some(Language::Java),
            b"php" | b"phtml" | b"phar" | b"pht" | b"php3" | b"php4" | b"php5" | b"php7"
            | b"php8" | b"inc" | b"module" | b"install" | b"theme" | b"ctp" => Some(Language::Php),
            b"rb" | b"rake" | b"ru" | b"gemspec" => Some(Language::Ruby),
            _ => match name {
                b"Rakefile" | b"Gemfile" | b"Capfile" | b"Vagrantfile" | b"Guardfile"
                | b"Podfile" | b"Fastfile" | b"Brewfile" | b"Dangerfile" => Some(Language::Ruby),
                b"SConstruct" | b"SConscript" | b"wscript" => Some(Language::Python),
                _ => None,
            },
        }
    }
}
