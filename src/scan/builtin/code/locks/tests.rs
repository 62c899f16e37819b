use super::*;

fn found(name: &str, before: &str, now: &str) -> Vec<(String, u32)> {
    let all = in_lock_file(
        &RepoPath::from(name),
        &[before.as_bytes().to_vec()],
        now.as_bytes(),
        &|_| None,
    );
    let all = all.into_iter().map(|f| (f.rule.to_string(), f.line()));
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
        let all = in_lock_file(&path, &[before.into_bytes()], forged.as_bytes(), &named);
        assert!(all.is_empty(), "{name}");
        // One in a new file is an exception too.
        let all = in_lock_file(&path, &[], forged.as_bytes(), &|_| None);
        assert_eq!(all.len(), 1, "{name}");
    }
}
