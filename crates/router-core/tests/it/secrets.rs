//! Keys cannot be displayed, and are masked where vendors echo them.

use proptest::prelude::*;
use router_core::Secret;
use router_core::secret::mask_secrets;

#[test]
fn no_display() {
    let key = Secret::from("sk-very-secret-0123456789");
    for shown in [format!("{key}"), format!("{key:?}"), format!("{:#?}", Some(&key))] {
        assert!(!shown.contains("secret-0123"), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
    assert_eq!(key.expose(), "sk-very-secret-0123456789");
    assert!(Secret::from(" \t").is_blank());
    assert!(!key.is_blank());
}

#[test]
fn comparisons() {
    let key = Secret::from("abc");
    assert!(key.matches("abc"));
    for other in ["", "ab", "abd", "abcd", "ABC"] {
        assert!(!key.matches(other), "{other}");
    }
    assert_eq!(key, Secret::from("abc".to_owned()));
}

/// What stands in front of it in the same word ends as a key begins.
#[test]
fn a_false_beginning_hides_no_key() {
    let masked = mask_secrets("task-sk-abcdefgh12345678, risk_sk_abcdefgh12345678");
    assert_eq!(masked, "task-sk-***, risk_sk_***");
}

/// One of each vendor's shapes, bare, and in the places where they turn up.
#[test]
fn shapes() {
    let keys = [
        "sk-proj-abcdEFGH0123456789",
        "sk-ant-api03-abcdEFGH0123456789",
        "AIzaSyA1234567890abcdefghijk",
        "xai-abcdefgh12345678",
        "gsk_abcdefgh12345678",
        "hf_abcdefgh12345678",
        "r8_abcdefgh12345678",
        "nvapi-abcdefgh12345678",
        "pplx-abcdefgh12345678",
        "AKIAIOSFODNN7EXAMPLE",
        "0123456789abcdef0123456789abcdef.Ab12Cd34Ef56",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefgh",
        "ya29.a0AfH6SMBx1234567890",
    ];
    for key in keys {
        for text in [
            key.to_owned(),
            format!("Incorrect API key provided: {key}."),
            format!("{{\"error\":\"bad key {key}\"}}"),
            format!("https://example.com/v1?key={key}&alt=sse"),
            format!("Authorization: Bearer {key}"),
            format!("a line\\n{key}\\ttab"),
            format!("a line\\\\n{key}"),
            format!("\\u0020{key}"),
            format!("https://example.com/?to=%2Fv1%3D{key}%26"),
        ] {
            let masked = mask_secrets(&text);
            let end = &key[key.len() - 8..];
            assert!(!masked.contains(end), "{text} → {masked}");
            assert!(masked.contains("***"), "{text} → {masked}");
        }
    }
}

/// Behind a label anything of some length is a key.
#[test]
fn labels() {
    for text in [
        "?key=abcdefgh1234",
        "api_key: abcdefgh1234",
        "\"x-api-key\": \"abcdefgh1234\"",
        "{\\\"token\\\":\\\"abcdefgh1234\\\"}",
        "Bearer abcdefgh1234",
        "password=abcdefgh1234",
    ] {
        let masked = mask_secrets(text);
        assert!(!masked.contains("abcdefgh1234"), "{text} → {masked}");
    }
}

#[test]
fn ordinary_words_stay() {
    for text in [
        "the model gpt-5.5 does not exist",
        "rate limit reached for requests per minute",
        "ask-me-anything-about-this-long-word",
        "the keyboard: something",
        "max_tokens: 4096",
        "request req_0123456789abcdef",
        "naïve 😀 text",
        "",
    ] {
        assert_eq!(mask_secrets(text), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Wherever a key stands, its end is gone, and the text around it is there.
    #[test]
    fn anywhere(before in "[ a-zä😀\\n]{0,12}[ :\"(]", key in "sk-[A-Za-z0-9]{20,40}", after in "[ \",)][ a-z😀]{0,12}") {
        let text = format!("{before}{key}{after}");
        let masked = mask_secrets(&text);
        prop_assert!(!masked.contains(&key[8..]), "{}", masked);
        prop_assert!(masked.starts_with(&before));
        prop_assert!(masked.ends_with(&after));
    }

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        let once = mask_secrets(&text).into_owned();
        prop_assert_eq!(mask_secrets(&once), once.as_str(), "masking twice is masking once");
    }
}
