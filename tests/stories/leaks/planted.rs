//! Worlds with secrets, and with scanners that quote them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::support::{World, token, tools, write_program};

/// A scanner that says what it reads: each line in each field of a finding, and on standard error.
const PARROT: &str = r#"#!/usr/bin/env python3
import base64, json, sys, urllib.parse
if sys.argv[1] == "--version":
    print("1.0")
    sys.exit(0)
results = []
for name in sys.argv[2:]:
    with open(name, errors="replace") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            print(line, file=sys.stderr)
            results.append({
                "path": name, "line": number, "rule": "P1", "level": "high",
                "title": "Read " + name, "message": "it says " + line,
                "fix": "instead of " + base64.b64encode(line.encode()).decode() + " / " + line.encode().hex(),
                "url": "https://example.com/?q=" + urllib.parse.quote(line, safe=""),
                "fingerprint": json.dumps(line),
            })
print(json.dumps(results))
sys.exit(int(sys.argv[1]))
"#;

fn descriptor(name: &str, exit: u32) -> String {
    format!(
        "name = \"{name}\"\ntitle = \"{name}\"\nhomepage = \"https://example.com\"\nkind = \"code\"\n\
         scope = \"file\"\nfiles = [\"*\", \"!.newgate/**\"]\n\
         [program]\ncommand = [\"{name}\", \"{exit}\", \"{{files}}\"]\nversion = [\"--version\"]\n\
         version-pattern = '(\\d\\S*)'\nexit-clean = [0]\n\
         [output]\nformat = \"json\"\nfilter = '.[]'\n"
    )
}

/// A rule whose message quotes the code.
const RULES: &str = "\
rules:
  - id: quoted
    languages: [python]
    severity: ERROR
    message: \"the value $VALUE is passed on\"
    pattern: subprocess.call($VALUE, shell=True)
  - id: assigned
    languages: [python]
    severity: ERROR
    message: \"$NAME is $VALUE\"
    pattern: $NAME = $VALUE
";

pub(super) fn letters(number: u32, length: usize) -> String {
    let hash = blake3::hash(&number.to_le_bytes());
    let text = BASE64_STANDARD_NO_PAD.encode([hash.as_bytes(), &hash.as_bytes()[..]].concat());
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    text[..length].to_owned()
}

/// The secrets of the story, none of which is in a file of this project.
pub(super) struct Secrets {
    aws: String,
    key: Vec<String>,
    yaml: String,
    address: String,
    beside: String,
    pub(super) named: String,
    deleted: String,
    removed: String,
}

impl Secrets {
    pub(super) fn new() -> Secrets {
        Secrets {
            aws: letters(1, 40),
            key: (2..8).map(|n| letters(n, 64)).collect(),
            yaml: format!("Wk/{}&q", letters(9, 14)),
            address: token(10),
            beside: token(11),
            named: token(12),
            deleted: token(13),
            removed: token(14),
        }
    }

    pub(super) fn all(&self) -> Vec<String> {
        let Secrets {
            aws,
            key,
            yaml,
            address,
            beside,
            named,
            deleted,
            removed,
        } = self;
        let others = [aws, yaml, address, beside, named, deleted, removed];
        key.iter().chain(others).cloned().collect()
    }

    fn pem(&self) -> String {
        let kind = "RSA PRIVATE KEY";
        format!(
            "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
            self.key.join("\n")
        )
    }
}

/// A world whose target has the configuration and a secret, and a branch with all kinds of secrets.
pub(super) fn planted(secrets: &Secrets, scanners: &[&str], fakes: &[(&str, u32)]) -> World {
    let world = World::new();
    let mut config = String::from("version = 1\n[scanners]\ncode = true\n");
    for scanner in scanners {
        let path = tools().join(scanner);
        let _ = writeln!(
            config,
            "[scanners.{scanner}]\npath = \"{}\"",
            path.display()
        );
    }
    for (name, exit) in fakes {
        let path = world.path(&format!("home/{name}"));
        write_program(&path, PARROT);
        world.write(
            &format!(".newgate/scanners/{name}.toml"),
            descriptor(name, *exit),
        );
        let _ = writeln!(config, "[scanners.{name}]\npath = \"{}\"", path.display());
    }
    let _ = writeln!(config, "[gate]\nblock-at = \"low\"");
    world.write(".newgate/config.toml", config);
    world.write(".newgate/semgrep.yml", RULES);
    world.write("app.py", "import os\n");
    world.write(
        "old.py",
        format!("TOKEN = '{}'\nprint(TOKEN)\n", secrets.removed),
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    let branch = format!("feature/{}", secrets.named);
    world.git(&["switch", "--quiet", "--create", &branch]);
    world.write(
        "gone.py",
        format!("import os\nGONE = '{}'\n", secrets.deleted),
    );
    world.commit("Bring it");
    world.git(&["rm", "--quiet", "gone.py"]);
    world.commit(&format!("Take {} away", secrets.deleted));
    world.write("old.py", "print(1)\n");
    world.write(
        "deploy.py",
        format!(
            "import subprocess\n\n\ndef run(x):\n    subprocess.call('curl -u a:{} ' + x, shell=True)\n    eval(x)\n",
            secrets.beside
        ),
    );
    world.write(
        "settings.py",
        format!(
            "aws_secret_access_key = '{}'\nREPO = 'https://bot:{}@example.com/x.git'\n",
            secrets.aws, secrets.address
        ),
    );
    world.write(
        "conf/app.yml",
        format!("db:\n  host: db.local\n  password: {}\n", secrets.yaml),
    );
    world.write("id_rsa", secrets.pem());
    world.write(
        "keys.py",
        format!(
            "import pickle\nKEY = '''{}'''\npickle.loads(KEY)\n",
            secrets.pem()
        ),
    );
    world.write(
        &format!("dump-{}.py", secrets.named),
        format!(
            "import pickle\nNAMED = '{}'\npickle.loads(NAMED)\n",
            secrets.named
        ),
    );
    world.commit("Feature");
    world
}

/// A world with a scanner that says what it reads, and one that fails with that on standard error.
pub(super) fn planted_for_parrot() -> World {
    let world = World::new();
    let mut config = String::from("version = 1\n");
    for (name, exit) in [("parrot", 0), ("shouter", 9)] {
        let path = world.path(&format!("home/{name}"));
        write_program(&path, PARROT);
        world.write(
            &format!(".newgate/scanners/{name}.toml"),
            descriptor(name, exit),
        );
        let _ = writeln!(config, "[scanners.{name}]\npath = \"{}\"", path.display());
    }
    world.write(".newgate/config.toml", config);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}
