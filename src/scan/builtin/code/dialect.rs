//! The languages that the scanner reads, and their grammars.

use ast_grep_core::matcher::{Pattern, PatternBuilder, PatternError};
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use ast_grep_core::{AstGrep, Language};
use serde::{Deserialize, Serialize};

use crate::model::Language as Named;
use crate::scan::first_line;

/// A language with a grammar of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Dialect {
    #[serde(alias = "python", alias = "py")]
    Python,
    #[serde(alias = "javascript", alias = "js", alias = "JS", alias = "jsx")]
    JavaScript,
    #[serde(alias = "typescript", alias = "ts", alias = "TS")]
    TypeScript,
    #[serde(alias = "tsx", alias = "TSX")]
    Tsx,
    #[serde(alias = "go", alias = "golang")]
    Go,
    #[serde(alias = "java")]
    Java,
    #[serde(alias = "php", alias = "PHP")]
    Php,
    #[serde(alias = "ruby", alias = "rb")]
    Ruby,
}

impl Dialect {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Dialect; 8] = [
        Dialect::Python,
        Dialect::JavaScript,
        Dialect::TypeScript,
        Dialect::Tsx,
        Dialect::Go,
        Dialect::Java,
        Dialect::Php,
        Dialect::Ruby,
    ];

    /// The language that people call it: the same weakness in another one has another fix.
    pub(super) fn language(self) -> &'static str {
        match self {
            Dialect::Python => "python",
            Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx => "javascript",
            Dialect::Go => "go",
            Dialect::Java => "java",
            Dialect::Php => "php",
            Dialect::Ruby => "ruby",
        }
    }

    /// The name that rules and people use.
    pub(super) fn name(self) -> &'static str {
        match self {
            Dialect::Python => "Python",
            Dialect::JavaScript => "JavaScript",
            Dialect::TypeScript => "TypeScript",
            Dialect::Tsx => "Tsx",
            Dialect::Go => "Go",
            Dialect::Java => "Java",
            Dialect::Php => "PHP",
            Dialect::Ruby => "Ruby",
        }
    }

    /// A name of a file of this dialect.
    pub(super) fn example_name(self) -> &'static str {
        match self {
            Dialect::Python => "a.py",
            Dialect::JavaScript => "a.js",
            Dialect::TypeScript => "a.ts",
            Dialect::Tsx => "a.tsx",
            Dialect::Go => "a.go",
            Dialect::Java => "A.java",
            Dialect::Php => "a.php",
            Dialect::Ruby => "a.rb",
        }
    }

    /// The language of a file, by its name, or else by the interpreter in its first line.
    pub(super) fn of(path: &[u8], content: &[u8]) -> Option<Dialect> {
        let named = Named::of_name(path);
        named.map_or_else(|| Dialect::of_interpreter(content), |l| Some(l.into()))
    }

    fn of_interpreter(content: &[u8]) -> Option<Dialect> {
        let programs = first_line::programs(content);
        let mut programs = programs.iter();
        programs.find_map(|program| match first_line::without_version(program) {
            "python" | "pypy" | "uv" => Some(Dialect::Python),
            "node" | "nodejs" | "bun" => Some(Dialect::JavaScript),
            "deno" | "ts-node" | "tsx" => Some(Dialect::TypeScript),
            "php" => Some(Dialect::Php),
            "ruby" | "jruby" => Some(Dialect::Ruby),
            _ => None,
        })
    }
}

impl From<Named> for Dialect {
    fn from(language: Named) -> Dialect {
        match language {
            Named::Python => Dialect::Python,
            Named::JavaScript => Dialect::JavaScript,
            Named::TypeScript => Dialect::TypeScript,
            Named::Tsx => Dialect::Tsx,
            Named::Go => Dialect::Go,
            Named::Java => Dialect::Java,
            Named::Php => Dialect::Php,
            Named::Ruby => Dialect::Ruby,
        }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Dialect {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Language".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"enum": [
            "Python", "python", "py", "JavaScript", "javascript", "js", "TypeScript", "typescript", "ts", "Tsx",
            "tsx", "Go", "go", "Java", "java", "Php", "php", "Ruby", "ruby", "rb"
        ]})
    }
}

impl Language for Dialect {
    fn expando_char(&self) -> char {
        match self {
            Dialect::Python | Dialect::Go | Dialect::Php | Dialect::Ruby => 'µ',
            _ => '$',
        }
    }

    // As ast-grep's own program has it, so that its users' rules work: `$` begins no identifier there.
    fn pre_process_pattern<'q>(&self, query: &'q str) -> std::borrow::Cow<'q, str> {
        let expando = self.expando_char();
        if expando == '$' {
            return query.into();
        }
        let mut out = String::with_capacity(query.len());
        let mut dollars = 0;
        for c in query.chars().map(Some).chain([None]) {
            if c == Some('$') {
                dollars += 1;
                continue;
            }
            let of_name = c.is_some_and(|c| c.is_ascii_uppercase() || c == '_') || dollars == 3;
            let sign = if of_name { expando } else { '$' };
            out.extend(std::iter::repeat_n(sign, dollars));
            dollars = 0;
            out.extend(c);
        }
        out.into()
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        self.get_ts_language().id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        let id = self.get_ts_language().field_id_for_name(field);
        id.map(std::num::NonZero::get)
    }

    fn build_pattern(&self, builder: &PatternBuilder<'_>) -> Result<Pattern, PatternError> {
        if *self != Dialect::Php {
            return builder.build(|text| StrDoc::try_new(text, *self));
        }
        // A PHP file is text until `<?php`; a pattern is code.
        let mut code = String::new();
        let built = builder.build(|text| {
            let begin = if text.contains("<?") { "" } else { "<?php " };
            let end = if text.ends_with([';', '}']) { "" } else { ";" };
            code = format!("{begin}{text}{end}");
            StrDoc::try_new(&code, *self)
        });
        match built {
            Err(PatternError::MultipleNode(text)) => {
                let parsed = AstGrep::new(&code, *self);
                let statement = parsed.root().child(1);
                let node = statement.and_then(|s| match &*s.kind() {
                    "expression_statement" if !code.trim_end().ends_with(&text) => s.child(0),
                    "expression_statement" if !text.ends_with(';') => s.child(0),
                    _ => Some(s),
                });
                node.map(Pattern::from)
                    .ok_or(PatternError::MultipleNode(text))
            }
            other => other,
        }
    }
}

impl LanguageExt for Dialect {
    fn get_ts_language(&self) -> TSLanguage {
        match self {
            Dialect::Python => tree_sitter_python::LANGUAGE.into(),
            Dialect::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Dialect::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Dialect::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Dialect::Go => tree_sitter_go::LANGUAGE.into(),
            Dialect::Java => tree_sitter_java::LANGUAGE.into(),
            Dialect::Php => tree_sitter_php::LANGUAGE_PHP.into(),
            Dialect::Ruby => tree_sitter_ruby::LANGUAGE.into(),
        }
    }
}
