//! Requests, read as a server and written again as a client, stay what they were.

use http::{HeaderName, HeaderValue};
use router_core::{Call, Mode, Operation};
use router_wire::{Encoded, HttpRequest, ServerCodec};
use router_wire_anthropic::server::Messages;
use router_wire_anthropic::{Service, request, tokens};
use serde_json::Value;

use crate::side::speaker;

/// The request as a server reads it and a client writes it again.
pub(crate) fn again(endpoint: &dyn ServerCodec, path: &str, body: &Value) -> Encoded {
    let http = HttpRequest::post_json(path, body.to_string()).with_header(
        HeaderName::from_static("anthropic-beta"),
        HeaderValue::from_static("one-2026-01-01, two-2026-01-01"),
    );
    let ingress = endpoint.decode(&http).expect("a request that can be read");
    let mut call = Call::new(ingress.model, ingress.operation.clone());
    call.mode = ingress.mode;
    match &ingress.operation {
        Operation::Chat(chat) => request::encode(&Service::default(), &speaker(), &call, chat),
        Operation::CountTokens(count) => tokens::encode(&Service::default(), &speaker(), &call, count),
        _ => unreachable!("these endpoints have no other operations"),
    }
    .expect("a request that can be written")
}

/// JSON without nulls, without `stream: false`, numbers by value.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, value)| !(value.is_null() || *name == "stream" && **value == false))
            .map(|(name, value)| (name.clone(), normal(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn everything_the_wire_has_comes_out_as_it_went_in() {
    let body: Value =
        serde_json::from_str(include_str!("../../fixtures/everything.request.json")).expect("JSON");
    let encoded = again(&Messages, "/v1/messages", &body);
    let written: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(normal(&written), normal(&body));
    assert_eq!(encoded.warnings, []);
}

#[test]
fn streams_are_asked_for_by_the_body() {
    let body = serde_json::json!({"model": "m", "max_tokens": 1, "stream": true, "messages": [{"role": "user", "content": "x"}]});
    let http = HttpRequest::post_json("/v1/messages", body.to_string());
    assert_eq!(Messages.decode(&http).expect("a request").mode, Mode::Stream);
}
