//! Events of an answer as events of a message.

use bytes::BytesMut;
use router_core::content::Riders;
use router_core::stream::{PartKind, StreamFinish, ToolCallStart};
use router_core::tool::ToolCallKind;
use router_core::{Error, Json, Signature, StreamEvent, Text};
use router_wire::provenance::seal;
use router_wire::server::failed_finish;

use super::depth::Depth;
use super::frames::{Delta, send_block, send_delta, send_end, send_start, send_stop};
use super::reply::{Block, WireCitation, carried, is_of_wire, linked};
use crate::WIRE;
use crate::error::error_body;

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
                self.delta(Kind::Text, Delta::Text { text }, text.is_empty(), out);
            }
            // A refusal is text to this wire; the reason at the end tells it.
            StreamEvent::RefusalDelta { choice: 0, text } => {
                self.delta(Kind::Text, Delta::Text { text }, text.is_empty(), out);
            }
            StreamEvent::ReasoningDelta { choice: 0, text } => {
                let delta = Delta::Thinking { thinking: text };
                self.delta(Kind::Thinking, delta, text.is_empty(), out);
            }
            StreamEvent::PartEnd {
                choice: 0,
                kind,
                riders,
            } => self.end_part(*kind, riders, out),
            StreamEvent::ToolCallStart(start) if start.choice == 0 => self.start_call(start, out),
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
                let delta = Delta::Citation {
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
                self.delta(Kind::Text, Delta::Text { text: &text }, false, out);
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
        send_start(id, &self.model, out);
    }

    fn start_block(&mut self, content_block: Block<'_>, out: &mut BytesMut) -> u64 {
        self.begin(None, None, out);
        let index = self.next;
        self.next += 1;
        send_block(index, content_block, out);
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
                    send_delta(index, Delta::Signature { signature: &sealed }, out);
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
        send_stop(index, out);
    }

    fn raw(&mut self, json: &Json, out: &mut BytesMut) {
        self.close(out);
        self.stop_finished_calls(out);
        let index = self.start_block(Block::Raw(json), out);
        send_stop(index, out);
    }

    fn start_call(&mut self, start: &ToolCallStart, out: &mut BytesMut) {
        self.close(out);
        self.stop_finished_calls(out);
        let custom = start.kind == ToolCallKind::Custom;
        let index = self.start_block(Block::CallStart(&start.id, &start.name), out);
        if custom {
            send_delta(
                index,
                Delta::Input {
                    partial_json: "{\"input\":\"",
                },
                out,
            );
        }
        self.calls.push(OpenCall {
            call: start.call,
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
            return send_delta(open.index, Delta::Input { partial_json }, out);
        }
        open.depth.read(arguments);
        send_delta(
            open.index,
            Delta::Input {
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
            send_stop(index, out);
        }
    }

    fn finish(&mut self, finish: &StreamFinish, out: &mut BytesMut) {
        if let Some(error) = failed_finish(finish) {
            return self.error(&error, out);
        }
        self.begin(finish.id.as_ref(), finish.model.as_ref(), out);
        self.close(out);
        for open in std::mem::take(&mut self.calls) {
            stop_call(&open, out);
        }
        send_end(finish, out);
    }
}

fn stop_call(open: &OpenCall, out: &mut BytesMut) {
    if open.custom {
        send_delta(open.index, Delta::Input { partial_json: "\"}" }, out);
    }
    send_stop(open.index, out);
}
