use super::super::scan;
use crate::model::RepoPath;

fn blocks(name: &str, text: &str) -> bool {
    let found = scan(&RepoPath::from(name), text.as_bytes()).unwrap();
    found
        .iter()
        .any(|f| f.score.is_some_and(|s| s.value() >= 7.0))
}

#[test]
fn a_value_that_passes_a_condition_is_no_stranger_s() {
    for (name, text) in [
        (
            "a.js",
            "const SHAPE = /^[a-z]+$/;\napp.get('/', (req, res) => {\n  const x = req.query.x;\n  if (SHAPE.test(x)) { exec('ls ' + x); }\n});",
        ),
        (
            "a.js",
            "app.get('/', (req, res) => {\n  const x = req.query.x;\n  try { if (!/^[a-z]+$/.test(x)) { throw new Error('no'); } } catch (e) { res.end(); return; }\n  exec('ls ' + x);\n});",
        ),
        (
            "a.php",
            "<?php\n$x = $_GET['x'];\nif (ctype_xdigit($x)) {\n    $x = strtolower($x);\n    system('ls ' . $x);\n}\n",
        ),
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if x not in ALLOWED:\n        return 'no'\n    os.system('ls ' + x)\n",
        ),
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if x in ALLOWED:\n        os.system('ls ' + x)\n",
        ),
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if not x.isdigit():\n        abort(400)\n    os.system(f'kill {x}')\n",
        ),
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if not re.fullmatch(r'[a-z]+', x):\n        raise ValueError\n    os.system('ls ' + x)\n",
        ),
        (
            "a.py",
            "def f():\n    p = os.path.realpath(os.path.join(ROOT, request.args['p']))\n    if not p.startswith(ROOT):\n        abort(403)\n    return open(p).read()\n",
        ),
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    assert x in ('a', 'b')\n    os.system('ls ' + x)\n",
        ),
        (
            "a.js",
            "app.get('/', (req, res) => {\n  const x = req.query.x;\n  if (!ALLOWED.includes(x)) return res.sendStatus(400);\n  exec('ls ' + x);\n});",
        ),
        (
            "a.js",
            "app.get('/', (req, res) => {\n  const p = path.resolve(ROOT, req.query.p);\n  if (!p.startsWith(ROOT + path.sep)) { return res.status(403).end(); }\n  res.sendFile(p);\n});",
        ),
        (
            "a.js",
            "app.get('/', (req, res) => {\n  if (/^[a-z]+$/.test(req.query.x)) { exec('ls ' + req.query.x); }\n});",
        ),
        (
            "a.js",
            "app.get('/', (req, res) => {\n  let o = req.query.o;\n  if (o !== 'asc' && o !== 'desc') { o = 'asc'; }\n  db.query(`SELECT * FROM t WHERE a = 1 ORDER BY b ${o}`);\n});",
        ),
        (
            "a.go",
            "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tx := r.FormValue(\"x\")\n\tif _, ok := allowed[x]; !ok {\n\t\treturn\n\t}\n\texec.Command(\"sh\", \"-c\", x).Run()\n}\n",
        ),
        (
            "a.go",
            "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tx := r.FormValue(\"x\")\n\tif !filepath.IsLocal(x) {\n\t\thttp.Error(w, \"no\", 400)\n\t\treturn\n\t}\n\tos.ReadFile(x)\n}\n",
        ),
        (
            "a.go",
            "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tu, _ := url.Parse(r.FormValue(\"u\"))\n\tif u.Hostname() != \"api.example.org\" {\n\t\treturn\n\t}\n\thttp.Get(u.String())\n}\n",
        ),
        (
            "a.py",
            "from flask import request\ndef f():\n    url = request.args['u']\n    if urlparse(url).hostname not in ALLOWED:\n        return 'no'\n    requests.get(url)\n",
        ),
        (
            "A.java",
            "class A { void f(HttpServletRequest r) throws Exception { String x = r.getParameter(\"x\"); if (!ALLOWED.contains(x)) { throw new Exception(); } Runtime.getRuntime().exec(\"ls \" + x); } }",
        ),
        (
            "a.php",
            "<?php\n$x = $_GET['x'];\nif (!in_array($x, $allowed, true)) {\n    die('no');\n}\nsystem('ls ' . $x);\n",
        ),
        (
            "a.php",
            "<?php\n$x = $_GET['x'];\nif (ctype_alnum($x)) {\n    system('ls ' . $x);\n}\n",
        ),
        (
            "a.rb",
            "def f\n  x = params[:x]\n  return head(:bad_request) unless ALLOWED.include?(x)\n  system(\"ls #{x}\")\nend\n",
        ),
        (
            "a.rb",
            "def f\n  if x = params[:x] and %w[a b].include?(params[:x])\n    system(\"ls #{params[:x]}\")\n  end\nend\n",
        ),
    ] {
        assert!(!blocks(name, text), "{text}");
    }
}

#[test]
fn a_condition_that_the_value_need_not_pass_ends_nothing() {
    for (name, text) in [
        // Only its length.
        (
            "a.php",
            "<?php\nif (!isset($_COOKIE['c']) || strlen($_COOKIE['c']) == 0) {\n    f();\n} else {\n    $c = base64_decode($_COOKIE['c']);\n    unserialize($c);\n}\n",
        ),
        (
            "a.php",
            "<?php\n$x = $_GET['x'];\nif (preg_match('/(jpg|png)/', $x) !== 1) {\n    die();\n}\nsystem('ls ' . $x);\n",
        ),
        // What is thrown is caught, and it goes on.
        (
            "a.js",
            "app.get('/', (req, res) => {\n  const x = req.query.x;\n  try { if (!/^[a-z]+$/.test(x)) { throw new Error('no'); } } catch (e) { log(e); }\n  exec('ls ' + x);\n});",
        ),
        // It is assigned anew.
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if x not in ALLOWED:\n        return 'no'\n    x = request.args['y']\n    os.system('ls ' + x)\n",
        ),
        // In another branch.
        (
            "a.py",
            "def f(a):\n    x = request.args['x']\n    if a:\n        if x not in ALLOWED:\n            return 'no'\n    os.system('ls ' + x)\n",
        ),
        // It goes on all the same.
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if x not in ALLOWED:\n        log(x)\n    os.system('ls ' + x)\n",
        ),
        // A list of what is not allowed.
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if x in BAD:\n        return 'no'\n    os.system('ls ' + x)\n",
        ),
        // Of another name.
        (
            "a.py",
            "def f():\n    x = request.args['x']\n    if xy not in ALLOWED:\n        return 'no'\n    os.system('ls ' + x)\n",
        ),
        // A part of the text.
        (
            "a.js",
            "app.get('/', (req, res) => {\n  const x = req.query.x;\n  if (!x.includes('ok')) return;\n  exec('ls ' + x);\n});",
        ),
        // An expression without an end.
        (
            "a.js",
            "app.get('/', (req, res) => {\n  if (/^ok/.test(req.query.x)) { exec('ls ' + req.query.x); }\n});",
        ),
        // What it falls back to is no constant.
        (
            "a.js",
            "app.get('/', (req, res) => {\n  let o = 'a';\n  if (o !== 'b') { o = req.query.o; }\n  exec('ls ' + o);\n});",
        ),
        // A path may lie in the folder and still be a command.
        (
            "a.js",
            "app.get('/', (req, res) => {\n  const p = path.resolve(ROOT, req.query.p);\n  if (!p.startsWith(ROOT)) { return; }\n  exec('ls ' + p);\n});",
        ),
        (
            "a.php",
            "<?php\n$x = $_GET['x'];\nif ($x) {\n    system('ls ' . $x);\n}\n",
        ),
    ] {
        assert!(blocks(name, text), "{text}");
    }
}
