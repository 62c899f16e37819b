//! Code with weaknesses, as a stranger may write it.

use newgate::model::RepoPath;
use newgate::scan::{SecretKey, Secrets, weaknesses};

use super::draw::Draw;

/// A file in each language, and a weakness that stands before the input.
const FILES: [(&str, &str); 8] = [
    ("a.py", "import os\nos.system(request.args['q'])\n"),
    ("a.js", "app.get('/', (req, res) => eval(req.query.q));\n"),
    ("a.ts", "app.get('/', (req, res) => eval(req.query.q));\n"),
    ("a.tsx", "app.get('/', (req, res) => eval(req.query.q));\n"),
    (
        "a.go",
        "package p\nvar _ = exec.Command(\"sh\", \"-c\", r.FormValue(\"q\"))\n",
    ),
    (
        "A.java",
        "class A { void f(HttpServletRequest request) { Runtime.getRuntime().exec(request.getParameter(\"q\")); } }\n",
    ),
    ("a.php", "<?php system($_GET['q']);\n"),
    ("a.rb", "system(params[:q])\n"),
];

/// A file has the same findings each time, on lines that it has, or no answer.
pub fn of_code(input: &[u8]) {
    let mut draw = Draw::new(input);
    let choice = draw.byte();
    let (name, weak) = FILES[usize::from(choice) % FILES.len()];
    let behind = choice & 0x80 == 0;
    let text = input.get(1..).unwrap_or_default();
    let content = match behind {
        true => [weak.as_bytes(), text].concat(),
        false => text.to_vec(),
    };
    let path = RepoPath::from(name);
    let found = match weaknesses(&path, &content) {
        Ok(found) => found,
        Err(why) => {
            super::is_harmless("a reason", &why);
            return;
        }
    };
    // A replacement for what is not UTF-8 has no line feed in it.
    let lines = 1 + content.iter().filter(|b| **b == b'\n').count() as u32;
    for finding in &found {
        let region = finding.region.expect("a weakness has a place");
        assert!(
            region.line >= 1 && region.line <= region.end_line && region.end_line <= lines,
            "{region:?} of {lines}"
        );
        super::is_harmless("a finding", &finding.message);
    }
    let again = weaknesses(&path, &content).expect("it had an answer");
    assert_eq!(format!("{found:?}"), format!("{again:?}"));
}

/// What stands in an archive is found, or the file has no answer; nothing else comes of it.
pub fn of_archives(input: &[u8]) {
    let path = RepoPath::from("a.zip");
    for finding in Secrets::get().scan(&path, input, &SecretKey::new([7; 32])) {
        assert!(finding.secret.is_some());
        super::is_harmless("a finding", &finding.message);
    }
}
