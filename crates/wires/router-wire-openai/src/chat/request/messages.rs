//! Messages, each written from where it lies.

use router_core::content::MediaSource;
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{Content, ContentPart, Message, Text, ToolCall, ToolResult};
use router_wire::provenance::Speaker;
use router_wire::write::{Inner, Seq, extra_fields, extra_fields_but};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::parts::{Part, Parts};
use super::tools::CacheControl;
use super::{Target, reasoning};
use crate::chat::WIRE;

pub(super) struct Messages<'a> {
    pub(super) target: Target<'a>,
    pub(super) messages: &'a [Message],
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (at, message) in self.messages.iter().enumerate() {
            if message.role == Role::Tool {
                for result in results(message) {
                    list.serialize_element(&ToolMessage {
                        target: self.target,
                        message,
                        result,
                    })?;
                }
                let last = self
                    .messages
                    .get(at + 1)
                    .is_none_or(|next| next.role != Role::Tool);
                let mut parts = self.results_before(at).flat_map(|result| result.content.parts());
                if last && parts.any(is_hoisted) {
                    list.serialize_element(&HoistedMedia { of: self, at })?;
                }
            } else {
                list.serialize_element(&ChatMessage {
                    target: self.target,
                    message,
                })?;
            }
        }
        list.end()
    }
}

impl<'a> Messages<'a> {
    /// The results of the run of tool messages that ends at `at`.
    fn results_before(&self, at: usize) -> impl Iterator<Item = &'a ToolResult> {
        let messages = self.messages;
        let start = messages[..=at]
            .iter()
            .rposition(|message| message.role != Role::Tool)
            .map_or(0, |before| before + 1);
        messages[start..=at].iter().flat_map(results)
    }
}

fn results(message: &Message) -> impl Iterator<Item = &ToolResult> {
    message.content.parts().iter().filter_map(|part| match part {
        ContentPart::ToolResult(result) => Some(result),
        _ => None,
    })
}

fn has_media(content: &Content) -> bool {
    content
        .parts()
        .iter()
        .any(|part| matches!(part, ContentPart::Media(_)))
}

/// A document that is a text; the wire has none in results, but texts.
fn words_of(part: &ContentPart) -> Option<&Text> {
    match part {
        ContentPart::Media(media) => match &media.source {
            MediaSource::Text(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a part of a result goes into a user message behind it.
fn is_hoisted(part: &ContentPart) -> bool {
    matches!(part, ContentPart::Media(_)) && words_of(part).is_none()
}

/// The texts of a result, its documents each on lines of their own.
fn worded(content: &Content) -> Text {
    if content.parts().iter().all(|part| words_of(part).is_none()) {
        return content.joined_text();
    }
    let words = content.parts().iter().filter_map(|part| match part {
        ContentPart::Text(part) => Some(&part.text),
        part => words_of(part),
    });
    let words: Vec<&str> = words.map(Text::as_str).collect();
    Text::from(words.join("\n"))
}

struct ToolMessage<'a> {
    target: Target<'a>,
    message: &'a Message,
    result: &'a ToolResult,
}

impl Serialize for ToolMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "tool")?;
        map.serialize_entry("tool_call_id", &self.result.call_id)?;
        match &self.result.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            content @ Content::Parts(_) if has_media(content) || self.target.dialect.text_as_string => {
                map.serialize_entry("content", &worded(content))?;
            }
            content @ Content::Parts(_) => map.serialize_entry(
                "content",
                &Parts {
                    target: self.target,
                    parts: content.parts(),
                },
            )?,
        }
        if let Some(mark) = self
            .result
            .riders
            .cache()
            .filter(|_| self.target.dialect.cache_control)
        {
            map.serialize_entry("cache_control", &CacheControl::of(mark))?;
        }
        extra_fields(&mut map, self.result.riders.extra(), WIRE)?;
        extra_fields(&mut map, &self.message.extra, WIRE)?;
        map.end()
    }
}

/// Media of tool results in a user message behind them.
struct HoistedMedia<'a> {
    of: &'a Messages<'a>,
    at: usize,
}

impl Serialize for HoistedMedia<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let target = self.of.target;
        let media = || {
            let parts = self
                .of
                .results_before(self.at)
                .flat_map(|result| result.content.parts());
            parts
                .filter(|part| is_hoisted(part))
                .map(|part| Part { target, part })
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "user")?;
        map.serialize_entry("content", &Seq(media))?;
        map.end()
    }
}

struct ChatMessage<'a> {
    target: Target<'a>,
    message: &'a Message,
}

impl Serialize for ChatMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { target, message } = *self;
        let dialect = target.dialect;
        let role = match message.role {
            Role::System => dialect.system_role.as_ref(),
            Role::Assistant => "assistant",
            _ => "user",
        };
        let written = message
            .extra
            .get(WIRE, "role")
            .and_then(router_wire::write::string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", written.as_deref().unwrap_or(role))?;
        match (&message.content, message.role) {
            (_, Role::Assistant) => self.assistant(&mut map)?,
            (Content::Text(text), _) => map.serialize_entry("content", text)?,
            (content, _) if dialect.text_as_string && !has_media(content) => {
                map.serialize_entry("content", &content.joined_text())?;
            }
            (content, _) => map.serialize_entry(
                "content",
                &Parts {
                    target,
                    parts: content.parts(),
                },
            )?,
        }
        if let Some(name) = message.name.as_ref().filter(|_| self.target.dialect.names) {
            map.serialize_entry("name", name)?;
        }
        for (name, value) in message
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

impl ChatMessage<'_> {
    fn assistant<M: SerializeMap>(&self, map: &mut M) -> std::result::Result<(), M::Error> {
        let parts = self.message.content.parts();
        let calls = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::ToolCall(call) => Some(WireCall {
                    call,
                    speaker: self.target.speaker,
                }),
                _ => None,
            })
        };
        let target = self.target;
        let said = || {
            parts.iter().filter(move |part| match part {
                ContentPart::Text(_) => true,
                ContentPart::Reasoning(part) => reasoning::is_content(target, part),
                part => target.takes_opaque(part),
            })
        };
        let refusals = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::Refusal(refusal) => Some(&refusal.text),
                _ => None,
            })
        };
        let mut first = said();
        match (&self.message.content, first.next(), first.next()) {
            (Content::Text(text), ..) => map.serialize_entry("content", text)?,
            (_, None, _) if calls().next().is_some() || refusals().next().is_some() => {
                map.serialize_entry("content", &())?;
            }
            (_, None, _) => map.serialize_entry("content", "")?,
            (_, Some(ContentPart::Text(part)), None)
                if target.dialect.text_as_string || !target.has_riders(part) =>
            {
                map.serialize_entry("content", &part.text)?;
            }
            _ if target.dialect.text_as_string => map.serialize_entry("content", &self.message.text())?,
            _ => map.serialize_entry("content", &Seq(|| said().map(|part| Part { target, part })))?,
        }
        if refusals().next().is_some() {
            map.serialize_entry("refusal", &refusals().map(Text::as_str).collect::<String>())?;
        }
        reasoning::fields(self.target, parts, map)?;
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &Seq(calls))?;
        }
        Ok(())
    }
}

struct WireCall<'a> {
    call: &'a ToolCall,
    speaker: &'a Speaker,
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct FunctionCall<'a> {
            name: &'a Text,
            arguments: &'a str,
            #[serde(flatten)]
            inner: Inner<'a>,
        }
        #[derive(Serialize)]
        struct CustomCall<'a> {
            name: &'a Text,
            input: &'a Text,
            #[serde(flatten)]
            inner: Inner<'a>,
        }
        let call = self.call;
        let inner = |name| Inner::of(call.riders.extra(), WIRE, name);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &call.id)?;
        if call.kind == ToolCallKind::Custom {
            map.serialize_entry("type", "custom")?;
            map.serialize_entry(
                "custom",
                &CustomCall {
                    name: &call.name,
                    input: &call.arguments,
                    inner: inner("custom"),
                },
            )?;
        } else {
            map.serialize_entry("type", "function")?;
            let arguments = if call.arguments.is_empty() {
                "{}"
            } else {
                call.arguments.as_str()
            };
            map.serialize_entry(
                "function",
                &FunctionCall {
                    name: &call.name,
                    arguments,
                    inner: inner("function"),
                },
            )?;
        }
        let foreign = call
            .riders
            .signature()
            .is_some_and(|signature| self.speaker.signature(signature).is_none());
        if !foreign {
            extra_fields_but(&mut map, call.riders.extra(), WIRE, &["function", "custom"])?;
        }
        map.end()
    }
}
