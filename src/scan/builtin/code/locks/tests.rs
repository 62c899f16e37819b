use super::*;

fn found(name: &str, before: &str, now: &str) -> Vec<(String, u32)> {
    let all = in_lock_file(
        &RepoPath::from(name),
        &[before.as_bytes().to_vec()],
        now.as_bytes(),
        &|_| None,
    );
    let all = all
        .unwrap()
        .into_iter()
        .map(|f| (f.rule.to_string(), f.line()));
    all.collect()
}

/// A file of each package manager with one package, its version, hash and host.
fn files(version: &str, hash: &str, host: &str) -> Vec<(&'static str, String)> {
    let others = |one: &dyn Fn(&str) -> String| ["b", "c", "d"].map(one).join("");
    let npm = |name: &str, version: &str, hash: &str, host: &str| {
        format!(
            "  \"node_modules/{name}\": {{\n    \"version\": \"{version}\",\n    \"resolved\": \"https://{host}/{name}/-/{name}-{version}.tgz\",\n    \"integrity\": \"sha512-{hash}\"\n  }},\n"
        )
    };
    let npmjs = "registry.npmjs.org";
    let yarn = |name: &str, version: &str, hash: &str, host: &str| {
        format!(
            "{name}@^1.0.0:\n  version \"{version}\"\n  resolved \"https://{host}/{name}/-/{name}-{version}.tgz\"\n  integrity sha512-{hash}\n  dependencies:\n    version \"^1.0.0\"\n\n"
        )
    };
    let uv = |name: &str, version: &str, hash: &str, host: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nsdist = {{ url = \"https://{host}/x/{name}.tar.gz\", hash = \"sha256:{hash}\", size = 1 }}\n\n"
        )
    };
    let pythonhosted = "files.pythonhosted.org";
    vec![
        (
            "package-lock.json",
            format!(
                "{{\"packages\": {{\n{}{}  \"\": {{}}\n}}}}",
                npm("a", version, hash, host),
                others(&|n| npm(n, "1.0.0", "zz", npmjs))
            ),
        ),
        (
            "sub/yarn.lock",
            format!(
                "# yarn lockfile v1\n\n{}{}",
                yarn("a", version, hash, host),
                others(&|n| yarn(n, "1.0.0", "zz", npmjs))
            ),
        ),
        (
            "uv.lock",
            format!(
                "{}{}",
                uv("a", version, hash, host),
                others(&|n| uv(n, "1.0.0", "zz", pythonhosted))
            ),
        ),
        (
            "pnpm-lock.yaml",
            format!(
                "packages:\n\n  a@{version}:\n    resolution: {{integrity: sha512-{hash}, tarball: https://{host}/a.tgz}}\n    engines: {{node: '>=1'}}\n{}",
                others(&|n| format!(
                    "  {n}@1.0.0:\n    resolution: {{integrity: sha512-zz, tarball: https://{npmjs}/{n}.tgz}}\n"
                ))
            ),
        ),
        (
            "bun.lock",
            format!(
                "{{\n  // bun\n  \"packages\": {{\n    \"a\": [\"a@{version}\", \"https://{host}/a.tgz\", {{}}, \"sha512-{hash}\"],\n{}  }}\n}}",
                others(&|n| format!(
                    "    \"{n}\": [\"{n}@1.0.0\", \"https://{npmjs}/{n}.tgz\", {{}}, \"sha512-zz\"],\n"
                ))
            ),
        ),
    ]
}

/// The same for those that name no host.
fn without_hosts(version: &str, hash: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "go.sum",
            format!("example.com/a v{version} h1:{hash}=\nexample.com/b v1.0.0 h1:zz=\n"),
        ),
        (
            "Cargo.lock",
            format!(
                "[[package]]\nname = \"a\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{hash}\"\n"
            ),
        ),
        (
            "poetry.lock",
            format!(
                "[[package]]\nname = \"a\"\nversion = \"{version}\"\nfiles = [\n    {{file = \"a-1.tar.gz\", hash = \"sha256:{hash}\"}},\n]\n"
            ),
        ),
        (
            "composer.lock",
            format!(
                "{{\"packages\": [{{\"name\": \"x/a\", \"version\": \"{version}\", \"dist\": {{\"type\": \"zip\", \"url\": \"https://api.github.com/x\", \"reference\": \"{hash}\", \"shasum\": \"\"}}}}]}}"
            ),
        ),
        (
            "Pipfile.lock",
            format!(
                "{{\"default\": {{\"a\": {{\"version\": \"=={version}\", \"hashes\": [\"sha256:{hash}\"]}}}}}}"
            ),
        ),
        (
            "Gemfile.lock",
            format!("GEM\n\nCHECKSUMS\n  a ({version}) sha256={hash}\n\nBUNDLED WITH\n   2.5\n"),
        ),
        (
            "yarn.lock",
            format!(
                "__metadata:\n  cacheKey: 10c0\n\n\"a@npm:^1.0.0\":\n  version: {version}\n  resolution: \"a@npm:{version}\"\n  checksum: 10c0/{hash}\n"
            ),
        ),
    ]
}

#[test]
fn a_hash_that_changes_without_its_version_is_found() {
    let host = "registry.npmjs.org";
    let before = files("1.0.0", "aaaa", host)
        .into_iter()
        .chain(without_hosts("1.0.0", "aaaa"));
    let forged = files("1.0.0", "bbbb", host)
        .into_iter()
        .chain(without_hosts("1.0.0", "bbbb"));
    let raised = files("1.0.1", "bbbb", host)
        .into_iter()
        .chain(without_hosts("1.0.1", "bbbb"));
    for (((name, before), (_, forged)), (_, raised)) in before.zip(forged).zip(raised) {
        let all = found(name, &before, &forged);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        let (rule, line) = &all[0];
        let text = forged.lines().nth(*line as usize - 1).unwrap_or("");
        assert!(rule == HASH && text.contains("bbbb"), "{name}: {all:?}");
        assert_eq!(found(name, &before, &before), [], "{name}");
        assert_eq!(found(name, &before, &raised), [], "{name}");
    }
}

#[test]
fn a_package_from_another_host_is_found() {
    let usual = |name: &str| match name {
        "uv.lock" => "files.pythonhosted.org",
        _ => "registry.npmjs.org",
    };
    for (name, forged) in files("1.0.1", "aaaa", "evil.example") {
        let of = |version: &str, host: &str| {
            let all = files(version, "aaaa", host).into_iter();
            all.filter(|(n, _)| *n == name)
                .map(|(_, t)| t)
                .next()
                .unwrap()
        };
        let before = of("1.0.0", usual(name));
        let all = found(name, &before, &forged);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        let (rule, line) = &all[0];
        let text = forged.lines().nth(*line as usize - 1).unwrap_or("");
        assert!(
            rule == HOST && text.contains("evil.example"),
            "{name}: {all:?}"
        );
        assert_eq!(
            found(name, &before, &of("1.0.1", usual(name))),
            [],
            "{name}"
        );
        // A host that was there before, and one that the manifest names, are fine.
        assert_eq!(
            found(name, &forged, &of("1.0.2", "evil.example")),
            [],
            "{name}"
        );
        let named = |n: &str| {
            (n == "package.json" || n == "pyproject.toml").then(|| b"https://evil.example".to_vec())
        };
        let path = RepoPath::from(name);
        let all = in_lock_file(&path, &[before.into_bytes()], forged.as_bytes(), &named).unwrap();
        assert!(all.is_empty(), "{name}");
        // One in a new file is an exception too.
        let all = in_lock_file(&path, &[], forged.as_bytes(), &|_| None).unwrap();
        assert_eq!(all.len(), 1, "{name}");
    }
}

/// An entry of npm.
fn npm(name: &str, version: &str, url: &str, hash: &str) -> String {
    format!(
        "\"node_modules/{name}\": {{\"version\": \"{version}\", \"resolved\": \"{url}\", \"integrity\": \"{hash}\"}}"
    )
}

fn npm_file(entries: &[String]) -> String {
    format!("{{\"packages\": {{{}}}}}", entries.join(","))
}

const USUAL: &str = "https://registry.npmjs.org/a/-/a-1.0.0.tgz";

#[test]
fn no_way_of_writing_an_address_hides_its_host() {
    let others: Vec<String> = ["b", "c", "d"]
        .iter()
        .map(|n| npm(n, "1.0.0", USUAL, "sha512-zz"))
        .collect();
    let with =
        |url: &str| npm_file(&[&[npm("a", "1.0.1", url, "sha512-aa")], &others[..]].concat());
    let before = with(USUAL);
    for url in [
        "https://evil.example/a.tgz",
        "https:/evil.example/a.tgz",
        "https:evil.example/a.tgz",
        "https:\\\\evil.example\\\\a.tgz",
        "https:\\t//evil.example/a.tgz",
        "HTTPS://EVIL.example/a.tgz",
        "https://evil.example\\\\@registry.npmjs.org/a.tgz",
        "https://registry.npmjs.org\\\\@evil.example/a.tgz",
        "https://registry.npmjs.org@evil.example/a.tgz",
        "https://registry.npmjs.org:8080/a.tgz",
        "https://registry.npmjs.org.evil.example/-/a.tgz",
        "https://evil.example/archive/a.tgz",
        "https://evil.example/a/0123456789012345678901234567890123456789",
        "gitx://evil.example/a.tgz",
        "https://github.com/evil/a/releases/download/v1/a.tgz",
        // A repository, where a registry was.
        "git+ssh://git@github.com/evil/a.git#0123456789012345678901234567890123456789",
        "https://codeload.github.com/evil/a/tar.gz/main",
    ] {
        let all = found("package-lock.json", &before, &with(url));
        assert_eq!(all.len(), 1, "{url}: {all:?}");
        assert_eq!(all[0].0, HOST, "{url}");
    }
    for url in [
        "https://registry.npmjs.org:443/a/-/a-1.0.1.tgz",
        "https://registry.yarnpkg.com/a/-/a-1.0.1.tgz",
    ] {
        assert_eq!(found("package-lock.json", &before, &with(url)), [], "{url}");
    }
    // All of them moved are no more usual than one, and one host is one question.
    let all: Vec<String> = ["a", "b", "c"]
        .iter()
        .map(|n| npm(n, "1.0.1", "https://evil.example/a.tgz", "sha512-aa"))
        .collect();
    assert_eq!(
        found("package-lock.json", &before, &npm_file(&all)).len(),
        1
    );
    // A repository that the manifest names.
    let named = |n: &str| {
        (n == "package.json").then(|| b"{\"dependencies\": {\"a\": \"good/a\"}}".to_vec())
    };
    let moved =
        with("git+ssh://git@github.com/good/a.git#0123456789012345678901234567890123456789");
    let path = RepoPath::from("package-lock.json");
    let all = in_lock_file(&path, &[before.into_bytes()], moved.as_bytes(), &named);
    assert_eq!(all.unwrap().len(), 0);
}

#[test]
fn no_way_of_writing_a_file_hides_a_hash() {
    let npm_of = |hash: &str| npm_file(&[npm("a", "1.0.0", USUAL, hash)]);
    let yarn = |head: &str, key: &str, hash: &str| {
        format!("# yarn lockfile v1\n\n{head}:\n  version \"1.0.0\"\n  {key} {hash}\n")
    };
    let berry = |rest: &str| format!("__metadata:\n  cacheKey: 10c0\n\n{rest}");
    let pnpm = |rest: &str| format!("lockfileVersion: '9.0'\n\npackages:\n\n{rest}");
    let usual_pnpm = pnpm("  a@1.0.0:\n    resolution: {integrity: sha512-aaaa}\n");
    let usual_berry = berry("\"a@npm:^1.0.0\":\n  version: 1.0.0\n  checksum: 10c0/aaaa\n");
    let usual_yarn = yarn("a@^1.0.0", "integrity", "sha512-aaaa");
    for (name, before, after) in [
        // npm takes either.
        ("package-lock.json", npm_of("sha512-aaaa"), npm_of("sha512-aaaa sha512-bbbb")),
        (
            "package-lock.json",
            npm_of("sha512-aaaa"),
            npm_of("sha512-bbbb").replace("\"version\"", "\"name\": \"x\", \"version\""),
        ),
        ("package-lock.json", npm_of("sha512-aaaa"), format!("\u{feff}{}", npm_of("sha512-bbbb"))),
        ("yarn.lock", usual_yarn.clone(), yarn("x@^1.0.0, a@^1.0.0", "\"integrity\"", "sha512-bbbb")),
        ("yarn.lock", usual_yarn, yarn("a@^1.0.0", "integrity:  ", "sha512-bbbb")),
        (
            "yarn.lock",
            usual_berry.clone(),
            berry("\"a@npm:^1.0.0\":\n    version: 1.0.0\n    checksum: 10c0/bbbb\n"),
        ),
        (
            "yarn.lock",
            usual_berry,
            berry("\"a@npm:^1.0.0\": {version: 1.0.0, \"check\\u0073um\": 10c0/bbbb}\n"),
        ),
        (
            "pnpm-lock.yaml",
            usual_pnpm.clone(),
            pnpm("    a@1.0.0:\n        resolution:\n            integrity: sha512-bbbb\n"),
        ),
        (
            "pnpm-lock.yaml",
            usual_pnpm.clone(),
            pnpm("  b@1.0.0:\n    x: y\n  a@1.0.0: # b\n    resolution: {integrity: sha512-bbbb}\n"),
        ),
        (
            "pnpm-lock.yaml",
            usual_pnpm,
            "{\"lockfileVersion\": \"9.0\", \"packages\": {\"a@1.0.0\": {\"resolution\": {\"integrity\": \"sha512-bbbb\"}}}}".into(),
        ),
        (
            "poetry.lock",
            "[metadata.files]\na = [{file = \"a.whl\", hash = \"sha256:aaaa\"}]\n".into(),
            "[metadata.files]\na = [{file = \"a.whl\", hash = \"sha256:bbbb\"}]\n".into(),
        ),
    ] {
        assert_eq!(found(name, &before, &before), [], "{before}");
        let all = found(name, &before, &after);
        assert!(all.len() == 1 && all[0].0 == HASH, "{all:?} {after}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_clean() {
    let read = |name: &str, content: &[u8]| {
        in_lock_file(&RepoPath::from(name), &[], content, &|_| None).is_ok()
    };
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200));
    for (name, content) in [
        (
            "package-lock.json",
            &b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n"[..],
        ),
        ("package-lock.json", b"{\"a\": 1e999}"),
        ("package-lock.json", deep.as_bytes()),
        ("package-lock.json", b"../elsewhere.json"),
        ("uv.lock", b"[[package]\n"),
        ("pnpm-lock.yaml", b"{\n"),
        (
            "yarn.lock",
            b"# yarn lockfile v1\n\na@^1:\n  \"\\u0072esolved\" x\n",
        ),
    ] {
        assert!(!read(name, content), "{content:?}");
    }
    assert!(read("package-lock.json", b"{\"a\": \"\xff\"}"));
    assert!(read("package-lock.json", b""));
    assert!(read("tests/package-lock.json", b"{"));
}

#[test]
fn many_hosts_are_as_many_findings_as_anyone_reads() {
    let all: Vec<String> = (0..20_000)
        .map(|i| {
            npm(
                &format!("a{i}"),
                "1.0.0",
                &format!("https://h{i}.example/a"),
                "sha512-a",
            )
        })
        .collect();
    let before = npm_file(&[npm("a", "1.0.0", USUAL, "sha512-zz")]);
    assert_eq!(
        found("package-lock.json", &before, &npm_file(&all)).len(),
        MOST
    );
}

#[test]
fn other_lock_files_are_read_too() {
    for (name, text) in [
        (
            "requirements.txt",
            "-r a.txt\na==1.0 \\\n    --hash=sha256:AAAA \\\n    --hash=sha256:cc\n",
        ),
        (
            "packages.lock.json",
            "{\"dependencies\": {\"net8.0\": {\"A\": {\"resolved\": \"1.0\", \"contentHash\": \"AAAA\"}}}}",
        ),
        (
            "deno.lock",
            "{\"npm\": {\"a@1.0.0\": {\"integrity\": \"AAAA\"}}}",
        ),
        (
            "deno.lock",
            "{\"remote\": {\"https://deno.land/std@0.1/a.ts\": \"AAAA\"}}",
        ),
        (
            "flake.lock",
            "{\"nodes\": {\"a\": {\"locked\": {\"rev\": \"1\", \"narHash\": \"AAAA\"}}}}",
        ),
        (
            "Package.resolved",
            "{\"pins\": [{\"identity\": \"a\", \"state\": {\"version\": \"1.0\", \"revision\": \"AAAA\"}}]}",
        ),
        (
            "pubspec.lock",
            "packages:\n  a:\n    description:\n      name: a\n      sha256: AAAA\n    source: hosted\n    version: \"1.0\"\n",
        ),
        (
            "mix.lock",
            "%{\n  \"a\": {:hex, :a, \"1.0\", \"AAAA\", [:mix], [], \"hexpm\", \"bb\"},\n}\n",
        ),
        (
            ".terraform.lock.hcl",
            "provider \"a/b\" {\n  version = \"1.0\"\n  hashes = [\n    \"h1:AAAA\",\n  ]\n}\n",
        ),
    ] {
        assert_eq!(found(name, text, text), [], "{text}");
        let forged = text
            .replace("AAAA", "BBBB")
            .replace("sha256:cc", "sha256:dd");
        let all = found(name, text, &forged);
        assert!(all.len() == 1 && all[0].0 == HASH, "{all:?} {forged}");
        let newer = forged
            .replace("1.0", "1.1")
            .replace("\"rev\": \"1\"", "\"rev\": \"2\"");
        let newer = newer.replace("0.1/", "0.2/");
        assert_eq!(found(name, text, &newer), [], "{newer}");
    }
}

#[test]
fn a_package_under_the_address_of_another_is_found() {
    let usual = npm_file(&[npm("a", "1.0.0", USUAL, "sha512-aa")]);
    for (url, is_fine) in [
        ("https://registry.npmjs.org/a/-/a-1.0.1.tgz", true),
        ("https://registry.npmjs.org/b/-/b-1.0.1.tgz", false),
        ("https://registry.npmjs.org/@x%2fa/-/a-1.0.1.tgz", false),
    ] {
        let next = npm_file(&[npm("a", "1.0.1", url, "sha512-bb")]);
        let all = found("package-lock.json", &usual, &next);
        assert_eq!(all.is_empty(), is_fine, "{url} {all:?}");
    }
    // Under another name, as the manifest says.
    let alias = "# yarn lockfile v1\n\nb@npm:a@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#0123\"\n";
    assert_eq!(found("yarn.lock", "# yarn lockfile v1\n", alias), []);
    let stated = npm("b", "1.0.0", USUAL, "sha512-aa")
        .replace("\"version\"", "\"name\": \"a\", \"version\"");
    assert_eq!(found("package-lock.json", &usual, &npm_file(&[stated])), []);
}

#[test]
fn another_host_of_the_same_owner_is_fine() {
    for (one, other, is_same) in [
        ("download.pytorch.org", "download-r2.pytorch.org", true),
        ("pytorch.org", "download.pytorch.org", true),
        ("a.github.io", "b.github.io", false),
        ("a.co.uk", "b.co.uk", false),
        ("10.0.0.1", "11.0.0.1", false),
        ("localhost", "localhost", false),
    ] {
        let owners = (owner_of(one), owner_of(other));
        assert_eq!(owners.0.is_some() && owners.0 == owners.1, is_same, "{one}");
    }
    let named = |n: &str| {
        (n == "pyproject.toml").then(|| b"url = \"https://download.pytorch.org/whl/cpu\"".to_vec())
    };
    let lock = |host: &str| {
        format!(
            "[[package]]\nname = \"torch\"\nversion = \"2.0\"\nwheels = [{{ url = \"https://{host}/torch-2.0.whl\", hash = \"sha256:a\" }}]\n"
        )
    };
    let path = RepoPath::from("uv.lock");
    let before = [lock("files.pythonhosted.org").into_bytes()];
    for (host, number) in [("download-r2.pytorch.org", 0), ("evil.example", 1)] {
        let all = in_lock_file(&path, &before, lock(host).as_bytes(), &named).unwrap();
        assert_eq!(all.len(), number, "{host}");
    }
}

#[test]
fn packages_of_packagist_come_from_several_forges() {
    let lock = |host: &str| {
        format!(
            "{{\"packages\": [{{\"name\": \"a/b\", \"version\": \"1.0\", \"dist\": {{\"type\": \"zip\", \"url\": \"https://{host}/x.zip\"}}}}]}}"
        )
    };
    let before = lock("api.github.com");
    assert_eq!(found("composer.lock", &before, &lock("gitlab.com")), []);
    assert_eq!(
        found("composer.lock", &before, &lock("evil.example")).len(),
        1
    );
}
