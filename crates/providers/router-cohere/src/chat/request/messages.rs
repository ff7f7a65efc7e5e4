//! Messages, each written from where it lies.

use std::fmt;

use router_core::content::{MediaKind, MediaSource, Reasoning, Riders};
use router_core::message::Role;
use router_core::{Content, ContentPart, Media, Message, Text, ToolCall, ToolResult};
use router_wire::provenance::Speaker;
use router_wire::write::{Inner, Seq, extra_fields, extra_fields_but, inner_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::chat::check::{is_void, may_send};
use crate::chat::{PLAN, WIRE};
use crate::documents::Document;

pub(super) struct Messages<'a> {
    pub(super) speaker: &'a Speaker,
    pub(super) messages: &'a [Message],
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let speaker = self.speaker;
        let mut seq = serializer.serialize_seq(None)?;
        for message in self.messages {
            match message.role {
                Role::Tool => {
                    for part in message.content.parts() {
                        if let ContentPart::ToolResult(result) = part {
                            seq.serialize_element(&Answered { message, result })?;
                        }
                    }
                }
                Role::Assistant if is_void(speaker, message) => {}
                Role::Assistant => seq.serialize_element(&Answer { speaker, message })?,
                _ => seq.serialize_element(&Asked(message))?,
            }
        }
        seq.end()
    }
}

/// A message of the system or the user.
struct Asked<'a>(&'a Message);

impl Serialize for Asked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(
            "role",
            if message.role == Role::System {
                "system"
            } else {
                "user"
            },
        )?;
        match &message.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            // Documents stand beside the messages.
            Content::Parts(parts) => map.serialize_entry(
                "content",
                &Seq(|| {
                    let said = |part: &&ContentPart| match part {
                        ContentPart::Text(_) | ContentPart::Refusal(_) => true,
                        ContentPart::Media(media) => media.kind == MediaKind::Image,
                        _ => false,
                    };
                    parts.iter().filter(said).map(Part)
                }),
            )?,
        }
        extra_fields(&mut map, &message.extra, WIRE)?;
        map.end()
    }
}

/// A message of the model.
struct Answer<'a> {
    speaker: &'a Speaker,
    message: &'a Message,
}

impl<'a> Answer<'a> {
    fn reasoning(&self) -> impl Iterator<Item = &'a Reasoning> + use<'a> {
        let (speaker, parts) = (self.speaker.clone(), self.message.content.parts());
        parts.iter().filter_map(move |part| match part {
            ContentPart::Reasoning(reasoning) if may_send(&speaker, reasoning) => Some(reasoning),
            _ => None,
        })
    }

    /// The parts of its content: what it thought and said.
    fn said(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let (speaker, parts) = (self.speaker.clone(), self.message.content.parts());
        let said = move |part: &&ContentPart| match part {
            ContentPart::Text(_) | ContentPart::Refusal(_) => true,
            ContentPart::Reasoning(reasoning) => may_send(&speaker, reasoning) && !is_plan(reasoning),
            _ => false,
        };
        parts.iter().filter(said).map(Part)
    }
}

fn is_plan(reasoning: &Reasoning) -> bool {
    reasoning.riders.extra().get(WIRE, PLAN).is_some()
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.message;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        let plan = || self.reasoning().filter(|reasoning| is_plan(reasoning));
        if plan().next().is_some() {
            map.serialize_entry("tool_plan", &Joined(|| plan().map(|plan| &plan.text)))?;
        }
        let parts = message.content.parts();
        match &message.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(_) if self.said().next().is_some() => {
                map.serialize_entry("content", &Seq(|| self.said()))?;
            }
            Content::Parts(_) => {}
        }
        let calls = || router_core::tool::tool_calls(parts).map(Called);
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &Seq(calls))?;
        }
        let citations = || {
            let texts = parts.iter().filter_map(|part| match part {
                ContentPart::Text(part) => Some(&part.citations),
                _ => None,
            });
            texts
                .flatten()
                .filter_map(|citation| self.speaker.opaque(citation.raw.as_ref()?))
                .map(|raw| &raw.raw)
        };
        if citations().next().is_some() {
            map.serialize_entry("citations", &Seq(citations))?;
        }
        extra_fields(&mut map, &message.extra, WIRE)?;
        map.end()
    }
}

/// Texts as one, without a copy.
struct Joined<F>(F);

impl<'a, F: Fn() -> I, I: Iterator<Item = &'a Text>> fmt::Display for Joined<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)().try_for_each(|text| f.write_str(text))
    }
}

impl<'a, F: Fn() -> I, I: Iterator<Item = &'a Text>> Serialize for Joined<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A part of a content.
struct Part<'a>(&'a ContentPart);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            ContentPart::Text(part) => text(&mut map, &part.text, &part.riders)?,
            ContentPart::Refusal(part) => text(&mut map, &part.text, &Riders::new())?,
            ContentPart::Reasoning(part) => {
                map.serialize_entry("type", "thinking")?;
                map.serialize_entry("thinking", &part.text)?;
                extra_fields(&mut map, part.riders.extra(), WIRE)?;
            }
            ContentPart::Media(media) if media.kind == MediaKind::Document => {
                map.serialize_entry("type", "document")?;
                map.serialize_entry("document", &Document(media))?;
                extra_fields_but(&mut map, media.riders.extra(), WIRE, &["document"])?;
            }
            ContentPart::Media(media) => image(&mut map, media)?,
            _ => {}
        }
        map.end()
    }
}

fn text<M: SerializeMap>(map: &mut M, text: &Text, riders: &Riders) -> Result<(), M::Error> {
    map.serialize_entry("type", "text")?;
    map.serialize_entry("text", text)?;
    extra_fields(map, riders.extra(), WIRE)
}

fn image<M: SerializeMap>(map: &mut M, media: &Media) -> Result<(), M::Error> {
    #[derive(serde::Serialize)]
    struct Url<'a> {
        url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a Text>,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    let data = media.to_data_url();
    let extra = media.riders.extra();
    let url = Url {
        url: match &media.source {
            MediaSource::Url(url) => url,
            _ => data.as_deref().unwrap_or_default(),
        },
        detail: media.detail.as_ref(),
        inner: Inner::of(extra, WIRE, "image_url"),
    };
    map.serialize_entry("type", "image_url")?;
    map.serialize_entry("image_url", &url)?;
    extra_fields_but(map, extra, WIRE, &["image_url"])
}

struct Called<'a>(&'a ToolCall);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Function<'a>(&'a ToolCall);
        impl Serialize for Function<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("name", &self.0.name)?;
                map.serialize_entry("arguments", &self.0.arguments)?;
                inner_fields(&mut map, self.0.riders.extra(), WIRE, "function")?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry("function", &Function(self.0))?;
        extra_fields_but(&mut map, self.0.riders.extra(), WIRE, &["function"])?;
        map.end()
    }
}

/// A result of a tool.
struct Answered<'a> {
    message: &'a Message,
    result: &'a ToolResult,
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "tool")?;
        map.serialize_entry("tool_call_id", &self.result.call_id)?;
        match &self.result.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(parts) => map.serialize_entry(
                "content",
                &Seq(|| {
                    let told = |part: &&ContentPart| {
                        matches!(
                            part,
                            ContentPart::Text(_) | ContentPart::Refusal(_) | ContentPart::Media(_)
                        )
                    };
                    parts.iter().filter(told).map(Part)
                }),
            )?,
        }
        extra_fields(&mut map, self.result.riders.extra(), WIRE)?;
        extra_fields(&mut map, &self.message.extra, WIRE)?;
        map.end()
    }
}
