//! Names that packages of Go are imported under.

use super::super::text::{SPACES, behind, name_at};
use super::Aliases;

const GO: [&str; 14] = [
    "os/exec",
    "os",
    "io/ioutil",
    "net/http",
    "html/template",
    "text/template",
    "crypto/md5",
    "crypto/sha1",
    "crypto/des",
    "crypto/rc4",
    "crypto/tls",
    "math/rand",
    "path/filepath",
    "fmt",
];

impl Aliases {
    pub(super) fn in_go(&mut self, text: &str) {
        let mut begin = 0;
        for line in text.split('\n') {
            let range = begin..begin + line.len();
            begin = range.end + 1;
            // Imports come first.
            if ["func ", "type ", "var ", "const "]
                .iter()
                .any(|w| line.starts_with(w))
            {
                return;
            }
            let Some((alias, path)) = named_import(line) else {
                continue;
            };
            // `template` is the other package then, which escapes nothing.
            let is_other = path == "html/template" && text.contains("\"text/template\"");
            if GO.contains(&path) && !matches!(alias, "_" | "import") && !is_other {
                let module = path.rsplit('/').next().unwrap_or(path);
                self.given.push(range);
                self.name(alias, module, true);
            }
        }
    }
}

/// `e "os/exec"`: the name and the path.
fn named_import(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(SPACES);
    let line = behind(line, "import").unwrap_or(line);
    let alias = name_at(line, b"");
    let rest = behind(line.get(alias.len()..)?, "")?.strip_prefix('"')?;
    let path = name_at(rest, b"/");
    let rest = rest.get(path.len()..)?.strip_prefix('"')?;
    let rest = rest.trim_start_matches(SPACES);
    let is_whole = rest.is_empty() || rest.starts_with("//");
    (is_whole && !alias.is_empty()).then_some((alias, path))
}
