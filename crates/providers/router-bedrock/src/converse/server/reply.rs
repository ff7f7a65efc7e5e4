//! Answers in the wire's words.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use router_core::chat::{Choice, FinishReason, Usage};
use router_core::content::{Citation, MediaSource, Reasoning, TextPart};
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, Extra, Head, Json, Media, Output, Result, Signature,
    StreamEvent, Text,
};
use router_wire::HttpResponse;
use router_wire::provenance::seal;
use router_wire::server::ReplyEncoder;
use router_wire::write::ObjectArguments;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::events::Frames;
use crate::converse::WIRE;
use crate::converse::blocks::One;
use crate::converse::media::format_of;
use crate::error::server::exception;

/// Writes one answer.
pub(super) struct Encoder {
    since: Instant,
    frames: Frames,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            frames: Frames::default(),
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        let whole = Whole {
            answer,
            metrics: Metrics::since(self.since),
        };
        serde_json::to_vec(&whole)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        super::events::head()
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        self.frames.event(event, self.since, out);
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        exception(error, out);
    }

    /// None: the wire has no frames without meaning.
    fn heartbeat(&mut self, _out: &mut BytesMut) {}
}

/// How long the answer took.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metrics {
    latency_ms: u64,
}

impl Metrics {
    pub(super) fn since(begin: Instant) -> Self {
        Self {
            latency_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

struct Whole<'a> {
    answer: &'a ChatResponse,
    metrics: Metrics,
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let answer = self.answer;
        let choice = answer.first();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("output", &One("message", &Said(choice)))?;
        let end = choice.map(|choice| {
            let stopped = choice.stop_sequence.is_some();
            (&choice.finish_reason, choice.finish_reason_raw.as_ref(), stopped)
        });
        map.serialize_entry("stopReason", stop_word(end))?;
        if let Some(usage) = &answer.usage {
            map.serialize_entry("usage", &Counts(usage))?;
        }
        told(&mut map, &answer.extra, &["additionalModelResponseFields"])?;
        metadata(
            &mut map,
            &answer.extra,
            answer.service_tier.as_ref(),
            &self.metrics,
        )?;
        map.end()
    }
}

/// What stands beside the counts.
pub(super) fn metadata<M: SerializeMap>(
    map: &mut M,
    extra: &Extra,
    tier: Option<&Text>,
    metrics: &Metrics,
) -> std::result::Result<(), M::Error> {
    match extra.get(WIRE, "metrics") {
        Some(told) => map.serialize_entry("metrics", told)?,
        None => map.serialize_entry("metrics", metrics)?,
    }
    told(map, extra, &["trace", "performanceConfig"])?;
    match tier {
        Some(tier) => map.serialize_entry("serviceTier", &One("type", tier)),
        None => Ok(()),
    }
}

/// Fields that the vendor itself told.
pub(super) fn told<M: SerializeMap>(
    map: &mut M,
    extra: &Extra,
    names: &[&str],
) -> std::result::Result<(), M::Error> {
    for name in names {
        if let Some(json) = extra.get(WIRE, name) {
            map.serialize_entry(name, json)?;
        }
    }
    Ok(())
}

/// The word for the end of an answer: the wire's own where the answer came over it.
pub(super) fn stop_word<'a>(end: Option<(&'a FinishReason, Option<&'a Text>, bool)>) -> &'a str {
    const OWN: [&str; 9] = [
        "end_turn",
        "stop_sequence",
        "tool_use",
        "max_tokens",
        "model_context_window_exceeded",
        "guardrail_intervened",
        "content_filtered",
        "malformed_model_output",
        "malformed_tool_use",
    ];
    let Some((reason, raw, stopped)) = end else {
        return "end_turn";
    };
    let own = raw.filter(|word| OWN.contains(&word.as_str()));
    match (reason, own) {
        (FinishReason::ToolCalls, _) => "tool_use",
        (_, Some(word)) => word.as_str(),
        (FinishReason::Length, _) => "max_tokens",
        (FinishReason::ContentFilter, _) => "content_filtered",
        (FinishReason::Error, _) => "malformed_model_output",
        (FinishReason::Stop, _) if stopped => "stop_sequence",
        _ => "end_turn",
    }
}

/// The counts, cached tokens apart.
pub(super) struct Counts<'a>(pub(super) &'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let usage = self.0;
        let cached = [usage.cache_read_input_tokens, usage.cache_creation_input_tokens];
        let cached: u64 = cached.into_iter().flatten().sum();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("inputTokens", &usage.input_tokens.saturating_sub(cached))?;
        map.serialize_entry("outputTokens", &usage.output_tokens)?;
        map.serialize_entry("totalTokens", &usage.total_tokens())?;
        if let Some(read) = usage.cache_read_input_tokens {
            map.serialize_entry("cacheReadInputTokens", &read)?;
        }
        if let Some(written) = usage.cache_creation_input_tokens {
            map.serialize_entry("cacheWriteInputTokens", &written)?;
        }
        if let Some(hour) = usage.cache_creation_1h_input_tokens {
            let detail = serde_json::json!([{"ttl": "1h", "inputTokens": hour}]);
            map.serialize_entry("cacheDetails", &detail)?;
        }
        map.end()
    }
}

struct Said<'a>(Option<&'a Choice>);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", "assistant")?;
        map.serialize_entry("content", &Parts(self.0.map_or(&[], |choice| &choice.content)))?;
        map.end()
    }
}

struct Parts<'a>(&'a [ContentPart]);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for part in self.0 {
            block(part, &mut seq)?;
        }
        seq.end()
    }
}

fn block<S: SerializeSeq>(part: &ContentPart, seq: &mut S) -> std::result::Result<(), S::Error> {
    match part {
        ContentPart::Text(part) if !part.citations.is_empty() => {
            seq.serialize_element(&One("citationsContent", &Cited(part)))
        }
        ContentPart::Text(part) => seq.serialize_element(&One("text", &part.text)),
        ContentPart::Refusal(part) => seq.serialize_element(&One("text", &part.text)),
        ContentPart::Reasoning(part) => seq.serialize_element(&One("reasoningContent", &Thought(part))),
        ContentPart::ToolCall(call) => {
            let used = Used {
                id: Some(&call.id),
                name: &call.name,
                input: &ObjectArguments(call),
                kind: None,
            };
            seq.serialize_element(&One("toolUse", &used))
        }
        ContentPart::ServerToolCall(call) if call.raw.provider == *crate::WIRE => {
            seq.serialize_element(&call.raw.raw)
        }
        ContentPart::ServerToolCall(call) => {
            let used = Used {
                id: call.id.as_ref(),
                name: &call.name,
                input: &object(call.arguments.as_ref()),
                kind: Some("server_tool_use"),
            };
            seq.serialize_element(&One("toolUse", &used))
        }
        ContentPart::Media(media) => match picture(media) {
            Some(data) => {
                let format = format_of(media).unwrap_or("png");
                let image = serde_json::json!({"format": format, "source": {"bytes": data.as_str()}});
                seq.serialize_element(&One("image", &image))
            }
            None => Ok(()),
        },
        ContentPart::Opaque(part) if part.provider == *crate::WIRE => seq.serialize_element(&part.raw),
        _ => Ok(()),
    }
}

/// The bytes of a picture: the only media that an answer holds.
pub(super) fn picture(media: &Media) -> Option<&Text> {
    match (&media.kind, &media.source) {
        (router_core::content::MediaKind::Image, MediaSource::Base64(data)) => Some(data),
        _ => None,
    }
}

/// Arguments as an object.
pub(super) fn object(arguments: Option<&Text>) -> Json {
    let arguments = arguments.filter(|arguments| arguments.trim().starts_with('{'));
    let parsed = arguments.and_then(|arguments| Json::parse(arguments.clone()).ok());
    parsed.unwrap_or_else(Json::empty_object)
}

/// A call.
pub(super) struct Used<'a, T> {
    pub(super) id: Option<&'a Text>,
    pub(super) name: &'a Text,
    pub(super) input: &'a T,
    pub(super) kind: Option<&'static str>,
}

impl<T: Serialize> Serialize for Used<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("toolUseId", self.id.map_or("tooluse", Text::as_str))?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("input", self.input)?;
        if let Some(kind) = self.kind {
            map.serialize_entry("type", kind)?;
        }
        map.end()
    }
}

struct Cited<'a>(&'a TextPart);

impl Serialize for Cited<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let sources: Vec<Json> = self.0.citations.iter().map(source).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("content", &[One("text", &self.0.text)])?;
        map.serialize_entry("citations", &sources)?;
        map.end()
    }
}

/// A source in the wire's form.
pub(super) fn source(citation: &Citation) -> Json {
    if let Some(raw) = citation.raw.as_ref().filter(|raw| raw.provider == *crate::WIRE) {
        return raw.raw.clone();
    }
    let mut source = serde_json::Map::new();
    if let Some(title) = &citation.title {
        source.insert("title".to_owned(), title.as_str().into());
    }
    if let Some(url) = &citation.url {
        source.insert(
            "location".to_owned(),
            serde_json::json!({"web": {"url": url.as_str()}}),
        );
    }
    if let Some(text) = &citation.cited_text {
        source.insert(
            "sourceContent".to_owned(),
            serde_json::json!([{"text": text.as_str()}]),
        );
    }
    Json::from(serde_json::Value::Object(source))
}

struct Thought<'a>(&'a Reasoning);

impl Serialize for Thought<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let signature = self.0.riders.signature();
        let mut map = serializer.serialize_map(Some(1))?;
        match signature {
            Some(signature) if self.0.redacted => {
                map.serialize_entry("redactedContent", &hidden(signature))?
            }
            signature => {
                #[derive(serde::Serialize)]
                struct Shown<'a> {
                    text: &'a Text,
                    #[serde(skip_serializing_if = "Option::is_none")]
                    signature: Option<std::borrow::Cow<'a, str>>,
                }
                let shown = Shown {
                    text: &self.0.text,
                    signature: signature.map(|signature| seal(signature, crate::WIRE)),
                };
                map.serialize_entry("reasoningText", &shown)?;
            }
        }
        map.end()
    }
}

/// Hidden reasoning, which is base64 on this wire: what another vendor hid is put into it with its maker's name.
pub(super) fn hidden(signature: &Signature) -> String {
    if signature.provider == *crate::WIRE {
        signature.data.to_string()
    } else {
        STANDARD.encode(seal(signature, crate::WIRE).as_bytes())
    }
}
