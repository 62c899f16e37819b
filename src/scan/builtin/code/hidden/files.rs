//! What a file is by its name, and a line by its begin: code, a picture, a translation, a comment.

use crate::model::RepoPath;

/// The extensions of files that are code, or settings of programs.
const CODE: [&str; 66] = [
    "py",
    "pyw",
    "js",
    "mjs",
    "cjs",
    "jsx",
    "ts",
    "mts",
    "cts",
    "tsx",
    "go",
    "java",
    "php",
    "rb",
    "rake",
    "rs",
    "c",
    "h",
    "cc",
    "cpp",
    "hpp",
    "cs",
    "swift",
    "kt",
    "kts",
    "scala",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "lua",
    "pl",
    "pm",
    "r",
    "jl",
    "sql",
    "tf",
    "groovy",
    "gradle",
    "vue",
    "svelte",
    "dart",
    "ex",
    "exs",
    "erl",
    "hs",
    "clj",
    "nim",
    "zig",
    "sol",
    "vy",
    "m",
    "mm",
    "mk",
    "cmake",
    "dockerfile",
    "makefile",
    "gemfile",
    "rakefile",
    "podfile",
    "jenkinsfile",
    "gemspec",
    "podspec",
];

/// Files that name packages, and what runs them.
const NAMES: [&str; 12] = [
    "package.json",
    "composer.json",
    "pyproject.toml",
    "cargo.toml",
    "go.mod",
    "pipfile",
    "setup.cfg",
    "pom.xml",
    ".gitmodules",
    ".npmrc",
    "docker-compose.yml",
    "action.yml",
];

/// The extensions of pictures, fonts, sounds and films.
const MEDIA: [&str; 40] = [
    "png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "avif", "tiff", "woff", "woff2", "ttf",
    "otf", "eot", "mp3", "mp4", "wav", "ogg", "webm", "mov", "flac", "heic", "tif", "jfif", "jpe",
    "apng", "jxl", "cur", "icns", "psd", "svgz", "otc", "ttc", "m4a", "aac", "opus", "mkv", "avi",
    "mpg", "xcf",
];

/// Whether a file is an image, a font, a sound or a video by its name.
pub(in super::super) fn is_media(path: &RepoPath) -> bool {
    let name = String::from_utf8_lossy(path.as_bytes()).to_ascii_lowercase();
    is_media_by(name.rsplit(['.', '/']).next().unwrap_or_default())
}

/// The same by its extension, in lower case.
pub(super) fn is_media_by(extension: &str) -> bool {
    MEDIA.contains(&extension)
}

/// Whether a file is code, settings of a program, or names packages; by its path, and its name and extension in lower
/// case.
pub(super) fn is_code(path: &str, name: &str, extension: &str) -> bool {
    CODE.contains(&extension)
        || NAMES.contains(&name)
        || name.starts_with("requirements") && extension == "txt"
        || path.contains(".github/workflows/")
}

/// Whether a file holds the texts of a program in one of its languages.
pub(super) fn is_translation(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let folders = [
        "locale",
        "lang/",
        "i18n",
        "l10n",
        "translation",
        "languages/",
    ];
    folders.iter().any(|f| path.contains(f))
}

/// Whether a line is a comment and nothing else, as far as its begin tells.
pub(super) fn is_comment(line: &str, extension: &str) -> bool {
    let line = line.trim();
    let of = |all: &[&str]| all.contains(&extension);
    let ends = |end: &str| line.split_once(end).is_none_or(|(_, rest)| rest.is_empty());
    match line {
        // Other languages begin a statement like that.
        _ if line.starts_with('#') => !of(&[
            "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "java", "go", "php",
        ]),
        _ if line.starts_with("//") => !of(&["py", "pyw", "rb", "rake", "sh", "bash", "zsh"]),
        _ if line.starts_with("/*") || line.starts_with('*') => ends("*/"),
        _ if line.starts_with("--") => of(&["sql", "lua", "hs"]),
        _ if line.starts_with("<!--") => ends("-->"),
        _ if line.starts_with(';') => of(&["clj"]),
        _ => {
            // What ends the text first ends the line too.
            let is_alone = |quote: &str| {
                let inner = line.strip_prefix(quote)?;
                Some(
                    inner
                        .split_once(quote)
                        .is_none_or(|(_, rest)| rest.is_empty()),
                )
            };
            ["\"\"\"", "\'\'\'"].into_iter().find_map(is_alone) == Some(true)
        }
    }
}
