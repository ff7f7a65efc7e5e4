//! Answers as messages.

use std::borrow::Cow;

use bytes::BytesMut;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::content::{Citation, Opaque, TextPart};
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Head, Json, Media, Output, Result, Signature,
    StreamEvent, Text, ToolCall, Usage,
};
use router_wire::HttpResponse;
use router_wire::object::Object;
use router_wire::provenance::seal;
use router_wire::server::{ReplyEncoder, check_end};
use router_wire::write::{ObjectArguments, extra_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::blocks::RIDER;
use super::events::Writer;
use super::stamp;
use crate::response::finish_reason;
use crate::{MESSAGES, WIRE};

/// Writes the reply to one request.
pub(super) struct Encoder {
    model: Text,
    writer: Option<Writer>,
}

impl Encoder {
    pub(super) fn new(model: Text) -> Self {
        Self { model, writer: None }
    }

    fn writer(&mut self) -> &mut Writer {
        let model = &self.model;
        self.writer.get_or_insert_with(|| Writer::new(model.clone()))
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        check_end(answer)?;
        let message = Message {
            answer,
            model: &self.model,
        };
        serde_json::to_vec(&message)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = HeaderMap::from_iter([
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream; charset=utf-8"),
            ),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ]);
        HttpResponse::new(200, headers, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        self.writer().event(event, out);
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.writer().error(error, out);
    }

    fn heartbeat(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
    }
}

/// An id for an answer whose vendor gave none.
pub(super) fn made_up_id() -> Text {
    Text::from(format!("msg_{:016x}", stamp()))
}

struct Message<'a> {
    answer: &'a ChatResponse,
    model: &'a Text,
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answer = self.answer;
        let choice = answer.first();
        let content = choice.map(|choice| choice.content.as_slice()).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", answer.id.as_ref().unwrap_or(&made_up_id()))?;
        map.serialize_entry("type", "message")?;
        map.serialize_entry("role", "assistant")?;
        map.serialize_entry("model", answer.model.as_ref().unwrap_or(self.model))?;
        map.serialize_entry("content", &Content(content))?;
        let reason = choice.map(|choice| {
            let raw = choice.finish_reason_raw.as_ref();
            stop_reason(&choice.finish_reason, raw, choice.stop_sequence.is_some())
        });
        map.serialize_entry("stop_reason", &reason)?;
        let sequence = choice.and_then(|choice| choice.stop_sequence.as_ref());
        map.serialize_entry("stop_sequence", &sequence)?;
        map.serialize_entry(
            "usage",
            &WireUsage::of(answer.usage.as_ref(), answer.service_tier.as_ref()),
        )?;
        extra_fields(&mut map, &answer.extra, MESSAGES)?;
        map.end()
    }
}

/// The wire's word for why an answer ended: the vendor's own when it is one of this wire.
pub(super) fn stop_reason<'a>(reason: &'a FinishReason, raw: Option<&'a Text>, stopped: bool) -> &'a str {
    if let Some(raw) = raw.filter(|raw| finish_reason(raw) == *reason) {
        // `stop` and the like stand for themselves only where this wire has the word.
        if !matches!(reason, FinishReason::Other(_)) || matches!(raw.as_str(), "pause_turn" | "compaction") {
            return raw;
        }
    }
    match reason {
        FinishReason::Stop if stopped => "stop_sequence",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
        _ => "end_turn",
    }
}

/// Counts in the wire's way: cached tokens apart from the others.
#[derive(Debug, Default)]
pub(super) struct WireUsage<'a> {
    usage: Option<&'a Usage>,
    service_tier: Option<&'a Text>,
}

impl<'a> WireUsage<'a> {
    pub(super) fn of(usage: Option<&'a Usage>, service_tier: Option<&'a Text>) -> Self {
        Self { usage, service_tier }
    }
}

/// Counts that only this wire has, given on when the vendor speaks it.
const OWN_COUNTS: &[&str] = &[
    "cache_creation",
    "server_tool_use",
    "inference_geo",
    "speed",
    "iterations",
];

impl Serialize for WireUsage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let none = Usage::default();
        let usage = self.usage.unwrap_or(&none);
        let read = usage.cache_read_input_tokens.unwrap_or(0);
        let written = usage.cache_creation_input_tokens.unwrap_or(0);
        let rest = usage.input_tokens.saturating_sub(read).saturating_sub(written);
        map.serialize_entry("input_tokens", &rest)?;
        map.serialize_entry("cache_creation_input_tokens", &written)?;
        map.serialize_entry("cache_read_input_tokens", &read)?;
        map.serialize_entry("output_tokens", &usage.output_tokens)?;
        if let Some(tokens) = usage.reasoning_output_tokens {
            map.serialize_entry(
                "output_tokens_details",
                &Thinking {
                    thinking_tokens: tokens,
                },
            )?;
        }
        let raw = usage
            .raw
            .as_ref()
            .and_then(|raw| serde_json::from_str::<&RawValue>(raw.as_str()).ok());
        let own = raw.and_then(|raw| Object::of(raw, "usage").ok());
        let own = |name: &str| own.as_ref().and_then(|fields| fields.peek(name));
        for name in OWN_COUNTS {
            if let Some(value) = own(name) {
                map.serialize_entry(name, value)?;
            }
        }
        // Another wire's counts, or those of several calls.
        if let (Some(hour), None) = (usage.cache_creation_1h_input_tokens, own("cache_creation")) {
            let kept = Kept {
                ephemeral_5m_input_tokens: written.saturating_sub(hour),
                ephemeral_1h_input_tokens: hour,
            };
            map.serialize_entry("cache_creation", &kept)?;
        }
        // The words of this wire; others' clients would not know.
        let tier = match self.service_tier.map(Text::as_str) {
            Some("default") => Some("standard"),
            tier => tier.filter(|word| matches!(*word, "standard" | "priority" | "batch")),
        };
        if let Some(tier) = tier {
            map.serialize_entry("service_tier", tier)?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Thinking {
    thinking_tokens: u64,
}

/// Tokens written to the cache, by how long they stay.
#[derive(serde::Serialize)]
struct Kept {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

/// Parts as blocks.
struct Content<'a>(&'a [ContentPart]);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for part in self.0 {
            match part {
                ContentPart::Text(part) if (!part.text.is_empty() || !part.citations.is_empty()) => {
                    list.serialize_element(&Block::Text(part))?;
                }
                ContentPart::Refusal(refusal) => list.serialize_element(&Block::Plain(&refusal.text))?,
                ContentPart::Reasoning(reasoning) => {
                    let signature = reasoning.riders.signature();
                    if !reasoning.redacted {
                        list.serialize_element(&Block::Thinking(&reasoning.text, signature))?;
                    } else if let Some(signature) = signature {
                        list.serialize_element(&Block::Redacted(Cow::Borrowed(signature)))?;
                    }
                }
                ContentPart::ToolCall(call) => list.serialize_element(&Block::Call(call))?,
                ContentPart::ServerToolCall(call) if is_of_wire(&call.raw) => {
                    list.serialize_element(&Block::Raw(&call.raw.raw))?;
                }
                ContentPart::Opaque(part) if is_of_wire(part) => {
                    list.serialize_element(&Block::Raw(&part.raw))?;
                }
                ContentPart::Media(media) => list.serialize_element(&Block::Media(media))?,
                // What other vendors ran or made in a form of their own has no place on this wire.
                _ => {}
            }
            if let Some(signature) = rider(part) {
                list.serialize_element(&Block::Redacted(Cow::Owned(signature)))?;
            }
        }
        list.end()
    }
}

/// The signature on a call or text, made to travel as hidden reasoning.
fn rider(part: &ContentPart) -> Option<Signature> {
    match part {
        ContentPart::Text(part) => part.riders.signature().map(carried),
        ContentPart::ToolCall(call) => call.riders.signature().map(carried),
        _ => None,
    }
}

/// A signature in the form in which it travels behind its part.
pub(super) fn carried(signature: &Signature) -> Signature {
    Signature::new(&signature.provider, format!("{RIDER}{}", signature.data))
}

/// Whether a part is in the JSON of this wire, whoever made it: the vendor, or a cloud that speaks the same.
pub(super) fn is_of_wire(part: &Opaque) -> bool {
    let own = || {
        let raw: &RawValue = serde_json::from_str(part.raw.as_str()).ok()?;
        let mut object = Object::of(raw, "").ok()?;
        // OpenAI has a compaction of its own, which is sealed and has no content.
        let with_content = object.peek("content").is_some();
        let kind = object.text("type").ok()??;
        let one_of_ours = matches!(
            kind.as_str(),
            "server_tool_use" | "mcp_tool_use" | "fallback" | "container_upload"
        );
        Some(one_of_ours || kind.ends_with("_tool_result") || (kind == "compaction" && with_content))
    };
    part.provider == *WIRE || own().unwrap_or(false)
}

/// A block.
pub(super) enum Block<'a> {
    Text(&'a TextPart),
    Plain(&'a str),
    Thinking(&'a str, Option<&'a Signature>),
    Redacted(Cow<'a, Signature>),
    Call(&'a ToolCall),
    /// A call whose arguments are still to come.
    CallStart(&'a Text, &'a Text),
    Raw(&'a Json),
    Media(&'a Media),
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Raw(json) = self {
            return json.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text(part) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", &part.text)?;
                if !part.citations.is_empty() {
                    let citations = || part.citations.iter().map(WireCitation);
                    map.serialize_entry("citations", &router_wire::write::Seq(citations))?;
                }
                extra_fields(&mut map, part.riders.extra(), MESSAGES)?;
            }
            Self::Plain(text) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
            }
            Self::Thinking(text, signature) => {
                let sealed = signature
                    .map(|signature| seal(signature, WIRE))
                    .unwrap_or_default();
                map.serialize_entry("type", "thinking")?;
                map.serialize_entry("thinking", text)?;
                map.serialize_entry("signature", &sealed)?;
            }
            Self::Redacted(signature) => {
                map.serialize_entry("type", "redacted_thinking")?;
                map.serialize_entry("data", &seal(signature, WIRE))?;
            }
            Self::Call(call) => {
                map.serialize_entry("type", "tool_use")?;
                map.serialize_entry("id", &call.id)?;
                map.serialize_entry("name", &call.name)?;
                map.serialize_entry("input", &ObjectArguments(call))?;
                extra_fields(&mut map, call.riders.extra(), MESSAGES)?;
            }
            Self::CallStart(id, name) => {
                map.serialize_entry("type", "tool_use")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("name", name)?;
                map.serialize_entry("input", &Json::empty_object())?;
            }
            Self::Media(media) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", &linked(media))?;
            }
            Self::Raw(_) => {}
        }
        map.end()
    }
}

/// A picture as text that shows it: this wire has no place for one in answers.
pub(super) fn linked(media: &Media) -> String {
    let address = match &media.source {
        router_core::content::MediaSource::Url(url) => url.as_str().to_owned(),
        _ => media.to_data_url().unwrap_or_default(),
    };
    format!("![{}]({address})", media.name.as_deref().unwrap_or("image"))
}

/// A source: the vendor's own object when it is of this wire, else as a search result.
pub(super) struct WireCitation<'a>(pub(super) &'a Citation);

impl Serialize for WireCitation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let citation = self.0;
        let of_wire = citation
            .raw
            .as_ref()
            .filter(|raw| raw.provider == *WIRE || raw.raw.as_str().contains("_location\""));
        if let Some(raw) = of_wire {
            return raw.raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "web_search_result_location")?;
        map.serialize_entry("cited_text", citation.cited_text.as_deref().unwrap_or_default())?;
        map.serialize_entry("url", citation.url.as_deref().unwrap_or_default())?;
        map.serialize_entry("title", &citation.title)?;
        // The vendor's own mark; without one the source is not sent back to the vendor.
        map.serialize_entry("encrypted_index", "")?;
        map.end()
    }
}
