//! A file with a project's own rules, or a long one, within a time: what ast-grep does for a rule cannot be stopped, so
//! it runs on a thread that is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::dialect::Dialect;
use super::embedded::Page;
use super::own::OwnRules;
use super::{Which, scan_with};
use crate::model::{Finding, RepoPath};

/// How long one file may take. The longest file takes a second or two with newgate's own rules.
const LIMIT: Duration = Duration::from_secs(20);
/// Longest file that no rule of newgate's takes long for, and that no parser needs much stack for, in bytes.
const SHORT: usize = 16 * 1024;
/// A file took too long with newgate's own rules: no long one is searched again by this process.
static SLOW: AtomicBool = AtomicBool::new(false);
/// How often the caller is asked whether to continue.
const ROUND: Duration = Duration::from_millis(20);
/// A rule may call itself for each level of a tree: room for the deepest one that is searched, in bytes.
const STACK: usize = 256 * 1024 * 1024;

/// What became of a file.
pub(in crate::scan) enum Watched {
    /// It was searched, or has no answer.
    Done(Result<Vec<Finding>, String>),
    /// A rule took too long, or the search failed: another time it may not. Says why.
    Failed(String),
    /// The caller does not want to wait any longer.
    Stopped,
}

/// Finds the weaknesses in a file, with a project's own rules too if it has some.
pub(in crate::scan) fn scan_watched(
    path: &RepoPath,
    content: Vec<u8>,
    own: Option<&Arc<OwnRules>>,
    stop: &dyn Fn() -> bool,
) -> Watched {
    let of_page = Page::of(path.as_bytes()).map(Page::dialects);
    let of_code = || Dialect::of(path.as_bytes(), &content);
    let dialects = of_page.map_or_else(|| of_code().into_iter().collect(), <[Dialect]>::to_vec);
    let own = own.filter(|own| dialects.iter().any(|d| own.has(*d)));
    if own.is_none() && (dialects.is_empty() || content.len() <= SHORT) {
        return Watched::Done(super::scan(path, &content));
    }
    if let Some(name) = own.and_then(|own| own.too_slow()) {
        return Watched::Failed(format!("{name} took too long on another file"));
    }
    if SLOW.load(Ordering::Relaxed) {
        return Watched::Failed("another file took too long".into());
    }
    let at = Arc::new(AtomicUsize::new(0));
    let (send, receive) = channel();
    let (own, path) = (own.cloned(), path.clone());
    let (rules, file, current) = (own.clone(), path.clone(), at.clone());
    let work = move || {
        let which = Which {
            built_in: true,
            own: rules.as_deref(),
            anywhere: false,
            current: Some(&current),
        };
        // Nobody listens any more where it took too long.
        let _ = send.send(scan_with(&file, &content, which));
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    if let Err(e) = thread {
        return Watched::Failed(format!("a thread for `{path}` cannot be started: {e}"));
    }
    let started = Instant::now();
    loop {
        match receive.recv_timeout(ROUND) {
            Ok(result) => return Watched::Done(result),
            Err(RecvTimeoutError::Disconnected) => {
                return Watched::Failed(format!("newgate failed while it scanned `{path}`"));
            }
            Err(RecvTimeoutError::Timeout) if stop() => return Watched::Stopped,
            Err(RecvTimeoutError::Timeout) if started.elapsed() > LIMIT => {
                let number = at.load(Ordering::Relaxed);
                let name = match own.filter(|_| number > 0) {
                    Some(own) => {
                        own.slow.store(number, Ordering::Relaxed);
                        own.name(number)
                    }
                    None => {
                        SLOW.store(true, Ordering::Relaxed);
                        "newgate's own search".to_owned()
                    }
                };
                return Watched::Failed(format!(
                    "{name} takes more than {} s on `{path}`",
                    LIMIT.as_secs()
                ));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
