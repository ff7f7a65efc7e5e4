//! Error bodies of all known shapes.

use proptest::prelude::*;
use router_wire::error_body::ErrorBody;

fn read(body: &str) -> (Option<String>, Vec<String>) {
    let body = ErrorBody::read(body.as_bytes());
    (
        body.message.map(|text| text.to_string()),
        body.codes.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn shapes() {
    let cases: [(&str, Option<&str>, &[&str]); 16] = [
        (
            r#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#,
            Some("m"),
            &["c", "t"],
        ),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"}"#,
            Some("m"),
            &["overloaded_error"],
        ),
        (
            r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#,
            Some("m"),
            &["INVALID_ARGUMENT"],
        ),
        (r#"{"error":"model not found"}"#, Some("model not found"), &[]),
        (r#"{"code":"c","error":"m"}"#, Some("m"), &["c"]),
        (
            r#"{"message":"m","type":"t","code":"1500"}"#,
            Some("m"),
            &["t", "1500"],
        ),
        (r#"{"detail":"Not Found"}"#, Some("Not Found"), &[]),
        (
            r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
            Some(r#"[{"loc":["body"],"msg":"field required"}]"#),
            &[],
        ),
        (
            r#"{"__type":"com.amazon#ValidationException","message":"m"}"#,
            Some("m"),
            &["ValidationException"],
        ),
        (r#""no money""#, Some("no money"), &[]),
        ("plain words", Some("plain words"), &[]),
        ("<html>x</html>", None, &[]),
        ("", None, &[]),
        ("null", None, &[]),
        (r#"{"error":null}"#, None, &[]),
        (r#"{"error":{"message":"","code":""}}"#, None, &[]),
    ];
    for (body, message, codes) in cases {
        let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(read(body), (message.map(str::to_owned), codes), "{body}");
    }
}

/// Google repeats the status as a code; it says nothing new.
#[test]
fn a_status_inside_is_no_word() {
    let body = ErrorBody::read(br#"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#);
    assert_eq!(body.status, Some(503));
    assert_eq!(body.codes, ["UNAVAILABLE"]);
    let inner = ErrorBody::read(
        br#"{"error":{"code":"invalid","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
    );
    assert_eq!(
        inner.code().map(|code| code.as_str()),
        Some("ResponsibleAIPolicyViolation")
    );
}

#[test]
fn request_ids_in_the_body() {
    let id = |body: &str| {
        ErrorBody::read(body.as_bytes())
            .request_id
            .map(|id| id.to_string())
    };
    assert_eq!(
        id(r#"{"error":{"message":"m"},"request_id":"req_1"}"#),
        Some("req_1".to_owned())
    );
    assert_eq!(
        id(r#"{"message":"m","requestId":"req_2"}"#),
        Some("req_2".to_owned())
    );
}

/// A long page of text is cut, at a character.
#[test]
fn bounded() {
    let body = ErrorBody::read("ä".repeat(10_000).as_bytes());
    assert_eq!(body.message.map(|text| text.chars().count()), Some(2000));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ErrorBody::read(&body);
    }
}
