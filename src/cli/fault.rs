//! A fault of newgate's own: a panic on whichever thread. What it would print may quote a file, so it is
//! not printed: where it happened goes to a file for a bug report, and the verdict is `incomplete`.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::fs;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::screen::{Label, Resolved};
use crate::error::ErrorKind;

/// How many files are kept. The oldest is removed first.
const MOST_FILES: u32 = 5;

static HAPPENED: AtomicBool = AtomicBool::new(false);
static FOLDER: Mutex<Option<PathBuf>> = Mutex::new(None);
static FILE: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Replaces Rust's panic message.
pub(super) fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // Only the first tells where it began.
        if HAPPENED.swap(true, Ordering::SeqCst) {
            return;
        }
        let folder = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
        let written = folder.as_deref().and_then(|f| write(f, &described(panic)));
        *FILE.lock().unwrap_or_else(PoisonError::into_inner) = written;
    }));
}

/// Says where files for bug reports go: newgate's folder in the repository.
pub(super) fn keep_in(folder: PathBuf) {
    *FOLDER.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder);
}

/// Reports a fault, if there was one, and returns its exit code.
pub(super) fn tell(screen: &Resolved) -> Option<u8> {
    if !HAPPENED.load(Ordering::SeqCst) {
        return None;
    }
    screen.error(
        Label::Error,
        "internal error: newgate did not reach a verdict (incomplete)",
    );
    let file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    screen.error(
        Label::Hint,
        &match file.as_deref() {
            Some(file) => format!(
                "report it at {}/issues with `{}`, which names the place in newgate's code and nothing about \
                 your files",
                env!("CARGO_PKG_REPOSITORY"),
                file.display()
            ),
            None => format!(
                "report it at {}/issues with the command that you ran",
                env!("CARGO_PKG_REPOSITORY")
            ),
        },
    );
    Some(ErrorKind::Fault.exit_code())
}

/// The place of a panic, without its message, which may quote a file.
fn described(panic: &PanicHookInfo<'_>) -> String {
    let mut text = format!(
        "newgate {} on {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    if let Some(at) = panic.location() {
        let _ = writeln!(text, "{}:{}:{}", at.file(), at.line(), at.column());
    }
    let _ = write!(text, "{}", Backtrace::force_capture());
    text
}

/// Writes a file that only its owner can read; none if that fails.
fn write(folder: &Path, text: &str) -> Option<PathBuf> {
    let age = |path: &PathBuf| {
        let time = fs::symlink_metadata(path).and_then(|m| m.modified());
        time.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let names = (1..=MOST_FILES).map(|n| folder.join(format!("fault-{n}.txt")));
    let path = names.min_by_key(age)?;
    // A new file, never through a link that lies there.
    let _ = fs::remove_file(&path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = crate::platform::private(&mut options, false)
        .open(&path)
        .ok()?;
    std::io::Write::write_all(&mut file, text.as_bytes()).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_bug_reports_are_few_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for n in 0..2 * MOST_FILES {
            let path = write(folder.path(), &n.to_string()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), n.to_string());
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, MOST_FILES as usize);
    }

    /// Run by [`a_panic_on_any_thread_says_nothing_of_its_message`] in a process of its own.
    #[test]
    #[ignore = "it ends the process that it runs in"]
    fn child() {
        let folder = std::env::current_dir().unwrap();
        catch_panics();
        keep_in(folder);
        let done = std::thread::spawn(|| panic!("a line of a file: {}", "hunter".repeat(2)));
        assert!(done.join().is_err());
        let screen = super::super::screen::Screen::plain().resolve();
        crate::process::end_at_once(tell(&screen).unwrap(), Vec::new());
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a process that may end")]
    fn a_panic_on_any_thread_says_nothing_of_its_message() {
        let folder = tempfile::tempdir().unwrap();
        let ran = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "cli::fault::tests::child",
            ])
            .env("RUST_BACKTRACE", "1")
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(3), "{said}");
        assert!(said.contains("fault-1.txt"), "{said}");
        let kept = fs::read_to_string(folder.path().join("fault-1.txt")).unwrap();
        assert!(kept.contains("src/cli/fault.rs"), "{kept}");
        for text in [&*said, &kept] {
            assert!(!text.contains("hunterhunter"), "{text}");
        }
    }
}
