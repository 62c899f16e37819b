//! Scanners that read a project as a whole, packages, and one weakness that several scanners report.

use serde_json::{Value, json};

use crate::support::{World, issues, of_scanner, places, tools, write_program};

/// A world whose `main` has a configuration and a README, pushed, on a branch `feature`.
fn configured(config: &str) -> World {
    let world = World::new();
    world.write(".newgate/config.toml", config);
    world.write("README.md", "Hello.\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

fn with(scanner: &str) -> String {
    let path = tools().join(scanner);
    format!(
        "[scanners]\nsecrets = false\ncode = false\n[scanners.{scanner}]\npath = \"{}\"\n",
        path.display()
    )
}

/// A program that answers as ruff does when asked its version, and notes its arguments otherwise.
fn noting(world: &World, version: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let (program, mark) = (world.path("home/program"), world.path("home/arguments"));
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--version) echo '{version}'; exit 0;; esac\n\
         for word in \"$@\"; do echo \"$word\"; done > '{}'\nexit 9\n",
        mark.display()
    );
    write_program(&program, &script);
    (program, mark)
}

const FROM_LATEST: &str = "FROM debian:latest\nRUN sudo true\n";

#[test]
fn a_project_is_scanned_when_its_inputs_change_and_only_then() {
    let world = configured(&with("checkov"));
    world.write("Dockerfile", FROM_LATEST);
    world.commit("Build");
    let first = world.check(&[]);
    assert!(!places(&first, "new").is_empty(), "{first:#}");
    assert_eq!(of_scanner(&first, "checkov")["scanned"], 1);
    // Another tree with the same inputs.
    world.write("README.md", "Hello again.\n");
    world.commit("Greet");
    let again = world.check(&[]);
    assert_eq!(places(&again, "new"), places(&first, "new"));
    assert_eq!(of_scanner(&again, "checkov")["scanned"], 0, "{again:#}");
    // A change that is not among them, on top of what is on the target.
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "feature"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "words"]);
    world.write("README.md", "Goodbye.\n");
    world.commit("Leave");
    let words = world.check(&[]);
    assert_eq!(words["verdict"], "pass");
    assert_eq!(of_scanner(&words, "checkov")["scanned"], 0);
    let inherited = issues(&words, "inherited").len();
    assert_eq!(inherited, issues(&first, "new").len(), "{words:#}");
}

#[test]
fn what_a_project_had_before_is_inherited_in_files_that_did_not_change_too() {
    let world = World::new();
    world.write(".newgate/config.toml", with("checkov"));
    world.write("old/Dockerfile", FROM_LATEST);
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("new/Dockerfile", FROM_LATEST);
    world.commit("Add another");
    let report = world.check(&[]);
    let (new, old) = (places(&report, "new"), places(&report, "inherited"));
    assert!(new.iter().all(|p| p.starts_with("new/")), "{new:?}");
    assert!(old.iter().all(|p| p.starts_with("old/")), "{old:?}");
    assert_eq!(new.len(), old.len());
    assert_eq!(issues(&report, "new").len(), 0, "each issue has grown");
}

#[test]
fn audits_without_an_answer_are_never_clean() {
    // Where their servers answer, they find these packages; where not, the verdict is incomplete.
    let npm = which::which("npm").unwrap();
    let config = format!(
        "{}[scanners.npm-audit]\npath = \"{}\"\n",
        with("pip-audit"),
        npm.display()
    );
    let world = configured(&config);
    world.write("requirements.txt", "jinja2==2.4.1\n");
    world.write(
        "web/package.json",
        "{\"name\": \"w\", \"version\": \"1.0.0\", \"dependencies\": {\"lodash\": \"4.17.4\"}}\n",
    );
    world.write(
        "web/package-lock.json",
        "{\"name\": \"w\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"requires\": true, \"packages\": {\
         \"\": {\"name\": \"w\", \"version\": \"1.0.0\", \"dependencies\": {\"lodash\": \"4.17.4\"}}, \
         \"node_modules/lodash\": {\"version\": \"4.17.4\"}}}\n",
    );
    world.commit("Depend");
    let report = world.check(&[]);
    assert_ne!(report["verdict"], "pass", "{report:#}");
    for scanner in ["pip-audit", "npm-audit"] {
        let finds = report["issues"].to_string().contains(scanner);
        assert!(
            finds || of_scanner(&report, scanner)["state"] != "ok",
            "{scanner}: {report:#}"
        );
    }
}

#[test]
fn a_scanner_without_a_file_of_its_own_is_not_started() {
    let world = World::new();
    let (program, mark) = noting(&world, "ruff 0.17.6");
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.ruff]\npath = \"{}\"\n",
            program.display()
        ),
    );
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("README.md", "No Python.\n");
    world.commit("Write");
    assert_eq!(world.check(&[])["verdict"], "pass");
    assert!(!mark.exists(), "an empty list would mean everything");
}

#[test]
fn semgrep_gets_one_folder_and_no_list_of_files() {
    let world = World::new();
    let (program, mark) = noting(&world, "1.182.0");
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.semgrep]\npath = \"{}\"\ncontained = false\n",
            program.display()
        ),
    );
    world.write(".newgate/semgrep.yml", "rules: []\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    for number in 0..30 {
        world.write(&format!("m{number}.py"), "X = 1\n");
    }
    world.commit("Write");
    assert_eq!(world.check(&[])["verdict"], "incomplete");
    let arguments = std::fs::read_to_string(mark).unwrap();
    let (_, after) = arguments.split_once("--\n").unwrap();
    assert_eq!(after.lines().count(), 1, "{arguments}");
    for flag in ["--disable-version-check", "--metrics=off"] {
        assert!(arguments.contains(flag), "{arguments}");
    }
}

#[test]
fn semgrep_and_bandit_about_one_line_are_one_occurrence() {
    let mut config = with("bandit");
    let semgrep = tools().join("semgrep");
    config.push_str(&format!(
        "[scanners.semgrep]\npath = \"{}\"\n",
        semgrep.display()
    ));
    let world = World::new();
    world.write(".newgate/config.toml", config);
    world.write(
        ".newgate/semgrep.yml",
        "rules:\n- id: shell\n  languages: [python]\n  severity: ERROR\n  message: A shell.\n  \
         metadata:\n    cwe: 'CWE-78: OS Command Injection'\n  pattern: subprocess.call(..., shell=True, ...)\n",
    );
    world.write("app.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write(
        "run.py",
        "import subprocess\n\n\ndef run(command):\n    subprocess.call(command, shell=True)\n",
    );
    world.commit("Run");
    let report = world.check(&[]);
    let on_line = |o: &&Value| o["line"] == 5;
    let occurrences: Vec<Value> = report["issues"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|i| i["occurrences"].as_array().unwrap().clone())
        .collect();
    let there: Vec<&Value> = occurrences.iter().filter(on_line).collect();
    assert_eq!(there.len(), 1, "{report:#}");
    assert_eq!(there[0]["scanners"], json!(["bandit", "semgrep"]));
}

#[test]
fn one_advisory_by_three_names_is_one_issue() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        "[scanners]\nsecrets = false\ncode = false\n",
    );
    world.write("package-lock.json", "{}\n");
    world.commit("Start");
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:L";
    world.write(
        "trivy.json",
        json!({"SchemaVersion": 2, "ArtifactName": ".", "ArtifactType": "filesystem", "Results": [{
            "Target": "package-lock.json", "Class": "lang-pkgs", "Type": "npm", "Vulnerabilities": [{
                "VulnerabilityID": "CVE-2021-23337", "PkgName": "lodash", "InstalledVersion": "4.17.4",
                "FixedVersion": "4.17.21", "Severity": "HIGH", "Title": "lodash: command injection"}]}]})
        .to_string(),
    );
    world.write(
        "osv.json",
        json!({"results": [{"source": {"path": "package-lock.json", "type": "lockfile"}, "packages": [{
            "package": {"name": "lodash", "version": "4.17.4", "ecosystem": "npm"},
            "vulnerabilities": [{"id": "GHSA-35jh-r3h4-6jhm", "aliases": ["CVE-2021-23337"],
                "summary": "Command injection in lodash", "severity": [{"type": "CVSS_V3", "score": vector}]}],
            "groups": [{"ids": ["GHSA-35jh-r3h4-6jhm"], "aliases": ["CVE-2021-23337", "GHSA-35jh-r3h4-6jhm"]}]}]}]})
        .to_string(),
    );
    world.write(
        "grype.json",
        json!({"matches": [{"vulnerability": {"id": "GHSA-35jh-r3h4-6jhm", "severity": "High",
                "fix": {"versions": ["4.17.21"], "state": "fixed"}},
            "relatedVulnerabilities": [], "matchDetails": [],
            "artifact": {"name": "lodash", "version": "4.17.4", "type": "npm", "language": "javascript",
                "locations": [{"path": "/package-lock.json"}], "purl": "pkg:npm/lodash@4.17.4"}}],
            "source": {"type": "directory", "target": "."}, "descriptor": {"name": "grype", "version": "0.90.0"}})
        .to_string(),
    );
    let mut args = vec!["--no-base"];
    for report in ["trivy.json", "osv.json", "grype.json"] {
        args.extend(["--results", report]);
    }
    let report = world.check(&args);
    let all = report["issues"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{report:#}");
    let occurrences = all[0]["occurrences"].as_array().unwrap();
    assert_eq!(occurrences.len(), 1, "{report:#}");
    let scanners = occurrences[0]["scanners"].as_array().unwrap();
    assert_eq!(scanners.len(), 3, "{report:#}");
    assert_eq!(occurrences[0]["package"]["name"], "lodash");
    let references = all[0]["references"].to_string();
    assert!(references.contains("CVE-2021-23337") && references.contains("GHSA-35jh"));
}

#[test]
fn a_manifest_without_a_lock_file_is_not_clean() {
    let npm = which::which("npm").unwrap();
    let config = format!(
        "[scanners]\nsecrets = false\ncode = false\nnpm-audit = {{ path = \"{}\" }}\n",
        npm.display()
    );
    let world = configured(&config);
    world.write(
        "web/package.json",
        "{\"name\": \"w\", \"version\": \"1.0.0\"}\n",
    );
    world.commit("Depend");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "{report:#}");
    assert!(
        report["unknown"]
            .to_string()
            .contains("there is no `package-lock.json`")
    );
}

#[test]
fn what_a_scanner_leaves_out_for_its_bytes_is_not_clean() {
    let world = configured(&with("checkov"));
    let mut content = b"# caf\xe9\n".to_vec();
    content.extend_from_slice(FROM_LATEST.as_bytes());
    world.write("Dockerfile", content);
    world.commit("Build");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "incomplete", "{report:#}");
    assert!(report["unknown"].to_string().contains("not UTF-8"));
}
