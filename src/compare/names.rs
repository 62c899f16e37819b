//! The names of the scopes that lines open, in any language: told by words and brackets, without a
//! parser.

/// Whether a character is part of a word.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Words that may be before the one that opens a scope.
const MODIFIERS: [&str; 26] = [
    "CREATE",
    "OR",
    "REPLACE",
    "create",
    "or",
    "replace",
    "export",
    "default",
    "public",
    "private",
    "protected",
    "internal",
    "static",
    "final",
    "abstract",
    "async",
    "pub",
    "unsafe",
    "const",
    "inline",
    "virtual",
    "override",
    "declare",
    "sealed",
    "local",
    "open",
];
/// Words that open a scope with a name.
const OPENERS: [&str; 29] = [
    "PROCEDURE",
    "procedure",
    "FUNCTION",
    "TRIGGER",
    "trigger",
    "def",
    "class",
    "func",
    "function",
    "fn",
    "fun",
    "impl",
    "trait",
    "struct",
    "interface",
    "module",
    "namespace",
    "enum",
    "sub",
    "proc",
    "resource",
    "data",
    "object",
    "protocol",
    "extension",
    "contract",
    "record",
    "type",
    "macro_rules!",
];

/// Words that do so after `CREATE`.
const MADE: [&str; 4] = ["VIEW", "view", "TABLE", "table"];

/// Those of them that are names of variables just as well: a name must follow.
const PLAIN: [&str; 10] = [
    "data",
    "object",
    "type",
    "record",
    "module",
    "extension",
    "contract",
    "sub",
    "proc",
    "resource",
];

/// Words of functions without a name.
const NAMELESS: [&str; 6] = ["func", "function", "fn", "fun", "def", "lambda"];
/// Words before a bracket that are not names of definitions.
const CONTROL: [&str; 18] = [
    "if",
    "for",
    "while",
    "switch",
    "catch",
    "with",
    "foreach",
    "match",
    "when",
    "return",
    "elif",
    "until",
    "synchronized",
    "using",
    "unless",
    "await",
    "new",
    "throw",
];

/// The name of the scope that a line opens, if it opens one: `def name(`, `pub fn name(`,
/// `resource "type" "name"`, a method `name(…) {` or a function bound to a name.
pub(super) fn scope_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    // What ends here opens nothing.
    if rest.trim_end().ends_with(';') {
        return None;
    }
    let mut created = false;
    for _ in 0..6 {
        let end = rest
            .find(|c: char| !(is_word(c) || c == '!'))
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let named = behind.starts_with(char::is_whitespace)
            && behind
                .trim_start()
                .starts_with(|c: char| is_word(c) || c == '"');
        if PLAIN.contains(&word) && !named {
            break;
        }
        if OPENERS.contains(&word) || created && MADE.contains(&word) {
            let after =
                behind.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == '*');
            // Go's receivers: `func (s *Server) Serve(`.
            let after = match (word, behind.trim_start().starts_with('(')) {
                ("func", true) => after
                    .split_once(')')
                    .map_or(after, |(_, name)| name.trim_start()),
                _ => after,
            };
            let named = start_of(after, |c| is_word(c) || ".:\"$-".contains(c));
            let name = named.trim_end_matches([':', '.', '-']);
            return Some(if name.is_empty() { line.trim() } else { name });
        }
        if !MODIFIERS.contains(&word) || word.is_empty() {
            break;
        }
        created |= matches!(word, "CREATE" | "create");
        rest = behind.trim_start();
        if rest.starts_with('(') {
            rest = rest.split_once(')').map_or("", |(_, r)| r).trim_start();
        }
    }
    let line = line.trim();
    quoted_name(line)
        .or_else(|| method_name(line))
        .or_else(|| key_name(line))
}

/// The name of a block that a call is given with a string before it: `it('does', () => {`,
/// `app.get("/x", function (req, res) {`, `t.Run("case", func(t *testing.T) {`, `context "x" do`.
fn quoted_name(line: &str) -> Option<&str> {
    const OPENS: [&str; 5] = ["{", "(", "=>", " do", "|"];
    if !OPENS.iter().any(|end| line.ends_with(end)) {
        return None;
    }
    let callee = start_of(line, |c| is_word(c) || ".$:".contains(c));
    let control = callee
        .split('.')
        .next()
        .is_some_and(|w| CONTROL.contains(&w));
    if callee.is_empty() || control {
        return None;
    }
    let rest = line.strip_prefix(callee)?;
    let rest = rest.trim_start().trim_start_matches('(').trim_start();
    let quote = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let (name, _) = rest.strip_prefix(quote)?.split_once(quote)?;
    (!name.trim().is_empty()).then_some(name)
}

/// The longest beginning of a text whose characters are all wanted.
fn start_of(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let rest = text.trim_start_matches(wanted);
    text.strip_suffix(rest).unwrap_or(text)
}

/// The longest end of a text whose characters are all wanted.
fn end_of(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let rest = text.trim_end_matches(wanted);
    text.strip_prefix(rest).unwrap_or(text)
}

/// The name of a key whose value follows in lines of its own: `name: {`, `a.name = {`, `"name": [`.
fn key_name(line: &str) -> Option<&str> {
    let opened = line.strip_suffix(['{', '['])?.trim_end();
    plain_key(opened.strip_suffix([':', '='])?.trim_end())
}

/// The name of a key of YAML whose value follows in lines of its own: `name:`, `- name:`. In other
/// languages such a line is a label.
pub(super) fn bare_key_name(line: &str) -> Option<&str> {
    plain_key(line.trim().strip_suffix(':')?)
}

/// A key without its quotes and without what declares it.
fn plain_key(key: &str) -> Option<&str> {
    const STEERING: [&str; 6] = ["else", "try", "finally", "default", "do", "begin"];
    let words = key.trim_start_matches("- ");
    let last = words.rsplit([' ', '\t']).next()?;
    let name = last.trim_matches(['"', '\'', '`']);
    let plain = |c: char| is_word(c) || ".-$/@".contains(c);
    let declared = words.len() == last.len()
        || ["const ", "let ", "var "]
            .iter()
            .any(|d| words.starts_with(d));
    (!name.is_empty() && name.chars().all(plain) && declared && !STEERING.contains(&name))
        .then_some(name)
}

/// The name in `name(…) {`, `type name(…) {`, `name = function (…) {`, `name: (…) => {`, `const
/// name = (…) => {`; control statements are not scopes.
fn method_name(line: &str) -> Option<&str> {
    let body = line.strip_suffix('{')?.trim_end();
    if !body.contains('(') {
        return None;
    }
    if body.ends_with("=>") || body.contains("function") {
        let bound = body.split(['=', ':']).next()?.trim_end();
        // `exports.name = function` and `const name = function` are the same definition.
        let name = end_of(bound, |c| is_word(c) || c == '$');
        return (!name.is_empty() && !NAMELESS.contains(&name)).then_some(name);
    }
    if !body.contains(')') {
        return None;
    }
    called_name(body)
}

/// The name before the first bracket of a definition: `static int name(`; not of a control statement,
/// a call on something, or an assignment.
pub(super) fn called_name(text: &str) -> Option<&str> {
    let before = text.split_once('(')?.0.trim();
    let name = end_of(before, |c| is_word(c) || ":~$#".contains(c));
    let first = before.split_whitespace().next().unwrap_or_default();
    let control = CONTROL.contains(&name)
        || NAMELESS.contains(&name)
        || CONTROL.contains(&first)
        || before.starts_with('}');
    (!name.is_empty() && !control && !before.contains('=') && !before.contains('.')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_scopes_are_found_in_many_languages() {
        for (line, name) in [
            ("    async def run(self):", Some("run")),
            ("class A(B):", Some("A")),
            ("export default async function go(x) {", Some("go")),
            ("func (s *Server) Serve(w int) {", Some("Serve")),
            ("pub(crate) unsafe fn x<T>() {", Some("x")),
            ("    public static void main(String[] a) {", Some("main")),
            ("int main(int argc, char **argv) {", Some("main")),
            (
                "resource \"aws_s3_bucket\" \"logs\" {",
                Some("\"aws_s3_bucket\""),
            ),
            ("  const load = async (id) => {", Some("load")),
            ("  handle(req, res) {", Some("handle")),
            ("hosts.gitlab = {", Some("hosts.gitlab")),
            ("  \"image\": {", Some("image")),
            ("const table = {", Some("table")),
            ("    data = load(d)", None),
            ("  type: 'text',", None),
            ("sub(x, y)", None),
            ("type Server struct {", Some("Server")),
            ("CREATE OR REPLACE FUNCTION one(v TEXT)", Some("one")),
            ("create view one as", Some("one")),
            ("view one as", None),
            ("else:", None),
            ("if (x) {", None),
            ("} else if (x) {", None),
            ("for (;;) {", None),
            ("x = f(y)", None),
            ("return foo(bar) {", None),
            ("exports.verify = function () {", Some("verify")),
            ("it('sends a token', async () => {", Some("sends a token")),
            ("  app.get('/one', (req, res) => {", Some("/one")),
            ("\tt.Run(\"a case\", func(t *testing.T) {", Some("a case")),
            ("  it \"does\" do", Some("does")),
            ("\tgo func() {", None),
            ("    struct event_base *base = event_base_new();", None),
            ("x→run(y) {", Some("run")),
            ("→load = function (x) {", Some("load")),
            ("说明：run(x) {", Some("run")),
            ("// naïve—approach(see below) {", Some("approach")),
            ("def 名前(x):", Some("名前")),
        ] {
            assert_eq!(scope_name(line), name, "{line}");
        }
    }
}
