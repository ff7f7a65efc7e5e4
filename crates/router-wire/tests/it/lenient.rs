//! Any JSON type where another was promised reads as absent.

use router_core::Text;
use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;

const ANYTHING: &[&str] = &[
    "null",
    "true",
    "0",
    "-7",
    "1.5",
    "1e300",
    "\"\"",
    "\"7\"",
    "\"x\"",
    "[]",
    "[1,[2]]",
    "{}",
    "{\"a\":{\"b\":1}}",
];

#[test]
fn nothing_fails() {
    for json in ANYTHING {
        assert!(serde_json::from_str::<Str<'_>>(json).is_ok(), "{json}");
        assert!(serde_json::from_str::<Num>(json).is_ok(), "{json}");
        assert!(
            serde_json::from_str::<List<serde_json::Value>>(json).is_ok(),
            "{json}"
        );
    }
}

#[test]
fn strings() {
    let read = |json: &str| serde_json::from_str::<Str<'_>>(json).expect("lenient").to_text();
    assert_eq!(read("\"x\"").as_deref(), Some("x"));
    assert_eq!(read("7").as_deref(), Some("7"));
    assert_eq!(read("1.5").as_deref(), Some("1.5"));
    for absent in ["null", "\"\"", "true", "[\"x\"]", "{\"x\":1}"] {
        assert_eq!(read(absent), None, "{absent}");
    }
}

/// A string without escapes is a slice of its frame.
#[test]
fn strings_are_slices() {
    let frame = Text::from("{\"a\":\"hello\",\"b\":\"h\\u00e9\"}");
    #[derive(Deserialize)]
    struct Both<'a> {
        #[serde(borrow)]
        a: Str<'a>,
        #[serde(borrow)]
        b: Str<'a>,
    }
    let both: Both<'_> = serde_json::from_str(&frame).expect("JSON");
    let a = both.a.take(&frame).expect("a string");
    assert!(
        frame.as_bytes().as_ptr_range().contains(&a.as_ptr()),
        "the string was copied"
    );
    assert_eq!(both.b.take(&frame).as_deref(), Some("hé"));
}

#[test]
fn numbers() {
    let read = |json: &str| serde_json::from_str::<Num>(json).expect("lenient");
    assert_eq!(read("7").count(), Some(7));
    assert_eq!(read("7.0").count(), Some(7));
    assert_eq!(read("\" 7 \"").count(), Some(7));
    assert_eq!(read("-7").count(), None);
    assert_eq!(read("-7").int(), Some(-7));
    assert_eq!(read("5000000000").index(), None);
    for absent in ["null", "\"x\"", "true", "[]", "{}", "1e300"] {
        assert_eq!(read(absent).count(), None, "{absent}");
    }
}

#[test]
fn lists() {
    let read = |json: &str| serde_json::from_str::<List<u32>>(json).expect("lenient").0;
    assert_eq!(read("[1,2]"), [1, 2]);
    for empty in ["null", "{}", "\"x\"", "7", "false"] {
        assert!(read(empty).is_empty(), "{empty}");
    }
}
