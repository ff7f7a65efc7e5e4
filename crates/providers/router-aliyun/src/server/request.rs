//! The body of a request as one of the compatible mode.

use router_core::Result;
use router_wire::HttpRequest;
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::write::Seq;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::error::unrepresentable;

/// What a request asks of its answer's form, and of thinking.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Form {
    /// Whether each piece of a stream holds what is new, and not all so far.
    pub(super) incremental: bool,
    /// Whether the answer is a text alone.
    pub(super) text: bool,
    /// Whether content is in parts.
    pub(super) parts: bool,
    pub(super) thinks: Option<bool>,
    pub(super) budget: Option<u64>,
}

/// The same request in the compatible mode, and the form of its answer.
pub(super) fn compatible(request: &HttpRequest) -> Result<(Vec<u8>, Form)> {
    let mut body = Object::parse(&request.body)?;
    let model = body
        .take("model")
        .ok_or_else(|| invalid("model", "is required"))?;
    let mut input = body
        .object("input")?
        .ok_or_else(|| invalid("input", "is required"))?;
    let mut form = Form {
        parts: request.path_only().contains("/multimodal-generation/"),
        ..Form::default()
    };
    let mut parameters = Vec::new();
    if let Some(mut given) = body.object("parameters")? {
        form.incremental = given.read("incremental_output")?.unwrap_or(false);
        form.text = given.text("result_format")?.is_none_or(|word| word == *"text");
        form.thinks = given.read("enable_thinking")?;
        form.budget = given.read("thinking_budget")?;
        given.take("stream");
        parameters = given.into_fields().collect();
    } else {
        form.text = true;
    }
    form.text &= !form.parts;
    let streams = request.header("x-dashscope-sse") == Some("enable")
        || request
            .header("accept")
            .is_some_and(|kinds| kinds.contains("text/event-stream"));
    let mut messages = Vec::new();
    for (at, raw) in input.list("history")?.into_iter().enumerate() {
        let mut turn = Object::of(raw, format!("input.history[{at}]"))?;
        messages.extend(turn.take("user").map(|said| Message::Text("user", said)));
        messages.extend(turn.take("bot").map(|said| Message::Text("assistant", said)));
    }
    for (at, raw) in input.list("messages")?.into_iter().enumerate() {
        messages.push(Message::of(raw, &format!("input.messages[{at}]"))?);
    }
    messages.extend(input.take("prompt").map(|said| Message::Text("user", said)));
    let chat = Chat {
        model,
        messages: &messages,
        streams,
        parameters: &parameters,
    };
    Ok((serde_json::to_vec(&chat).map_err(unrepresentable)?, form))
}

struct Chat<'a> {
    model: &'a RawValue,
    messages: &'a [Message<'a>],
    streams: bool,
    parameters: &'a [(String, &'a RawValue)],
}

impl Serialize for Chat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", self.messages)?;
        map.serialize_entry("stream", &self.streams)?;
        for (name, value) in self.parameters {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

enum Message<'a> {
    Text(&'static str, &'a RawValue),
    AsItIs(&'a RawValue),
    InParts(Vec<(String, &'a RawValue)>, Vec<Part<'a>>),
}

/// A part: its type with its value, and what stands beside it.
enum Part<'a> {
    AsItIs(&'a RawValue),
    Typed(Kind, &'a RawValue, Vec<(String, &'a RawValue)>),
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Image,
    Audio,
    Video,
}

impl<'a> Message<'a> {
    fn of(raw: &'a RawValue, path: &str) -> Result<Self> {
        let mut fields = Object::of(raw, path)?;
        let Some(parts) = fields.take("content").and_then(list_of) else {
            return Ok(Self::AsItIs(raw));
        };
        let parts = parts
            .into_iter()
            .enumerate()
            .map(|(at, raw)| Part::of(raw, &format!("{path}.content[{at}]")))
            .collect::<Result<_>>()?;
        Ok(Self::InParts(fields.into_fields().collect(), parts))
    }
}

impl<'a> Part<'a> {
    fn of(raw: &'a RawValue, path: &str) -> Result<Self> {
        let mut fields = Object::of(raw, path)?;
        if fields.peek("type").is_some() {
            return Ok(Self::AsItIs(raw));
        }
        let kinds = [
            ("text", Kind::Text),
            ("image", Kind::Image),
            ("audio", Kind::Audio),
            ("video", Kind::Video),
        ];
        for (name, kind) in kinds {
            if let Some(value) = fields.take(name) {
                if !is_string(value) {
                    let place = format!("{path}.{name}");
                    return Err(invalid(&place, "must be a string; lists of frames are not taken"));
                }
                return Ok(Self::Typed(kind, value, fields.into_fields().collect()));
            }
        }
        Err(invalid(path, "must hold one of text, image, audio, video"))
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::AsItIs(message) => message.serialize(serializer),
            Self::Text(role, text) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("role", role)?;
                map.serialize_entry("content", text)?;
                map.end()
            }
            Self::InParts(fields, parts) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.serialize_entry("content", &Seq(|| parts.iter()))?;
                map.end()
            }
        }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Address<'a> {
            url: &'a RawValue,
        }
        let (kind, value, beside) = match self {
            Self::AsItIs(part) => return part.serialize(serializer),
            Self::Typed(kind, value, beside) => (kind, value, beside),
        };
        let mut map = serializer.serialize_map(None)?;
        let url = Address { url: value };
        match kind {
            Kind::Text => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", value)?;
            }
            Kind::Image => {
                map.serialize_entry("type", "image_url")?;
                map.serialize_entry("image_url", &url)?;
            }
            Kind::Audio => {
                map.serialize_entry("type", "input_audio")?;
                map.serialize_entry("input_audio", value)?;
            }
            Kind::Video => {
                map.serialize_entry("type", "video_url")?;
                map.serialize_entry("video_url", &url)?;
            }
        }
        for (name, value) in beside {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
