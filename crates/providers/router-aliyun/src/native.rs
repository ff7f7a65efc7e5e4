//! DashScope's own form of a chat: what the compatible mode has at the top stands in `input` and `parameters`.

use http::{HeaderName, HeaderValue};
use router_core::{ContentPart, Error, ErrorKind, Message, Result};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::write::Seq;
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

pub(crate) const TEXT: &str = "/api/v1/services/aigc/text-generation/generation";
pub(crate) const MULTIMODAL: &str = "/api/v1/services/aigc/multimodal-generation/generation";

/// Asks for a stream.
const SSE: HeaderName = HeaderName::from_static("x-dashscope-sse");

/// Whether a conversation holds more than text.
pub(crate) fn has_media(messages: &[Message]) -> bool {
    let mut parts = messages.iter().flat_map(|message| message.content.parts());
    parts.any(|part| matches!(part, ContentPart::Media(_)))
}

/// Whether a conversation says how closely to look at a picture.
pub(crate) fn has_detail(messages: &[Message]) -> bool {
    let mut parts = messages.iter().flat_map(|message| message.content.parts());
    parts.any(|part| matches!(part, ContentPart::Media(media) if media.detail.is_some()))
}

/// A request of the compatible mode in DashScope's own form.
pub(crate) fn of(encoded: Encoded, multimodal: bool) -> Result<Encoded> {
    let mut fields = Object::parse(&encoded.request.body)?;
    let (model, messages) = (fields.take("model"), fields.take("messages"));
    let (Some(model), Some(messages)) = (model, messages.and_then(list_of)) else {
        return Err(invalid("messages", "must be a list"));
    };
    fields.take("stream");
    fields.take("stream_options");
    let parameters: Vec<(String, &RawValue)> = fields.into_fields().collect();
    let body = Body {
        model,
        input: Input {
            messages: messages
                .into_iter()
                .map(|message| Said::of(message, multimodal))
                .collect::<Result<_>>()?,
        },
        parameters: Parameters {
            fields: &parameters,
            // Each piece repeats the whole answer otherwise.
            incremental: encoded.streams,
        },
    };
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        let message = format!("request is not representable: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let path = if multimodal { MULTIMODAL } else { TEXT };
    let mut request = HttpRequest::post_json(path, bytes);
    if encoded.streams {
        request = request.with_header(SSE, HeaderValue::from_static("enable"));
    }
    let mut native = encoded;
    native.request = request;
    Ok(native)
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a RawValue,
    input: Input<'a>,
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
struct Input<'a> {
    messages: Vec<Said<'a>>,
}

struct Parameters<'a> {
    fields: &'a [(String, &'a RawValue)],
    incremental: bool,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let given = |name: &str| self.fields.iter().any(|(known, _)| known == name);
        if !given("result_format") {
            map.serialize_entry("result_format", "message")?;
        }
        if self.incremental && !given("incremental_output") {
            map.serialize_entry("incremental_output", &true)?;
        }
        for (name, value) in self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A message, its content as text or as parts without types.
enum Said<'a> {
    AsItIs(&'a RawValue),
    InParts(Vec<(String, &'a RawValue)>, Vec<Part<'a>>),
}

enum Part<'a> {
    Text(&'a RawValue),
    Fields(Vec<(String, &'a RawValue)>),
}

impl<'a> Said<'a> {
    fn of(message: &'a RawValue, multimodal: bool) -> Result<Self> {
        if !multimodal {
            return Ok(Self::AsItIs(message));
        }
        let mut fields = Object::of(message, "messages")?;
        let content = fields.take("content");
        let parts = match content {
            Some(text) if is_string(text) => vec![Part::Text(text)],
            Some(list) => list_of(list)
                .unwrap_or_default()
                .into_iter()
                .map(Part::of)
                .collect::<Result<_>>()?,
            None => Vec::new(),
        };
        Ok(Self::InParts(fields.into_fields().collect(), parts))
    }
}

impl<'a> Part<'a> {
    /// `{"type": "image_url", "image_url": {"url": …}}` as `{"image": …}`, and so on.
    fn of(part: &'a RawValue) -> Result<Self> {
        let mut fields = Object::of(part, "content")?;
        fields.take("type");
        let mut given = Vec::new();
        for (typed, inner, name) in [
            ("image_url", "url", "image"),
            ("input_audio", "data", "audio"),
            ("video_url", "url", "video"),
        ] {
            let Some(object) = fields.take(typed) else {
                continue;
            };
            let mut object = Object::of(object, typed)?;
            if let Some(value) = object.take(inner) {
                given.push((name.to_owned(), value));
            }
            // What belongs to the form of the compatible mode alone.
            object.take("format");
            object.take("detail");
            given.extend(object.into_fields());
        }
        given.extend(fields.into_fields());
        Ok(Self::Fields(given))
    }
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::AsItIs(message) => message.serialize(serializer),
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
        match self {
            Self::Text(text) => serializer.collect_map([("text", text)]),
            Self::Fields(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}
