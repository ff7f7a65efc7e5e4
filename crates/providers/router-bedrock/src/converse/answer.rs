//! Blocks of an answer while they come, and what they are when they end.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use router_core::content::{Citation, MediaKind, Opaque, Riders};
use router_core::stream::PartKind;
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{Json, Media, Signature, StreamEvent, Text};
use router_wire::Events;
use router_wire::lenient::{List, Str};
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::blocks::One;

/// A block that has not ended.
#[derive(Debug)]
pub(super) enum Block {
    /// Text, and whether any came.
    Text(bool),
    Thought {
        signature: Text,
    },
    Call {
        call: u32,
        begun: bool,
    },
    /// A call that the vendor runs itself: the fields of its beginning, and its arguments.
    ServerCall {
        fields: Vec<(String, Json)>,
        input: String,
    },
    /// What such a call gave: the fields of its beginning, and its content.
    ServerResult {
        fields: Vec<(String, Json)>,
        content: Vec<Json>,
    },
    Image {
        format: Text,
        data: Vec<u8>,
    },
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ToolUse<'a> {
    #[serde(borrow)]
    tool_use_id: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

/// A call begins. Gives what is open, and its arguments when they came with it.
pub(super) fn tool_use<'a>(
    raw: &'a RawValue,
    calls: &mut u32,
    events: &mut Events,
) -> (Block, Option<&'a RawValue>) {
    let start: ToolUse<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    if start.kind.filled() == Some("server_tool_use") {
        let block = Block::ServerCall {
            fields: fields_but(raw, "input"),
            input: String::new(),
        };
        return (block, start.input);
    }
    let call = *calls;
    *calls += 1;
    events.push_back(StreamEvent::tool_call_start(
        0,
        call,
        start
            .tool_use_id
            .to_text()
            .unwrap_or_else(|| Text::from(format!("tooluse_{call}"))),
        start.name.to_text().unwrap_or_default(),
        ToolCallKind::Function,
    ));
    (Block::Call { call, begun: false }, start.input)
}

/// What a call of the vendor gave begins.
pub(super) fn tool_result(raw: &RawValue) -> Block {
    Block::ServerResult {
        fields: fields_but(raw, "content"),
        content: Vec::new(),
    }
}

fn fields_but(raw: &RawValue, name: &str) -> Vec<(String, Json)> {
    let Ok(object) = Object::of(raw, "block") else {
        return Vec::new();
    };
    let fields = object
        .into_fields()
        .filter(|(known, raw)| known != name && raw.get() != "null");
    fields.map(|(name, raw)| (name, Json::from_raw(raw))).collect()
}

/// More of a call's arguments.
pub(super) fn grow_call(block: &mut Block, piece: Text, events: &mut Events) {
    match block {
        Block::Call { call, begun } => {
            *begun = true;
            events.push_back(StreamEvent::ToolCallDelta {
                choice: 0,
                call: *call,
                arguments: piece,
            });
        }
        Block::ServerCall { input, .. } => input.push_str(&piece),
        _ => {}
    }
}

/// More of what a call of the vendor gave.
pub(super) fn grow_result(block: &mut Block, raw: &RawValue) {
    if let Block::ServerResult { content, .. } = block {
        let pieces = list_of(raw).unwrap_or_else(|| vec![raw]);
        content.extend(pieces.into_iter().map(Json::from_raw));
    }
}

/// Bytes of a picture, in the form that the wire has sources in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ImageDelta<'a> {
    #[serde(borrow)]
    format: Str<'a>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    bytes: Str<'a>,
}

impl ImageDelta<'_> {
    pub(super) fn begin(&self) -> Block {
        Block::Image {
            format: self.format.to_text().unwrap_or_else(|| Text::from_static("png")),
            data: Vec::new(),
        }
    }

    pub(super) fn grow(&self, block: &mut Block) {
        let bytes = self.source.as_ref().and_then(|source| source.bytes.filled());
        if let (Block::Image { data, .. }, Some(bytes)) = (block, bytes) {
            data.extend(STANDARD.decode(bytes).unwrap_or_default());
        }
    }
}

/// Ends a block.
pub(super) fn end(block: Block, speaker: &Speaker, events: &mut Events) {
    let ended = |kind, riders| StreamEvent::PartEnd {
        choice: 0,
        kind,
        riders,
    };
    match block {
        Block::Text(said) => {
            if said {
                events.push_back(ended(PartKind::Text, Riders::new()));
            }
        }
        Block::Thought { signature } => {
            let mut riders = Riders::new();
            if !signature.is_empty() {
                riders.set_signature(Some(Signature::new(speaker.maker(), signature)));
            }
            events.push_back(ended(PartKind::Reasoning, riders));
        }
        Block::Call { call, begun } => {
            if !begun {
                events.push_back(StreamEvent::ToolCallDelta {
                    choice: 0,
                    call,
                    arguments: Text::from_static("{}"),
                });
            }
            events.push_back(StreamEvent::ToolCallEnd {
                choice: 0,
                call,
                riders: Riders::new(),
            });
        }
        Block::ServerCall { fields, input } => server_call(fields, &input, speaker, events),
        Block::ServerResult { mut fields, content } => {
            fields.push(("content".to_owned(), list(&content)));
            if let Some(raw) = wrapped("toolResult", &fields) {
                opaque(speaker, raw, events);
            }
        }
        Block::Image { format, data } => {
            let media_type = format!("image/{format}");
            events.push_back(StreamEvent::Media {
                choice: 0,
                media: Box::new(Media::bytes(MediaKind::Image, media_type, &data)),
            });
        }
    }
}

fn server_call(mut fields: Vec<(String, Json)>, input: &str, speaker: &Speaker, events: &mut Events) {
    let word = |name: &str| {
        let (_, json) = fields.iter().find(|(known, _)| known == name)?;
        json.to::<Text>().ok()
    };
    let (id, name) = (word("toolUseId"), word("name").unwrap_or_default());
    let input = if input.trim().is_empty() { "{}" } else { input };
    fields.push((
        "input".to_owned(),
        Json::parse(input).unwrap_or_else(|_| Json::empty_object()),
    ));
    if let Some(raw) = wrapped("toolUse", &fields) {
        let mut call = ServerToolCall::new(speaker.maker(), name, raw);
        call.id = id;
        call.arguments = Some(Text::from(input));
        events.push_back(StreamEvent::ServerToolCall {
            choice: 0,
            call: Box::new(call),
        });
    }
}

/// A part that only its vendor knows.
pub(super) fn opaque(speaker: &Speaker, raw: Json, events: &mut Events) {
    events.push_back(StreamEvent::Opaque {
        choice: 0,
        part: Box::new(Opaque::new(speaker.maker(), raw)),
    });
}

fn list(items: &[Json]) -> Json {
    Json::of(items).unwrap_or_else(|_| Json::null())
}

/// A block of one field.
fn wrapped(name: &'static str, fields: &[(String, Json)]) -> Option<Json> {
    let inner: BTreeMap<&str, &Json> = fields.iter().map(|(name, json)| (name.as_str(), json)).collect();
    Json::of(&One(name, &inner)).ok()
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Cited<'a> {
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    source: Str<'a>,
    #[serde(borrow)]
    source_content: List<Piece<'a>>,
    #[serde(borrow)]
    location: Option<Location<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow)]
    text: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Location<'a> {
    #[serde(borrow)]
    web: Option<Web<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Web<'a> {
    #[serde(borrow)]
    url: Str<'a>,
}

/// A source that the vendor names. The places that it tells are in the source, not in the answer: they stay in its own object.
pub(super) fn cite(raw: &RawValue, speaker: &Speaker, events: &mut Events) {
    let cited: Cited<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let mut citation = Citation::default();
    let web = cited.location.as_ref().and_then(|location| location.web.as_ref());
    citation.url = web.and_then(|web| web.url.to_text()).or_else(|| {
        let source = cited.source.filled().filter(|source| source.starts_with("http"));
        source.map(Text::from)
    });
    citation.title = cited.title.to_text();
    let text: String = cited
        .source_content
        .0
        .iter()
        .filter_map(|piece| piece.text.filled())
        .collect();
    citation.cited_text = (!text.is_empty()).then(|| Text::from(text));
    citation.raw = Some(Opaque::new(speaker.maker(), Json::from_raw(raw)));
    events.push_back(StreamEvent::Citation {
        choice: 0,
        citation: Box::new(citation),
    });
}
