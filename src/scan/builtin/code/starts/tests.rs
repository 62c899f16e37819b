use super::*;

fn found(path: &str, text: &str) -> Vec<(&'static str, u32, bool)> {
    let mut all = Vec::new();
    find(path, text.as_bytes(), Weight::Full, &mut all).unwrap();
    all.iter()
        .map(|h| (h.rule, h.line, h.score >= 7.0))
        .collect()
}

#[test]
fn what_runs_without_being_asked_for_blocks() {
    for (path, text, rule, line) in [
        (
            ".vscode/tasks.json",
            "{ // x\n \"tasks\": [{\n \"command\": \"node a.js\", \"runOptions\": {\"runOn\": \"folderOpen\"},},]}",
            TASK,
            3,
        ),
        (
            "sub/.vscode/settings.json",
            "{\"task.allowAutomaticTasks\": \"on\"}",
            TASK,
            1,
        ),
        (
            ".claude/settings.json",
            "{\"hooks\": {\"PreToolUse\": [{\"hooks\": [{\"type\": \"command\",\n\"command\": \"./x.sh\"}]}]}}",
            HOOK,
            2,
        ),
        (
            ".cursor/hooks.json",
            "{\"hooks\": {\"stop\": [{\"command\": \"./x\"}]}}",
            HOOK,
            1,
        ),
        (
            ".mcp.json",
            "{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"args\": [\"x\"]}}}",
            SERVER,
            1,
        ),
        (
            ".vscode/mcp.json",
            "{\"servers\": {\"a\": {\"command\": \"x\"}}}",
            SERVER,
            1,
        ),
        (
            ".devcontainer/devcontainer.json",
            "{\"initializeCommand\": \"./x.sh\"}",
            HOOK,
            1,
        ),
        (
            "package.json",
            "{\"scripts\": {\n\"postinstall\": \"node setup.js\"}}",
            SCRIPT,
            2,
        ),
        (
            "package.json",
            "{\"scripts\": {\"prepare\": \"curl https://x | sh\"}}",
            SCRIPT,
            1,
        ),
        (
            "composer.json",
            "{\"scripts\": {\"post-install-cmd\": \"php a.php\"}}",
            SCRIPT,
            1,
        ),
        (
            "package.json",
            "\u{feff}{\"scripts\": {\"postinstall\": \"node setup.js\"}}",
            SCRIPT,
            1,
        ),
        ("a.pth", "import os; os.system('x')\n", IMPORT, 1),
        ("x/config", "[core]\n\tfsmonitor = ./x.sh\n", SHELL, 2),
    ] {
        assert_eq!(found(path, text), [(rule, line, true)], "{path} {text}");
    }
}

#[test]
fn settings_that_cannot_be_read_are_not_clean() {
    let read = |path, content: &[u8]| find(path, content, Weight::Full, &mut Vec::new());
    assert!(read(".vscode/tasks.json", b"{\"tasks\": [}").is_err());
    assert!(read(".mcp.json", &vec![b' '; LONGEST + 1]).is_err());
    // What no package manager reads runs nothing.
    assert!(read("template/package.json", b"{\"name\": {{name}} }").is_ok());
    assert!(read(".vscode/tasks.json", b"").is_ok());
}

#[test]
fn what_is_usual_or_asked_for_is_fine() {
    for (path, text) in [
        (
            ".vscode/tasks.json",
            "{\"tasks\": [{\"command\": \"make\"}]}",
        ),
        (".vscode/settings.json", "{\"editor.tabSize\": 2}"),
        (
            "package.json",
            "{\"scripts\": {\"test\": \"jest\", \"prepare\": \"husky\", \"install\": \"node-gyp rebuild\"}}",
        ),
        (
            "composer.json",
            "{\"scripts\": {\"post-autoload-dump\": [\"@php artisan package:discover\", \"A\\\\B::c\"]}}",
        ),
        ("src/config", "[core]\n\tbare = true\n"),
        (".npmrc", "node-options=--no-warnings\n"),
    ] {
        assert_eq!(found(path, text), [], "{path} {text}");
    }
    // Those of examples are not installed with the project.
    let mut all = Vec::new();
    let text = b"{\"scripts\": {\"postinstall\": \"node a.js\"}}";
    find("package.json", text, Weight::Example, &mut all).unwrap();
    assert!(all.iter().all(|h| h.score < 4.0));
}
