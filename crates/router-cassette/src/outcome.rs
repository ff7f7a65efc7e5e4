//! Answers and errors as the JSON objects that outcomes are made of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use router_core::content::{Media, MediaKind, MediaSource};
use router_core::image::{GeneratedImage, ImageResponse};
use router_core::tool::ToolCallKind;
use router_core::{ChatResponse, ContentPart, Error, ErrorKind, Output, Usage};
use router_wire::Pending;
use serde_json::{Map, Value, json};

/// The outcome of a whole answer.
pub(crate) fn given(output: &Output) -> Value {
    let (name, value) = match output {
        Output::Chat(answer) => return answered(answer, None),
        Output::Embed(answer) => {
            let first = answer.embeddings.first().map(Vec::as_slice).unwrap_or_default();
            let value = json!({
                "count": answer.embeddings.len(),
                "dimensions": first.len(),
                "first": first.iter().take(3).collect::<Vec<_>>(),
            });
            ("embeddings", value)
        }
        Output::Rerank(answer) => {
            let rows = answer
                .results
                .iter()
                .map(|ranked| json!([ranked.index, ranked.score]));
            ("rerank", rows.collect())
        }
        Output::GenerateImage(answer) => ("images", pictures(answer)),
        Output::Speak(answer) => {
            let kind = answer.media_type.as_deref();
            let value = json!({"bytes": answer.audio.len(), "content_type": kind});
            ("audio", value)
        }
        Output::Transcribe(answer) => ("text", answer.text.as_str().into()),
        Output::Moderate(answer) => {
            let flags = answer.results.iter().map(|result| result.flagged);
            ("moderation", flags.collect())
        }
        Output::ListModels(list) => ("models", list.models.len().into()),
        Output::CountTokens(count) => ("tokens", count.input_tokens.into()),
        _ => ("operation", output.kind().as_str().into()),
    };
    let model = match output {
        Output::Embed(answer) => &answer.model,
        Output::Rerank(answer) => &answer.model,
        Output::GenerateImage(answer) => &answer.model,
        Output::Speak(answer) => &answer.model,
        Output::Transcribe(answer) => &answer.model,
        Output::Moderate(answer) => &answer.model,
        _ => &None,
    };
    let id = match output {
        Output::Moderate(answer) => answer.id.as_deref(),
        _ => None,
    };
    let mut line = Map::new();
    line.insert("outcome".into(), "ok".into());
    line.insert(name.into(), value);
    put_usage(&mut line, output.usage());
    put_text(&mut line, "model", model.as_deref());
    put_text(&mut line, "response_id", id);
    line.into()
}

fn pictures(answer: &ImageResponse) -> Value {
    let by_value = |image: &GeneratedImage| matches!(image.media.source, MediaSource::Base64(_));
    let kind = match (
        answer.images.iter().any(by_value),
        answer.images.iter().any(|image| !by_value(image)),
    ) {
        (true, true) => Some("base64+url"),
        (true, false) => Some("base64"),
        (false, true) => Some("url"),
        (false, false) => None,
    };
    let mut images = json!({"count": answer.images.len(), "kind": kind});
    if answer.filtered > 0 {
        images["filtered"] = answer.filtered.into();
    }
    images
}

/// The outcome of a call that a job was begun for.
pub(crate) fn begun(job: &Pending) -> Value {
    let mut line = Map::new();
    line.insert("outcome".into(), "ok".into());
    put_text(&mut line, "model", job.model.as_deref());
    put_text(&mut line, "response_id", job.job.as_deref());
    line.into()
}

/// The outcome of a call that gave no answer.
pub(crate) fn failed(error: &Error) -> Value {
    json!({"outcome": "error", "error": error_value(error)})
}

/// The outcome of a stream that broke off.
pub(crate) fn broken(output: &Output, error: &Error) -> Value {
    if let Output::Chat(answer) = output {
        return answered(answer, Some(error));
    }
    let mut line = given(output);
    line["outcome"] = "stream_error".into();
    line["error"] = error_value(error);
    line
}

/// The outcome of a chat; with an error, that of a stream which broke off.
fn answered(answer: &ChatResponse, error: Option<&Error>) -> Value {
    let mut line = Map::new();
    let outcome = if error.is_some() { "stream_error" } else { "ok" };
    line.insert("outcome".into(), outcome.into());
    if let Some(error) = error {
        line.insert("error".into(), error_value(error));
    }
    let (mut server, mut opaque, mut images) = (Vec::new(), 0, Vec::new());
    let mut choices = Vec::new();
    for choice in &answer.choices {
        let mut row = Map::new();
        let mut calls = Vec::new();
        let mut refusal = String::new();
        for part in &choice.content {
            opaque += u64::from(part.riders().is_some_and(|riders| riders.signature().is_some()));
            match part {
                ContentPart::ServerToolCall(call) => server.push(Value::from(call.name.as_str())),
                // Gemini signs results of its own tools too, which are kept as they came.
                ContentPart::Opaque(part) if part.raw.to_value()["thoughtSignature"].is_string() => {
                    opaque += 1;
                }
                ContentPart::Refusal(part) => refusal.push_str(&part.text),
                ContentPart::Media(media) if media.kind == MediaKind::Image => {
                    images.push(if matches!(media.source, MediaSource::Base64(_)) {
                        "base64"
                    } else {
                        "url"
                    });
                }
                ContentPart::ToolCall(call) => {
                    let mut call_row = json!({"id": call.id.as_str(), "name": call.name.as_str()});
                    match serde_json::from_str::<Value>(&call.arguments) {
                        Ok(value) if call.kind == ToolCallKind::Function => call_row["arguments"] = value,
                        _ => call_row["arguments_raw"] = call.arguments.as_str().into(),
                    }
                    calls.push(call_row);
                }
                _ => {}
            }
        }
        row.insert("text".into(), choice.text().as_str().into());
        if !refusal.is_empty() {
            row.insert("refusal".into(), refusal.into());
        }
        let reasoning = choice.reasoning();
        let reasoning = (!reasoning.is_empty()).then(|| reasoning.as_str());
        row.insert("reasoning".into(), reasoning.into());
        row.insert("tool_calls".into(), calls.into());
        let finish = error.is_none().then(|| choice.finish_reason.as_str());
        row.insert("finish_reason".into(), finish.into());
        row.insert(
            "finish_reason_raw".into(),
            choice.finish_reason_raw.as_deref().into(),
        );
        choices.push(Value::Object(row));
    }
    line.insert("choices".into(), choices.into());
    if let Some(kind) = images.first() {
        line.insert("images".into(), json!({"count": images.len(), "kind": kind}));
    }
    if !server.is_empty() {
        line.insert("server_tool_calls".into(), server.into());
    }
    if opaque > 0 {
        line.insert("reasoning_opaque".into(), opaque.into());
    }
    // A stream that broke off may have been counted all the same.
    let usage = answer.usage.as_ref().or(error.and_then(Error::usage));
    put_usage(&mut line, usage);
    put_text(&mut line, "model", answer.model.as_deref());
    put_text(&mut line, "response_id", answer.id.as_deref());
    line.into()
}

/// The outcome of speech that came as the parts of a chat.
pub(crate) fn spoken(answer: &ChatResponse) -> Value {
    let parts = answer.choices.iter().flat_map(|choice| &choice.content);
    let sounds: Vec<(usize, &Media)> = parts
        .filter_map(|part| match part {
            ContentPart::Media(media) if media.kind == MediaKind::Audio => {
                let MediaSource::Base64(data) = &media.source else {
                    return None;
                };
                let bytes = STANDARD.decode(data.as_bytes()).unwrap_or_default();
                Some((bytes.len(), media))
            }
            _ => None,
        })
        .collect();
    let mut line = answered(answer, None);
    if let Some((_, first)) = sounds.first() {
        let bytes: usize = sounds.iter().map(|(bytes, _)| bytes).sum();
        line["audio"] = json!({"bytes": bytes, "content_type": first.media_type.as_deref()});
    }
    line
}

fn put_usage(line: &mut Map<String, Value>, usage: Option<&Usage>) {
    let Some(usage) = usage else { return };
    let counts = [
        ("input_tokens", Some(usage.input_tokens)),
        ("output_tokens", Some(usage.output_tokens)),
        ("cache_read_input_tokens", usage.cache_read_input_tokens),
        ("cache_creation_input_tokens", usage.cache_creation_input_tokens),
        ("reasoning_output_tokens", usage.reasoning_output_tokens),
    ];
    let counts = counts
        .into_iter()
        .filter_map(|(name, count)| Some((name.to_owned(), count?.into())));
    line.insert("usage".into(), Value::Object(counts.collect()));
}

fn put_text(line: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        line.insert(name.to_owned(), text.into());
    }
}

fn error_value(error: &Error) -> Value {
    // What this library says of a reply is no message of the vendor.
    let ours = matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Decode);
    json!({
        "kind": error.kind().as_str(),
        "status": error.status(),
        "message": (!ours).then(|| error.message()),
        "code": error.code(),
        "retryable": error.is_retryable(),
        "retry_after_s": error.retry_after().map(|wait| wait.as_secs_f64()),
    })
}
