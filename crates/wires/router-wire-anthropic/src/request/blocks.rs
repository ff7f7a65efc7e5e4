//! Parts as content blocks.

use std::borrow::Cow;

use router_core::content::{MediaKind, MediaSource, Reasoning, Riders, TextPart};
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{CacheMark, Content, ContentPart, Media, Text, ToolCall, ToolResult};
use router_wire::provenance::Speaker;
use router_wire::write::{Seq, extra_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::call_id;
use super::check::is_object;
use crate::MESSAGES;

/// Whether reasoning may be sent: the vendor takes back only what it signed.
pub(super) fn is_reasoning_sent(speaker: &Speaker, reasoning: &Reasoning) -> bool {
    reasoning
        .riders
        .signature()
        .is_some_and(|signature| speaker.signature(signature).is_some())
}

/// A document held by value that is text.
pub(super) fn document_text(media: &Media) -> Option<Cow<'_, str>> {
    match &media.source {
        MediaSource::Text(text) => Some(Cow::Borrowed(text.as_str())),
        MediaSource::Base64(_) => {
            let media_type = media.media_type.as_deref()?;
            let is_text = media_type.starts_with("text/")
                || matches!(
                    media_type,
                    "application/json" | "application/xml" | "application/yaml" | "application/x-yaml"
                );
            let bytes = is_text.then(|| media.decode()).flatten()?;
            String::from_utf8(bytes).ok().map(Cow::Owned)
        }
        _ => None,
    }
}

/// Whether there is nothing to read in a part: the vendor refuses such texts.
fn is_blank(part: &ContentPart) -> bool {
    match part {
        ContentPart::Text(part) => part.text.trim().is_empty(),
        ContentPart::Refusal(part) => part.text.trim().is_empty(),
        _ => false,
    }
}

fn is_sent(speaker: &Speaker, part: &ContentPart) -> bool {
    match part {
        ContentPart::Reasoning(reasoning) => is_reasoning_sent(speaker, reasoning),
        ContentPart::ServerToolCall(call) => speaker.opaque(&call.raw).is_some(),
        ContentPart::Opaque(part) => speaker.opaque(part).is_some(),
        _ => true,
    }
}

/// The content of a message: a text, or blocks.
pub(super) struct MessageContent<'a> {
    pub(super) speaker: &'a Speaker,
    pub(super) role: Role,
    pub(super) content: &'a Content,
    /// Whether it is the end of the conversation, where the vendor takes no white space behind the model's words.
    pub(super) last: bool,
    /// Whether results of calls are left out: they were written before.
    pub(super) without_results: bool,
}

impl Serialize for MessageContent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.content {
            Content::Text(text) if self.role == Role::Assistant && self.last => {
                text.trim_end().serialize(serializer)
            }
            Content::Text(text) => text.serialize(serializer),
            Content::Parts(_) => {
                let mut list = serializer.serialize_seq(None)?;
                self.blocks(&mut list)?;
                list.end()
            }
        }
    }
}

impl MessageContent<'_> {
    /// Whether there is anything that is sent and not blank.
    pub(super) fn has_substance(&self) -> bool {
        match self.content {
            Content::Text(text) => !text.trim().is_empty(),
            Content::Parts(parts) => parts.iter().any(|part| self.is_sent(part) && !is_blank(part)),
        }
    }

    fn is_sent(&self, part: &ContentPart) -> bool {
        is_sent(self.speaker, part) && !(self.without_results && matches!(part, ContentPart::ToolResult(_)))
    }

    /// The blocks, into a list that may hold more of the same message.
    pub(super) fn blocks<L: SerializeSeq>(&self, list: &mut L) -> Result<(), L::Error> {
        let parts = match self.content {
            Content::Text(text) => {
                return list.serialize_element(&Plain { text });
            }
            Content::Parts(parts) => parts,
        };
        let skip_blank = self.role == Role::Assistant || self.has_substance();
        let sent = |part: &&ContentPart| self.is_sent(part) && !(skip_blank && is_blank(part));
        let mut parts = parts.iter().filter(sent).peekable();
        while let Some(part) = parts.next() {
            let end = self.role == Role::Assistant && self.last && parts.peek().is_none();
            list.serialize_element(&Block {
                speaker: self.speaker,
                role: self.role,
                part,
                trimmed: end,
            })?;
        }
        Ok(())
    }
}

/// Text alone as a block.
pub(super) struct Plain<'a> {
    pub(super) text: &'a str,
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "text")?;
        map.serialize_entry("text", self.text)?;
        map.end()
    }
}

/// A cache mark.
pub(super) struct Cache<'a>(pub(super) &'a CacheMark);

impl Serialize for Cache<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "ephemeral")?;
        if let Some(ttl) = &self.0.ttl {
            map.serialize_entry("ttl", ttl)?;
        }
        map.end()
    }
}

/// A part as a block.
pub(super) struct Block<'a> {
    pub(super) speaker: &'a Speaker,
    pub(super) role: Role,
    pub(super) part: &'a ContentPart,
    pub(super) trimmed: bool,
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.part {
            ContentPart::ServerToolCall(call) => return call.raw.raw.serialize(serializer),
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => {}
        }
        let mut map = serializer.serialize_map(None)?;
        match self.part {
            ContentPart::Text(part) => self.text(part, &mut map)?,
            ContentPart::Refusal(part) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", &part.text)?;
            }
            ContentPart::Media(media) => media_fields(media, &mut map)?,
            ContentPart::Reasoning(reasoning) => {
                let signature = reasoning.riders.signature().map(|signature| &signature.data);
                if reasoning.redacted {
                    map.serialize_entry("type", "redacted_thinking")?;
                    map.serialize_entry("data", &signature)?;
                } else {
                    map.serialize_entry("type", "thinking")?;
                    map.serialize_entry("thinking", &reasoning.text)?;
                    map.serialize_entry("signature", &signature)?;
                }
                extra_fields(&mut map, reasoning.riders.extra(), MESSAGES)?;
            }
            ContentPart::ToolCall(call) => {
                map.serialize_entry("type", "tool_use")?;
                map.serialize_entry("id", &call_id(&call.id))?;
                map.serialize_entry("name", &call.name)?;
                map.serialize_entry("input", &Input(call))?;
                riders(&call.riders, &mut map)?;
            }
            ContentPart::ToolResult(result) => self.result(result, &mut map)?,
            _ => {
                return Err(serde::ser::Error::custom(
                    "a kind of part that this wire does not have",
                ));
            }
        }
        map.end()
    }
}

impl Block<'_> {
    fn text<M: SerializeMap>(&self, part: &TextPart, map: &mut M) -> Result<(), M::Error> {
        let text = if self.trimmed {
            part.text.trim_end()
        } else {
            part.text.as_str()
        };
        map.serialize_entry("type", "text")?;
        map.serialize_entry("text", text)?;
        if self.role == Role::Assistant {
            let ours = || {
                part.citations
                    .iter()
                    .filter_map(|citation| self.speaker.opaque(citation.raw.as_ref()?))
                    .map(|raw| &raw.raw)
            };
            if ours().next().is_some() {
                map.serialize_entry("citations", &Seq(ours))?;
            }
        }
        riders(&part.riders, map)
    }

    fn result<M: SerializeMap>(&self, result: &ToolResult, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("type", "tool_result")?;
        map.serialize_entry("tool_use_id", &call_id(&result.call_id))?;
        match &result.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(parts) => {
                let sent = |part: &&ContentPart| match part {
                    ContentPart::Text(_) => !is_blank(part),
                    ContentPart::Media(_) => true,
                    ContentPart::Opaque(part) => self.speaker.opaque(part).is_some(),
                    _ => false,
                };
                let block = |part| Block {
                    speaker: self.speaker,
                    role: Role::Tool,
                    part,
                    trimmed: false,
                };
                if parts.iter().any(|part| sent(&part)) {
                    map.serialize_entry("content", &Seq(|| parts.iter().filter(sent).map(block)))?;
                }
            }
        }
        if result.is_error {
            map.serialize_entry("is_error", &true)?;
        }
        riders(&result.riders, map)
    }
}

fn riders<M: SerializeMap>(riders: &Riders, map: &mut M) -> Result<(), M::Error> {
    if let Some(mark) = riders.cache() {
        map.serialize_entry("cache_control", &Cache(mark))?;
    }
    extra_fields(map, riders.extra(), MESSAGES)
}

fn media_fields<M: SerializeMap>(media: &Media, map: &mut M) -> Result<(), M::Error> {
    let is_image = media.kind == MediaKind::Image;
    map.serialize_entry("type", if is_image { "image" } else { "document" })?;
    map.serialize_entry("source", &Source(media))?;
    if let Some(name) = media.name.as_ref().filter(|_| !is_image) {
        map.serialize_entry("title", name)?;
    }
    riders(&media.riders, map)
}

struct Source<'a>(&'a Media);

impl Serialize for Source<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let media = self.0;
        let mut map = serializer.serialize_map(None)?;
        let mut fields = |fields: &[(&'static str, &str)]| {
            fields
                .iter()
                .try_for_each(|(name, value)| map.serialize_entry(name, value))
        };
        match &media.source {
            MediaSource::Url(url) => fields(&[("type", "url"), ("url", url)])?,
            MediaSource::File(id) => fields(&[("type", "file"), ("file_id", id)])?,
            _ if media.kind == MediaKind::Document && document_text(media).is_some() => {
                let text = document_text(media).unwrap_or_default();
                fields(&[("type", "text"), ("media_type", "text/plain"), ("data", &text)])?;
            }
            MediaSource::Base64(data) => {
                let known = media.media_type.as_deref().unwrap_or("application/pdf");
                // A common misspelling.
                let media_type = if known == "image/jpg" { "image/jpeg" } else { known };
                fields(&[("type", "base64"), ("media_type", media_type), ("data", data)])?;
            }
            _ => {
                return Err(serde::ser::Error::custom(
                    "a source of media that this wire does not have",
                ));
            }
        }
        map.end()
    }
}

/// The arguments of a call as the object that the wire wants.
struct Input<'a>(&'a ToolCall);

impl Serialize for Input<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let call = self.0;
        let is_function = call.kind == ToolCallKind::Function;
        if is_function && call.arguments.trim().is_empty() {
            return serializer.serialize_map(Some(0))?.end();
        }
        if is_function && is_object(&call.arguments) {
            let raw: &RawValue = serde_json::from_str(&call.arguments).map_err(serde::ser::Error::custom)?;
            return raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry::<str, Text>("input", &call.arguments)?;
        map.end()
    }
}
