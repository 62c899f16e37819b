//! Where code stands that does not run in production: its weaknesses matter less.

use super::origin::Origin;
use crate::model::{RepoPath, Score};

/// How much a weakness in a file matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Full,
    Test,
    Example,
    Generated,
    /// What its own developers run: scripts, migrations, settings of builds.
    Tool,
    /// It says itself that it is generated, or looks like it: anybody may write that.
    SaysGenerated,
}

/// The greatest score in files of tests: the band `low`.
const IN_TESTS: f64 = 3.9;
/// The greatest score in examples: they are meant to be read, so `medium`.
const IN_EXAMPLES: f64 = 5.5;
/// The greatest score in generated files: they are fixed at their source, so `medium`.
const IN_GENERATED: f64 = 5.0;
/// The greatest score in what developers run, unless data of a request reaches it: `medium`.
const IN_TOOLS: f64 = 5.5;
/// How far into a file a remark says that it is generated, in bytes.
const HEAD: usize = 1_000;
/// How far into a file its imports are looked at, in bytes.
const HEAD_OF_IMPORTS: usize = 4_000;
/// The mean length of lines from which on a file was not written by a person, in bytes.
const LONG_LINES: usize = 300;

impl Weight {
    /// That of a file.
    pub(super) fn of(path: &RepoPath, content: &[u8]) -> Weight {
        let cased = String::from_utf8_lossy(path.as_bytes());
        let path = cased.to_ascii_lowercase();
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if is_test(&cased, folders, name) {
            return Weight::Test;
        }
        let is_packed = name.contains(".min.")
            || name.contains(".bundle.")
            || name.ends_with(".phar")
            || name.starts_with("jquery")
            || folders.split('/').any(|f| {
                matches!(
                    f,
                    "node_modules" | "vendor" | "third_party" | "bower_components"
                )
            });
        if is_packed || has_long_lines(content) && is_for_pages(folders, name) {
            return Weight::Generated;
        }
        if is_generated(content) {
            return Weight::SaysGenerated;
        }
        if is_example(&path, folders) {
            return Weight::Example;
        }
        match is_tool(folders, name) || imports_tests(name, content) {
            true => Weight::Tool,
            false => Weight::Full,
        }
    }

    /// That of a finding whose value comes from somewhere: where data of a request is used, a person is at
    /// work, whatever the file says of itself, and strangers reach what only developers run.
    pub(super) fn for_origin(self, origin: Option<Origin>) -> Weight {
        match (self, origin) {
            (Weight::SaysGenerated | Weight::Tool, Some(Origin::Request)) => Weight::Full,
            _ => self,
        }
    }

    /// A score as it counts here.
    pub(super) fn of_score(self, score: Score) -> Score {
        let most = match self {
            Weight::Tool => IN_TOOLS,
            Weight::Full => return score,
            Weight::Test => IN_TESTS,
            Weight::Example => IN_EXAMPLES,
            Weight::Generated | Weight::SaysGenerated => IN_GENERATED,
        };
        Score::new(score.value().min(most)).unwrap_or(score)
    }

    /// What sets findings apart that count less.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Weight::Full => None,
            Weight::Test => Some(":tests"),
            Weight::Example => Some(":examples"),
            Weight::Generated | Weight::SaysGenerated => Some(":generated"),
            Weight::Tool => Some(":tools"),
        }
    }

    /// Why a score is lower, to follow a message.
    pub(super) fn words(self) -> &'static str {
        match self {
            Weight::Full => "",
            Weight::Test => " The score is lower because this is a test file.",
            Weight::Example => " The score is lower because this is example code.",
            Weight::Generated | Weight::SaysGenerated => {
                " The score is lower because the file is generated or minified."
            }
            Weight::Tool => " The score is limited to 5.5 because only developers run this file.",
        }
    }
}

/// Whether a file belongs to tests, by its path, and its folders and name in lower case.
fn is_test(path: &str, folders: &str, name: &str) -> bool {
    let is_test_folder = |f: &str| {
        matches!(
            f,
            "test"
                | "tests"
                | "__tests__"
                | "__mocks__"
                | "testing"
                | "testsuite"
                | "testsuites"
                | "unittests"
                | "selftest"
                | "selftests"
                | "testdata"
                | "spec"
                | "specs"
                | "e2e"
                | "cypress"
                | "fixtures"
                | "testfixtures"
                | "test-fixtures"
                | "integrationtest"
                | "test-integration"
                | "jmh"
                | "benchmarks"
                | "acceptance"
                | "step_definitions"
                | "benches"
        )
    };
    let stem = name.split('.').next().unwrap_or(name);
    // `UserTest.java`, but not `Latest.java`.
    folders
        .split('/')
        .any(|f| is_test_folder(f) || f.ends_with("_tests") || f.ends_with("-tests"))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || name.contains(".test.")
        || name.contains(".spec.")
        || name.contains(".cy.")
        || name == "conftest.py"
        || ["Test.java", "Tests.java", "Test.php"]
            .iter()
            .any(|end| path.ends_with(end))
}

/// Whether a file is an example, by its path and folders in lower case.
fn is_example(path: &str, folders: &str) -> bool {
    let is_example_folder = |f: &str| {
        matches!(
            f.trim_start_matches('_'),
            "example"
                | "examples"
                | "sample"
                | "samples"
                | "playground"
                | "demo"
                | "demos"
                | "docs"
                | "doc"
                | "tutorial"
                | "tutorials"
                | "scaffold"
        )
    };
    // `com/example` is a package, which is where many Java programs stand for good.
    let around = [
        "src/main/java/",
        "src/main/kotlin/",
        "com/example/",
        "org/example/",
    ];
    let packages = around.iter().filter_map(|p| path.find(p)).min();
    let folders_around = packages.and_then(|at| path.get(..at)).unwrap_or(folders);
    let ends = ["-demo", "-demos", "-example", "-examples", "-samples"];
    let is_named = |f: &str| is_example_folder(f) || ends.iter().any(|e| f.ends_with(e));
    folders_around.split('/').any(is_named)
}

/// Whether only developers run a file, by its folders and name in lower case.
fn is_tool(folders: &str, name: &str) -> bool {
    let is_tool_folder = |f: &str| {
        matches!(
            f,
            "bin"
                | "script"
                | "scripts"
                | "tools"
                | "hack"
                | ".github"
                | "ci"
                | "migrations"
                | "migrate"
                | "rakelib"
                | "devtools"
                | "release"
                | "console"
                | "profiling"
                | "capistrano"
                | "extra"
                | "schema"
                | "cli"
        )
    };
    let stem = name.split('.').next().unwrap_or(name);
    // `build.js` of the whole project; that of a part may be what it builds at run time.
    let is_script = [".js", ".mjs", ".cjs", ".ts", ".mts"]
        .iter()
        .any(|e| name.ends_with(e));
    let builds = folders.is_empty()
        && is_script
        && matches!(
            stem,
            "build" | "makefile" | "release" | "esbuild" | "publish" | "deploy"
        );
    builds
        || folders
            .split('/')
            .any(|f| is_tool_folder(f) || f.ends_with("-scripts"))
        || folders.ends_with("management/commands")
        || name.contains(".config.")
        || name.ends_with(".rake")
        || matches!(
            stem,
            "gruntfile"
                | "gulpfile"
                | "noxfile"
                | "fabfile"
                | "conanfile"
                | "rakefile"
                | "webpack"
                | "magefile"
                | "manage"
                | "cli"
        )
        // `build.js` beside `package.json`
        || folders.is_empty()
            && matches!(
                stem,
                "build" | "makefile" | "make" | "release" | "deploy" | "publish" | "bump"
            )
}

/// Whether a file of Python or Go imports what tests need, which anybody may write.
fn imports_tests(name: &str, content: &[u8]) -> bool {
    let head = content.get(..HEAD_OF_IMPORTS).unwrap_or(content);
    let words: &[&str] = match name.rsplit_once('.') {
        Some((_, "py")) => &[
            "\nimport pytest",
            "\nfrom pytest",
            "\nimport unittest",
            "\nfrom unittest",
        ],
        Some((_, "go")) => &["\n\t\"testing\"\n", "\nimport \"testing\"\n"],
        _ => return false,
    };
    let mut words = words.iter();
    words.any(|w| memchr::memmem::find(head, w.as_bytes()).is_some())
}

fn is_generated(content: &[u8]) -> bool {
    let head = content.get(..HEAD).unwrap_or(content);
    let head = String::from_utf8_lossy(head);
    let says = [
        "DO NOT EDIT",
        "@generated",
        "Code generated by",
        "Generated by the protocol buffer",
    ];
    if says.iter().any(|s| head.contains(s)) {
        return true;
    }
    has_long_lines(content)
}

fn has_long_lines(content: &[u8]) -> bool {
    let lines = content.iter().filter(|b| **b == b'\n').count() + 1;
    content.len() > 4_096 && content.len() / lines > LONG_LINES
}

/// Whether a file is what pages load of a library or a build, by its folders and name in lower case.
fn is_for_pages(folders: &str, name: &str) -> bool {
    let is_script = name.ends_with(".js") || name.ends_with(".mjs") || name.ends_with(".css");
    let is_folder = |f: &str| {
        matches!(
            f,
            "lib" | "libs" | "plugins" | "static" | "public" | "assets" | "dist" | "build"
        )
    };
    // `app-3f9c0a1b.js`
    let is_digest = |part: &str| {
        part.len() >= 8
            && part.bytes().all(|b| b.is_ascii_hexdigit())
            && part.bytes().any(|b| b.is_ascii_digit())
    };
    is_script && (folders.split('/').any(is_folder) || name.split(['-', '.', '_']).any(is_digest))
}
