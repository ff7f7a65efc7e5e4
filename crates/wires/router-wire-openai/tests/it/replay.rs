//! Recorded replies give the values that were worked out for them independently.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use router_core::collect::Collector;
use router_core::{Call, ChatRequest, ContentPart, Error, ErrorKind, Output, ProviderId, StreamEvent};
use router_wire::framing::FrameLimits;
use router_wire::{Codec, HttpResponse, StreamReader};
use router_wire_openai::embeddings::Vectors;
use router_wire_openai::{Compatible, Dialect};
use serde_json::{Map, Value, json};

use crate::cassettes::{self, Cassette};

/// What was expected, by id.
fn expected(folder: &Path) -> BTreeMap<String, Value> {
    let lines = fs::read_to_string(folder.join("expected.jsonl")).unwrap_or_default();
    let line = |line: &str| -> (String, Value) {
        let value: Value = serde_json::from_str(line).expect("a JSON line");
        (value["id"].as_str().unwrap_or_default().to_owned(), value)
    };
    lines.lines().map(line).collect()
}

fn codec(cassette: &Cassette) -> Compatible {
    let codec = Compatible::new(ProviderId::from(cassette.provider()), Dialect::default());
    if cassette.provider() == "perplexity" {
        codec.with_vectors(Vectors::Bytes)
    } else {
        codec
    }
}

/// The outcome of a chat recording in the form of the expected values.
pub(crate) fn chat_outcome(codec: &impl Codec, cassette: &Cassette) -> Value {
    let response = cassette.response();
    let call = Call::new("model", ChatRequest::user("x"));
    if response.status >= 400 {
        return failed("error", &codec.error(&call, &response));
    }
    if !cassette.is_stream() {
        return match codec.decode(&call, &response) {
            Ok(Output::Chat(answer)) => answered(&answer, None),
            Ok(_) => unreachable!("a chat gives a chat"),
            Err(error) => failed("error", &error),
        };
    }
    stream_outcome(codec, &call.streaming(), &response)
}

fn stream_outcome(codec: &impl Codec, call: &Call, response: &HttpResponse) -> Value {
    let (events, error) = read(codec, call, response.body.clone(), &[]);
    let mut collector = Collector::new();
    let begun = !events.is_empty();
    events.into_iter().for_each(|event| collector.push(event));
    let answer = collector.finish();
    match error {
        Some(error) if !begun && error.raw().is_none() && !response.body.starts_with(b"data") => {
            failed("error", &error)
        }
        error => answered(&answer, error.as_ref()),
    }
}

/// Events of a body that comes in pieces, cut at `cuts`.
pub(crate) fn read(
    codec: &impl Codec,
    call: &Call,
    body: bytes::Bytes,
    cuts: &[usize],
) -> (Vec<StreamEvent>, Option<Error>) {
    let mut reader = StreamReader::new(codec.stream_decoder(call), FrameLimits::default());
    let mut events = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([body.len()]) {
        reader.push(body.slice(from..to));
        from = to;
        loop {
            match reader.next_event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    loop {
        match reader.finish() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}

fn answered(answer: &router_core::ChatResponse, error: Option<&Error>) -> Value {
    let mut line = Map::new();
    line.insert(
        "outcome".into(),
        if error.is_some() { "stream_error" } else { "ok" }.into(),
    );
    if let Some(error) = error {
        line.insert("error".into(), error_value(error));
    }
    let (mut server, mut opaque) = (Vec::new(), 0);
    let mut choices = Vec::new();
    for choice in &answer.choices {
        let mut calls = Vec::new();
        for part in &choice.content {
            opaque += usize::from(part.riders().is_some_and(|riders| riders.signature().is_some()));
            match part {
                ContentPart::ServerToolCall(call) => server.push(Value::from(call.name.as_str())),
                ContentPart::ToolCall(call) => {
                    let mut row = json!({"id": call.id.as_str(), "name": call.name.as_str()});
                    match serde_json::from_str::<Value>(&call.arguments) {
                        Ok(value) if call.kind == router_core::tool::ToolCallKind::Function => {
                            row["arguments"] = value
                        }
                        _ => row["arguments_raw"] = call.arguments.as_str().into(),
                    }
                    calls.push(row);
                }
                _ => {}
            }
        }
        let refusal: String = choice
            .content
            .iter()
            .filter_map(|part| match part {
                ContentPart::Refusal(refusal) => Some(refusal.text.as_str()),
                _ => None,
            })
            .collect();
        let mut row = json!({
            "text": choice.text().as_str(),
            "reasoning": choice.reasoning().as_str(),
            "tool_calls": calls,
            "finish_reason": if error.is_some() { Value::Null } else { choice.finish_reason.as_str().into() },
        });
        if !refusal.is_empty() {
            row["refusal"] = refusal.into();
        }
        choices.push(row);
    }
    line.insert("choices".into(), choices.into());
    line.insert("server_tool_calls".into(), server.into());
    line.insert("reasoning_opaque".into(), opaque.into());
    if let Some(usage) = &answer.usage {
        line.insert("usage".into(), usage_value(usage));
    }
    line.insert("model".into(), json!(answer.model.as_deref()));
    line.insert("response_id".into(), json!(answer.id.as_deref()));
    line.into()
}

fn usage_value(usage: &router_core::Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "reasoning_output_tokens": usage.reasoning_output_tokens,
    })
}

fn failed(outcome: &str, error: &Error) -> Value {
    json!({"outcome": outcome, "error": error_value(error)})
}

fn error_value(error: &Error) -> Value {
    json!({
        "kind": error.kind().as_str(),
        "status": error.status(),
        "code": error.code(),
        "retryable": error.is_retryable(),
        "retry_after_s": error.retry_after().map(|wait| wait.as_secs_f64()),
    })
}

/// The differences between what was expected and what came.
pub(crate) fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let doubtful: Vec<&str> = expected["doubtful"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut found = Vec::new();
    let mut check = |path: String, want: &Value, got: &Value| {
        let blank = |value: &Value| {
            matches!(value, Value::Null) || *value == 0 || *value == "" || *value == json!([])
        };
        let same = want == got || (blank(want) && blank(got));
        let excused = doubtful.iter().any(|known| path.starts_with(known));
        if !same && !excused {
            found.push(format!("{path}: expected {want}, got {got}"));
        }
    };
    for key in [
        "outcome",
        "model",
        "response_id",
        "reasoning_opaque",
        "server_tool_calls",
        "embeddings",
        "models",
    ] {
        check(key.to_owned(), &expected[key], &actual[key]);
    }
    for key in [
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "reasoning_output_tokens",
    ] {
        check(
            format!("usage.{key}"),
            &expected["usage"][key],
            &actual["usage"][key],
        );
    }
    for key in ["kind", "retryable", "retry_after_s"] {
        check(
            format!("error.{key}"),
            &expected["error"][key],
            &actual["error"][key],
        );
    }
    if expected["outcome"] == "error" {
        check(
            "error.status".to_owned(),
            &expected["error"]["status"],
            &actual["error"]["status"],
        );
    }
    let codes = &expected["error"]["codes"];
    if !codes
        .as_array()
        .is_some_and(|codes| codes.contains(&actual["error"]["code"]))
    {
        check(
            "error.code".to_owned(),
            &expected["error"]["code"],
            &actual["error"]["code"],
        );
    }
    let none = Vec::new();
    let want = expected["choices"].as_array().unwrap_or(&none);
    let got = actual["choices"].as_array().unwrap_or(&none);
    check("choices".to_owned(), &want.len().into(), &got.len().into());
    let squeezed = |value: &Value| {
        Value::from(
            value
                .as_str()
                .unwrap_or_default()
                .split_whitespace()
                .collect::<String>(),
        )
    };
    for (at, (want, got)) in want.iter().zip(got).enumerate() {
        for key in ["text", "refusal", "finish_reason"] {
            check(format!("choices[{at}].{key}"), &want[key], &got[key]);
        }
        check(
            format!("choices[{at}].reasoning"),
            &squeezed(&want["reasoning"]),
            &squeezed(&got["reasoning"]),
        );
        let mut calls = got["tool_calls"].clone();
        for (place, call) in calls.as_array_mut().into_iter().flatten().enumerate() {
            if want["tool_calls"][place]["id"].is_null() {
                assert_ne!(call["id"], "", "a made-up id is not empty");
                call["id"] = Value::Null;
            }
        }
        check(
            format!("choices[{at}].tool_calls"),
            &numbers(&want["tool_calls"]),
            &numbers(&calls),
        );
    }
    found
}

/// The value with whole fractions as integers.
fn numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(numbers).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), numbers(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn compare(endpoint: &str, outcome: impl Fn(&Cassette) -> Value) {
    let Some(folder) = cassettes::folder() else { return };
    let expected = expected(&folder);
    let (mut equal, mut report) = (0, Vec::new());
    for cassette in cassettes::of_endpoint(&folder, endpoint) {
        let Some(want) = expected
            .get(&cassette.id)
            .filter(|want| want.get("skip").is_none())
        else {
            continue;
        };
        if !cassette.is_openai_like() {
            continue;
        }
        let found = differences(want, &outcome(&cassette));
        if found.is_empty() {
            equal += 1;
        } else {
            report.push(format!("{}\n    {}", cassette.id, found.join("\n    ")));
        }
    }
    println!("{endpoint}: {equal} recordings equal");
    assert!(
        report.is_empty(),
        "{} of {endpoint} differ:\n{}",
        report.len(),
        report.join("\n")
    );
}

#[test]
fn chat_recordings() {
    compare("chat", |cassette| chat_outcome(&codec(cassette), cassette));
}

#[test]
fn embedding_recordings() {
    compare("embeddings", |cassette| {
        let (codec, response) = (codec(cassette), cassette.response());
        let call = Call::new("model", router_core::EmbeddingRequest::new(["x"]));
        if response.status >= 400 {
            return failed("error", &codec.error(&call, &response));
        }
        match codec.decode(&call, &response) {
            Ok(Output::Embed(answer)) => {
                let first = answer.embeddings.first().cloned().unwrap_or_default();
                let mut line = json!({
                    "outcome": "ok",
                    "model": answer.model.as_deref(),
                    "embeddings": {"count": answer.embeddings.len(), "dimensions": first.len()},
                });
                if let Some(usage) = &answer.usage {
                    line["usage"] = usage_value(usage);
                }
                line["first"] = json!(first.iter().take(3).collect::<Vec<_>>());
                line
            }
            Ok(_) => unreachable!("an embedding call gives embeddings"),
            Err(error) => failed("error", &error),
        }
    });
}

#[test]
fn model_recordings() {
    compare("models", |cassette| {
        let (codec, response) = (codec(cassette), cassette.response());
        let call = Call::new("", router_core::model::ListModelsRequest::default());
        if response.status >= 400 {
            return failed("error", &codec.error(&call, &response));
        }
        match codec.decode(&call, &response) {
            Ok(Output::ListModels(list)) => json!({"outcome": "ok", "models": list.models.len()}),
            Ok(_) => unreachable!("a list call gives a list"),
            Err(error) => failed("error", &error),
        }
    });
}

/// The events of a cut stream are those of the whole one, deltas of one kind joined.
#[test]
fn every_stream_cut_anywhere() {
    let Some(folder) = cassettes::folder() else { return };
    let mut streams = 0;
    for cassette in cassettes::of_endpoint(&folder, "chat") {
        if !cassette.is_openai_like() || !cassette.is_stream() || cassette.response().status >= 400 {
            continue;
        }
        let codec = codec(&cassette);
        let call = Call::new("model", ChatRequest::user("x")).streaming();
        let body = cassette.response().body;
        let (whole, error) = read(&codec, &call, body.clone(), &[]);
        let kind = error.as_ref().map(Error::kind);
        // Every place of short streams, a spread of places of long ones: the work is the square of the length.
        let step = (body.len() / 600).max(1);
        for cut in (1..body.len()).step_by(step) {
            let (events, error) = read(&codec, &call, body.clone(), &[cut]);
            assert_eq!(events, whole, "{} cut at {cut}", cassette.id);
            assert_eq!(
                error.as_ref().map(Error::kind),
                kind,
                "{} cut at {cut}",
                cassette.id
            );
        }
        let bytes: Vec<usize> = (1..body.len()).collect();
        let (events, error) = read(&codec, &call, body.clone(), &bytes);
        assert_eq!(events, whole, "{} byte by byte", cassette.id);
        assert_eq!(
            error.map(|error| error.kind()),
            kind,
            "{} byte by byte",
            cassette.id
        );
        assert_ne!(kind, Some(ErrorKind::Transport), "{}", cassette.id);
        streams += 1;
    }
    println!("{streams} streams cut");
}
