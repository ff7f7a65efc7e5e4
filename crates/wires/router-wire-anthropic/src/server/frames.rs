//! The frames of a message under the names of the wire.

use bytes::BytesMut;
use router_core::Text;
use router_core::stream::StreamFinish;
use router_wire::write::json_line;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::reply::{Block, WireCitation, WireUsage, made_up_id, stop_reason};
use crate::MESSAGES;

/// Appends the beginning of a message.
pub(super) fn send_start(id: Option<&Text>, model: &Text, out: &mut BytesMut) {
    let start = MessageStart {
        kind: "message_start",
        message: Begun {
            id: &id.cloned().unwrap_or_else(made_up_id),
            kind: "message",
            role: "assistant",
            model,
            content: [],
            stop_reason: None,
            stop_sequence: None,
            usage: WireUsage::default(),
        },
    };
    send(start.kind, &start, out);
}

/// Appends the beginning of a block.
pub(super) fn send_block(index: u64, content_block: Block<'_>, out: &mut BytesMut) {
    let start = BlockStart {
        kind: "content_block_start",
        index,
        content_block,
    };
    send(start.kind, &start, out);
}

/// Appends what is added to a block.
pub(super) fn send_delta(index: u64, delta: Delta<'_>, out: &mut BytesMut) {
    let event = BlockDelta {
        kind: "content_block_delta",
        index,
        delta,
    };
    send(event.kind, &event, out);
}

/// Appends the end of a block.
pub(super) fn send_stop(index: u64, out: &mut BytesMut) {
    let event = BlockStop {
        kind: "content_block_stop",
        index,
    };
    send(event.kind, &event, out);
}

/// Appends the end of a message.
pub(super) fn send_end(finish: &StreamFinish, out: &mut BytesMut) {
    send("message_delta", &MessageDelta(finish), out);
    out.extend_from_slice(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

/// Appends an event under its name.
fn send(name: &str, event: &impl Serialize, out: &mut BytesMut) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    json_line(event, out);
    out.extend_from_slice(b"\n\n");
}

#[derive(Serialize)]
struct BlockStart<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u64,
    content_block: Block<'a>,
}

#[derive(Serialize)]
struct BlockDelta<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u64,
    delta: Delta<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Delta<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: &'a str },
    #[serde(rename = "citations_delta")]
    Citation { citation: WireCitation<'a> },
}

#[derive(Serialize)]
struct BlockStop {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u64,
}

#[derive(Serialize)]
struct MessageStart<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: Begun<'a>,
}

#[derive(Serialize)]
struct Begun<'a> {
    id: &'a Text,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a Text,
    content: [(); 0],
    stop_reason: Option<()>,
    stop_sequence: Option<()>,
    usage: WireUsage<'a>,
}

/// The end of a message.
struct MessageDelta<'a>(&'a StreamFinish);

/// Unnamed fields of a message that come with the reason, inside of `delta`.
const OF_DELTA: &[&str] = &["stop_details", "container"];

impl Serialize for MessageDelta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finish = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "message_delta")?;
        map.serialize_entry("delta", &Reason(finish))?;
        let usage = WireUsage::of(finish.usage.as_ref(), finish.service_tier.as_ref());
        map.serialize_entry("usage", &usage)?;
        let rest = finish.extra.for_wire(MESSAGES).iter();
        for (name, value) in rest.filter(|(name, _)| !OF_DELTA.contains(&name.as_str())) {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

struct Reason<'a>(&'a StreamFinish);

impl Serialize for Reason<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let choice = self.0.choices.iter().find(|choice| choice.index == 0);
        let sequence = choice.and_then(|choice| choice.stop_sequence.as_ref());
        let mut map = serializer.serialize_map(None)?;
        let reason =
            choice.map(|choice| stop_reason(&choice.reason, choice.raw.as_ref(), sequence.is_some()));
        map.serialize_entry("stop_reason", &reason.unwrap_or("end_turn"))?;
        map.serialize_entry("stop_sequence", &sequence)?;
        for name in OF_DELTA {
            if let Some(value) = self.0.extra.get(MESSAGES, name) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
