//! Writes the body: turns, instructions, tools, settings.

use router_core::chat::ChatRequest;
use router_core::message::Role;
use router_core::{Content, ContentPart, Extra, Message, Text};
use router_wire::provenance::Speaker;
use router_wire::write::{Fields, Overrides, Seq};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::parts::Written;
use super::tools::{ToolConfig, Tools};
use super::turns::Turn;
use crate::WIRE;
use crate::parts::write_unnamed;
use crate::rules::{Rules, Service};

/// What a body is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// An answer.
    Answer,
    /// A count of the request as it would be sent, which names its model.
    Count(&'a str),
    /// A count of what is said, without how it is to be answered.
    PlainCount,
}

/// A body.
pub(super) struct Body<'a> {
    pub(super) service: &'a Service,
    pub(super) rules: &'a Rules,
    pub(super) speaker: &'a Speaker,
    pub(super) request: &'a ChatRequest,
    pub(super) purpose: Purpose<'a>,
    pub(super) overrides: &'a Overrides<'a>,
    pub(super) config: Option<Box<RawValue>>,
    pub(super) turns: Vec<Turn<'a>>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.request;
        let settings = &request.settings;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        if let Purpose::Count(model) = self.purpose {
            fields.field("model", model)?;
        }
        fields.field(
            "contents",
            &Seq(|| self.turns.iter().map(|turn| Turned { of: self, turn })),
        )?;
        if self.rules.system_instruction && system(&request.messages).next().is_some() {
            fields.field("systemInstruction", &System(&request.messages))?;
        }
        if !request.tools.is_empty() {
            let tools = Tools {
                tools: &request.tools,
                rules: self.rules,
            };
            fields.field("tools", &tools)?;
        }
        fields.some("generationConfig", self.config.as_ref())?;
        if matches!(self.purpose, Purpose::PlainCount) {
            return fields.end(&Extra::new(), WIRE);
        }
        fields.some("toolConfig", ToolConfig::of(self.service, self.rules, request))?;
        if self.service.tier_in_body {
            fields.some("serviceTier", settings.service_tier.as_ref())?;
            fields.some("store", settings.store)?;
        }
        if self.service.labels && !settings.metadata.is_empty() {
            fields.field("labels", &Labels(&settings.metadata))?;
        }
        fields.end(&request.extra, WIRE)
    }
}

/// The messages that are instructions.
pub(super) fn system(messages: &[Message]) -> impl Iterator<Item = &Message> + Clone {
    messages.iter().filter(|message| message.role == Role::System)
}

/// The texts of a content.
pub(super) fn texts(content: &Content) -> impl Iterator<Item = &Text> {
    let whole = match content {
        Content::Text(text) => Some(text),
        Content::Parts(_) => None,
    };
    whole
        .into_iter()
        .chain(content.parts().iter().filter_map(ContentPart::as_text))
}

/// Instructions, all of them.
struct System<'a>(&'a [Message]);

impl Serialize for System<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(first) = system(self.0).next() {
            write_unnamed(&mut map, &first.extra)?;
        }
        let parts = || system(self.0).flat_map(|message| instructions(&message.content));
        map.serialize_entry("parts", &Seq(parts))?;
        map.end()
    }
}

/// The parts of an instruction, with what was kept of each.
fn instructions(content: &Content) -> impl Iterator<Item = Instruction<'_>> {
    static NONE: Extra = Extra::new();
    let whole = match content {
        Content::Text(text) => Some(Instruction(text, &NONE)),
        Content::Parts(_) => None,
    };
    let parts = content.parts().iter().filter_map(|part| match part {
        ContentPart::Text(part) => Some(Instruction(&part.text, part.riders.extra())),
        _ => None,
    });
    whole.into_iter().chain(parts)
}

struct Instruction<'a>(&'a Text, &'a Extra);

impl Serialize for Instruction<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", self.0)?;
        write_unnamed(&mut map, self.1)?;
        map.end()
    }
}

/// A part that is text and nothing else.
#[derive(serde::Serialize)]
pub(super) struct Plain<'a> {
    text: &'a Text,
}

impl<'a> Plain<'a> {
    pub(super) fn of(text: &'a Text) -> Self {
        Self { text }
    }
}

struct Turned<'a> {
    of: &'a Body<'a>,
    turn: &'a Turn<'a>,
}

impl Serialize for Turned<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { of, turn } = self;
        let parts = || {
            turn.pieces.iter().map(|piece| Written {
                piece,
                service: of.service,
                rules: of.rules,
                speaker: of.speaker,
            })
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", if turn.model { "model" } else { "user" })?;
        map.serialize_entry("parts", &Seq(parts))?;
        if let Some(extra) = turn.extra {
            write_unnamed(&mut map, extra)?;
        }
        map.end()
    }
}

struct Labels<'a>(&'a [(Text, Text)]);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
