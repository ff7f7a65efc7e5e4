//! Times: RFC 3339 on the wire, seconds since 1970 in our types.

/// Seconds since 1970 of a time as RFC 3339 has it.
pub(crate) fn seconds_of(time: &str) -> Option<i64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days from the civil calendar: years counted from March, so that a leap day ends one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let zone = time.get(19..)?;
    let offset = match zone.find(['+', '-']) {
        Some(at) => {
            let sign = if zone[at..].starts_with('-') { -1 } else { 1 };
            let hours = number(20 + at, 22 + at)?;
            let minutes = number(23 + at, 25 + at).unwrap_or(0);
            sign * (hours * 3600 + minutes * 60)
        }
        None => 0,
    };
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// A time in seconds since 1970 as RFC 3339 has it.
#[cfg(feature = "server")]
pub(crate) fn rfc3339(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400);
    // The civil calendar, years counted from March.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Seconds since 1970 by the machine's clock.
#[cfg(feature = "server")]
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds_of("2024-02-29T12:00:00.5Z"), Some(1_709_208_000));
        assert_eq!(seconds_of("2024-02-29T12:00:00-07:00"), Some(1_709_233_200));
        assert_eq!(seconds_of("soon"), None);
        assert_eq!(seconds_of("2024-02-29T12:00:00+"), None);
    }

    #[cfg(feature = "server")]
    #[test]
    fn times_are_written() {
        assert_eq!(rfc3339(1_709_208_000), "2024-02-29T12:00:00Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        for seconds in (-4_000_000_000..8_000_000_000).step_by(86_400 * 17 + 12_345) {
            assert_eq!(seconds_of(&rfc3339(seconds)), Some(seconds));
        }
    }
}
