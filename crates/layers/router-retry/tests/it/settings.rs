//! Settings as they are written in files: every field, its default, and what is refused.

use router_retry::{BreakerPolicy, RetryPolicy, TimeoutPolicy};
use serde_json::{Value, from_value, json, to_value};

/// The text of the error for what is refused.
fn refusal<T: serde::de::DeserializeOwned>(value: Value) -> String {
    match from_value::<T>(value) {
        Ok(_) => panic!("it is not refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn defaults_are_what_the_documentation_says() {
    assert_eq!(
        to_value(RetryPolicy::default()).unwrap(),
        json!({
            "attempts": 4, "base": "500ms", "cap": "8s", "longest_wait": "1m",
            "budget": {"percent": 20, "per_second": 10},
            "kinds": {}, "operations": {},
        })
    );
    assert_eq!(
        to_value(TimeoutPolicy::default()).unwrap(),
        json!({
            "first_content": "1m", "between_contents": "1m", "attempt": "10m", "stream_attempt": "none",
        })
    );
    assert_eq!(
        to_value(BreakerPolicy::default()).unwrap(),
        json!({
            "consecutive": 10, "percent": 50, "minimum": 20, "window": "30s", "open": "10s", "patience": "10s",
        })
    );
}

#[test]
fn what_is_not_said_is_the_default() {
    assert_eq!(
        from_value::<RetryPolicy>(json!({})).unwrap(),
        RetryPolicy::default()
    );
    assert_eq!(
        from_value::<TimeoutPolicy>(json!({})).unwrap(),
        TimeoutPolicy::default()
    );
    assert_eq!(
        from_value::<BreakerPolicy>(json!({})).unwrap(),
        BreakerPolicy::default()
    );
}

#[test]
fn everything_can_be_said() {
    let retry = json!({
        "attempts": 2, "base": "1s", "cap": "1m", "longest_wait": "2m",
        "budget": {"percent": 50, "per_second": 1},
        "kinds": {"rate_limited": {"attempts": 8, "base": "2s"}, "timeout": {"attempts": 1}},
        "operations": {"generate_image": {"attempts": 1}, "embed": {"cap": "90s"}},
    });
    let policy: RetryPolicy = from_value(retry.clone()).unwrap();
    assert_eq!(to_value(&policy).unwrap(), retry);
    let timeouts = json!({
        "first_content": "none", "between_contents": "1500ms", "attempt": "2h", "stream_attempt": "1d",
    });
    let policy: TimeoutPolicy = from_value(timeouts.clone()).unwrap();
    assert_eq!(to_value(&policy).unwrap(), timeouts);
}

#[test]
fn what_is_wrong_is_refused_with_a_word_about_what_is_right() {
    for (value, words) in [
        (json!({"attemps": 3}), &["attemps", "attempts"][..]),
        (json!({"attempts": -1}), &["-1"]),
        (json!({"base": 5}), &["5"]),
        (json!({"cap": "5 fortnights"}), &["5 fortnights", "5s"]),
        (
            json!({"kinds": {"ratelimit": {}}}),
            &["ratelimit", "rate_limited"],
        ),
        (json!({"kinds": {"server": {"tries": 1}}}), &["tries", "attempts"]),
        (json!({"operations": {"draw": {}}}), &["draw", "generate_image"]),
        (json!({"budget": {"ratio": 0.2}}), &["ratio", "percent"]),
    ] {
        let refusal = refusal::<RetryPolicy>(value.clone());
        for word in words {
            assert!(refusal.contains(word), "{value}: {refusal}");
        }
    }
    let refusal = refusal::<TimeoutPolicy>(json!({"attempt": "0s"}));
    assert!(refusal.contains("0s") && refusal.contains("none"), "{refusal}");
}
