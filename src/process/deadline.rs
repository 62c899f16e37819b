//! The last resort against a check that continues past its time without looking at a clock: the process ends, with its
//! scanners and without what they were given.

use std::sync::{Condvar, Mutex, Once, PoisonError};
use std::time::Instant;

use super::ending::end_at_once;

/// When the process has to have ended.
static END: Mutex<Option<Instant>> = Mutex::new(None);
static CHANGED: Condvar = Condvar::new();

/// Ends the process at a time if it has not ended by then; a later call sets another time. `then` returns
/// the exit code, and an error and hints to say.
pub fn must_end_by(end: Instant, then: fn() -> (u8, Vec<String>)) {
    static WATCH: Once = Once::new();
    *END.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    CHANGED.notify_all();
    WATCH.call_once(|| {
        // Where no thread can be had, the check still looks at the clock by itself.
        let _ = std::thread::Builder::new()
            .name("deadline".into())
            .spawn(move || watch(then));
    });
}

fn watch(then: fn() -> (u8, Vec<String>)) {
    let mut end = END.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(at) = *end {
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let (code, words) = then();
            end_at_once(code, words);
        }
        let waited = CHANGED.wait_timeout(end, left);
        end = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}
