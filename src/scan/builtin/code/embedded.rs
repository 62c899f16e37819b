//! Code within pages: Ruby in ERB templates, JavaScript in EJS templates, PHP in Blade templates, and scripts in HTML, Vue and
//! Svelte files, and beside the code of templates. What MyBatis reads its queries from has code too.

use std::sync::LazyLock;

use regex::Regex;

use super::dialect::Dialect;
use super::text::has;

/// What a page may hold code in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// `<% .. %>`
    Erb,
    /// `<% .. %>` of JavaScript
    Ejs,
    /// The same in a view that is not named `NAME.html.erb`: Sinatra and others write all of it as it is.
    PlainErb,
    /// `{!! .. !!}` of PHP
    Blade,
    /// `<script> .. </script>`
    Html,
    /// A file of MyBatis with queries, in which `${..}` becomes a part of the SQL.
    Mapper,
}

impl Page {
    /// That of a file, by its ending.
    pub(super) fn of(path: &[u8]) -> Option<Page> {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
        let ending = name
            .rsplit(|b| *b == b'.')
            .next()
            .filter(|e| e.len() < name.len())?;
        match ending.to_ascii_lowercase().as_slice() {
            b"php" if name.ends_with(b".blade.php") => Some(Page::Blade),
            b"erb" if is_plain_view(path, name) => Some(Page::PlainErb),
            b"erb" | b"rhtml" => Some(Page::Erb),
            b"ejs" => Some(Page::Ejs),
            b"html" | b"hbs" | b"handlebars" | b"mustache" | b"htm" | b"xhtml" | b"vue"
            | b"svelte" => Some(Page::Html),
            b"xml" => Some(Page::Mapper),
            _ => None,
        }
    }

    /// The languages that its code may be in.
    pub(super) fn dialects(self) -> &'static [Dialect] {
        match self {
            Page::Erb | Page::PlainErb => &[Dialect::Ruby],
            Page::Ejs => &[Dialect::JavaScript],
            Page::Blade => &[Dialect::Php],
            Page::Html => &[Dialect::JavaScript, Dialect::TypeScript],
            Page::Mapper => &[Dialect::Java],
        }
    }

    /// The code of a page and its language: all else is spaces, so that each place stays where it is.
    pub(super) fn code(self, text: &str) -> Option<(String, Dialect)> {
        match self {
            Page::Erb => ruby(text, false).map(|code| (code, Dialect::Ruby)),
            Page::PlainErb => ruby(text, !is_of_rails(text)).map(|code| (code, Dialect::Ruby)),
            Page::Ejs => ejs(text).map(|code| (code, Dialect::JavaScript)),
            Page::Blade => blade(text).map(|code| (code, Dialect::Php)),
            Page::Html => scripts(text),
            Page::Mapper => mapped(text).map(|code| (code, Dialect::Java)),
        }
    }
}

/// The scripts of a template or a page in PHP, and their language: the code of the template is spaces.
pub(super) fn scripts_beside(text: &str, page: Option<Page>) -> Option<(String, Dialect)> {
    let (begin, end) = match page {
        Some(Page::Erb | Page::PlainErb | Page::Ejs) => ("<%", "%>"),
        Some(Page::Blade) | None => ("<?", "?>"),
        Some(Page::Html | Page::Mapper) => return None,
    };
    memchr::memmem::find(text.as_bytes(), b"</script")?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once(begin) {
        out.push_str(before);
        let (code, after) = inner.split_once(end).unwrap_or((inner, ""));
        let closed = inner.len() > code.len();
        blank(&mut out, begin);
        blank(&mut out, code);
        blank(&mut out, if closed { end } else { "" });
        rest = after;
    }
    out.push_str(rest);
    scripts(&out)
}

/// Adds spaces for a text, and its line ends.
fn blank(out: &mut String, text: &str) {
    let spaces = text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' });
    out.extend(spaces);
}

/// Adds the code between two marks, without the sign at its end that trims what follows.
fn push_code(out: &mut String, code: &str, trims: &[char]) {
    match code.strip_suffix(trims) {
        Some(code) => {
            out.push_str(code);
            out.push(' ');
        }
        None => out.push_str(code),
    }
}

/// An expression of this file, each of which a test uses.
fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a test uses it")
}

/// Whether a template is a view without the ending that names its format.
fn is_plain_view(path: &[u8], name: &[u8]) -> bool {
    let folders = path.strip_suffix(name).unwrap_or_default();
    let mut folders = folders.split(|b| *b == b'/');
    folders.any(|f| f == b"views") && name.iter().filter(|b| **b == b'.').count() == 1
}

/// Whether a template uses what Rails offers to its own, which are escaped whatever their endings.
fn is_of_rails(text: &str) -> bool {
    let offers = [
        "link_to",
        "form_for",
        "form_with",
        "form_tag",
        "<%= t(",
        "<%= t ",
        "content_for",
        "render ",
        "image_tag",
        "_path",
    ];
    offers.iter().any(|o| has(text, o))
}

/// Whether an expression is a variable, or a part of one, that may hold text.
fn is_value(code: &str) -> bool {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^= (?:@[a-z_]\w*|[a-z_]\w*(?:\.[a-z_]\w*|\[[^\]]*\]))(?:\.[a-z_]\w*|\[[^\]]*\])* -?$",
        )
    });
    static OTHER: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^= (?:yield|h|content|body)\b|(?:[._]id|size|count|length|to_i|_at|_path|_url|html|csrf\w*|render\w*|partial\w*) -?$",
        )
    });
    VALUE.is_match(code) && !OTHER.is_match(code)
}

fn ruby(text: &str, plain: bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some((before, inner)) = rest.split_once("<%") {
        blank(&mut out, before);
        let (code, after) = inner.split_once("%>").unwrap_or((inner, ""));
        let closed = inner.len() > code.len();
        let is_note = code.starts_with(['#', '%']);
        found |= !is_note;
        if is_note {
            blank(&mut out, "<%");
            blank(&mut out, code);
            blank(&mut out, if closed { "%>" } else { "" });
        } else if let Some(raw) = code
            .strip_prefix("==")
            .or_else(|| code.strip_prefix("= ").filter(|_| plain && is_value(code)))
        {
            // As `raw` does, this writes what it gets as it is.
            out.push_str("raw(");
            push_code(&mut out, raw, &['-']);
            out.push_str(if closed { ");" } else { "" });
        } else {
            let unmarked = code.trim_start_matches(['=', '-']);
            blank(&mut out, "<%");
            blank(&mut out, code.strip_suffix(unmarked).unwrap_or_default());
            push_code(&mut out, unmarked, &['-']);
            out.push_str(if closed { " ;" } else { "" });
        }
        rest = after;
    }
    blank(&mut out, rest);
    found.then_some(out)
}

/// Blade's unescaped values as PHP writes them: `{!! $x !!}` is `<?= $x ?>`. The rest of the template is no PHP.
fn blade(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut found = has(text, "<?");
    let mut rest = text;
    // Where one of them is open, no later one is closed either.
    let (mut is_open, mut is_open_note) = (false, false);
    while let Some(at) = rest.find('{') {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        let note = here.strip_prefix("{{--").filter(|_| !is_open_note);
        let value = here.strip_prefix("{!!").filter(|_| !is_open);
        if let Some(note) = note.and_then(|note| note.split_once("--}}")) {
            blank(&mut out, "{{--");
            blank(&mut out, note.0);
            blank(&mut out, "--}}");
            rest = note.1;
        } else if let Some((code, after)) = value.and_then(|value| value.split_once("!!}")) {
            found = true;
            out.push_str("<?=");
            out.push_str(code);
            out.push_str(" ?>");
            rest = after;
        } else {
            is_open |= value.is_some();
            is_open_note |= note.is_some();
            out.push('{');
            rest = here.get(1..)?;
        }
    }
    out.push_str(rest);
    found.then_some(out)
}

/// What stands for writing a value into a page as it is, in as many bytes as `<%-`.
const RAW: &str = "_$(";

fn ejs(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some((before, inner)) = rest.split_once("<%") {
        blank(&mut out, before);
        let (code, after) = inner.split_once("%>").unwrap_or((inner, ""));
        let end = if inner.len() > code.len() { " ;" } else { "" };
        let (begin, code, end) = match code.as_bytes().first() {
            Some(b'-') => (RAW, code.get(1..), if end.is_empty() { "" } else { ");" }),
            Some(b'=' | b'_') => ("   ", code.get(1..), end),
            Some(b'#' | b'%') => ("", None, ""),
            _ => ("  ", Some(code), end),
        };
        found |= code.is_some();
        out.push_str(begin);
        match code {
            Some(code) => push_code(&mut out, code, &['-', '_']),
            None => {
                blank(&mut out, "<%");
                blank(&mut out, inner.strip_suffix(after).unwrap_or_default());
            }
        }
        out.push_str(end);
        rest = after;
    }
    blank(&mut out, rest);
    found.then_some(out)
}

/// Calls for the values that a file of MyBatis puts into its SQL as they are: `_$(x)` for one where a value stands, and
/// `$_(x)` for one where a name does, such as a column.
fn mapped(text: &str) -> Option<String> {
    if !has(text, "<mapper") || !has(text, "${") {
        return None;
    }
    static PLACES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?is)<!--.*?-->|(?:(=|'%?|\blike\s+|\bin\s*\(|\bconcat\s*\()\s*|(\border\s+by\s+))\$\{([a-z_][\w.]{0,60})\}",
        )
    });
    // What MyBatis' generator writes, and what the settings or the program hold.
    static OWN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)criteri(?:on|a)|clause|^(?:ew|@|_)|table|schema|column|prefix|suffix|limit|offset|size|rows?$|page|count|index|dialect",
        )
    });
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for place in PLACES.captures_iter(text) {
        let Some(name) = place.get(3).filter(|n| !OWN.is_match(n.as_str())) else {
            continue;
        };
        let call = if place.get(1).is_some() { RAW } else { NAMED };
        let begin = name.start().saturating_sub(call.len());
        // What the call takes the place of.
        let before = text.get(begin..name.start());
        if begin < from || before.is_none_or(|b| b.contains('\n')) {
            continue;
        }
        blank(&mut out, text.get(from..begin)?);
        out.push_str(call);
        out.push_str(name.as_str());
        out.push(')');
        from = name.end() + 1;
        if text.get(from..from + 1).is_some_and(|next| next != "\n") {
            out.push(';');
            from += 1;
        }
    }
    if from == 0 {
        return None;
    }
    blank(&mut out, text.get(from..)?);
    Some(out)
}

/// What stands for a part of SQL that is a name.
const NAMED: &str = "$_(";

/// Writes calls for what a page shows as it is, such as `v-html="x"` and `{{{x}}}`, where there is no script.
fn raw_values(text: &str, code: String) -> String {
    static VALUES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r#"\bv-html="([^"\n]{1,100})"|\bth:utext="\$\{([0-9A-Za-z_.\[\]]{1,100})\}[^"\n]*"|\{@html[ \t]([^{}\n]{1,100})\}|\{\{\{([0-9A-Za-z_.]{1,100})\}\}\}|\{\{\{[ \t]([0-9A-Za-z_.]{1,100})[ \t]*\}\}\}|\{\{[ \t]([0-9A-Za-z_.]{1,60}(?:\[[0-9A-Za-z_'"]{1,40}\])?(?:\([ \t]?["'][0-9A-Za-z_-]{1,40}["'][ \t]?(?:,[ \t]?["'][^"'{}]{0,40}["'])?\))?)[ \t]*\|[ \t]*safe\s*(?:\}\}|if\s)"#,
        )
    });
    let mut out = code;
    for value in VALUES.captures_iter(text) {
        let inner = value.iter().skip(1).flatten().next();
        let (Some(whole), Some(inner)) = (value.get(0), inner) else {
            continue;
        };
        let free = out.get(whole.range()).is_some_and(|o| o.trim().is_empty());
        let begin = inner.start().saturating_sub(RAW.len());
        if free && begin >= whole.start() {
            out.replace_range(inner.range(), inner.as_str());
            out.replace_range(begin..inner.start(), RAW);
            out.replace_range(inner.end()..inner.end() + 1, ")");
            let next = inner.end() + 1;
            if out.get(next..=next) == Some(" ") {
                out.replace_range(next..=next, ";");
            }
        }
    }
    out
}

/// What stands before a value that a page shows as it is.
const SHOWS: [&str; 5] = ["v-html", "{@html", "th:utext", "{{{", "safe"];

fn scripts(text: &str) -> Option<(String, Dialect)> {
    static SCRIPT: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?is)<script\b([^>]*)>(.*?)</script\s*>"));
    let shows = SHOWS.iter().any(|s| has(text, s));
    if !shows && !has(text, "script") && !has(text, "SCRIPT") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut dialect = Dialect::JavaScript;
    let mut from = 0;
    for script in SCRIPT.captures_iter(text) {
        let (Some(says), Some(code)) = (script.get(1), script.get(2)) else {
            continue;
        };
        let says = says.as_str().to_ascii_lowercase();
        let is_data = [
            "json",
            "template",
            "text/x-",
            "text/html",
            "importmap",
            "glsl",
            "x-shader",
        ];
        if is_data.iter().any(|d| says.contains(d)) || code.as_str().trim().is_empty() {
            continue;
        }
        if says.contains("\"ts\"") || says.contains("'ts'") || says.contains("typescript") {
            dialect = Dialect::TypeScript;
        }
        blank(&mut out, text.get(from..code.start())?);
        out.push_str(code.as_str());
        // Two scripts are two statements.
        out.push(';');
        from = code.end() + 1;
    }
    if from == 0 && !shows {
        return None;
    }
    blank(&mut out, text.get(from..)?);
    if shows {
        out = raw_values(text, out);
    }
    (!out.trim().is_empty()).then_some((out, dialect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_page_stands_where_it_stood() {
        let text = "<p>é<%= raw(@a) %></p>\n<%# no %>\n<%== @b -%>x<% if c -%>";
        let (code, _) = Page::Erb.code(text).expect("there is code");
        assert_eq!(code.len(), text.len());
        assert_eq!(code.find("raw(@a)"), text.find("raw(@a)"));
        assert!(
            code.contains("raw( @b  );") && code.ends_with(" if c   ;"),
            "{code}"
        );
        let text = "<%= row[\"title\"] %><%= yield %><%= h @b %>";
        let (code, _) = Page::PlainErb.code(text).expect("there is code");
        assert_eq!(code.len(), text.len());
        assert!(code.starts_with("raw(row[\"title\"] );"), "{code}");
        assert_eq!(code.matches("raw(").count(), 1, "{code}");
        assert_eq!(Page::of(b"views/a.erb"), Some(Page::PlainErb));
        let of_rails = "<%= link_to @a, b_path %><%= @a.title %>";
        let (code, _) = Page::PlainErb.code(of_rails).expect("there is code");
        assert!(!code.contains("raw("), "{code}");
        assert_eq!(Page::of(b"app/views/a.html.erb"), Some(Page::Erb));
        assert_eq!(Page::of(b"templates/a.erb"), Some(Page::Erb));
        let text = "<h1>x</h1>\n<script lang=\"ts\">\nf();\n</script>\n<script type=\"application/json\">{}</script>";
        let (code, dialect) = Page::Html.code(text).expect("there is code");
        assert_eq!((code.len(), dialect), (text.len(), Dialect::TypeScript));
        assert_eq!(code.trim(), "f();\n;");
        assert_eq!(Page::Html.code("<p>no script</p>"), None);
        let text = "<p v-html=\"a.b\">é</p>\n<script>\nf();\n</script>";
        let (code, _) = Page::Html.code(text).expect("there is code");
        assert_eq!(
            (code.len(), code.find("a.b")),
            (text.len(), text.find("a.b"))
        );
        assert!(code.contains("_$(a.b);"), "{code}");
        for text in [
            "<p th:utext=\"${a.b}\">x</p>",
            "<p>é{{{a.b}}}</p>",
            "<p>{{ a.b | safe }}</p>",
            "<p>{@html a.b}</p>",
            "<p>{{ a.b | safe if c }}</p>",
            "<p>{{ a.b | safe\n}}</p>",
        ] {
            let (code, _) = Page::Html.code(text).expect("there is code");
            assert_eq!(code.len(), text.len(), "{text}");
            assert_eq!(code.trim(), "_$(a.b);", "{text}");
        }
        for text in [
            "<p>{{ row[1]|safe }}</p>",
            "<p>{{ request.args.get('q') | safe }}</p>",
        ] {
            let (code, _) = Page::Html.code(text).expect("there is code");
            let inner = text.split(['|', ' ']).nth(1).unwrap_or_default();
            assert_eq!(code.trim(), format!("_$({inner});"), "{text}");
        }
        let text = "<mapper>\n<!-- = ${x} --><select>\nSELECT é WHERE a = '${a.b}' AND c = #{c}\nORDER BY ${d} ${e}</select></mapper>";
        let (code, dialect) = Page::Mapper.code(text).expect("there is code");
        assert_eq!((code.len(), dialect), (text.len(), Dialect::Java));
        assert_eq!(code.find("a.b"), text.find("a.b"));
        let lines: Vec<&str> = code.lines().map(str::trim).collect();
        assert_eq!(lines, ["", "", "_$(a.b);", "$_(d);"]);
        let settings = "<beans><a name=\"${b}\"/></beans>";
        assert_eq!(Page::Mapper.code(settings), None);
        let text = "<p>é{{-- {!! $no !!} --}}{{ $b }}{!! $c->d !!}</p>";
        let (code, dialect) = Page::Blade.code(text).expect("there is code");
        assert_eq!((code.len(), dialect), (text.len(), Dialect::Php));
        assert!(code.ends_with("{{ $b }}<?= $c->d  ?></p>") && !code.contains("no"));
        assert_eq!(Page::Blade.code("<p>{{ $a }}</p>"), None);
        assert_eq!(Page::of(b"views/a.blade.php"), Some(Page::Blade));
        let text = "<p>é<?php f('</script>'); ?><script>g('<?= $a ?>');</script>";
        let (code, dialect) = scripts_beside(text, None).expect("there is code");
        assert_eq!((code.len(), dialect), (text.len(), Dialect::JavaScript));
        assert_eq!(code.trim(), "g('         ');;");
        assert_eq!(
            scripts_beside("<?php echo '<script>f()</script>';", None),
            None
        );
        let text = "<p>é<%# no %><% if (a) { %>\n<%- a.b -%>x<%= c %><% } %>";
        let (code, dialect) = Page::Ejs.code(text).expect("there is code");
        assert_eq!((code.len(), dialect), (text.len(), Dialect::JavaScript));
        assert_eq!(code.find("a.b"), text.find("a.b"));
        assert!(
            code.contains("if (a) {  ;") && code.contains("_$( a.b  );"),
            "{code}"
        );
    }
}
