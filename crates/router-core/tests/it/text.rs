//! Shared text: slices share, stored ones let go, and JSON stays byte for byte.

use std::borrow::Cow;

use bytes::Bytes;
use proptest::prelude::*;
use router_core::{Extra, Json, Text};

#[test]
fn slices_share_the_buffer() {
    let whole = Text::from("hello, wörld");
    let part = whole.slice_ref(&whole[7..]);
    assert_eq!(part, "wörld");
    assert!(whole.as_bytes().as_ptr_range().contains(&part.as_ptr()));
    let own = part.detach();
    assert_eq!(own, part);
    assert!(!whole.as_bytes().as_ptr_range().contains(&own.as_ptr()));
    assert_eq!(whole.slice_ref(""), "");
}

#[test]
fn cows() {
    let whole = Text::from("abc");
    let borrowed = whole.slice_cow(Cow::Borrowed(&whole[1..]));
    assert!(whole.as_bytes().as_ptr_range().contains(&borrowed.as_ptr()));
    assert_eq!(whole.slice_cow(Cow::Owned("xyz".to_owned())), "xyz");
}

#[test]
fn bytes_that_are_no_text_come_back() {
    let bad = Bytes::from_static(b"a\xff");
    assert_eq!(Text::from_utf8(bad.clone()), Err(bad));
    let good = Bytes::from("ä");
    let text = Text::from_utf8(good.clone()).expect("UTF-8");
    assert_eq!(
        text.as_bytes().as_ptr(),
        good.as_ptr(),
        "the bytes are not copied"
    );
    assert_eq!(text.into_bytes(), good);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_are_their_strings(text in "\\PC{0,40}") {
        let shared = Text::from(text.as_str());
        prop_assert_eq!(&shared, text.as_str());
        prop_assert_eq!(shared.to_string(), text.clone());
        prop_assert_eq!(format!("{shared:?}"), format!("{text:?}"));
        let json = serde_json::to_string(&shared).expect("JSON");
        prop_assert_eq!(&json, &serde_json::to_string(&text).expect("JSON"));
        prop_assert_eq!(serde_json::from_str::<Text>(&json).expect("JSON"), shared);
    }

    /// Whatever is JSON passes through as it was written; whatever is not is refused.
    #[test]
    fn json_passes_through(text in "[ \\[\\]{}:,\"0-9a-z.eE+-]{0,24}") {
        match Json::parse(text.as_str()) {
            Ok(json) => {
                prop_assert_eq!(json.as_str(), text.as_str());
                let written = serde_json::to_string(&json).expect("JSON");
                prop_assert_eq!(written.as_str(), text.trim());
            }
            Err(_) => prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_err()),
        }
    }
}

#[test]
fn numbers_and_order_stay() {
    let text = r#"{"z":1.0,"a":1e2,"big":12345678901234567890123}"#;
    let json: Json = serde_json::from_str(text).expect("JSON");
    assert_eq!(serde_json::to_string(&json).expect("JSON"), text);
    assert_eq!(json.to::<serde_json::Value>().expect("a value")["a"], 100.0);
    assert!(json.to::<Vec<u8>>().is_err());
}

#[test]
fn extra_has_one_wire() {
    let mut extra = Extra::new();
    assert!(extra.is_empty());
    extra.insert("openai", "a", Json::null());
    extra.insert("openai", "b", Json::null());
    extra.insert("openai", "a", Json::empty_object());
    assert_eq!(extra.for_wire("openai").len(), 2);
    assert_eq!(extra.get("openai", "a"), Some(&Json::empty_object()));
    assert!(extra.for_wire("anthropic").is_empty());
    extra.insert("anthropic", "c", Json::null());
    assert_eq!(extra.wire(), Some("anthropic"));
    assert_eq!(extra.iter().count(), 1);
    assert!(Extra::of("openai", vec![]).is_empty());
}
