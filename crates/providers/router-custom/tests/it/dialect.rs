//! A dialect as data changes what is sent.

use router_core::{Call, ChatRequest, ErrorKind, Json, Message, ProviderId};
use router_custom::CustomCodec;
use router_wire::Codec as _;
use router_wire::vendor::VendorCodec as _;

fn codec(dialect: &str) -> router_core::Result<CustomCodec> {
    CustomCodec::new(ProviderId::from("mine")).with_dialect(&Json::parse(dialect)?)
}

fn sent(dialect: &str) -> serde_json::Value {
    let codec = codec(dialect).expect("a dialect");
    let request = ChatRequest::user("Hello")
        .with_max_output_tokens(5)
        .with_temperature(0.5);
    let encoded = codec.encode(&Call::new("m", request)).expect("a request");
    serde_json::from_slice(&encoded.request.body).expect("a body")
}

#[test]
fn differences_are_sent_and_the_rest_stays() {
    let body = sent(r#"{"max_tokens_field": "max_completion_tokens", "unsupported": ["temperature"]}"#);
    assert_eq!(body["max_completion_tokens"], 5);
    assert!(body.get("max_tokens").is_none() && body.get("temperature").is_none());
    assert_eq!(sent("{}")["max_tokens"], 5);
}

/// Some templates refuse instructions that are several messages, or stand elsewhere.
#[test]
fn instructions_become_one_message_in_front() {
    let request = || {
        ChatRequest::new([
            Message::system("Be kind."),
            Message::user("Hello"),
            Message::system("Be brief."),
            Message::user("Bye"),
        ])
    };
    let sent = |dialect: &str, request| {
        codec(dialect)
            .expect("a dialect")
            .encode(&Call::new("m", request))
    };
    let encoded = sent(r#"{"one_system_message": true}"#, request()).expect("a request");
    let body: serde_json::Value = serde_json::from_slice(&encoded.request.body).expect("a body");
    let expected = serde_json::json!([{"role": "system", "content": "Be kind.\n\nBe brief."},
        {"role": "user", "content": "Hello"}, {"role": "user", "content": "Bye"}]);
    assert_eq!(body["messages"], expected);
    assert_eq!(encoded.warnings[0].setting, "messages");
    let error = sent(r#"{"one_system_message": true}"#, request().strict()).expect_err("it is changed");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let plain = sent("{}", request()).expect("a request");
    assert!(plain.warnings.is_empty());
    let leading = ChatRequest::new([Message::system("Be kind."), Message::user("Hello")]);
    let leading = sent(r#"{"one_system_message": true}"#, leading).expect("a request");
    assert!(leading.warnings.is_empty());
}

#[test]
fn an_unknown_field_is_named() {
    let error = codec(r#"{"max_token_field": "x"}"#).expect_err("no such field");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("max_token_field"), "{error}");
    assert!(codec("[]").is_err());
}

#[test]
fn the_id_is_the_caller_s() {
    assert_eq!(*codec("{}").expect("a dialect").provider(), *"mine");
}
