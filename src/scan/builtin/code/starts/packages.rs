//! Scripts that a package manager runs when a package is installed.

use serde_json::{Map, Value};

use super::{Found, SCRIPT, reaches_out, strings};

/// What a command does at the least that needs no second look when a package is installed: parts that are built,
/// or hooks of git that are set up.
const USUAL: [&str; 26] = [
    "husky",
    "husky install",
    "is-ci || husky install",
    "husky || true",
    "lefthook install",
    "simple-git-hooks",
    "patch-package",
    "node-gyp rebuild",
    "node-gyp-build",
    "prebuild-install || node-gyp rebuild",
    "electron-builder install-app-deps",
    "ngcc",
    "prisma generate",
    "nuxt prepare",
    "nuxi prepare",
    "wxt prepare",
    "svelte-kit sync",
    "svelte-kit sync || echo ''",
    "tsc",
    "npm run build",
    "yarn build",
    "pnpm build",
    "lerna bootstrap",
    "playwright install",
    "pod-install",
    "only-allow pnpm",
];

/// The commands of other scripts that a command runs: `npm run build`, and `@build` in composer's.
fn calls<'s>(command: &'s str, scripts: &'s Map<String, Value>) -> impl Iterator<Item = &'s str> {
    let runs = ["npm", "yarn", "pnpm", "bun"]
        .iter()
        .any(|w| command.contains(w));
    let words = command.split([' ', ';', '&', '|']);
    let named = words.filter_map(move |word| match word.strip_prefix('@') {
        Some(name) => Some(name),
        None => runs.then_some(word),
    });
    // npm runs those of a name with `pre` and `post` too.
    let named =
        named.flat_map(|name| [name.to_owned(), format!("pre{name}"), format!("post{name}")]);
    let called = named.filter_map(|name| scripts.get(&name));
    called.flat_map(strings)
}

impl Found<'_> {
    pub(super) fn scripts(&mut self, value: &Value, of_composer: bool, most: f64) {
        let Some(scripts) = value.get("scripts").and_then(Value::as_object) else {
            return;
        };
        for (name, command) in scripts {
            let begins_by_itself = match of_composer {
                true => matches!(
                    name.as_str(),
                    "pre-install-cmd"
                        | "post-install-cmd"
                        | "pre-update-cmd"
                        | "post-update-cmd"
                        | "pre-autoload-dump"
                        | "post-autoload-dump"
                        | "post-root-package-install"
                        | "post-create-project-cmd"
                        | "pre-package-install"
                        | "post-package-install"
                        | "pre-package-update"
                        | "post-package-update"
                        | "pre-package-uninstall"
                        | "post-package-uninstall"
                        | "init"
                        | "command"
                        | "pre-command-run"
                        | "pre-file-download"
                        | "post-file-download"
                        | "pre-operations-exec"
                        | "pre-pool-create"
                ),
                false => matches!(
                    name.as_str(),
                    "preinstall"
                        | "pnpm:devPreinstall"
                        | "install"
                        | "postinstall"
                        | "prepare"
                        | "preprepare"
                        | "postprepare"
                        | "prepublish"
                        | "preuninstall"
                        | "postuninstall"
                        | "dependencies"
                ),
            };
            if !begins_by_itself {
                continue;
            }
            for command in strings(command) {
                let is_usual = match of_composer {
                    // `@php artisan`, and methods of classes that are installed.
                    true => {
                        let of_framework =
                            ["@composer ", "@putenv ", "@php artisan ", "@php vendor/"];
                        of_framework.iter().any(|b| command.starts_with(b))
                            || command.starts_with("@php -r \"file_exists(")
                            || command.starts_with('@') && !command.contains(' ')
                            || command.contains("::") && !command.contains(' ')
                    }
                    false => USUAL.contains(&command),
                };
                let asks = reaches_out(command) || calls(command, scripts).any(reaches_out);
                let main = of_composer
                    || !matches!(
                        name.as_str(),
                        "prepare" | "prepublish" | "preprepare" | "postprepare" | "dependencies"
                    );
                let score: f64 = match (is_usual && !asks, asks, main) {
                    (true, ..) => continue,
                    (_, true, _) => 8.6,
                    (_, _, true) => 7.4,
                    _ => 5.0,
                };
                self.add(
                    SCRIPT,
                    score.min(most),
                    "Script runs when the package is installed",
                    &format!("`{name}` runs on the machine of everyone who installs the package"),
                    command,
                );
            }
        }
    }
}
