//! Waits in all the forms that vendors use.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use router_wire::retry_after::{parse_go_duration, rate_limit_reset, retry_after, wait_in_message};

/// Headers, and the wait they mean.
type Case = (&'static [(&'static str, &'static str)], Option<Duration>);

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).expect("a header"),
            )
        })
        .collect()
}

/// 2026-11-24 12:00:00 UTC.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_521_600)
}

fn ms(ms: u64) -> Option<Duration> {
    Some(Duration::from_millis(ms))
}

#[test]
fn forms_of_retry_after() {
    let cases: [Case; 15] = [
        (&[("retry-after", "7")], ms(7000)),
        (&[("retry-after", " 7 ")], ms(7000)),
        (&[("retry-after", "1.5")], ms(1500)),
        (&[("retry-after", "0")], ms(0)),
        (&[("retry-after", "-3")], None),
        (&[("retry-after", "soon")], None),
        (&[("retry-after", "NaN")], None),
        (&[("retry-after", "inf")], None),
        (&[("retry-after", "99999999999")], None),
        (&[("retry-after", "Tue, 24 Nov 2026 12:00:30 GMT")], ms(30_000)),
        (&[("retry-after", "Tue, 24 Nov 2026 11:00:00 GMT")], ms(0)),
        (&[("retry-after-ms", "250")], ms(250)),
        (&[("retry-after-ms", "250"), ("retry-after", "9")], ms(250)),
        (&[("retry-after-ms", "0"), ("retry-after", "9")], ms(9000)),
        (&[], None),
    ];
    for (pairs, expected) in cases {
        assert_eq!(retry_after(&headers(pairs), now()), expected, "{pairs:?}");
    }
    // Without a clock a date says nothing.
    let dated = headers(&[("retry-after", "Tue, 24 Nov 2026 12:00:30 GMT")]);
    assert_eq!(retry_after(&dated, SystemTime::UNIX_EPOCH), None);
}

#[test]
fn resets_of_rate_limits() {
    let cases: [Case; 11] = [
        (&[("x-ratelimit-reset-requests", "6m0s")], ms(360_000)),
        (
            &[
                ("x-ratelimit-reset-requests", "6m0s"),
                ("x-ratelimit-reset-tokens", "120ms"),
            ],
            ms(120),
        ),
        (&[("x-ratelimit-reset", "12")], ms(12_000)),
        (
            &[("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:05Z")],
            ms(5000),
        ),
        (
            &[("anthropic-ratelimit-tokens-reset", "2026-11-24T11:59:00Z")],
            ms(0),
        ),
        (
            &[("anthropic-ratelimit-tokens-reset", "2026-13-24T11:59:00Z")],
            None,
        ),
        // OpenRouter names a moment, in milliseconds since 1970; others in seconds.
        (&[("x-ratelimit-reset", "1795521605000")], ms(5000)),
        (&[("ratelimit-reset", "1795521605")], ms(5000)),
        (&[("x-ratelimit-reset", "1e300")], None),
        // What is used up decides.
        (
            &[
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "9s"),
                ("x-ratelimit-remaining-tokens", "149984"),
                ("x-ratelimit-reset-tokens", "6ms"),
            ],
            ms(9000),
        ),
        (
            &[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:05Z"),
                ("anthropic-ratelimit-input-tokens-remaining", "0"),
                ("anthropic-ratelimit-input-tokens-reset", "2026-11-24T12:00:40Z"),
            ],
            ms(40_000),
        ),
    ];
    for (pairs, expected) in cases {
        assert_eq!(rate_limit_reset(&headers(pairs), now()), expected, "{pairs:?}");
    }
    // Without a clock a moment says nothing, and a wait is one.
    for (text, expected) in [
        ("1795521605000", None),
        ("2026-11-24T12:00:05Z", None),
        ("5", ms(5000)),
    ] {
        let headers = headers(&[("x-ratelimit-reset", text)]);
        assert_eq!(
            rate_limit_reset(&headers, SystemTime::UNIX_EPOCH),
            expected,
            "{text}"
        );
    }
}

#[test]
fn durations() {
    let cases = [
        ("6m0s", ms(360_000)),
        ("1.5s", ms(1500)),
        ("120ms", ms(120)),
        ("2m59.56s", ms(179_560)),
        ("1h", ms(3_600_000)),
        ("1h2m3s", ms(3_723_000)),
        ("", None),
        ("s", None),
        ("5", None),
        ("5 s", None),
        ("-5s", None),
        ("1.2.3s", None),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_go_duration(text), expected, "{text}");
    }
}

#[test]
fn waits_in_messages() {
    let cases = [
        ("Please try again in 1.5s. Visit https://example.com", ms(1500)),
        ("Please try again in 120ms.", ms(120)),
        ("Please try again in 6m0s.", ms(360_000)),
        ("Please try again in 7m12.345s.", ms(432_345)),
        ("Please try again in 1h2m3s, or upgrade.", ms(3_723_000)),
        ("retry after 20 seconds", ms(20_000)),
        ("Retry after 2 minutes", ms(120_000)),
        ("Try again after 1 hour", ms(3_600_000)),
        ("Please retry in 3.25s", ms(3250)),
        ("try again in 20", ms(20_000)),
        ("try again in a moment", None),
        ("try again later", None),
        ("", None),
    ];
    for (message, expected) in cases {
        assert_eq!(wait_in_message(message), expected, "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// A wait of seconds, written in any of the forms, is read as that wait.
    #[test]
    fn forms_agree(seconds in 0_u64..100_000) {
        let expected = Some(Duration::from_secs(seconds));
        let text = seconds.to_string();
        prop_assert_eq!(retry_after(&headers(&[("retry-after", &text)]), now()), expected);
        let date = httpdate::fmt_http_date(now() + Duration::from_secs(seconds));
        prop_assert_eq!(retry_after(&headers(&[("retry-after", &date)]), now()), expected);
        let go = format!("{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
        prop_assert_eq!(parse_go_duration(&go), expected);
        let message = format!("Rate limit reached. Please try again in {go}.");
        prop_assert_eq!(wait_in_message(&message), expected);
    }

    /// Nothing that a vendor writes makes it fail, or wait for longer than a month.
    #[test]
    fn any_text(text in "\\PC{0,40}", digits in "(try again in |retry after )?[0-9.hmsµ ]{0,20}") {
        for text in [text, digits] {
            let month = Duration::from_secs(31 * 24 * 3600);
            prop_assert!(wait_in_message(&text).is_none_or(|wait| wait < month));
            prop_assert!(parse_go_duration(&text).is_none_or(|wait| wait < month));
            if let Ok(value) = HeaderValue::from_str(&text) {
                for name in ["retry-after", "retry-after-ms", "x-ratelimit-reset"] {
                    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.clone())]);
                    let _ = (retry_after(&headers, now()), rate_limit_reset(&headers, now()));
                }
            }
        }
    }
}
