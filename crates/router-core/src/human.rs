//! Times as people write them in settings: `250ms`, `5s`, `10m`, `1h`, `7d`.

use std::time::Duration;

use serde::{Deserializer, Serializer, de};

/// Units, largest first: the word, and its milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a time: a number and a unit of `ms`, `s`, `m` (or `min`), `h`, `d`. Fractions are fine: `1.5s`.
///
/// # Errors
/// One line that says what was found and what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let digits = trimmed
        .find(|char: char| !char.is_ascii_digit() && char != '.')
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit = match unit.trim() {
        "min" => "m",
        unit => unit,
    };
    let found = UNITS.iter().find(|(word, _)| *word == unit);
    if let (Ok(number), Some((_, millis))) = (number.parse::<f64>(), found)
        && let Ok(duration) = Duration::try_from_secs_f64(number * *millis as f64 / 1000.0)
    {
        return Ok(duration);
    }
    Err(format!(
        "`{text}` is no time: expected a number with a unit of ms, s, m, h or d, as in 5s"
    ))
}

/// Writes a time as [`parse_duration`] reads it, in the largest unit without a fraction.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis == 0.0 {
        return "0s".to_owned();
    }
    let whole = UNITS.iter().find(|(_, unit)| millis % *unit as f64 == 0.0);
    match whole {
        Some((word, unit)) => format!("{}{word}", millis / *unit as f64),
        None => format!("{millis}ms"),
    }
}

/// For fields: `#[serde(with = "router_core::human::duration")]`.
pub mod duration {
    use super::{Deserializer, Duration, Serializer, de, format_duration, parse_duration};
    use serde::Deserialize as _;

    /// Writes a time.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_duration(*duration))
    }

    /// Reads a time.
    ///
    /// # Errors
    /// What is no time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse_duration(&text).map_err(de::Error::custom)
    }
}

/// For fields that may be absent: `#[serde(default, with = "router_core::human::optional_duration")]`.
pub mod optional_duration {
    use super::{Deserializer, Duration, Serializer, de, format_duration, parse_duration};
    use serde::Deserialize as _;

    /// Writes a time, or nothing.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => serializer.serialize_some(&format_duration(*duration)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a time that may be absent.
    ///
    /// # Errors
    /// What is no time.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.map(|text| parse_duration(&text).map_err(de::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_they_are_written() {
        for (text, millis) in [
            ("250ms", 250),
            ("5s", 5000),
            ("1.5s", 1500),
            ("10m", 600_000),
            ("10min", 600_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            ("0s", 0),
            (" 2 s ", 2000),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!(parse_duration(text), Ok(duration), "{text}");
            assert_eq!(parse_duration(&format_duration(duration)), Ok(duration), "{text}");
        }
        assert_eq!(format_duration(Duration::from_millis(1500)), "1500ms");
        assert_eq!(format_duration(Duration::from_secs(600)), "10m");
        assert_eq!(format_duration(Duration::from_micros(500)), "0.5ms");
    }

    #[test]
    fn what_is_no_time_says_what_is() {
        for text in [
            "",
            "5",
            "s",
            "5 fortnights",
            "-5s",
            "1e3s",
            "1.2.3s",
            "99999999999999999999d",
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(
                error.contains(&format!("`{text}`")) && error.contains("5s"),
                "{error}"
            );
        }
    }
}
