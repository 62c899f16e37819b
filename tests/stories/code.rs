//! Weaknesses in code, with the built-in scanner and no other.

use crate::support::World;

/// A weakness in each language: the request chooses what a shell runs.
pub const INJECTIONS: [(&str, &str); 8] = [
    (
        "app.py",
        "import os\n\n\ndef show():\n    os.system(\"ls \" + request.args.get(\"dir\"))\n",
    ),
    (
        "app.js",
        "const { exec } = require('child_process');\napp.get('/', (req, res) => {\n  exec('ls ' + req.query.dir);\n});\n",
    ),
    (
        "app.ts",
        "import { exec } from 'child_process';\nexport function show(req: Request, res: Response): void {\n  const dir: string = req.query.dir as string;\n  exec(`ls ${dir}`);\n}\n",
    ),
    (
        "app.tsx",
        "import { execSync } from 'child_process';\nexport const Page = (req: Request) => <p>{execSync('ls ' + req.query.dir)}</p>;\n",
    ),
    (
        "app.go",
        "package app\n\nfunc show(w http.ResponseWriter, r *http.Request) {\n\texec.Command(\"sh\", \"-c\", \"ls \"+r.URL.Query().Get(\"dir\")).Run()\n}\n",
    ),
    (
        "App.java",
        "class App {\n    void show(HttpServletRequest request) throws Exception {\n        Runtime.getRuntime().exec(\"ls \" + request.getParameter(\"dir\"));\n    }\n}\n",
    ),
    ("app.php", "<p><?php system('ls ' . $_GET['dir']); ?></p>\n"),
    (
        "app.rb",
        "def show\n  system(\"ls #{params[:dir]}\")\nend\n",
    ),
];

#[test]
fn a_command_injection_in_each_language_blocks() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    for (name, text) in INJECTIONS {
        world.write(name, text);
    }
    world.commit("Show a folder");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked");
    let issues = report["issues"].as_array().unwrap();
    let places = issues.iter().filter(|i| i["blocks"] == true);
    let occurrences = places.flat_map(|i| i["occurrences"].as_array().unwrap());
    let mut blocked: Vec<&str> = occurrences.filter_map(|o| o["path"].as_str()).collect();
    blocked.sort_unstable();
    let mut all = INJECTIONS.map(|(name, _)| name);
    all.sort_unstable();
    assert_eq!(blocked, all);
    world.push(&["origin", "feature"]).exits(1);
    // What stands in the target already is not held against a change.
    world.git(&["push", "--quiet", "--no-verify", "origin", "feature:main"]);
    world.git(&["fetch", "--quiet", "origin"]);
    let (name, text) = INJECTIONS[0];
    world.write(name, format!("# Shows a folder\n{text}"));
    world.commit("Say what it does");
    world
        .push(&["origin", "feature"])
        .exits(0)
        .says("nothing new");
}

#[test]
fn a_comment_with_the_rule_and_a_reason_silences_a_finding_and_is_reported() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let line = "    os.system(\"ls \" + request.args.get(\"d\"))";
    let with = |comment: &str| format!("import os\n\n\ndef show():\n{line}  {comment}\n");
    for (comment, passes) in [
        (
            "# newgate: ignore[command-injection] -- only we call it",
            true,
        ),
        ("# newgate: ignore[command-injection]", false),
        ("# newgate: ignore[sql-injection] -- only we call it", false),
        ("# nosec B605", true),
        ("# nosec B101", false),
        ("# noqa: S605", true),
        ("# noqa: E501", false),
    ] {
        world.write("app.py", with(comment));
        world.commit(comment);
        let report = world.check(&[]);
        let passed = report["verdict"] == "pass";
        assert_eq!(passed, passes, "{comment}");
        let notes = report["notes"].to_string();
        assert!(notes.contains("app.py"), "{comment}: {notes}");
    }
}

#[test]
fn a_file_beyond_a_limit_is_not_clean() {
    let world = World::new();
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(
        "deep.js",
        format!("eval({}1{});\n", "[".repeat(2_000), "]".repeat(2_000)),
    );
    world.commit("Deep");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "{report}");
}

#[test]
fn a_script_of_a_package_that_a_change_adds_or_alters_blocks() {
    let world = World::new();
    let package = |script: &str| {
        format!(
            "{{\n  \"name\": \"app\",\n  \"scripts\": {{\n    \"test\": \"jest\",\n    \"postinstall\": \"{script}\"\n  }}\n}}\n"
        )
    };
    world.write("package.json", package("node setup.js"));
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    let verdict = |text: String| {
        world.write("package.json", text);
        world.commit("Change the package");
        world.check(&[])["verdict"].as_str().map(str::to_owned)
    };
    let other = package("node setup.js").replace("jest", "vitest");
    assert_eq!(verdict(other).as_deref(), Some("pass"));
    let second = package("node setup.js")
        .replace("}\n}", ",\n    \"preinstall\": \"node other.js\"\n  }\n}");
    assert_eq!(verdict(second).as_deref(), Some("blocked"));
    let altered = verdict(package("node other.js"));
    assert_eq!(altered.as_deref(), Some("blocked"));
}
