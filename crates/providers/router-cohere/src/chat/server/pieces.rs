//! The pieces that whole answers and events share.

use router_core::chat::{FinishReason, TokenLogprob, Usage};
use router_core::content::{Citation, Opaque, Riders};
use router_core::{Text, ToolCall};
use router_wire::object::Object;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::chat::{PLAN, WIRE};

/// What deltas of a content are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Text,
    Thinking,
    Plan,
}

impl Block {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thinking | Self::Plan => "thinking",
        }
    }
}

pub(super) fn is_plan(riders: &Riders) -> bool {
    riders.extra().get(WIRE, PLAN).is_some()
}

/// A content, or a piece of one, which does not say what it is.
pub(super) struct Content<'a>(pub(super) Block, pub(super) &'a str, pub(super) bool);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.2 {
            map.serialize_entry("type", self.0.word())?;
        }
        map.serialize_entry(self.0.word(), self.1)?;
        map.end()
    }
}

#[derive(serde::Serialize)]
pub(super) struct Call<'a> {
    pub(super) id: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) function: Function<'a>,
}

#[derive(serde::Serialize)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn of(call: &'a ToolCall) -> Self {
        Self {
            id: &call.id,
            kind: "function",
            function: Function {
                name: &call.name,
                arguments: &call.arguments,
            },
        }
    }
}

#[derive(serde::Serialize)]
pub(super) struct End<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'a str>,
    pub(super) finish_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Counts<'a>>,
}

/// The vendor's word, or the one that stands for ours.
pub(super) fn word<'a>(end: Option<(&'a FinishReason, Option<&'a Text>)>) -> &'a str {
    const WORDS: [&str; 7] = [
        "COMPLETE",
        "STOP_SEQUENCE",
        "MAX_TOKENS",
        "TOOL_CALL",
        "ERROR",
        "TIMEOUT",
        "ERROR_TOXIC",
    ];
    let Some((reason, raw)) = end else {
        return "COMPLETE";
    };
    if let Some(raw) = raw.filter(|raw| WORDS.contains(&raw.as_str())) {
        return raw;
    }
    match reason {
        FinishReason::Length => "MAX_TOKENS",
        FinishReason::ToolCalls => "TOOL_CALL",
        // No word of today's, but of older models: to say that it was complete would hide that something is missing.
        FinishReason::ContentFilter => "ERROR_TOXIC",
        FinishReason::Error => "ERROR",
        FinishReason::Other(word) if !word.is_empty() => word,
        _ => "COMPLETE",
    }
}

/// The counts, as they came where they came over this wire.
pub(super) struct Counts<'a>(pub(super) &'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Clone, Copy, serde::Serialize)]
        struct Tokens {
            input_tokens: u64,
            output_tokens: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            reasoning_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            image_tokens: Option<u64>,
        }
        let usage = self.0;
        let images = usage.image_input_tokens.unwrap_or(0);
        let tokens = Tokens {
            input_tokens: usage.input_tokens.saturating_sub(images),
            output_tokens: usage.output_tokens,
            reasoning_tokens: usage.reasoning_output_tokens,
            image_tokens: usage.image_input_tokens,
        };
        let billed = Tokens {
            input_tokens: usage.input_tokens,
            reasoning_tokens: None,
            image_tokens: None,
            ..tokens
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("billed_units", &billed)?;
        map.serialize_entry("tokens", &tokens)?;
        if let Some(cached) = usage.cache_read_input_tokens {
            map.serialize_entry("cached_tokens", &cached)?;
        }
        map.end()
    }
}

pub(super) struct Token<'a>(pub(super) &'a TokenLogprob);

impl Serialize for Token<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let ids: [u32; 0] = [];
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("text", &self.0.token)?;
        // The ids of the vocabulary are the vendor's to know; the wire wants the field.
        map.serialize_entry("token_ids", &ids)?;
        map.serialize_entry("logprobs", &[self.0.logprob])?;
        map.end()
    }
}

/// A source, in the vendor's own object where it is of this wire.
pub(super) struct Cited<'a>(pub(super) &'a Citation);

impl Serialize for Cited<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Source<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a Text>,
            document: Document<'a>,
        }
        #[derive(serde::Serialize)]
        struct Document<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<&'a Text>,
            #[serde(skip_serializing_if = "Option::is_none")]
            url: Option<&'a Text>,
        }
        let citation = self.0;
        let own = citation.raw.as_ref().filter(|raw| is_own(raw));
        if let Some(raw) = own {
            return raw.raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        if let Some((start, end)) = citation.range {
            map.serialize_entry("start", &start)?;
            map.serialize_entry("end", &end)?;
        }
        map.serialize_entry("text", citation.cited_text.as_ref().map_or("", Text::as_str))?;
        let document = Document {
            title: citation.title.as_ref(),
            url: citation.url.as_ref(),
        };
        let source = Source {
            kind: "document",
            id: citation.url.as_ref(),
            document,
        };
        map.serialize_entry("sources", &[source])?;
        map.serialize_entry("type", "TEXT_CONTENT")?;
        map.end()
    }
}

/// Whether a vendor's object is a citation of this wire, by its fields.
fn is_own(raw: &Opaque) -> bool {
    let fields = serde_json::from_str::<Object<'_>>(raw.raw.as_str());
    fields.is_ok_and(|fields| {
        fields.peek("sources").is_some() && fields.peek("start").is_some() && fields.peek("end").is_some()
    })
}
