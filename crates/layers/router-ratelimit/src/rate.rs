//! So many in a time, as people write it: `600/min`, `200k/min`, `1M/day`.

use std::fmt;
use std::time::Duration;

use router_core::human::{format_duration, parse_duration};
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// So many in a time.
///
/// In a configuration either the text alone, `"600/min"`, or a table that says more: `{ rate = "600/min", burst = 50 }`,
/// `{ rate = "1M/day", algorithm = "sliding_window" }`. Counts may have `k` and `M` behind them; times are `s`, `min`, `h`,
/// `day`, or a number of them, as in `100/10s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// How many.
    pub limit: u64,
    /// In which time.
    pub period: Duration,
    /// How many at once, for [`Algorithm::TokenBucket`]; `limit` where absent.
    pub burst: Option<u64>,
    /// How it is counted.
    pub algorithm: Algorithm,
}

/// How a rate is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Algorithm {
    /// A bucket that runs out evenly (GCRA): a burst at once, then a steady flow. Over a window of the period it lets through
    /// at most `limit + burst`.
    #[default]
    TokenBucket,
    /// A window that slides in sixtieths of the period: at most `limit` over any window, and the next one when the oldest have
    /// left it.
    SlidingWindow,
}

impl Rate {
    /// So many in a time, all at once if need be.
    #[must_use]
    pub fn new(limit: u64, period: Duration) -> Self {
        Self {
            limit,
            period,
            burst: None,
            algorithm: Algorithm::TokenBucket,
        }
    }

    /// So many in each second.
    #[must_use]
    pub fn per_second(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(1))
    }

    /// So many in each minute.
    #[must_use]
    pub fn per_minute(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(60))
    }

    /// So many in each day.
    #[must_use]
    pub fn per_day(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(24 * 60 * 60))
    }

    /// With at most so many at once.
    #[must_use]
    pub fn with_burst(mut self, burst: u64) -> Self {
        self.burst = Some(burst);
        self
    }

    /// Counted in a window that slides.
    #[must_use]
    pub fn sliding_window(mut self) -> Self {
        self.algorithm = Algorithm::SlidingWindow;
        self
    }

    /// The most that can be had at once.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        match self.algorithm {
            Algorithm::TokenBucket => self.burst.unwrap_or(self.limit),
            Algorithm::SlidingWindow => self.limit,
        }
    }

    /// Reads `600/min`.
    ///
    /// # Errors
    /// One line that says what was found and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no rate: expected a count and a time, as in 600/min, 200k/min, 1M/day");
        let (count, time) = text.split_once('/').ok_or_else(wrong)?;
        let limit = parse_count(count).ok_or_else(wrong)?;
        let period = parse_period(time.trim()).ok_or_else(wrong)?;
        if limit == 0 || period.is_zero() {
            return Err(format!("`{text}` lets nothing through: at least 1 is needed"));
        }
        Ok(Self::new(limit, period))
    }

    /// What is wrong with it as a whole.
    fn check(self) -> Result<Self, String> {
        match (self.algorithm, self.burst) {
            (_, Some(0)) => Err("burst is 0: at least 1 is needed".to_owned()),
            (Algorithm::SlidingWindow, Some(_)) => {
                Err("burst has no meaning with sliding_window: all of it may come at once".to_owned())
            }
            _ => Ok(self),
        }
    }
}

/// Reads a count: digits, a fraction, `k` or `M` behind.
fn parse_count(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, factor) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1e3),
        None => text.strip_suffix('M').map_or((text, 1.0), |digits| (digits, 1e6)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let count = digits.parse::<f64>().ok()? * factor;
    // Whole, and small enough for every count to be exact.
    (count.fract() == 0.0 && count < 9e15).then_some(count as u64)
}

fn parse_period(text: &str) -> Option<Duration> {
    let unit = match text {
        "sec" | "second" => "1s",
        "min" | "minute" => "1m",
        "hour" => "1h",
        "day" => "1d",
        unit => unit,
    };
    if unit.starts_with(|first: char| first.is_ascii_digit()) {
        return parse_duration(unit).ok();
    }
    parse_duration(&format!("1{unit}")).ok()
}

impl fmt::Display for Rate {
    /// As [`Rate::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            limit if limit % 1_000_000 == 0 && limit > 0 => write!(f, "{}M", limit / 1_000_000)?,
            limit if limit % 1_000 == 0 && limit > 0 => write!(f, "{}k", limit / 1_000)?,
            limit => write!(f, "{limit}")?,
        }
        match format_duration(self.period).as_str() {
            "1s" => f.write_str("/s"),
            "1m" => f.write_str("/min"),
            "1h" => f.write_str("/h"),
            "1d" => f.write_str("/day"),
            period => write!(f, "/{period}"),
        }
    }
}

impl std::str::FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rate: String,
    burst: Option<u64>,
    #[serde(default)]
    algorithm: Algorithm,
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RateVisitor;

        impl<'de> Visitor<'de> for RateVisitor {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rate such as \"600/min\", or a table with `rate`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Rate, E> {
                Rate::parse(text).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rate, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                let rate = Rate::parse(&table.rate).map_err(de::Error::custom)?;
                let rate = Rate {
                    burst: table.burst,
                    algorithm: table.algorithm,
                    ..rate
                };
                rate.check().map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(RateVisitor)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.burst.is_none() && self.algorithm == Algorithm::TokenBucket {
            return serializer.collect_str(self);
        }
        let fields = 2 + usize::from(self.burst.is_some());
        let mut table = serializer.serialize_struct("Rate", fields)?;
        table.serialize_field("rate", &self.to_string())?;
        match self.burst {
            Some(burst) => table.serialize_field("burst", &burst)?,
            None => table.skip_field("burst")?,
        }
        table.serialize_field("algorithm", &self.algorithm)?;
        table.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_as_people_write_them() {
        for (text, limit, seconds, shown) in [
            ("600/min", 600, 60, "600/min"),
            ("200k/min", 200_000, 60, "200k/min"),
            ("1M/day", 1_000_000, 86_400, "1M/day"),
            ("1.5M/day", 1_500_000, 86_400, "1500k/day"),
            ("10/s", 10, 1, "10/s"),
            ("10 / second", 10, 1, "10/s"),
            ("100/10s", 100, 10, "100/10s"),
            ("5000/h", 5_000, 3_600, "5k/h"),
            ("1/hour", 1, 3_600, "1/h"),
            ("30/d", 30, 86_400, "30/day"),
            ("2K/m", 2_000, 60, "2k/min"),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!((rate.limit, rate.period.as_secs()), (limit, seconds), "{text}");
            assert_eq!(rate.to_string(), shown);
            assert_eq!(Rate::parse(shown), Ok(rate));
        }
    }

    #[test]
    fn what_is_no_rate_says_what_is() {
        for text in [
            "",
            "600",
            "600/fortnight",
            "/min",
            "-1/min",
            "1e3/min",
            "0.5/min",
            "k/min",
            "1/0s x",
        ] {
            let error = Rate::parse(text).unwrap_err();
            assert!(
                error.contains(&format!("`{text}`")) && error.contains("600/min"),
                "{error}"
            );
        }
        assert!(Rate::parse("0/min").unwrap_err().contains("nothing"));
    }
}
