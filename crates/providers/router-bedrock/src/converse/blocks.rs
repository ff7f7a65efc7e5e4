//! Messages as blocks, those of one side together.

use std::cell::Cell;

use router_core::content::{MediaKind, Reasoning, TextPart};
use router_core::{CacheMark, Content, ContentPart, Json, Media, Message, Text, ToolCall, ToolResult};
use router_wire::provenance::Speaker;
use router_wire::write::{ObjectArguments, extra_fields, extra_fields_but};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::ids::call_id;
use super::media::{Inside, block};
use super::plan::Turn;
use super::{AS_JSON, WIRE, check};
use crate::models::Family;

/// What blocks are written with.
pub(super) struct Blocks<'a> {
    pub(super) speaker: &'a Speaker,
    pub(super) family: Family,
    /// Names of documents, in their order, and which is next.
    pub(super) documents: &'a [String],
    pub(super) next: Cell<usize>,
}

impl Blocks<'_> {
    /// Whether messages have a block.
    pub(super) fn any(&self, messages: &[&Message]) -> bool {
        messages.iter().any(|message| match &message.content {
            Content::Text(text) => is_said(text),
            Content::Parts(parts) => parts.iter().any(|part| self.is_sent(part)),
        })
    }

    fn is_sent(&self, part: &ContentPart) -> bool {
        match part {
            ContentPart::Text(part) => is_said(&part.text),
            ContentPart::Refusal(part) => is_said(&part.text),
            ContentPart::Reasoning(part) => check::signed(self.speaker, part).is_some(),
            ContentPart::ServerToolCall(call) => self.speaker.opaque(&call.raw).is_some(),
            ContentPart::Opaque(part) => self.speaker.opaque(part).is_some(),
            _ => true,
        }
    }

    /// Writes the block of a part, and its cache point.
    fn write<S: SerializeSeq>(&self, part: &ContentPart, seq: &mut S) -> Result<(), S::Error> {
        if !self.is_sent(part) {
            return Ok(());
        }
        match part {
            ContentPart::Text(part) => self.text(part, seq)?,
            ContentPart::Refusal(part) => seq.serialize_element(&One("text", &part.text))?,
            ContentPart::Media(media) => self.media(media, seq)?,
            ContentPart::Reasoning(part) => {
                let thought = Thought {
                    reasoning: part,
                    signature: check::signed(self.speaker, part),
                };
                seq.serialize_element(&One("reasoningContent", &thought))?;
            }
            ContentPart::ToolCall(call) => {
                let called = Called { blocks: self, call };
                seq.serialize_element(&One("toolUse", &called))?;
            }
            ContentPart::ToolResult(result) => {
                let answered = Answered { blocks: self, result };
                seq.serialize_element(&One("toolResult", &answered))?;
            }
            ContentPart::ServerToolCall(call) => seq.serialize_element(&call.raw.raw)?,
            ContentPart::Opaque(part) => seq.serialize_element(&part.raw)?,
            _ => {}
        }
        match part.riders().and_then(|riders| riders.cache()) {
            Some(mark) => seq.serialize_element(&One("cachePoint", &CachePoint(mark))),
            None => Ok(()),
        }
    }

    fn text<S: SerializeSeq>(&self, part: &TextPart, seq: &mut S) -> Result<(), S::Error> {
        // Sources in this vendor's form go back around their text.
        let sources = part.citations.iter().map(|citation| citation.raw.as_ref());
        let own: Option<Vec<&Json>> = sources
            .map(|raw| self.speaker.opaque(raw?).map(|raw| &raw.raw))
            .collect();
        match own {
            Some(citations) if !citations.is_empty() => {
                let content = CitedText {
                    content: [One("text", &part.text)],
                    citations,
                };
                seq.serialize_element(&One("citationsContent", &content))
            }
            _ => seq.serialize_element(&One("text", &part.text)),
        }
    }

    fn media<S: SerializeSeq>(&self, media: &Media, seq: &mut S) -> Result<(), S::Error> {
        let mut name = None;
        if media.kind == MediaKind::Document {
            let at = self.next.get();
            self.next.set(at + 1);
            name = self.documents.get(at).map(String::as_str);
        }
        seq.serialize_element(&One(block(media.kind), &Inside { media, name }))
    }
}

/// Whether there is more in a text than white space, which the vendor refuses.
fn is_said(text: &str) -> bool {
    !text.trim().is_empty()
}

#[derive(serde::Serialize)]
struct CitedText<'a> {
    content: [One<'a, Text>; 1],
    citations: Vec<&'a Json>,
}

/// An object with one field, which is what a block is.
pub(super) struct One<'a, T: ?Sized>(pub(super) &'static str, pub(super) &'a T);

impl<T: Serialize + ?Sized> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

/// The messages of a request.
pub(super) struct Turns<'a> {
    pub(super) blocks: &'a Blocks<'a>,
    pub(super) turns: &'a [Turn<'a>],
}

impl Serialize for Turns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.blocks.next.set(0);
        let last = self.turns.len().saturating_sub(1);
        serializer.collect_seq(self.turns.iter().enumerate().map(|(at, turn)| Said {
            blocks: self.blocks,
            turn,
            is_last: at == last,
        }))
    }
}

/// What one side says.
struct Said<'a> {
    blocks: &'a Blocks<'a>,
    turn: &'a Turn<'a>,
    is_last: bool,
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", self.turn.role)?;
        map.serialize_entry("content", &Contents(self))?;
        for message in &self.turn.messages {
            extra_fields(&mut map, &message.extra, WIRE)?;
        }
        map.end()
    }
}

struct Contents<'a>(&'a Said<'a>);

impl Serialize for Contents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let said = self.0;
        // The vendor refuses an answer that it is to go on with when white space ends it.
        let begun = said.is_last && said.turn.role == "assistant";
        let mut seq = serializer.serialize_seq(None)?;
        for (at, message) in said.turn.messages.iter().enumerate() {
            let is_last = begun && at + 1 == said.turn.messages.len();
            match &message.content {
                Content::Text(text) if !is_said(text) => {}
                Content::Text(text) if is_last => seq.serialize_element(&One("text", text.trim_end()))?,
                Content::Text(text) => seq.serialize_element(&One("text", text))?,
                Content::Parts(parts) => {
                    for (at, part) in parts.iter().enumerate() {
                        match part {
                            ContentPart::Text(part)
                                if is_last && at + 1 == parts.len() && is_said(&part.text) =>
                            {
                                seq.serialize_element(&One("text", part.text.trim_end()))?;
                            }
                            part => said.blocks.write(part, &mut seq)?,
                        }
                    }
                }
            }
        }
        seq.end()
    }
}

/// The instructions of a request.
pub(super) struct System<'a> {
    pub(super) blocks: &'a Blocks<'a>,
    pub(super) messages: &'a [&'a Message],
    pub(super) instruction: Option<&'a str>,
}

impl Serialize for System<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for message in self.messages {
            match &message.content {
                Content::Text(text) if is_said(text) => seq.serialize_element(&One("text", text))?,
                Content::Text(_) => {}
                Content::Parts(parts) => {
                    for part in parts.iter() {
                        self.blocks.write(part, &mut seq)?;
                    }
                }
            }
        }
        if let Some(instruction) = self.instruction {
            seq.serialize_element(&One("text", instruction))?;
        }
        seq.end()
    }
}

/// A cache point.
pub(super) struct CachePoint<'a>(pub(super) &'a CacheMark);

impl Serialize for CachePoint<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "default")?;
        if let Some(ttl) = &self.0.ttl {
            map.serialize_entry("ttl", ttl)?;
        }
        map.end()
    }
}

struct Thought<'a> {
    reasoning: &'a Reasoning,
    signature: Option<&'a Text>,
}

impl Serialize for Thought<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        if self.reasoning.redacted {
            map.serialize_entry("redactedContent", &self.signature)?;
            return map.end();
        }
        let shown = Shown {
            text: &self.reasoning.text,
            signature: self.signature.filter(|signature| !signature.is_empty()),
        };
        map.serialize_entry("reasoningText", &shown)?;
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Shown<'a> {
    text: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a Text>,
}

struct Called<'a> {
    blocks: &'a Blocks<'a>,
    call: &'a ToolCall,
}

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let call = self.call;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("toolUseId", &call_id(self.blocks.family, &call.id))?;
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry("input", &ObjectArguments(call))?;
        extra_fields(&mut map, call.riders.extra(), WIRE)?;
        map.end()
    }
}

struct Answered<'a> {
    blocks: &'a Blocks<'a>,
    result: &'a ToolResult,
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.result;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("toolUseId", &call_id(self.blocks.family, &result.call_id))?;
        map.serialize_entry("content", &Given(self))?;
        if result.is_error {
            map.serialize_entry("status", "error")?;
        }
        extra_fields_but(&mut map, result.riders.extra(), WIRE, &[])?;
        map.end()
    }
}

/// The content of a result.
struct Given<'a>(&'a Answered<'a>);

impl Serialize for Given<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        match &self.0.result.content {
            Content::Text(text) => seq.serialize_element(&One("text", text))?,
            Content::Parts(parts) => {
                for part in parts.iter() {
                    match part {
                        ContentPart::Text(part) => match as_json(part) {
                            Some(raw) => seq.serialize_element(&One("json", raw))?,
                            None => seq.serialize_element(&One("text", &part.text))?,
                        },
                        part => self.0.blocks.write(part, &mut seq)?,
                    }
                }
            }
        }
        seq.end()
    }
}

/// The JSON of a text that was JSON on this wire.
fn as_json(part: &TextPart) -> Option<&RawValue> {
    part.riders.extra().get(WIRE, AS_JSON)?;
    serde_json::from_str(&part.text).ok()
}
