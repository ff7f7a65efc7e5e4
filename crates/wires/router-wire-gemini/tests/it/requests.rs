//! Recorded requests, read as a server and written again as a client, stay what they were.

use router_core::{Call, Operation};
use router_wire::{Encoded, HttpRequest, ServerCodec};
use router_wire_gemini::server::{CountTokens, EmbedContent, GenerateContent};
use router_wire_gemini::{Rules, Service, embeddings, request, tokens};
use serde_json::{Value, json};

use crate::cassettes;
use crate::side::speaker;

/// The request as a server reads it and a client writes it again.
pub(crate) fn again(service: &Service, endpoint: &dyn ServerCodec, path: &str, body: &Value) -> Encoded {
    let http = HttpRequest::post_json(path, body.to_string());
    let ingress = endpoint.decode(&http).expect("a request that can be read");
    let rules = Rules::of(ingress.model.as_str());
    let mut call = Call::new(ingress.model, ingress.operation.clone());
    call.mode = ingress.mode;
    match &ingress.operation {
        Operation::Chat(chat) => request::encode(service, &rules, &speaker(), &call, chat),
        Operation::CountTokens(count) => tokens::encode(service, &rules, &speaker(), &call, count),
        Operation::Embed(request) => embeddings::encode(&speaker(), &call, request),
        _ => unreachable!("these endpoints have no other operations"),
    }
    .expect("a request that can be written")
}

/// JSON without nulls and what says nothing, names in one form, numbers by value.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (camel(name), normal(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Names of this wire come in two forms; those inside of schemas and arguments are the caller's.
fn camel(name: &str) -> String {
    let known = [
        "inline_data",
        "mime_type",
        "file_data",
        "file_uri",
        "system_instruction",
        "generation_config",
        "parameters_json_schema",
    ];
    if !known.contains(&name) {
        return name.to_owned();
    }
    let mut words = name.split('_');
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        joined.push_str(&word[..1].to_uppercase());
        joined.push_str(&word[1..]);
    }
    joined
}

/// What a request of this wire may leave out or say in another way, set to one form.
fn settled(body: &Value) -> Value {
    let mut body = normal(body);
    if let Some(inner) = body.get("generateContentRequest") {
        body = inner.clone();
    }
    if let Some(fields) = body.as_object_mut() {
        // Repeated by some clients, and part of the address.
        fields.remove("model");
        // Empty objects say nothing.
        fields.retain(|_, value| *value != json!({}) && *value != json!([]));
    }
    if let Some(system) = body.get_mut("systemInstruction").and_then(Value::as_object_mut) {
        system.remove("role");
    }
    for content in body
        .get_mut("contents")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for part in content
            .get_mut("parts")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(part) = part.as_object_mut() {
                part.retain(|name, value| name != "thought" || *value != json!(false));
            }
        }
        // A content without role is the user's.
        if let Some(content) = content.as_object_mut() {
            content.entry("role").or_insert_with(|| "user".into());
        }
    }
    // What is embedded is nobody's turn.
    for request in body
        .get_mut("requests")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(content) = request.get_mut("content").and_then(Value::as_object_mut) {
            content.remove("role");
        }
    }
    body
}

#[test]
fn recorded_requests_come_out_as_they_went_in() {
    let Some(folder) = cassettes::folder() else { return };
    let endpoints: [(&str, &str, &dyn ServerCodec); 3] = [
        ("generateContent", ":generateContent", &GenerateContent),
        ("count_tokens", ":countTokens", &CountTokens),
        ("embeddings", "", &EmbedContent),
    ];
    let mut report = Vec::new();
    for (endpoint, _, codec) in endpoints {
        let mut equal = 0;
        for cassette in cassettes::of_endpoint(&folder, endpoint) {
            let url = cassette.json["request"]["url"].as_str().unwrap_or_default();
            let path = url
                .splitn(4, '/')
                .nth(3)
                .map(|path| format!("/{path}"))
                .unwrap_or_default();
            let body = cassette.request_body();
            let http = HttpRequest::post_json(path.as_str(), "");
            if !codec.matches(&http.method, http.path_only())
                || !body.is_object()
                || cassette.json["request"]["truncated"] == true
                || cassette.response().status >= 400
            {
                continue;
            }
            // What a model ignores is left out: that has tests of its own.
            let service = if cassette.provider() == "vertex" {
                Service::VERTEX
            } else {
                Service::GEMINI
            };
            let encoded = again(&service, codec, &path, body);
            let written: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
            let same_place = encoded
                .request
                .path
                .split('?')
                .next()
                .is_some_and(|end| http.path_only().ends_with(end));
            assert!(same_place, "{} {}", cassette.id, encoded.request.path);
            if settled(&written) == settled(body) {
                equal += 1;
            } else {
                report.push(format!(
                    "{}\n  {}\n  {}\n  {:?}",
                    cassette.id,
                    settled(body),
                    settled(&written),
                    encoded.warnings
                ));
            }
        }
        println!("{endpoint}: {equal} requests equal");
    }
    assert!(
        report.is_empty(),
        "{} requests differ:\n{}",
        report.len(),
        report.join("\n")
    );
}

#[test]
fn everything_the_wire_has_comes_out_as_it_went_in() {
    let body: Value =
        serde_json::from_str(include_str!("../../fixtures/everything.request.json")).expect("JSON");
    let path = "/v1beta/models/gemini-3-pro-preview:generateContent";
    let encoded = again(&Service::GEMINI, &GenerateContent, path, &body);
    let written: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(normal(&written), normal(&body));
    assert_eq!(encoded.warnings, []);
}

/// Google reads one value where its schema has a list of them.
#[test]
fn one_object_is_a_list_of_it() {
    let body = json!({
        "systemInstruction": {"parts": {"text": "Be brief."}},
        "contents": {"parts": {"text": "Hi"}},
        "tools": {"function_declarations": {"name": "look"}},
    });
    let path = "/v1beta/models/gemini-2.5-flash:generateContent";
    let written = again(&Service::GEMINI, &GenerateContent, path, &body);
    let written: Value = serde_json::from_slice(&written.request.body).expect("JSON");
    assert_eq!(
        written["systemInstruction"]["parts"],
        json!([{"text": "Be brief."}])
    );
    assert_eq!(written["contents"][0]["parts"], json!([{"text": "Hi"}]));
    assert_eq!(
        written["tools"],
        json!([{"functionDeclarations": [{"name": "look"}]}])
    );
}
