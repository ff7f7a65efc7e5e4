//! Requests, read as a server and written again as a client, stay what they were.

use router_core::{Call, Mode, Operation};
use router_wire::{Codec as _, Encoded, HttpRequest};
use serde_json::{Value, json};

use crate::side::codec;

/// The request as a client writes it, after a server read it.
fn again(path: &str, body: &Value) -> Encoded {
    let http = HttpRequest::post_json(path, body.to_string());
    let endpoints = router_ollama::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    let ingress = endpoint.decode(&http).expect("a request that can be read");
    let mut call = Call::new(ingress.model, ingress.operation);
    call.mode = ingress.mode;
    codec().encode(&call).expect("a request that can be written")
}

fn written(path: &str, body: &Value) -> Value {
    serde_json::from_slice(&again(path, body).request.body).expect("JSON")
}

/// JSON without nulls and with numbers by value.
///
/// Aliases of this wire: `stream: true` is the default of a chat; no tools, no options, an empty format and an empty content
/// are as good as absent; one text to embed is a list of one; the type of a tool is always `function`.
fn normal(value: &Value) -> Value {
    let mut value = by_value(value);
    let Some(body) = value.as_object_mut() else {
        return value;
    };
    if body.contains_key("messages") && body.get("stream") == Some(&json!(true)) {
        body.remove("stream");
    }
    body.retain(|name, value| match name.as_str() {
        "tools" => *value != json!([]),
        "options" => *value != json!({}),
        "format" => *value != json!(""),
        _ => true,
    });
    if let Some(input) = body.get_mut("input").filter(|input| input.is_string()) {
        *input = json!([input.take()]);
    }
    for message in body
        .get_mut("messages")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(message) = message.as_object_mut() {
            message.retain(|name, value| name != "content" || *value != json!(""));
        }
    }
    value
}

fn by_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(by_value).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), by_value(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn everything_the_wire_has_comes_out_as_it_went_in() {
    let body: Value = serde_json::from_str(include_str!("everything.request.json")).expect("JSON");
    let encoded = again("/api/chat", &body);
    let written: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(normal(&written), normal(&body));
    assert_eq!(encoded.warnings, []);
}

#[test]
fn every_way_to_think_comes_out_as_it_went_in() {
    for think in [
        json!(true),
        json!(false),
        json!("low"),
        json!("max"),
        json!("minimal"),
        json!("xhigh"),
        json!("HIGH"),
        json!("much"),
    ] {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "think": think});
        assert_eq!(written("/api/chat", &body)["think"], think);
    }
}

#[test]
fn embeddings_come_out_as_they_went_in() {
    for input in [json!("one"), json!(["one", "two"])] {
        let body = json!({
            "model": "all-minilm", "input": input, "truncate": false, "dimensions": 64, "keep_alive": "5m",
            "options": {"num_ctx": 512},
        });
        assert_eq!(normal(&written("/api/embed", &body)), normal(&body));
    }
}

#[test]
fn a_chat_streams_unless_it_says_no() {
    let mode = |stream: Value| {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": stream});
        let http = HttpRequest::post_json("/api/chat", body.to_string());
        let endpoints = router_ollama::endpoints();
        let endpoint = endpoints
            .iter()
            .find(|endpoint| endpoint.claims(&http))
            .expect("an endpoint");
        let ingress = endpoint.decode(&http).expect("a request");
        assert!(matches!(ingress.operation, Operation::Chat(_)));
        ingress.mode
    };
    assert_eq!(mode(Value::Null), Mode::Stream);
    assert_eq!(mode(json!(true)), Mode::Stream);
    assert_eq!(mode(json!(false)), Mode::Full);
}
