//! Items, their parts and responses as JSON.

use router_core::chat::TokenLogprob;
use router_core::content::{Citation, MediaKind, MediaSource, Reasoning, Riders};
use router_core::tool::ToolCallKind;
use router_core::{Extra, Json, Media, Usage};
use router_wire::provenance::seal;
use router_wire::write::string_of;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::citations::{Annotation, Form};
use crate::logprobs::ResponseTokens;
use crate::responses::WIRE;
use crate::responses::riders::{self, MESSAGE};

/// A part of a message.
pub(super) enum Part<'a> {
    Text {
        text: &'a str,
        annotations: &'a [Json],
        logprobs: &'a [TokenLogprob],
    },
    Refusal(&'a str),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text {
                text,
                annotations,
                logprobs,
            } => {
                map.serialize_entry("type", "output_text")?;
                map.serialize_entry("text", text)?;
                map.serialize_entry("annotations", annotations)?;
                map.serialize_entry("logprobs", &ResponseTokens(logprobs))?;
            }
            Self::Refusal(text) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", text)?;
            }
        }
        map.end()
    }
}

/// A source as an annotation, where this wire has a place for it.
pub(super) fn annotation(citation: &Citation) -> Option<Json> {
    Json::of(&Annotation::of(citation, Form::Responses)?).ok()
}

/// A message. Its vendor's fields stand beside those that every message has.
pub(super) struct Message<'a, P> {
    pub(super) id: &'a str,
    /// Where its vendor has not told.
    pub(super) status: &'a str,
    pub(super) parts: &'a [P],
    pub(super) mark: Option<&'a Json>,
}

impl<P: Serialize> Serialize for Message<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mark: Map<String, Value> = self.mark.and_then(|mark| mark.to().ok()).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("type", "message")?;
        map.serialize_entry("role", "assistant")?;
        let status = mark.get("status").and_then(Value::as_str);
        map.serialize_entry("status", status.unwrap_or(self.status))?;
        map.serialize_entry("content", self.parts)?;
        let own = |name: &str| matches!(name, "id" | "status" | riders::EASY | riders::PLAIN);
        for (name, value) in mark.iter().filter(|(name, _)| !own(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The fields of the message that a part with these riders begins.
pub(super) fn mark(riders: &Riders) -> Option<&Json> {
    riders.extra().get(WIRE, MESSAGE)
}

/// A call that the client has to run.
pub(super) struct Call<'a> {
    pub(super) id: &'a str,
    pub(super) call_id: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: ToolCallKind,
    pub(super) arguments: &'a str,
    /// Where its vendor has not told.
    pub(super) status: &'a str,
    pub(super) extra: &'a Extra,
}

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, field) = match self.kind {
            ToolCallKind::Custom => ("custom_tool_call", "input"),
            _ => ("function_call", "arguments"),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("call_id", self.call_id)?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry(field, self.arguments)?;
        let status = self.extra.get(WIRE, "status").and_then(string_of);
        map.serialize_entry("status", status.as_deref().unwrap_or(self.status))?;
        own_fields(&mut map, self.extra)?;
        map.end()
    }
}

/// The vendor's fields of an item, without those that every item has.
fn own_fields<M: SerializeMap>(map: &mut M, extra: &Extra) -> Result<(), M::Error> {
    let fields = extra.for_wire(WIRE).iter();
    let own = |name: &str| riders::is_ours(name) || matches!(name, "id" | "status");
    for (name, value) in fields.filter(|(name, _)| !own(name)) {
        map.serialize_entry(name.as_str(), value)?;
    }
    Ok(())
}

/// What the model thought: the vendor's own item, or a summary of one paragraph.
pub(super) struct Thought<'a> {
    pub(super) id: &'a str,
    pub(super) text: &'a str,
    pub(super) riders: &'a Riders,
}

impl<'a> Thought<'a> {
    pub(super) fn of(id: &'a str, reasoning: &'a Reasoning) -> Self {
        Self {
            id,
            text: &reasoning.text,
            riders: &reasoning.riders,
        }
    }
}

impl Serialize for Thought<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let extra = self.riders.extra();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("type", "reasoning")?;
        if extra.get(WIRE, "summary").is_none() {
            let paragraph = Some(Paragraph::of(self.text)).filter(|_| !self.text.is_empty());
            map.serialize_entry("summary", paragraph.as_slice())?;
        }
        own_fields(&mut map, extra)?;
        if let Some(signature) = self.riders.signature() {
            map.serialize_entry("encrypted_content", &seal(signature, crate::SIGNED))?;
        }
        map.end()
    }
}

/// A paragraph of reasoning.
#[derive(Serialize)]
pub(super) struct Paragraph<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
}

impl<'a> Paragraph<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            kind: "summary_text",
            text,
        }
    }
}

/// A picture that the model made, as a call of the tool that makes them.
#[derive(Serialize)]
pub(super) struct Picture<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    result: &'a str,
}

impl<'a> Picture<'a> {
    /// The picture, unless it is told by a call of the vendor already, or not held by value.
    pub(super) fn of(id: &'a str, media: &'a Media) -> Option<Self> {
        let told = media.riders.extra().get(WIRE, riders::ITEM).is_some();
        match &media.source {
            MediaSource::Base64(data) if media.kind == MediaKind::Image && !told => Some(Self {
                id,
                kind: "image_generation_call",
                status: "completed",
                result: data,
            }),
            _ => None,
        }
    }
}

/// Whether an item of a vendor is one of this wire.
pub(super) fn is_item(provider: &str, raw: &Json) -> bool {
    let fields: Map<String, Value> = raw.to().unwrap_or_default();
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
    provider == crate::WIRE || kind.ends_with("_call") || kind.ends_with("_call_output")
}

/// Counts in the words of this wire.
pub(super) struct Counts<'a>(pub(super) &'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Read {
            cached_tokens: u64,
            cache_write_tokens: u64,
        }
        #[derive(Serialize)]
        struct Said {
            reasoning_tokens: u64,
        }
        let usage = self.0;
        let read = Read {
            cached_tokens: usage.cache_read_input_tokens.unwrap_or(0),
            cache_write_tokens: usage.cache_creation_input_tokens.unwrap_or(0),
        };
        let said = Said {
            reasoning_tokens: usage.reasoning_output_tokens.unwrap_or(0),
        };
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("input_tokens", &usage.input_tokens)?;
        map.serialize_entry("input_tokens_details", &read)?;
        map.serialize_entry("output_tokens", &usage.output_tokens)?;
        map.serialize_entry("output_tokens_details", &said)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        map.end()
    }
}
