//! Messages as items, each written from where it lies.

use router_core::content::Reasoning;
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{Content, ContentPart, Extra, Json, Message, ToolCall};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::write::{Seq, extra_fields, string_of};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::Target;
use super::parts::InputPart;
use super::results::{Answers, ResultItem};
use crate::responses::WIRE;
use crate::responses::riders::{self, EASY, MESSAGE, PLAIN, PROVIDER};

pub(super) struct Items<'a> {
    pub(super) target: Target<'a>,
    pub(super) messages: &'a [Message],
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (at, message) in self.messages.iter().enumerate() {
            match (&message.content, message.role) {
                (Content::Parts(parts), Role::Assistant) => self.said(at, parts, &mut list)?,
                (Content::Parts(parts), _) => self.asked(at, parts, &mut list)?,
                (Content::Text(_), _) => list.serialize_element(&InputMessage {
                    target: self.target,
                    message,
                    parts: &[],
                })?,
            }
        }
        list.end()
    }
}

impl Items<'_> {
    fn result<L: SerializeSeq>(
        &self,
        at: usize,
        part: &ContentPart,
        list: &mut L,
    ) -> std::result::Result<(), L::Error> {
        match part {
            ContentPart::ToolResult(result) => list.serialize_element(&ResultItem {
                target: self.target,
                answers: Answers::of(&result.call_id, &self.messages[..at]),
                result,
            }),
            _ => Ok(()),
        }
    }

    /// Results are items of their own; what stands between them is a message.
    fn asked<L: SerializeSeq>(
        &self,
        at: usize,
        parts: &[ContentPart],
        list: &mut L,
    ) -> std::result::Result<(), L::Error> {
        let is_result = |part: &ContentPart| matches!(part, ContentPart::ToolResult(_));
        for run in parts.chunk_by(|one, other| !is_result(one) && !is_result(other)) {
            match run {
                [part] if is_result(part) => self.result(at, part, list)?,
                parts => list.serialize_element(&InputMessage {
                    target: self.target,
                    message: &self.messages[at],
                    parts,
                })?,
            }
        }
        Ok(())
    }

    fn said<L: SerializeSeq>(
        &self,
        at: usize,
        parts: &[ContentPart],
        list: &mut L,
    ) -> std::result::Result<(), L::Error> {
        let speaker = self.target.speaker;
        let mut next = 0;
        while let Some(part) = parts.get(next) {
            let end = next + length(&parts[next..]);
            match part {
                ContentPart::Text(_) | ContentPart::Refusal(_) => {
                    list.serialize_element(&OutputMessage(&parts[next..end]))?;
                }
                ContentPart::Reasoning(reasoning) if is_ours(speaker, reasoning) => {
                    list.serialize_element(&ReasoningItem(reasoning))?;
                }
                ContentPart::ToolCall(call) => match riders::local(call.riders.extra()) {
                    Some(item) => list.serialize_element(item)?,
                    None => list.serialize_element(&CallItem(call))?,
                },
                ContentPart::ToolResult(_) => self.result(at, part, list)?,
                ContentPart::ServerToolCall(call) if speaker.opaque(&call.raw).is_some() => {
                    list.serialize_element(&call.raw.raw)?;
                }
                ContentPart::Opaque(part) if speaker.opaque(part).is_some() => {
                    list.serialize_element(&part.raw)?;
                }
                _ => {}
            }
            next = end;
        }
        Ok(())
    }
}

/// How many parts the first item has: a message goes on until a text bears a mark of its own.
fn length(parts: &[ContentPart]) -> usize {
    let goes_on = |part: &&ContentPart| match part {
        ContentPart::Text(part) => part.riders.extra().get(WIRE, MESSAGE).is_none(),
        ContentPart::Refusal(_) => true,
        _ => false,
    };
    match parts.first() {
        Some(first) if mark(first).is_some() => 1 + parts[1..].iter().take_while(goes_on).count(),
        _ => 1,
    }
}

fn mark(part: &ContentPart) -> Option<&Json> {
    part.riders()?.extra().get(WIRE, MESSAGE)
}

/// Whether earlier reasoning may go back: this vendor made it, over this API.
pub(super) fn is_ours(speaker: &Speaker, reasoning: &Reasoning) -> bool {
    let extra = reasoning.riders.extra();
    let maker = extra.get(WIRE, PROVIDER).and_then(string_of);
    let made_here = maker.is_none_or(|maker| speaker.accepts(&maker.as_str().into()));
    let signed_here = match reasoning.riders.signature() {
        Some(signature) => speaker.signature(signature).is_some(),
        None => extra.wire() == Some(WIRE),
    };
    made_here && signed_here
}

struct InputMessage<'a> {
    target: Target<'a>,
    message: &'a Message,
    /// The parts, where the message has some.
    parts: &'a [ContentPart],
}

impl Serialize for InputMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (target, message) = (self.target, self.message);
        let role = match message.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        let written = message.extra.get(WIRE, "role").and_then(string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", written.as_deref().unwrap_or(role))?;
        match &message.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(_) => {
                let sent = |part: &&ContentPart| target.takes_in_content(part);
                let parts = || {
                    let parts = self.parts.iter().filter(sent);
                    parts.map(|part| InputPart { target, part })
                };
                map.serialize_entry("content", &Seq(parts))?;
            }
        }
        let extra = message.extra.for_wire(WIRE).iter();
        for (name, value) in extra.filter(|(name, _)| *name != "role") {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

/// A message of the model: the parts of one item.
struct OutputMessage<'a>(&'a [ContentPart]);

impl Serialize for OutputMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mark = self.0.first().and_then(mark);
        let fields = mark.and_then(|mark| serde_json::from_str::<Object<'_>>(mark.as_str()).ok());
        let fields = fields.unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            // What another wire or vendor said has no item; the short form asks for none.
            [ContentPart::Text(part)] if mark.is_none() => {
                map.serialize_entry("role", "assistant")?;
                map.serialize_entry("content", &part.text)?;
                return map.end();
            }
            _ => {}
        }
        if fields.peek(EASY).is_none() {
            map.serialize_entry("type", "message")?;
        }
        map.serialize_entry("role", "assistant")?;
        match self.0 {
            [ContentPart::Text(part)] if fields.peek(PLAIN).is_some() => {
                map.serialize_entry("content", &part.text)?;
            }
            parts => map.serialize_entry("content", &Seq(|| parts.iter().map(OutputPart)))?,
        }
        for (name, value) in fields.into_fields().filter(|(name, _)| !is_form(name)) {
            map.serialize_entry(&name, value)?;
        }
        map.end()
    }
}

fn is_form(name: &str) -> bool {
    matches!(name, EASY | PLAIN)
}

struct OutputPart<'a>(&'a ContentPart);

impl Serialize for OutputPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            ContentPart::Text(part) => {
                map.serialize_entry("type", "output_text")?;
                map.serialize_entry("text", &part.text)?;
                wire_fields(&mut map, part.riders.extra())?;
            }
            ContentPart::Refusal(refusal) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", &refusal.text)?;
            }
            _ => {}
        }
        map.end()
    }
}

/// The unnamed fields of an item, without names of ours.
fn wire_fields<M: SerializeMap>(map: &mut M, extra: &Extra) -> std::result::Result<(), M::Error> {
    let fields = extra.for_wire(WIRE).iter();
    for (name, value) in fields.filter(|(name, _)| !riders::is_ours(name)) {
        map.serialize_entry(name.as_str(), value)?;
    }
    Ok(())
}

struct ReasoningItem<'a>(&'a Reasoning);

impl Serialize for ReasoningItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let riders = &self.0.riders;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "reasoning")?;
        wire_fields(&mut map, riders.extra())?;
        if riders.extra().get(WIRE, "summary").is_none() {
            map.serialize_entry("summary", &[(); 0])?;
        }
        if let Some(signature) = riders.signature() {
            map.serialize_entry("encrypted_content", &signature.data)?;
        }
        map.end()
    }
}

struct CallItem<'a>(&'a ToolCall);

impl Serialize for CallItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let call = self.0;
        let custom = call.kind == ToolCallKind::Custom;
        let (kind, field) = if custom {
            ("custom_tool_call", "input")
        } else {
            ("function_call", "arguments")
        };
        let no_arguments = !custom && call.arguments.is_empty();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("call_id", &call.id)?;
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry(field, if no_arguments { "{}" } else { &call.arguments })?;
        extra_fields(&mut map, call.riders.extra(), WIRE)?;
        map.end()
    }
}
