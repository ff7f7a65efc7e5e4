//! Messages as items, each written from where it lies.

use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{Content, ContentPart, Json, Message, Text, ToolCall, ToolResult};
use router_wire::provenance::Speaker;
use router_wire::write::{Seq, extra_fields};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::parts::InputPart;
use crate::responses::WIRE;

pub(super) struct Items<'a> {
    pub(super) speaker: &'a Speaker,
    pub(super) messages: &'a [Message],
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for message in self.messages {
            match (&message.content, message.role) {
                (Content::Parts(parts), Role::Assistant | Role::Tool) => self.items(parts, &mut list)?,
                _ => list.serialize_element(&InputMessage(message))?,
            }
        }
        list.end()
    }
}

impl Items<'_> {
    fn items<L: SerializeSeq>(
        &self,
        parts: &[ContentPart],
        list: &mut L,
    ) -> std::result::Result<(), L::Error> {
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            at += 1;
            match part {
                ContentPart::Text(_) | ContentPart::Refusal(_) => {
                    // Parts behind it belong to the same message until one bears a mark of its own.
                    let more = parts[at..].iter().take_while(|part| match part {
                        ContentPart::Text(part) => {
                            part.riders.extra().get(WIRE, "message").is_none()
                                && part.riders.extra().wire() == Some(WIRE)
                        }
                        ContentPart::Refusal(_) => true,
                        _ => false,
                    });
                    let end = at + more.count();
                    list.serialize_element(&OutputMessage(&parts[at - 1..end]))?;
                    at = end;
                }
                ContentPart::Reasoning(reasoning) => {
                    let ours = reasoning
                        .riders
                        .signature()
                        .is_none_or(|signature| self.speaker.signature(signature).is_some());
                    if let Some(item) = reasoning.riders.extra().get(WIRE, "item").filter(|_| ours) {
                        list.serialize_element(item)?;
                    }
                }
                ContentPart::ToolCall(call) => match call.riders.extra().get(WIRE, "item") {
                    Some(item) => list.serialize_element(item)?,
                    None => list.serialize_element(&CallItem(call))?,
                },
                ContentPart::ToolResult(result) => list.serialize_element(&ResultItem(result))?,
                ContentPart::ServerToolCall(call) if self.speaker.opaque(&call.raw).is_some() => {
                    list.serialize_element(&call.raw.raw)?;
                }
                ContentPart::Opaque(part) if self.speaker.opaque(part).is_some() => {
                    list.serialize_element(&part.raw)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct InputMessage<'a>(&'a Message);

impl Serialize for InputMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let role = match self.0.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        let written = self
            .0
            .extra
            .get(WIRE, "role")
            .and_then(router_wire::write::string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", written.as_deref().unwrap_or(role))?;
        match &self.0.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(parts) => {
                let sent = |part: &&ContentPart| {
                    matches!(
                        part,
                        ContentPart::Text(_) | ContentPart::Media(_) | ContentPart::Opaque(_)
                    )
                };
                map.serialize_entry("content", &Seq(|| parts.iter().filter(sent).map(InputPart)))?;
            }
        }
        for (name, value) in self
            .0
            .extra
            .for_wire(WIRE)
            .iter()
            .filter(|(name, _)| *name != "role")
        {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

/// A message of the model: text parts of one item.
struct OutputMessage<'a>(&'a [ContentPart]);

impl Serialize for OutputMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mark = self
            .0
            .first()
            .and_then(ContentPart::riders)
            .and_then(|riders| riders.extra().get(WIRE, "message"));
        let mark: serde_json::Map<String, serde_json::Value> = mark
            .and_then(|mark| serde_json::from_str(mark.as_str()).ok())
            .unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        if !mark.contains_key("easy") {
            map.serialize_entry("type", "message")?;
        }
        map.serialize_entry("role", "assistant")?;
        match self.0 {
            [ContentPart::Text(part)] if mark.contains_key("plain") => {
                map.serialize_entry("content", &part.text)?
            }
            parts => map.serialize_entry("content", &Seq(|| parts.iter().map(OutputPart)))?,
        }
        for (name, value) in mark
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "easy" | "plain" | "parts"))
        {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct OutputPart<'a>(&'a ContentPart);

impl Serialize for OutputPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            ContentPart::Refusal(refusal) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", &refusal.text)?;
            }
            part => {
                map.serialize_entry("type", "output_text")?;
                map.serialize_entry("text", part.as_text().unwrap_or(&Text::new()))?;
                let kept = part
                    .riders()
                    .map(|riders| riders.extra().for_wire(WIRE))
                    .unwrap_or_default();
                let mut annotated = false;
                for (name, value) in kept.iter().filter(|(name, _)| *name != "message") {
                    annotated |= *name == "annotations";
                    map.serialize_entry(name.as_str(), value)?;
                }
                if !annotated {
                    let raw: Vec<&Json> = match part {
                        ContentPart::Text(part) => part
                            .citations
                            .iter()
                            .filter_map(|citation| citation.raw.as_ref().map(|raw| &raw.raw))
                            .collect(),
                        _ => Vec::new(),
                    };
                    map.serialize_entry("annotations", &raw)?;
                }
            }
        }
        map.end()
    }
}

struct CallItem<'a>(&'a ToolCall);

impl Serialize for CallItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let call = self.0;
        let mut map = serializer.serialize_map(None)?;
        let custom = call.kind == ToolCallKind::Custom;
        map.serialize_entry(
            "type",
            if custom {
                "custom_tool_call"
            } else {
                "function_call"
            },
        )?;
        map.serialize_entry("call_id", &call.id)?;
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry(if custom { "input" } else { "arguments" }, &call.arguments)?;
        extra_fields(&mut map, call.riders.extra(), WIRE)?;
        map.end()
    }
}

struct ResultItem<'a>(&'a ToolResult);

impl Serialize for ResultItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.0;
        let kind = result
            .riders
            .extra()
            .get(WIRE, "type")
            .and_then(router_wire::write::string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind.as_deref().unwrap_or("function_call_output"))?;
        map.serialize_entry("call_id", &result.call_id)?;
        match &result.content {
            Content::Text(text) => map.serialize_entry("output", text)?,
            Content::Parts(parts) => map.serialize_entry("output", &Seq(|| parts.iter().map(InputPart)))?,
        }
        for (name, value) in result
            .riders
            .extra()
            .for_wire(WIRE)
            .iter()
            .filter(|(name, _)| *name != "type")
        {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}
