//! What git hands to a hook.

use newgate::git::{parse_push_lines, parse_receive_lines};

/// Every line is read or the whole is refused, and what was read says what stood there.
pub fn lines(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let written = || text.lines().filter(|l| !l.is_empty()).count();
    if let Ok(lines) = parse_push_lines(input) {
        assert_eq!(lines.len(), written(), "a line of a push was lost");
        for (line, written) in lines.iter().zip(text.lines()) {
            let again = format!(
                "{} {} {} {}",
                line.local_ref, line.local_oid, line.remote_ref, line.remote_oid
            );
            assert!(
                again.eq_ignore_ascii_case(written),
                "{again:?} of {written:?}"
            );
        }
    }
    if let Ok(lines) = parse_receive_lines(input) {
        assert_eq!(lines.len(), written(), "a line of a push was lost");
        for line in &lines {
            assert!(text.contains(&line.remote_ref));
        }
    }
}
