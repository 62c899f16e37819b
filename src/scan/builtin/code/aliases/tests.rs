use super::*;

fn of(text: &str, dialect: Dialect) -> String {
    let (text, _) = resolved(Cow::Borrowed(text), dialect);
    let last = text.lines().last().unwrap_or_default();
    last.to_owned()
}

#[test]
fn a_name_is_written_as_rules_know_it() {
    let (js, py, go) = (Dialect::JavaScript, Dialect::Python, Dialect::Go);
    for (dialect, text, last) in [
        (
            js,
            "const p = require('child_process');\np.exec(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "import * as p from 'node:child_process';\np?.exec(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "import { exec as run } from \"child_process\";\nrun(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "const { exec: run } = require('child_process');\nrun?.(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "const run = require('child_process').exec;\nrun(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "const cp = require('child_process');\nconst run = util.promisify(cp.exec);\nrun(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "const cp = require('child_process');\nconst { exec } = cp;\nexec(x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "import * as p from 'child_process';\np['exec'](x)",
            "child_process.exec(x)",
        ),
        (
            js,
            "import { unlinkSync } from 'fs';\nunlinkSync(x)",
            "fs.unlinkSync(x)",
        ),
        (js, "import { exec } from './mine';\nexec(x)", "exec(x)"),
        (
            js,
            "import p from 'child_process';\nq.p.exec(x)",
            "q.p.exec(x)",
        ),
        (py, "from os import system as s\ns(x)", "os.system(x)"),
        (
            py,
            "from os import (\n  system,\n  popen as p,\n)\np(x)",
            "os.popen(x)",
        ),
        (
            py,
            "import subprocess as sp, os\nsp.run(x, shell=True)",
            "subprocess.run(x, shell=True)",
        ),
        (py, "from os import *\nsystem(x)", "os.system(x)"),
        (py, "import os\nrun = os.system\nrun(x)", "os.system(x)"),
        (py, "getattr(os, 'system')(x)", "os.system(x)"),
        (py, "getattr(__import__('os'), 'system')(x)", "os.system(x)"),
        (py, "__import__('os').system(x)", "os.system(x)"),
        (py, "builtins.eval(x)", "eval(x)"),
        (py, "from mine import system\nsystem(x)", "system(x)"),
        (
            go,
            "import (\n\te \"os/exec\"\n)\ne.Command(x)",
            "exec.Command(x)",
        ),
    ] {
        assert_eq!(of(text, dialect), last, "{text}");
    }
}

#[test]
fn the_columns_are_those_that_were_written() {
    let text = "import subprocess as sp\nf(sp.run(x), y)";
    let (new, edits) = resolved(Cow::Borrowed(text), Dialect::Python);
    let at = new.rfind('y').unwrap_or_default();
    let line = new.rfind('\n').unwrap_or_default() + 1;
    assert_eq!(edits.column(at, at - line), "f(sp.run(x), ".len());
}
