//! Objects are written in order, the caller's own fields in place of ours, the wire's fields behind them.

use router_core::tool::{ToolCall, ToolCallKind};
use router_core::{Extra, Json, ProviderOptions};
use router_wire::write::{
    Fields, Inner, JsonOrText, ObjectArguments, Overrides, Seq, extra_fields, extra_fields_but, inner_fields,
    json_line, string_of,
};
use serde::Serializer as _;
use serde::ser::SerializeMap as _;

fn body(options: &ProviderOptions, extra: &Extra) -> String {
    let overrides = Overrides::of(options, &["mine"], &["steers"]).expect("an object");
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut out);
    let mut fields = Fields::new(serializer.serialize_map(None).expect("a map"), &overrides);
    fields.field("model", "m").expect("JSON");
    fields.some("temperature", Some(0.5)).expect("JSON");
    fields.some("seed", None::<u64>).expect("JSON");
    fields.named("max_tokens", &7).expect("JSON");
    fields.end(extra, "wire").expect("JSON");
    String::from_utf8(out).expect("JSON is text")
}

#[test]
fn options_and_extra_fields() {
    let mut options = ProviderOptions::new();
    assert_eq!(
        body(&options, &Extra::new()),
        r#"{"model":"m","temperature":0.5,"max_tokens":7}"#
    );
    options
        .set(
            "mine",
            &serde_json::json!({"temperature": 1, "new_field": [1], "steers": true}),
        )
        .expect("JSON");
    options
        .set("other", &serde_json::json!({"model": "x"}))
        .expect("JSON");
    let extra = Extra::of(
        "wire",
        vec![
            ("kept".into(), Json::empty_object()),
            ("new_field".into(), Json::null()),
        ],
    );
    assert_eq!(
        body(&options, &extra),
        r#"{"model":"m","max_tokens":7,"kept":{},"new_field":[1],"temperature":1}"#
    );
    let foreign = Extra::of("another-wire", vec![("kept".into(), Json::null())]);
    assert!(!body(&ProviderOptions::new(), &foreign).contains("kept"));
}

#[test]
fn options_that_are_no_object() {
    let mut options = ProviderOptions::new();
    options.set("mine", &[1, 2]).expect("JSON");
    assert!(Overrides::of(&options, &["mine"], &[]).is_err());
    assert!(
        !Overrides::of(&options, &["other"], &[])
            .expect("nothing")
            .has("x")
    );
}

#[test]
fn lists_without_lists() {
    let numbers = [1, 2, 3];
    let written = serde_json::to_string(&Seq(|| numbers.iter().filter(|number| **number != 2)));
    assert_eq!(written.expect("JSON"), "[1,3]");
}

#[test]
fn json_in_a_string() {
    let write = |text: &str| serde_json::to_string(&JsonOrText(text)).expect("JSON");
    assert_eq!(write("{\"a\": 1}"), "{\"a\": 1}");
    assert_eq!(write("not json"), "\"not json\"");
    assert_eq!(string_of(&Json::of("x").expect("JSON")).as_deref(), Some("x"));
    assert_eq!(string_of(&Json::empty_object()), None);
}

#[test]
fn extra_fields_of_the_wire() {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut out);
    let mut map = serializer.serialize_map(None).expect("a map");
    let extra = Extra::of("wire", vec![("a".into(), Json::null())]);
    extra_fields(&mut map, &extra, "wire").expect("JSON");
    extra_fields(&mut map, &extra, "other").expect("JSON");
    map.end().expect("JSON");
    assert_eq!(out, b"{\"a\":null}");
}

/// A frame ends with its line, so that no line may end in it.
#[test]
fn json_of_one_line() {
    let spread = Json::parse("{\n  \"a\": \"x\\ny\",\r\n  \"b\": [\n1]\n}").expect("JSON");
    let mut out = bytes::BytesMut::from(&b"data: \n"[..]);
    json_line(&vec![spread.clone()], &mut out);
    let (front, line) = out.split_at(7);
    assert_eq!(front, b"data: \n");
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    let read: Vec<serde_json::Value> = serde_json::from_slice(line).expect("JSON");
    assert_eq!(read, [spread.to_value()]);
}

#[test]
fn kept_fields_of_inner_objects() {
    let kept = Json::parse(r#"{"x":1,"y":null}"#).expect("JSON");
    let extra = Extra::of("wire", vec![("inner".into(), kept), ("a".into(), Json::null())]);
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut out);
    let mut map = serializer.serialize_map(None).expect("a map");
    inner_fields(&mut map, &extra, "wire", "inner").expect("JSON");
    inner_fields(&mut map, &extra, "other", "inner").expect("JSON");
    inner_fields(&mut map, &extra, "wire", "absent").expect("JSON");
    extra_fields_but(&mut map, &extra, "wire", &["inner"]).expect("JSON");
    map.end().expect("JSON");
    assert_eq!(String::from_utf8_lossy(&out), r#"{"x":1,"y":null,"a":null}"#);

    #[derive(serde::Serialize)]
    struct Own<'a> {
        known: bool,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    let own = Own {
        known: true,
        inner: Inner::of(&extra, "wire", "inner"),
    };
    let written = serde_json::to_string(&own).expect("JSON");
    assert_eq!(written, r#"{"known":true,"x":1,"y":null}"#);
}

#[test]
fn arguments_are_an_object() {
    let written = |call: &ToolCall| serde_json::to_string(&ObjectArguments(call)).expect("JSON");
    let call = |arguments: &'static str| ToolCall::new("1", "f", arguments);
    assert_eq!(written(&call(r#"{"a": 1}"#)), r#"{"a": 1}"#);
    assert_eq!(written(&call("")), "{}");
    assert_eq!(written(&call(r#"{"a": "#)), r#"{"input":"{\"a\": "}"#);
    assert_eq!(written(&call("[1]")), r#"{"input":"[1]"}"#);
    let mut free = call(r#"{"a": 1}"#);
    free.kind = ToolCallKind::Custom;
    assert_eq!(written(&free), r#"{"input":"{\"a\": 1}"}"#);
}
