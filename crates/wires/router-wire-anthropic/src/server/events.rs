//! Events of an answer as events of a message.

use bytes::{BufMut as _, BytesMut};
use router_core::content::Riders;
use router_core::stream::{PartKind, StreamFinish};
use router_core::{Error, Json, Signature, StreamEvent, Text};
use router_wire::provenance::seal;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::reply::{Block, WireCitation, WireUsage, carried, is_of_wire, linked, made_up_id, stop_reason};
use crate::error::error_body;
use crate::{MESSAGES, WIRE};

/// Writes the events of one message.
///
/// Blocks come one after the other, save calls whose arguments arrive mixed: those stay open side by side, told apart by
/// their index.
#[derive(Debug)]
pub(super) struct Writer {
    model: Text,
    started: bool,
    /// The index of the next block.
    next: u64,
    /// The text or thinking that is open.
    open: Option<(u64, Kind)>,
    calls: Vec<OpenCall>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
}

/// A call whose block has not ended.
#[derive(Debug)]
struct OpenCall {
    call: u32,
    index: u64,
    depth: Depth,
    custom: bool,
}

/// How deep inside of JSON its end is, to know whether an object is complete.
#[derive(Debug, Default)]
struct Depth {
    level: u32,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Depth {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => {
                    self.level += 1;
                    self.begun = true;
                }
                b'}' | b']' if !self.in_string => self.level = self.level.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.begun && self.level == 0
    }
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
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta<'a> {
    TextDelta { text: &'a str },
    ThinkingDelta { thinking: &'a str },
    SignatureDelta { signature: &'a str },
    InputJsonDelta { partial_json: &'a str },
    CitationsDelta { citation: WireCitation<'a> },
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

impl Writer {
    pub(super) fn new(model: Text) -> Self {
        Self {
            model,
            started: false,
            next: 0,
            open: None,
            calls: Vec::new(),
        }
    }

    /// Appends an event of the first choice; this wire has no others.
    pub(super) fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.begin(start.id.as_ref(), start.model.as_ref(), out),
            StreamEvent::TextDelta { choice: 0, text } => {
                self.delta(Kind::Text, Delta::TextDelta { text }, text.is_empty(), out);
            }
            // A refusal is text to this wire; the reason at the end tells it.
            StreamEvent::RefusalDelta { choice: 0, text } => {
                self.delta(Kind::Text, Delta::TextDelta { text }, text.is_empty(), out);
            }
            StreamEvent::ReasoningDelta { choice: 0, text } => {
                let delta = Delta::ThinkingDelta { thinking: text };
                self.delta(Kind::Thinking, delta, text.is_empty(), out);
            }
            StreamEvent::PartEnd {
                choice: 0,
                kind,
                riders,
            } => self.end_part(*kind, riders, out),
            StreamEvent::ToolCallStart {
                choice: 0,
                call,
                id,
                name,
                kind,
            } => {
                let custom = *kind == router_core::tool::ToolCallKind::Custom;
                self.start_call(*call, id, name, custom, out);
            }
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => self.grow_call(*call, arguments, out),
            StreamEvent::ToolCallEnd {
                choice: 0,
                call,
                riders,
            } => {
                self.end_call(*call, out);
                if let Some(signature) = riders.signature() {
                    self.hidden(&carried(signature), out);
                }
            }
            StreamEvent::Citation { choice: 0, citation } => {
                let delta = Delta::CitationsDelta {
                    citation: WireCitation(citation),
                };
                self.delta(Kind::Text, delta, false, out);
            }
            StreamEvent::ServerToolCall { choice: 0, call } if is_of_wire(&call.raw) => {
                self.raw(&call.raw.raw, out);
            }
            StreamEvent::Opaque { choice: 0, part } if is_of_wire(part) => self.raw(&part.raw, out),
            StreamEvent::Media { choice: 0, media } => {
                let text = linked(media);
                self.delta(Kind::Text, Delta::TextDelta { text: &text }, false, out);
            }
            StreamEvent::Finish(finish) => self.finish(finish, out),
            _ => {}
        }
    }

    /// Appends the wire's form of an error.
    pub(super) fn error(&self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(b"event: error\ndata: ");
        out.extend_from_slice(&error_body(error));
        out.extend_from_slice(b"\n\n");
    }

    fn begin(&mut self, id: Option<&Text>, model: Option<&Text>, out: &mut BytesMut) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        if let Some(model) = model {
            self.model = model.clone();
        }
        let start = MessageStart {
            kind: "message_start",
            message: Begun {
                id: &id.cloned().unwrap_or_else(made_up_id),
                kind: "message",
                role: "assistant",
                model: &self.model,
                content: [],
                stop_reason: None,
                stop_sequence: None,
                usage: WireUsage::default(),
            },
        };
        send(start.kind, &start, out);
    }

    fn start_block(&mut self, content_block: Block<'_>, out: &mut BytesMut) -> u64 {
        self.begin(None, None, out);
        let index = self.next;
        self.next += 1;
        let start = BlockStart {
            kind: "content_block_start",
            index,
            content_block,
        };
        send(start.kind, &start, out);
        index
    }

    fn delta(&mut self, kind: Kind, delta: Delta<'_>, empty: bool, out: &mut BytesMut) {
        if empty {
            return;
        }
        let index = match self.open {
            Some((index, open)) if open == kind => index,
            _ => {
                self.close(out);
                self.stop_finished_calls(out);
                let block = match kind {
                    Kind::Text => Block::Plain(""),
                    Kind::Thinking => Block::Thinking("", None),
                };
                let index = self.start_block(block, out);
                self.open = Some((index, kind));
                index
            }
        };
        send_delta(index, delta, out);
    }

    fn end_part(&mut self, kind: PartKind, riders: &Riders, out: &mut BytesMut) {
        let signature = riders.signature();
        match kind {
            PartKind::Reasoning => {
                let open = match self.open {
                    Some((index, Kind::Thinking)) => Some(index),
                    _ if signature.is_some() => {
                        self.close(out);
                        let index = self.start_block(Block::Thinking("", None), out);
                        self.open = Some((index, Kind::Thinking));
                        Some(index)
                    }
                    _ => None,
                };
                if let (Some(index), Some(signature)) = (open, signature) {
                    let sealed = seal(signature, WIRE);
                    send_delta(index, Delta::SignatureDelta { signature: &sealed }, out);
                }
                if open.is_some() {
                    self.close(out);
                }
            }
            PartKind::RedactedReasoning => {
                self.close(out);
                if let Some(signature) = signature {
                    self.hidden(signature, out);
                }
            }
            _ => {
                self.close(out);
                if let Some(signature) = signature {
                    self.hidden(&carried(signature), out);
                }
            }
        }
    }

    /// Hidden reasoning, whole.
    fn hidden(&mut self, signature: &Signature, out: &mut BytesMut) {
        self.close(out);
        let index = self.start_block(Block::Redacted(std::borrow::Cow::Borrowed(signature)), out);
        stop(index, out);
    }

    fn raw(&mut self, json: &Json, out: &mut BytesMut) {
        self.close(out);
        self.stop_finished_calls(out);
        let index = self.start_block(Block::Raw(json), out);
        stop(index, out);
    }

    fn start_call(&mut self, call: u32, id: &Text, name: &Text, custom: bool, out: &mut BytesMut) {
        self.close(out);
        self.stop_finished_calls(out);
        let index = self.start_block(Block::CallStart(id, name), out);
        if custom {
            send_delta(
                index,
                Delta::InputJsonDelta {
                    partial_json: "{\"input\":\"",
                },
                out,
            );
        }
        self.calls.push(OpenCall {
            call,
            index,
            depth: Depth::default(),
            custom,
        });
    }

    fn grow_call(&mut self, call: u32, arguments: &Text, out: &mut BytesMut) {
        let Some(open) = self.calls.iter_mut().find(|open| open.call == call) else {
            return;
        };
        if arguments.is_empty() {
            return;
        }
        if open.custom {
            // Free text becomes the inside of a JSON string.
            let quoted = serde_json::to_string(arguments.as_str()).unwrap_or_default();
            let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let partial_json = inside.unwrap_or_default();
            return send_delta(open.index, Delta::InputJsonDelta { partial_json }, out);
        }
        open.depth.read(arguments);
        send_delta(
            open.index,
            Delta::InputJsonDelta {
                partial_json: arguments,
            },
            out,
        );
    }

    fn end_call(&mut self, call: u32, out: &mut BytesMut) {
        if let Some(at) = self.calls.iter().position(|open| open.call == call) {
            let open = self.calls.remove(at);
            stop_call(&open, out);
        }
    }

    /// Ends the calls whose arguments are complete, so that blocks follow each other where they can.
    fn stop_finished_calls(&mut self, out: &mut BytesMut) {
        self.calls.retain(|open| {
            let complete = open.depth.is_complete();
            if complete {
                stop_call(open, out);
            }
            !complete
        });
    }

    fn close(&mut self, out: &mut BytesMut) {
        if let Some((index, _)) = self.open.take() {
            stop(index, out);
        }
    }

    fn finish(&mut self, finish: &StreamFinish, out: &mut BytesMut) {
        self.begin(finish.id.as_ref(), finish.model.as_ref(), out);
        self.close(out);
        for open in std::mem::take(&mut self.calls) {
            stop_call(&open, out);
        }
        send("message_delta", &MessageDelta(finish), out);
        out.extend_from_slice(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }
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

fn send_delta(index: u64, delta: Delta<'_>, out: &mut BytesMut) {
    let event = BlockDelta {
        kind: "content_block_delta",
        index,
        delta,
    };
    send(event.kind, &event, out);
}

fn stop_call(open: &OpenCall, out: &mut BytesMut) {
    if open.custom {
        send_delta(open.index, Delta::InputJsonDelta { partial_json: "\"}" }, out);
    }
    stop(open.index, out);
}

fn stop(index: u64, out: &mut BytesMut) {
    let event = BlockStop {
        kind: "content_block_stop",
        index,
    };
    send(event.kind, &event, out);
}

/// An event under its name. The types here always serialize.
fn send(name: &str, event: &impl Serialize, out: &mut BytesMut) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let _ = serde_json::to_writer(out.writer(), event);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::Depth;

    #[test]
    fn an_object_is_complete_at_its_last_brace() {
        let mut depth = Depth::default();
        for piece in [r#"{"a":"#, r#""}\""#, r#"","b":[1"#, "]"] {
            depth.read(piece);
            assert!(!depth.is_complete(), "{piece}");
        }
        depth.read("}");
        assert!(depth.is_complete());
    }
}
