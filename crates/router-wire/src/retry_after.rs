//! How long a vendor asks to wait: headers, dates, durations, and words in a message.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// Longest wait that is believed; a longer one is a mistake or a date far away.
const MAX_SECONDS: f64 = 30.0 * 24.0 * 3600.0;

/// The last second of the year 9999, as seconds since 1970.
const MAX_TIME: f64 = 253_402_300_799.0;

/// The wait in `retry-after-ms` (milliseconds, above zero) or `retry-after` (seconds, or an HTTP date seen from `now`).
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    if let Some(wait) = value("retry-after-ms")
        .and_then(|ms| ms.parse::<f64>().ok())
        .filter(|ms| *ms > 0.0)
    {
        return seconds(wait / 1000.0);
    }
    let text = value("retry-after")?;
    if let Ok(wait) = text.parse::<f64>() {
        return seconds(wait);
    }
    let date = httpdate::parse_http_date(text).ok()?;
    if now == SystemTime::UNIX_EPOCH {
        return None;
    }
    Some(date.duration_since(now).unwrap_or_default())
}

/// When the limit that was hit is free again, by the headers of limits: durations (`x-ratelimit-reset-requests: 6m0s`),
/// seconds, seconds or milliseconds since 1970, or RFC 3339 times (`anthropic-ratelimit-requests-reset`), seen from `now`.
///
/// Vendors send several limits at once. Those with nothing remaining were hit, and the latest of them decides; where none
/// says so, the soonest is worth a try.
#[must_use]
pub fn rate_limit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    // The headers of one limit: when it is free again, and what remains.
    const LIMITS: &[(&str, &str)] = &[
        ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
        ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
        (
            "x-ratelimit-reset-tokens-minute",
            "x-ratelimit-remaining-tokens-minute",
        ),
        (
            "x-ratelimit-reset-requests-day",
            "x-ratelimit-remaining-requests-day",
        ),
        ("x-ratelimit-reset", "x-ratelimit-remaining"),
        ("ratelimit-reset", "ratelimit-remaining"),
        (
            "anthropic-ratelimit-requests-reset",
            "anthropic-ratelimit-requests-remaining",
        ),
        (
            "anthropic-ratelimit-tokens-reset",
            "anthropic-ratelimit-tokens-remaining",
        ),
        (
            "anthropic-ratelimit-input-tokens-reset",
            "anthropic-ratelimit-input-tokens-remaining",
        ),
        (
            "anthropic-ratelimit-output-tokens-reset",
            "anthropic-ratelimit-output-tokens-remaining",
        ),
    ];
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let mut soonest = None;
    let mut latest_hit = None;
    for (reset, remaining) in LIMITS {
        let Some(wait) = value(reset).and_then(|text| reset_in(text, now)) else {
            continue;
        };
        soonest = Some(soonest.map_or(wait, |known: Duration| known.min(wait)));
        if value(remaining) == Some("0") {
            latest_hit = latest_hit.max(Some(wait));
        }
    }
    latest_hit.or(soonest)
}

/// A reset in any of its forms.
fn reset_in(text: &str, now: SystemTime) -> Option<Duration> {
    if let Some(wait) = parse_go_duration(text) {
        return Some(wait);
    }
    let time = match text.parse::<f64>() {
        Ok(millis) if millis >= 1e12 => SystemTime::UNIX_EPOCH + seconds_up_to(millis / 1000.0, MAX_TIME)?,
        Ok(time) if time >= 1e9 => SystemTime::UNIX_EPOCH + seconds_up_to(time, MAX_TIME)?,
        Ok(wait) => return seconds(wait),
        Err(_) => rfc3339(text)?,
    };
    if now == SystemTime::UNIX_EPOCH {
        return None;
    }
    seconds(time.duration_since(now).unwrap_or_default().as_secs_f64())
}

/// A duration as Go and protobuf write it: `6m0s`, `1.5s`, `120ms`, `2m59.56s`, `1h`.
#[must_use]
pub fn parse_go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let (scale, unit) = [
            ("ms", 0.001),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("ns", 1e-9),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ]
        .iter()
        .find(|(unit, _)| rest[digits..].starts_with(unit))
        .map(|(unit, scale)| (*scale, unit.len()))?;
        total += number * scale;
        rest = &rest[digits + unit..];
    }
    seconds(total)
}

/// The wait that a message names: "try again in 1.5s", "retry after 20 seconds", "try again in 6m0s".
#[must_use]
pub fn wait_in_message(message: &str) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    let start = [
        "try again in ",
        "try again after ",
        "retry in ",
        "retry after ",
        "resets in ~",
    ]
    .iter()
    .filter_map(|phrase| lower.find(phrase).map(|at| at + phrase.len()))
    .min()?;
    let rest = &lower[start..];
    let word = rest.split_whitespace().next().unwrap_or_default();
    if let Some(wait) = parse_go_duration(word.trim_end_matches(|c: char| !c.is_ascii_alphabetic())) {
        return Some(wait);
    }
    let (minutes, rest) = match rest.split_once('m') {
        Some((digits, tail))
            if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && !tail.starts_with('s') =>
        {
            (
                digits.parse::<f64>().ok()?,
                tail.trim_start_matches("inutes").trim_start_matches("inute"),
            )
        }
        _ => (0.0, rest),
    };
    let rest = rest.trim_start();
    let digits = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let number = rest[..digits]
        .trim_end_matches('.')
        .parse::<f64>()
        .unwrap_or(f64::NAN);
    let unit = rest[digits..].trim_start();
    if number.is_nan() {
        return if minutes > 0.0 {
            seconds(minutes * 60.0)
        } else {
            None
        };
    }
    let scale = if unit.starts_with("ms") || unit.starts_with("milli") {
        0.001
    } else if unit.starts_with("min") {
        60.0
    } else if unit.starts_with("hour") {
        3600.0
    } else {
        1.0
    };
    seconds(minutes * 60.0 + number * scale)
}

fn seconds(seconds: f64) -> Option<Duration> {
    seconds_up_to(seconds, MAX_SECONDS)
}

fn seconds_up_to(seconds: f64, most: f64) -> Option<Duration> {
    (seconds.is_finite() && (0.0..=most).contains(&seconds)).then(|| Duration::from_secs_f64(seconds))
}

/// An RFC 3339 time in UTC, to the second.
fn rfc3339(text: &str) -> Option<SystemTime> {
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
    if !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || !text.ends_with('Z')
    {
        return None;
    }
    // Days from civil, with March as the first month (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * shifted.0 + shifted.0 / 4 - shifted.0 / 100 + shifted.0 / 400 + (153 * shifted.1 + 2) / 5 + day
            - 1;
    let days = days.checked_sub(719_468)?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}
