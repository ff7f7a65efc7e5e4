//! Recorded replies give the values that were worked out for them independently, however they are cut.

use router_core::collect::Collector;
use router_core::model::ListModelsRequest;
use router_core::{
    Call, ChatRequest, ChatResponse, EmbeddingRequest, Error, Operation, Output, ProviderId, StreamEvent,
};
use router_ollama::OllamaCodec;
use router_wire::framing::FrameLimits;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, StreamReader};
use serde_json::{Value, json};

use crate::cassettes::{self, Cassette};

pub(crate) fn codec() -> OllamaCodec {
    OllamaCodec::new(ProviderId::from("ollama"))
}

fn chat() -> Call {
    Call::new("m", ChatRequest::user("x"))
}

/// Events of a body that comes in pieces, cut at `cuts`.
pub(crate) fn read(body: &bytes::Bytes, cuts: &[usize]) -> (Vec<StreamEvent>, Option<Error>) {
    let mut reader = StreamReader::new(codec().stream_decoder(&chat()), FrameLimits::default());
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

pub(crate) fn collected(events: Vec<StreamEvent>) -> ChatResponse {
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}

fn outcome(cassette: &Cassette, operation: Operation) -> Value {
    let call = Call::new("m", operation);
    let response = cassette.response();
    if response.status >= 400 {
        return failed(&codec().error(&call, &response));
    }
    if call.operation.name() == "chat" && cassette.is_stream() {
        let (events, error) = read(&response.body, &[]);
        return answered(&collected(events), error.as_ref());
    }
    match codec().decode(&call, &response) {
        Ok(Output::Chat(answer)) => answered(&answer, None),
        Ok(Output::Embed(answer)) => {
            let first = answer.embeddings.first().map(Vec::as_slice).unwrap_or_default();
            json!({
                "outcome": "ok",
                "model": answer.model.as_deref(),
                "embeddings": {"count": answer.embeddings.len(), "dimensions": first.len()},
            })
        }
        Ok(Output::ListModels(list)) => json!({"outcome": "ok", "models": list.models.len()}),
        Ok(_) => unreachable!("the codec has no other outputs"),
        Err(error) => failed(&error),
    }
}

fn answered(answer: &ChatResponse, error: Option<&Error>) -> Value {
    let choice = answer.first().expect("an answer has a choice");
    let calls: Vec<Value> = choice
        .tool_calls()
        .map(|call| {
            let arguments: Value = call.arguments().expect("arguments are JSON");
            json!({"id": call.id.as_str(), "name": call.name.as_str(), "arguments": arguments})
        })
        .collect();
    let usage = answer.usage.as_ref();
    json!({
        "outcome": if error.is_some() { "stream_error" } else { "ok" },
        "error": error.map(|error| failed(error)["error"].take()),
        "model": answer.model.as_deref(),
        "response_id": answer.id.as_deref(),
        "usage": usage.map(|usage| json!({"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens})),
        "choices": [{
            "text": choice.text().as_str(),
            "reasoning": choice.reasoning().as_str(),
            "tool_calls": calls,
            "finish_reason": if error.is_some() { Value::Null } else { choice.finish_reason.as_str().into() },
            "finish_reason_raw": choice.finish_reason_raw.as_deref(),
        }],
    })
}

fn failed(error: &Error) -> Value {
    json!({"outcome": "error", "error": {
        "kind": error.kind().as_str(),
        "status": error.status(),
        "message": error.message(),
        "code": error.code(),
        "retryable": error.is_retryable(),
        "retry_after_s": error.retry_after().map(|wait| wait.as_secs_f64()),
    }})
}

/// What differs, by path. Only what was expected is looked at.
fn differences(path: &str, want: &Value, got: &Value, doubtful: &[&str], found: &mut Vec<String>) {
    let skipped = ["id", "operation", "doubtful", "first"];
    match (want, got) {
        _ if doubtful.iter().any(|known| path.starts_with(known)) => {}
        (Value::Object(fields), _) => {
            for (name, want) in fields
                .iter()
                .filter(|(name, _)| !skipped.contains(&name.as_str()) || path.contains("tool_calls"))
            {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                let made_up =
                    name == "id" && want.is_null() && got[name].as_str().is_some_and(|id| !id.is_empty());
                if !made_up {
                    differences(&path, want, &got[name], doubtful, found);
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (at, (want, got)) in items.iter().zip(others).enumerate() {
                differences(&format!("{path}[{at}]"), want, got, doubtful, found);
            }
        }
        _ => {
            let absent =
                |value: &Value| value.is_null() || *value == 0 || *value == "" || *value == json!([]);
            let squeezed = |value: &Value| {
                value
                    .as_str()
                    .map(|text| text.split_whitespace().collect::<String>())
            };
            let same_reasoning = path.ends_with(".reasoning") && squeezed(want) == squeezed(got);
            if want != got && !same_reasoning && !(absent(want) && absent(got)) {
                found.push(format!("{path}: expected {want}, got {got}"));
            }
        }
    }
}

fn compare(endpoint: &str, operation: &Operation) {
    let Some(folder) = cassettes::folder() else { return };
    let expected = cassettes::expected(&folder);
    let (mut equal, mut report) = (0, Vec::new());
    for cassette in cassettes::of_endpoint(&folder, endpoint) {
        let Some(want) = expected
            .get(&cassette.id)
            .filter(|want| want.get("skip").is_none())
        else {
            continue;
        };
        let doubtful: Vec<&str> = want["doubtful"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut found = Vec::new();
        differences(
            "",
            want,
            &outcome(&cassette, operation.clone()),
            &doubtful,
            &mut found,
        );
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
    compare("chat", &ChatRequest::user("x").into());
}

#[test]
fn embedding_recordings() {
    compare("embeddings", &EmbeddingRequest::new(["x"]).into());
}

#[test]
fn model_recordings() {
    compare("models", &ListModelsRequest::default().into());
}

/// The events of a cut stream are those of the whole one.
#[test]
fn every_stream_cut_anywhere() {
    let Some(folder) = cassettes::folder() else { return };
    let mut streams = 0;
    for cassette in cassettes::of_endpoint(&folder, "chat") {
        if cassette.is_stream() && cassette.response().status < 400 {
            cut_anywhere(&cassette.response().body, &cassette.id);
            streams += 1;
        }
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
