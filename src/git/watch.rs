//! A watch over the git2 library. It reads a loose object that was cut off for ever (libgit2 1.9,
//! `git_zstream_get_output`, waits for bytes that do not come) and gives no way to stop it. What takes long is
//! therefore asked of the `git` program, which says what is wrong; only then the process ends.

use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use super::Git;
use crate::error::{Error, ErrorKind};
use crate::process;

/// How often the watch looks. An answer that takes more than two looks is slow.
const PAUSE: Duration = Duration::from_millis(400);

/// The question that the library is at.
struct Question {
    number: u64,
    asked: Option<(Arc<Git>, Vec<String>)>,
}

static QUESTION: Mutex<Question> = Mutex::new(Question {
    number: 0,
    asked: None,
});

/// Runs a question on the library, about some objects.
pub(super) fn watched<T>(git: &Arc<Git>, objects: &[&str], ask: impl FnOnce() -> T) -> T {
    static START: Once = Once::new();
    START.call_once(|| {
        // Where no thread can be started, nothing watches.
        let _ = std::thread::Builder::new().spawn(watch);
    });
    let set = |asked| {
        let mut question = QUESTION.lock().unwrap_or_else(PoisonError::into_inner);
        question.number += 1;
        question.asked = asked;
    };
    let objects = objects.iter().map(|o| (*o).to_owned()).collect();
    set(Some((git.clone(), objects)));
    let answer = ask();
    set(None);
    answer
}

fn watch() {
    let mut last = (0, 0);
    loop {
        std::thread::sleep(PAUSE);
        let question = QUESTION.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, asked) = (question.number, question.asked.clone());
        drop(question);
        last = match last {
            (seen, looks) if seen == number => (number, looks + 1),
            _ => (number, 0),
        };
        if let (Some((git, objects)), (_, 2)) = (asked, last)
            && let Err(why) = whole(&git, &objects)
        {
            let question = QUESTION.lock().unwrap_or_else(PoisonError::into_inner);
            if question.number == number {
                let mut words = vec![why.chain()];
                words.extend(why.hints().into_iter().map(str::to_owned));
                process::end_at_once(why.kind().exit_code(), words);
            }
        }
    }
}

/// Whether git can read objects, and all that can be reached from them but files.
fn whole(git: &Git, objects: &[String]) -> Result<(), Error> {
    if objects.is_empty() {
        return Ok(());
    }
    let wrong = |said: &str| {
        let said = said.lines().next().unwrap_or_default();
        let said = said.strip_prefix("error: ").unwrap_or(said);
        Error::new(
            ErrorKind::Git,
            format!("git objects could not be read: {said}"),
        )
        .hint(super::DAMAGED)
    };
    for object in objects {
        let read = git.run(["cat-file", "-p", object])?;
        if read.code != 0 {
            return Err(wrong(&read.err));
        }
    }
    let walk = ["rev-list", "--objects", "--quiet"].map(str::to_owned);
    let walked = git.run(walk.into_iter().chain(objects.iter().cloned()))?;
    match walked.code {
        0 => Ok(()),
        _ => Err(wrong(&walked.err)),
    }
}
