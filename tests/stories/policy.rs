//! What blocks: the project's rules, and what explains them.

use crate::support::{World, issues, leak, places, token};

/// A world whose `main` has a configuration and an old leak, pushed, on a branch `feature`.
pub(super) fn configured(config: &str) -> World {
    let world = World::new();
    world.write(".newgate/config.toml", config);
    world.write("old.py", leak(9));
    world.commit("Start");
    world
        .push(&["--quiet", "--no-verify", "origin", "main"])
        .exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

#[test]
fn rules_decide_before_the_threshold_the_first_that_fits() {
    let world = configured(
        "[[rules]]\nname = \"tests\"\naction = \"ignore\"\npath = \"tests/**\"\n\
         [[rules]]\nname = \"old leaks too\"\naction = \"block\"\nkind = \"secret\"\nstatus = [\"touched\"]\n\
         [[rules]]\nname = \"docs\"\naction = \"warn\"\npath = [\"docs/**\", \"*.md\"]\ncwe = \"CWE-798\"\n",
    );
    for name in ["tests/a.py", "docs/b.py"] {
        world.write(name, leak(1));
    }
    world.commit("Leak");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let issue = issues(&report, "new")[0];
    assert_eq!(issue["warns"], true);
    assert!(
        issue["because"]
            .as_str()
            .unwrap()
            .contains("the rule `docs` says `warn`")
    );
    // Editing the line of an old one is another matter here.
    world.write("old.py", format!("TOKENS = '{}'\n", token(9)));
    world.commit("Touch");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked", "{report:#}");
    world
        .newgate(&["explain"])
        .exits(0)
        .says("the rule `old leaks too` says `block`");
}

#[test]
fn a_score_that_the_project_sees_otherwise_is_shown_with_the_stated_one() {
    let world = configured(
        "[[severity]]\nrule = \"secrets:github-pat\"\npath = \"examples/**\"\nscore = 2.0\nreason = \"made up\"\n",
    );
    world.write("examples/a.py", leak(1));
    world.commit("Show");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let issue = issues(&report, "new")[0];
    assert_eq!(issue["score"], 2.0);
    let overridden = &issue["occurrences"][0]["overridden"][0];
    assert_eq!(
        (&overridden["stated"], &overridden["reason"]),
        (&9.1.into(), &"made up".into())
    );
}

#[test]
fn comments_that_silence_a_scanner_stop_the_change_where_none_may_pass() {
    let world = World::new();
    let bandit = crate::support::tools().join("bandit");
    world.write(
        ".newgate/config.toml",
        format!(
            "[gate]\nsuppressions = \"block\"\n[scanners]\ncode = false\n[scanners.bandit]\npath = \"{}\"\n",
            bandit.display()
        ),
    );
    world.write("a.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.py", "X = eval('1')  # nosec\n");
    world.commit("Silence");
    let report = world.check(&[]);
    assert_eq!(report["verdict"], "blocked", "{report:#}");
    assert_eq!(places(&report, "new"), ["a.py:1"]);
    assert!(
        report["issues"][0]["title"]
            .as_str()
            .unwrap()
            .contains("suppresses bandit")
    );
}

#[test]
fn the_counts_are_there_as_variables() {
    let world = configured("[[rules]]\naction = \"ignore\"\npath = \"tests/**\"\n");
    world.write("a.py", leak(1));
    world.write("b.py", leak(1));
    world.write("tests/c.py", leak(2));
    world.commit("Leak");
    world.newgate(&["baseline", "build"]).exits(0);
    let told = world.newgate(&["check", "--format", "env"]).exits(1).out;
    for line in [
        "CRITICAL=2",
        "NEW_CRITICAL=1",
        "NEW_OCCURRENCES_CRITICAL=2",
        "IGNORED=1",
        "HIGH=0",
    ] {
        assert!(told.lines().any(|l| l == line), "{line}: {told}");
    }
}

#[test]
fn an_issue_is_explained_with_what_would_have_to_change() {
    let world = configured("");
    world.write("a.py", leak(1));
    world.commit("Leak");
    let report = world.check(&[]);
    let id = issues(&report, "new")[0]["id"].as_str().unwrap();
    let told = world.newgate(&["explain", id]).exits(0).out;
    for words in [
        "new, critical (`block-at = ",
        "To pass:",
        "newgate exempt",
        "gate.block-at",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    world
        .newgate(&["explain", "ffffffffff"])
        .exits(2)
        .says("no issue or occurrence");
}

#[test]
fn rules_heed_how_likely_an_advisory_is_exploited_and_grace_how_new_it_is() {
    let grype = |epss: f64, exploited: bool| {
        serde_json::json!({"matches": [{"vulnerability": {"id": "GHSA-35jh-r3h4-6jhm", "severity": "Medium",
                "epss": [{"epss": epss}], "knownExploited": if exploited { vec![1] } else { vec![] },
                "fix": {"versions": [], "state": "unknown"}},
            "relatedVulnerabilities": [{"id": "CVE-2021-23337"}], "matchDetails": [],
            "artifact": {"name": "lodash", "version": "4.17.4", "type": "npm", "language": "javascript",
                "locations": [{"path": "/package-lock.json"}], "purl": "pkg:npm/lodash@4.17.4"}}],
            "source": {"type": "directory", "target": "."}, "descriptor": {"name": "grype", "version": "0.90.0"}})
        .to_string()
    };
    for (rule, epss, exploited, verdict) in [
        ("kev = true", 0.1, true, "blocked"),
        ("kev = true", 0.1, false, "pass"),
        ("epss = 0.5", 0.6, false, "blocked"),
        ("epss = 0.5", 0.4, false, "pass"),
        ("advisory = \"2021-23337\"", 0.1, false, "blocked"),
        (
            "package = \"LODASH*\"\nkind = \"dependency\"",
            0.1,
            false,
            "blocked",
        ),
        ("advisory-age = 1", 0.1, false, "pass"),
    ] {
        let world = configured(&format!(
            "[[rules]]\naction = \"block\"\n{rule}\n[scanners]\nsecrets = false\ncode = false\n"
        ));
        world.write("package-lock.json", "{}\n");
        world.commit("Depend");
        world.write("grype.json", grype(epss, exploited));
        let report = world.check(&["--no-base", "--results", "grype.json"]);
        assert_eq!(report["verdict"], verdict, "{rule}: {report:#}");
    }
    // A new advisory only warns while its grace lasts.
    let published = |day: &str| {
        serde_json::json!({"results": [{"source": {"path": "package-lock.json", "type": "lockfile"}, "packages": [{
            "package": {"name": "lodash", "version": "4.17.4", "ecosystem": "npm"},
            "vulnerabilities": [{"id": "GHSA-35jh-r3h4-6jhm", "summary": "x", "published": day,
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"}]}],
            "groups": [{"ids": ["GHSA-35jh-r3h4-6jhm"]}]}]}]})
        .to_string()
    };
    for (day, verdict) in [
        ("2021-01-01T00:00:00Z", "blocked"),
        ("2999-01-01T00:00:00Z", "pass"),
    ] {
        let world = configured("[grace]\nhigh = 30\n[scanners]\nsecrets = false\ncode = false\n");
        world.write("package-lock.json", "{}\n");
        world.commit("Depend");
        world.write("osv.json", published(day));
        let report = world.check(&["--no-base", "--results", "osv.json"]);
        assert_eq!(report["verdict"], verdict, "{day}: {report:#}");
    }
}

#[test]
fn what_could_mean_everything_is_a_mistake() {
    for (config, says) in [
        (
            "[[rules]]\naction = \"ignore\"\npath = []\n",
            "`path` is empty",
        ),
        (
            "[[rules]]\naction = \"ignore\"\nseverity = \"low\"\n",
            "would ignore the worst",
        ),
        (
            "[[severity]]\nrule = []\nscore = 0.0\nreason = \"x\"\n",
            "`rule` is empty",
        ),
        (
            "[[severity]]\nrule = [\"a\", \"b\"]\nscore = 0.0\nreason = \"x\"\n",
            "not a list",
        ),
        (
            "[server]\nbudget = 9223372036854775807\n",
            "`budget` is not a time",
        ),
        ("[server]\nprotect = [\"release/[\"]\n", "is not a pattern"),
        (
            "[exemptions]\ncritical = 9223372036854775807\n",
            "more than",
        ),
    ] {
        let world = World::new();
        world.write(".newgate/config.toml", config);
        world.commit("Start");
        let told = world.newgate(&["check"]).exits(2);
        assert!(told.err.contains(says), "{config}: {}", told.err);
    }
}

#[test]
fn a_comment_alone_in_another_file_does_not_pay_for_a_new_one() {
    let world = World::new();
    let ruff = crate::support::tools().join("ruff");
    world.write(
        ".newgate/config.toml",
        format!(
            "[gate]\nsuppressions = \"block\"\n[scanners]\ncode = false\n[scanners.ruff]\npath = \"{}\"\n",
            ruff.display()
        ),
    );
    world.write("harmless.py", "# ruff: noqa\nX = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("harmless.py", "X = 1\n");
    world.write("evil.py", "# ruff: noqa\nX = eval(input())\n");
    world.commit("Move the comment");
    assert_eq!(world.check(&[])["verdict"], "blocked");
    // A file that is renamed takes it along.
    world.git(&["reset", "--quiet", "--hard", "main"]);
    world.git(&["mv", "harmless.py", "renamed.py"]);
    world.commit("Rename");
    assert_eq!(world.check(&[])["verdict"], "pass");
}

/// What compiles them calls itself for each level.
#[test]
fn globs_that_are_nested_without_end_are_a_mistake_and_no_crash() {
    let glob = "{a,".repeat(20_000) + "b" + &"}".repeat(20_000);
    let rule = format!("[[rules]]\nname = \"x\"\naction = \"warn\"\npath = \"{glob}\"\n");
    let exemption = format!(
        "version = 1\n[[exemption]]\nrule = \"x\"\nreason = \"other\"\ntext = \"x\"\npath = \"{glob}\"\n\
         granted = 2026-01-01\nuntil = 2999-01-01\n"
    );
    let scanner = format!(
        "name = \"x\"\ntitle = \"x\"\nhomepage = \"x\"\nkind = \"code\"\nscope = \"file\"\nfiles = [\"{glob}\"]\n\
         [output]\nformat = \"sarif\"\n"
    );
    for (file, text) in [
        (".newgate/config.toml", rule),
        (".newgate/exemptions.toml", exemption),
        (".newgate/scanners/x.toml", scanner),
    ] {
        let world = World::new();
        world.write("a.py", "A = 1\n");
        world.commit("Start");
        world.push(&["--quiet", "origin", "main"]).exits(0);
        world.git(&["switch", "--quiet", "--create", "feature"]);
        world.write(file, text);
        world.commit("Nest");
        world.newgate(&["check"]).exits(2).says("nested too deep");
    }
}
