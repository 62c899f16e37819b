/// The number of days from 1970-01-01 to a date `YYYY-MM-DD`, whatever follows it; `None` if it is none.
///
/// After Howard Hinnant's description of days in the proleptic Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html>).
pub fn days_of_date(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-');
    let mut number = |length: usize| {
        let part = parts.next().filter(|p| p.len() == length)?;
        part.parse::<i64>().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    // Years begin in March, so that a leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The date `YYYY-MM-DD` of a number of days from 1970-01-01.
pub fn date_of_days(days: i64) -> String {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A point in time, given in seconds since 1970-01-01 UTC, as `YYYY-MM-DDThh:mm:ss` (ISO 8601, UTC,
/// without a zone).
pub fn time_of_seconds(seconds: i64) -> String {
    const DAY: i64 = 24 * 60 * 60;
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let date = date_of_days(seconds.div_euclid(DAY));
    format!("{date}T{hour:02}:{minute:02}:{second:02}")
}

/// Reads what [`time_of_seconds`] wrote, a zone `Z` or not.
pub fn seconds_of_time(text: &str) -> Option<i64> {
    let days = days_of_date(text)?;
    let number = |from: usize| text.get(from..from + 2)?.parse::<i64>().ok();
    Some(((days * 24 + number(11)?) * 60 + number(14)?) * 60 + number(17)?)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_times_lead_to_each_other() {
        assert_eq!(time_of_seconds(0), "1970-01-01T00:00:00");
        assert_eq!(time_of_seconds(1_000_000_000), "2001-09-09T01:46:40");
        for seconds in (0..4_000_000_000).step_by(7_654_321) {
            let text = time_of_seconds(seconds) + "Z";
            assert_eq!(seconds_of_time(&text), Some(seconds));
        }
        assert_eq!(seconds_of_time("2001-09-09"), None);
    }

    #[test]
    fn days_and_dates_lead_to_each_other() {
        assert_eq!(days_of_date("1970-01-01"), Some(0));
        assert_eq!(days_of_date("2000-03-01T12:00:00Z"), Some(11_017));
        for days in (-200_000..200_000).step_by(37) {
            assert_eq!(days_of_date(&date_of_days(days)), Some(days));
        }
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "today",
            "",
            "2026-00-10",
        ] {
            assert_eq!(days_of_date(wrong), None, "{wrong}");
        }
        assert!(days_of_date("2024-02-29").is_some());
    }
}
