//! Recorded replies give the values that were worked out for them independently.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use router_core::collect::Collector;
use router_core::{ChatResponse, ContentPart, Error, ProviderId, StreamEvent, Usage};
use router_wire::framing::FrameLimits;
use router_wire::provenance::Speaker;
use router_wire::{Framing, StreamReader, classify};
use router_wire_anthropic::stream::MessagesStreamDecoder;
use router_wire_anthropic::{WIRE, error, models, response, tokens};
use serde_json::{Value, json};

use crate::cassettes::{self, Cassette};

fn expected(folder: &Path) -> BTreeMap<String, Value> {
    let lines = fs::read_to_string(folder.join("expected.jsonl")).unwrap_or_default();
    let line = |line: &str| -> (String, Value) {
        let value: Value = serde_json::from_str(line).expect("a JSON line");
        (value["id"].as_str().unwrap_or_default().to_owned(), value)
    };
    lines.lines().map(line).collect()
}

pub(crate) fn speaker() -> Speaker {
    Speaker::new(ProviderId::from("anthropic"), WIRE)
}

/// Events of a body that comes in pieces, cut at `cuts`.
pub(crate) fn read(body: &bytes::Bytes, cuts: &[usize]) -> (Vec<StreamEvent>, Option<Error>) {
    let decoder = Box::new(MessagesStreamDecoder::new(speaker()));
    let mut reader = StreamReader::new((Framing::Sse, decoder), FrameLimits::default());
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

fn chat_outcome(cassette: &Cassette) -> Value {
    let response = cassette.response();
    if response.status >= 400 {
        return failed("error", &classify::error(&response, error::CODES));
    }
    if !cassette.is_stream() {
        return match response::decode(&speaker(), &response) {
            Ok(answer) => answered(&answer, None),
            Err(error) => failed("error", &error),
        };
    }
    let (events, error) = read(&response.body, &[]);
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    answered(&collector.finish(), error.as_ref())
}

fn answered(answer: &ChatResponse, error: Option<&Error>) -> Value {
    let outcome = if error.is_some() { "stream_error" } else { "ok" };
    let (mut server, mut opaque) = (Vec::new(), 0);
    let mut choices = Vec::new();
    for choice in &answer.choices {
        let mut calls = Vec::new();
        for part in &choice.content {
            opaque += usize::from(part.riders().is_some_and(|riders| riders.signature().is_some()));
            match part {
                ContentPart::ServerToolCall(call) => server.push(Value::from(call.name.as_str())),
                ContentPart::ToolCall(call) => calls.push(json!({
                    "id": call.id.as_str(),
                    "name": call.name.as_str(),
                    "arguments": call.arguments::<Value>().expect("arguments are JSON"),
                })),
                _ => {}
            }
        }
        choices.push(json!({
            "text": choice.text().as_str(),
            "reasoning": choice.reasoning().as_str(),
            "tool_calls": calls,
            "finish_reason": if error.is_some() { Value::Null } else { choice.finish_reason.as_str().into() },
        }));
    }
    json!({
        "outcome": outcome,
        "error": error.map(error_value),
        "choices": choices,
        "server_tool_calls": server,
        "reasoning_opaque": opaque,
        "usage": answer.usage.as_ref().map(usage_value),
        "model": answer.model.as_deref(),
        "response_id": answer.id.as_deref(),
    })
}

fn usage_value(usage: &Usage) -> Value {
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

fn squeezed(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    Value::from(text.split_whitespace().collect::<String>())
}

fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let doubtful: Vec<&str> = expected["doubtful"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut found = Vec::new();
    let mut check = |path: String, want: &Value, got: &Value| {
        let blank = |value: &Value| value.is_null() || *value == 0 || *value == "" || *value == json!([]);
        let same = want == got || (blank(want) && blank(got));
        if !same && !doubtful.iter().any(|known| path.starts_with(known)) {
            found.push(format!("{path}: expected {want}, got {got}"));
        }
    };
    for key in [
        "outcome",
        "model",
        "response_id",
        "reasoning_opaque",
        "server_tool_calls",
        "models",
        "tokens",
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
    for key in ["kind", "code", "retryable", "retry_after_s"] {
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
    let none = Vec::new();
    let want = expected["choices"].as_array().unwrap_or(&none);
    let got = actual["choices"].as_array().unwrap_or(&none);
    check("choices".to_owned(), &want.len().into(), &got.len().into());
    for (at, (want, got)) in want.iter().zip(got).enumerate() {
        for key in ["text", "refusal", "finish_reason", "tool_calls"] {
            check(format!("choices[{at}].{key}"), &want[key], &got[key]);
        }
        check(
            format!("choices[{at}].reasoning"),
            &squeezed(&want["reasoning"]),
            &squeezed(&got["reasoning"]),
        );
    }
    found
}

fn compare(endpoint: &str, ours: impl Fn(&Cassette) -> bool, outcome: impl Fn(&Cassette) -> Value) {
    let Some(folder) = cassettes::folder() else { return };
    let expected = expected(&folder);
    let (mut equal, mut report) = (0, Vec::new());
    for cassette in cassettes::of_endpoint(&folder, endpoint) {
        let want = expected
            .get(&cassette.id)
            .filter(|want| want.get("skip").is_none());
        let Some(want) = want.filter(|_| ours(&cassette)) else {
            continue;
        };
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
fn message_recordings() {
    compare("messages", |_| true, chat_outcome);
}

#[test]
fn count_recordings() {
    let ours = |cassette: &Cassette| cassette.provider() == "anthropic";
    compare("count_tokens", ours, |cassette| {
        let response = cassette.response();
        if response.status >= 400 {
            return failed("error", &classify::error(&response, error::CODES));
        }
        match tokens::decode(&response) {
            Ok(count) => json!({"outcome": "ok", "tokens": count.input_tokens}),
            Err(error) => failed("error", &error),
        }
    });
}

#[test]
fn model_recordings() {
    let ours = |cassette: &Cassette| cassette.provider() == "anthropic";
    compare("models", ours, |cassette| {
        let response = cassette.response();
        if response.status >= 400 {
            return failed("error", &classify::error(&response, error::CODES));
        }
        match models::decode(&response) {
            Ok(list) => json!({"outcome": "ok", "models": list.models.len()}),
            Err(error) => failed("error", &error),
        }
    });
}

/// The events of a cut stream are those of the whole one.
#[test]
fn every_stream_cut_anywhere() {
    let Some(folder) = cassettes::folder() else { return };
    let mut streams = 0;
    for cassette in cassettes::of_endpoint(&folder, "messages") {
        if !cassette.is_stream() || cassette.response().status >= 400 {
            continue;
        }
        cut_anywhere(&cassette.response().body, &cassette.id);
        streams += 1;
    }
    println!("{streams} streams cut");
}

pub(crate) fn cut_anywhere(body: &bytes::Bytes, id: &str) {
    let (whole, error) = read(body, &[]);
    let kind = error.map(|error| error.kind());
    // Every place of short streams, a spread of places of long ones: the work is the square of the length.
    let step = (body.len() / 600).max(1);
    for cut in (1..body.len()).step_by(step) {
        let (events, error) = read(body, &[cut]);
        assert_eq!(events, whole, "{id} cut at {cut}");
        assert_eq!(error.map(|error| error.kind()), kind, "{id} cut at {cut}");
    }
    let bytes: Vec<usize> = (1..body.len()).collect();
    let (events, error) = read(body, &bytes);
    assert_eq!(events, whole, "{id} byte by byte");
    assert_eq!(error.map(|error| error.kind()), kind, "{id} byte by byte");
}
