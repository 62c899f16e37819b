//! What a run says of itself: whether it came to its end, and which files it could not read.

use super::super::Unreadable;
use super::super::item::Item;
use super::LEVEL;
use super::log::{Invocation, Notification, Run};
use super::places::path_of;
use super::rules::level_of_sort;
use super::texts::text_of;

/// Hands on what the invocations of a run say.
pub(super) fn take_invocations(
    run: &Run<'_>,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let converted = run.conversion.iter().filter_map(|c| c.invocation.as_ref());
    for invocation in run.invocations.iter().flatten().chain(converted) {
        for notification in invocation.tool_execution_notifications.iter().flatten() {
            notified((run, invocation), notification, true, take)?;
        }
        for notification in invocation.tool_configuration_notifications.iter().flatten() {
            notified((run, invocation), notification, false, take)?;
        }
        let died = invocation
            .exit_signal_name
            .as_ref()
            .map(|s| format!("it was ended by {s}"))
            .or_else(|| {
                let number = invocation.exit_signal_number.filter(|n| *n != 0)?;
                Some(format!("it was ended by signal {number}"))
            });
        let failed = died.or_else(|| invocation.process_start_failure_message.clone());
        let failed = failed.filter(|f| !f.trim().is_empty()).or_else(|| {
            (invocation.execution_successful == Some(false))
                .then(|| "it reports that its run was not successful".to_owned())
        });
        if failed.is_some() {
            take(Item {
                failed,
                ..Item::default()
            })?;
        }
    }
    Ok(())
}

/// What a notification means: an error is a file that could not be read, or a run that failed; a warning
/// of the scan itself about a file is one that was not read as a whole.
fn notified(
    (run, invocation): (&Run<'_>, &Invocation),
    notification: &Notification,
    of_the_scan: bool,
    take: &mut dyn FnMut(Item) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let stated = notification
        .level
        .as_deref()
        .map(str::trim)
        .filter(|l| !l.is_empty());
    let of_sort = || level_of_sort(run, invocation, notification.descriptor.as_ref()?);
    let level = stated
        .or_else(of_sort)
        .unwrap_or(LEVEL)
        .to_ascii_lowercase();
    let is_error = match level.as_str() {
        "none" | "note" => false,
        "warning" => notification.exception.is_some(),
        _ => true,
    };
    if !is_error && (level != LEVEL || !of_the_scan) {
        return Ok(());
    }
    let message = match text_of(notification.message.as_ref()) {
        none if none.is_empty() => "the report says that not all of it was scanned".to_owned(),
        some => some,
    };
    let places = notification.locations.iter().flatten();
    let mut paths = places
        .filter_map(|l| path_of(run, l.physical_location.as_ref()?))
        .peekable();
    if paths.peek().is_none() && is_error {
        take(Item {
            failed: Some(message.clone()),
            ..Item::default()
        })?;
    }
    for path in paths {
        take(Item {
            error: Some(message.clone()),
            path: Some(path),
            // Scanners warn about files of other packages, too.
            may_be_elsewhere: !is_error,
            ..Item::default()
        })?;
    }
    Ok(())
}
