//! Scanners that newgate installs: from the real registries, pinned, whole or not at all.

use std::fs;

use crate::support::{World, issues, token, write_program};

/// A world with a configuration on `main`, and the settings of this machine for its registries.
fn configured(config: &str) -> World {
    let mut world = World::new();
    world.keep_registry_settings();
    let cache = world.path("cache").display().to_string();
    world.environment.push(("XDG_CACHE_HOME".into(), cache));
    world.write(".newgate/config.toml", config);
    world.write("src/a.c", "int a;\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world
}

const WEAK: &str = "#include <string.h>\nvoid f(char *a, char *b) { strcpy(a, b); }\n";

#[test]
fn a_scanner_is_installed_pinned_and_used() {
    let world = configured("[scanners]\nflawfinder = true\n");
    world.write("src/a.c", WEAK);
    world.commit("Copy");
    let before = world.check(&[]);
    assert_eq!(before["verdict"], "incomplete");
    let detail = before["scanners"].to_string();
    assert!(
        detail.contains("newgate scanners install flawfinder"),
        "{detail}"
    );

    let installed = world.newgate(&["scanners", "install"]).exits(0);
    installed.says("flawfinder 2.0.20 is installed from PyPI");
    let lock = fs::read_to_string(world.work().join(".newgate/scanners.lock")).unwrap();
    assert!(lock.contains("flawfinder==2.0.20 --hash=sha256:"), "{lock}");
    let after = world.check(&[]);
    assert_eq!(after["verdict"], "blocked", "{after:#}");
    assert_eq!(issues(&after, "new").len(), 1, "{after:#}");
    world
        .newgate(&["scanners", "install"])
        .exits(0)
        .says("2.0.20 is installed");
    world
        .newgate(&["scanners", "list"])
        .exits(0)
        .says("flawfinder 2.0.20");

    // Another copy of the world, as a colleague has it, gets the same by the lock.
    world.commit("Pin");
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "feature"]);
    world.push(&["--quiet", "origin", "main"]).exits(0);
    fs::remove_dir_all(world.path("cache")).unwrap();
    world.newgate(&["scanners", "install"]).exits(0);
    assert_eq!(
        fs::read_to_string(world.work().join(".newgate/scanners.lock")).unwrap(),
        lock
    );

    // What is not what the lock pins is refused, and nothing is left behind.
    fs::remove_dir_all(world.path("cache")).unwrap();
    let at = lock.find("--hash=sha256:").unwrap() + "--hash=sha256:".len();
    let forged = format!("{}{}{}", &lock[..at], "0".repeat(64), &lock[at + 64..]);
    world.write(".newgate/scanners.lock", forged);
    let named = [
        "scanners",
        "install",
        "flawfinder",
        "--lock",
        ".newgate/scanners.lock",
    ];
    let refused = world.newgate(&named).exits(3);
    refused.says("is not the one that the lock file pins");
    world.newgate(&["scanners", "list"]).exits(0);
    let tools = world.path("cache/newgate/tools/flawfinder");
    assert_eq!(fs::read_dir(tools).unwrap().count(), 0);

    // A lock that the target does not have does not count: the version that the target pins is installed.
    world
        .newgate(&["scanners", "install"])
        .exits(0)
        .says("installing the version that the target pins");
    assert_eq!(world.check(&["--no-base"])["scanners"][0]["state"], "ok");
}

#[test]
fn packages_of_npm_are_installed_by_their_hashes_and_scan_through_the_gate() {
    let world = configured("[scanners]\noxlint = true\n");
    world.write("a.js", "eval(location.hash)\n");
    world.commit("Evaluate");
    world
        .newgate(&["scanners", "install", "oxlint"])
        .exits(0)
        .says("oxlint 1.94.0 is installed from npm");
    let lock = fs::read_to_string(world.work().join(".newgate/scanners.lock")).unwrap();
    assert!(lock.contains("\"integrity\": \"sha512-"), "{lock}");
    assert!(!lock.contains("\"resolved\""), "no registry's address");
    let report = world.check(&[]);
    assert_eq!(report["scanners"][0]["state"], "ok", "{report:#}");
    assert_eq!(issues(&report, "new").len(), 1);
    fs::remove_dir_all(world.path("cache")).unwrap();
    world.newgate(&["scanners", "install", "oxlint"]).exits(0);

    // Those of other kinds of machines are not asked for.
    fs::remove_dir_all(world.path("cache")).unwrap();
    let of_it = lock.find("node_modules/oxlint\"").unwrap();
    let at = of_it + lock[of_it..].find("sha512-").unwrap() + "sha512-".len();
    let forged = format!("{}{}{}", &lock[..at], "A".repeat(86), &lock[at + 86..]);
    refuses_the_lock(&world, "oxlint", &forged);
}

/// Installs a scanner by a forged lock file: nothing may be left behind.
fn refuses_the_lock(world: &World, scanner: &str, lock: &str) {
    world.write("forged.lock", lock);
    let install = ["scanners", "install", scanner, "--lock", "forged.lock"];
    let refused = world.newgate(&install).exits(3);
    refused.says("not the one that the lock file pins");
    let tools = world.path("cache/newgate/tools").join(scanner);
    assert_eq!(fs::read_dir(tools).unwrap().count(), 0);
}

/// A world whose target has a scanner of its own, of which only the installation matters.
fn with_own_scanner(config: &str, install: &str) -> World {
    let world = configured(config);
    world.git(&["switch", "--quiet", "main"]);
    let text = format!(
        "name = \"tool\"\ntitle = \"Tool\"\nhomepage = \"https://example.com\"\nkind = \"code\"\nscope = \"file\"\n\
         files = [\"*.tool\"]\n[program]\ncommand = [\"no-such-tool\", \"{{files}}\"]\nversion = [\"--version\"]\n\
         version-pattern = '(\\S+)'\nexit-clean = [0]\n[output]\nformat = \"sarif\"\n{install}"
    );
    world.write(".newgate/scanners/tool.toml", text);
    world.commit("Add a scanner");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world
}

#[test]
fn a_module_of_go_with_another_sum_is_refused() {
    let mut world = with_own_scanner(
        "[scanners]\n",
        "[install]\ngo = { module = \"example.com/tool@v1.0.0\", package = \".\" }\n",
    );
    // A proxy in a folder: the module is one that nobody else has.
    let at = world.path("proxy/example.com/tool/@v");
    fs::create_dir_all(&at).unwrap();
    fs::write(at.join("list"), "v1.0.0\n").unwrap();
    fs::write(at.join("v1.0.0.info"), "{\"Version\": \"v1.0.0\"}").unwrap();
    fs::write(at.join("v1.0.0.mod"), "module example.com/tool\n").unwrap();
    let zip = "import sys, zipfile\n\
               with zipfile.ZipFile(sys.argv[1], 'w') as zip:\n    \
               for name, text in [('go.mod', 'module example.com/tool\\n'), ('main.go', 'package main\\n')]:\n        \
               zip.writestr('example.com/tool@v1.0.0/' + name, text)\n";
    let file = at.join("v1.0.0.zip");
    let args = ["-c", zip, file.to_str().unwrap()];
    world.run_in(&world.work(), "python3", &args, b"").exits(0);
    let proxy = format!("file://{}", world.path("proxy").display());
    let modules = world.path("modules").display().to_string();
    for (name, value) in [
        ("GOPROXY", proxy.as_str()),
        ("GONOSUMDB", "*"),
        ("GOFLAGS", "-modcacherw"),
        ("GOMODCACHE", &modules),
    ] {
        world.environment.push((name.into(), value.into()));
    }
    let lock = "version = 1\n[scanners.tool]\nversion = \"1.0.0\"\norigin = \"go\"\n\
                packages = \"example.com/tool v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n\"\n";
    refuses_the_lock(&world, "tool", lock);
}

#[test]
fn an_artifact_of_maven_with_another_hash_is_refused() {
    let mut world = with_own_scanner(
        "[scanners]\n",
        "[install]\nmaven = { artifacts = [\"org.example:tool:1.0\"], main = \"org.example.Tool\" }\n",
    );
    // Maven itself would load its plug-ins first.
    let bin = world.path("bin");
    fs::create_dir(&bin).unwrap();
    let script = "#!/bin/sh\nmkdir -p lib/org/example/tool/1.0\necho forged > lib/org/example/tool/1.0/tool-1.0.jar\n";
    write_program(&bin.join("mvn"), script);
    world.put_on_path(&bin);
    let lock = format!(
        "version = 1\n[scanners.tool]\nversion = \"1.0\"\norigin = \"maven\"\n\
         packages = \"org.example:tool==1.0 --hash=sha256:{}\\n\"\n",
        "0".repeat(64)
    );
    refuses_the_lock(&world, "tool", &lock);
}

#[test]
fn a_scanner_that_cannot_be_installed_is_named_and_nothing_is_pushed_without_it() {
    // It can't be turned on before the target knows it.
    let world = with_own_scanner("[scanners]\n", "");
    world.write(".newgate/config.toml", "[scanners]\ntool = true\n");
    world.commit("Turn it on");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.install();
    let failed = world.newgate(&["scanners", "install"]).exits(3);
    failed
        .says("tool is not installed")
        .says("newgate cannot install it");
    world
        .newgate(&["scanners", "install", "tool"])
        .exits(3)
        .says("tool cannot be installed: newgate cannot install Tool");
    world.git(&["switch", "--quiet", "--create", "more"]);
    world.write("a.tool", "x\n");
    let head = world.commit("Add a file for it");
    let none = "0".repeat(40);
    let line = format!("refs/heads/more {head} refs/heads/more {none}\n");
    let remote = world.path("remote.git").display().to_string();
    world
        .pre_push(&["origin", &remote], &line)
        .exits(3)
        .says("tool is missing")
        .says("see https://example.com");
    world.push(&["origin", "more"]).exits(1).says("INCOMPLETE");
    assert_eq!(world.remote_ref("more"), None);
}

#[test]
fn what_is_missing_is_installed_on_the_way_if_the_target_says_so() {
    let world = configured("auto-install = true\n[scanners]\nflawfinder = true\n");
    world.write("README.md", "Nothing for it.\n");
    world.commit("Write");
    world.check(&[]);
    assert!(
        !world.path("cache/newgate/tools").exists(),
        "not before it is needed"
    );
    world.write("src/a.c", WEAK);
    world.commit("Copy");
    let report = world.check(&[]);
    assert_eq!(issues(&report, "new").len(), 1, "{report:#}");
    assert!(report["notes"].to_string().contains("2.0.20 was installed"));
}

#[test]
fn without_a_network_it_says_what_to_do_and_leaves_nothing() {
    let mut world = configured("[scanners]\nflawfinder = true\noxlint = true\n");
    for (name, value) in [
        ("PIP_INDEX_URL", "http://127.0.0.1:9/simple"),
        ("PIP_FIND_LINKS", ""),
        ("PIP_RETRIES", "0"),
        ("npm_config_registry", "http://127.0.0.1:9/"),
        ("npm_config_fetch_retries", "0"),
        ("npm_config_cache", world.path("npm").to_str().unwrap()),
    ] {
        world.environment.push((name.into(), value.into()));
    }
    let failed = world.newgate(&["scanners", "install"]).exits(3);
    for scanner in ["flawfinder", "oxlint"] {
        assert!(
            failed
                .err
                .contains(&format!("{scanner} cannot be installed")),
            "{failed:#?}"
        );
    }
    assert_eq!(
        failed.err.matches("the registry cannot be reached").count(),
        2,
        "{failed:#?}"
    );
    assert!(!world.work().join(".newgate/scanners.lock").exists());
    assert_eq!(world.newgate(&["scanners", "list"]).exits(0).out, "");
}

#[test]
fn a_program_on_the_path_of_another_version_than_the_lock_pins_is_not_used() {
    let world = World::new();
    world.write(
        ".newgate/config.toml",
        format!(
            "[scanners]\ncode = false\n[scanners.ruff]\npath = \"{}\"\n",
            crate::support::tools().join("ruff").display()
        ),
    );
    world.write(
        ".newgate/scanners.lock",
        "version = 1\n[scanners.ruff]\nversion = \"0.1.2\"\norigin = \"pypi\"\n",
    );
    world.write("a.py", "X = 1\n");
    world.commit("Start");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    // A path that the configuration names is taken as it is; without it, the lock decides.
    world.git(&["switch", "--quiet", "--create", "feature"]);
    world.write("a.py", "eval(input())\n");
    world.commit("Evaluate");
    assert_eq!(world.check(&[])["scanners"][0]["state"], "ok");
    world.git(&["switch", "--quiet", "main"]);
    world.write(".newgate/config.toml", "[scanners]\nruff = true\n");
    world.commit("Leave the choice to the lock");
    world.push(&["--quiet", "origin", "main"]).exits(0);
    world.git(&["switch", "--quiet", "feature"]);
    let mut world = world;
    world.put_on_path(&crate::support::tools());
    let report = world.check(&[]);
    let detail = report["scanners"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("pins 0.1.2"), "{report:#}");
}

#[test]
fn versions_that_nothing_pins_are_pruned() {
    let world = configured("[scanners]\n");
    let tools = world.path("cache/newgate/tools/ruff");
    for (version, folder) in [("0.0.1", "0.0.1-abc"), ("0.17.6", "0.17.6-abc")] {
        fs::create_dir_all(tools.join(folder)).unwrap();
        fs::write(tools.join(folder).join("newgate-installed.toml"), "").unwrap();
        std::os::unix::fs::symlink(folder, tools.join(version)).unwrap();
    }
    world
        .newgate(&["scanners", "prune", "--dry-run"])
        .exits(0)
        .says("ruff 0.0.1 would go");
    assert!(tools.join("0.0.1").exists());
    world
        .newgate(&["scanners", "prune"])
        .exits(0)
        .says("ruff 0.0.1 is removed");
    assert!(!tools.join("0.0.1").exists() && !tools.join("0.0.1-abc").exists());
    assert!(tools.join("0.17.6").exists());
}

#[test]
fn a_descriptor_for_a_tool_that_the_catalogue_lacks_is_written_from_a_sample() {
    let world = configured("[scanners]\n");
    world.write(
        "sample.json",
        format!(
            "{{\"tool\": \"leaks\", \"results\": [{{\"file\": \"src/a.c\", \"line\": 1, \"rule_id\": \"L1\", \
             \"severity\": \"HIGH\", \"message\": \"found {}\"}}]}}",
            token(1)
        ),
    );
    let told = world
        .newgate(&["scanners", "new", "leaks", "sample.json"])
        .exits(0);
    assert!(told.out.contains("src/a.c:1"), "{told:#?}");
    assert!(!told.out.contains(&token(1)), "{told:#?}");
    let file = ".newgate/scanners/leaks.toml";
    world
        .newgate(&["scanners", "read", file, "sample.json"])
        .exits(0)
        .says("1 finding\n");
    world
        .newgate(&["scanners", "new", "leaks", "sample.json"])
        .exits(2)
        .says("already exists");
    world
        .newgate(&["scanners", "new", "Le aks", "sample.json"])
        .exits(2);
    world
        .newgate(&["scanners", "show", "bandit"])
        .exits(0)
        .says("| HIGH/HIGH | 9.5 | critical |");
}
