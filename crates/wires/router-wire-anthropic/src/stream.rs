//! Events of a message, and whole messages as the blocks of one.

use std::mem;

use router_core::content::{Opaque, Riders};
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish, StreamStart};
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{Error, ErrorKind, Extra, FinishReason, Json, Result, Signature, StreamEvent, Text};
use router_wire::lenient::Str;
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder};
use serde_json::value::RawValue;

use crate::MESSAGES;
use crate::block::{self, Block};
use crate::error::failure;
use crate::response::{finish_reason, malformed};
use crate::usage::Counts;
use crate::wire::{Delta, Event};

/// Reads the events of a message; a whole message reads as its blocks and its end.
///
/// Free of any service: whoever brings the same events in another frame (a cloud's event stream) feeds them here.
#[derive(Debug)]
pub struct MessagesStreamDecoder {
    speaker: Speaker,
    started: bool,
    done: bool,
    /// Blocks that have not ended, by their index.
    open: Vec<(u64, Block)>,
    calls: u32,
    counts: Counts,
    stop_reason: Option<Text>,
    stop_sequence: Option<Text>,
    /// Unnamed fields of the message.
    rest: Extra,
}

impl MessagesStreamDecoder {
    /// A decoder for answers of this speaker.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            started: false,
            done: false,
            open: Vec::new(),
            calls: 0,
            counts: Counts::default(),
            stop_reason: None,
            stop_sequence: None,
            rest: Extra::new(),
        }
    }

    /// The fields of a message that are not its blocks, and its blocks.
    fn message<'a>(&mut self, raw: &'a RawValue, events: &mut Events) -> Vec<&'a RawValue> {
        let Ok(mut fields) = Object::of(raw, "message") else {
            return Vec::new();
        };
        self.begin(&mut fields, events);
        if let Some(usage) = fields.take("usage") {
            self.counts.update(usage);
        }
        fields.take("role");
        let blocks = fields.take("content").and_then(list_of).unwrap_or_default();
        self.ending(fields);
        blocks
    }

    fn begin(&mut self, fields: &mut Object<'_>, events: &mut Events) {
        fields.take("type");
        let (id, model) = (word(fields, "id"), word(fields, "model"));
        // Some gateways send the beginning twice.
        if !mem::replace(&mut self.started, true) {
            let mut start = StreamStart::default();
            start.id = id;
            start.model = model;
            events.push_back(StreamEvent::Start(Box::new(start)));
        }
    }

    /// Why the message ended, and what else is told with it.
    fn ending(&mut self, mut fields: Object<'_>) {
        if let Some(reason) = word(&mut fields, "stop_reason") {
            self.stop_reason = Some(reason);
        }
        if let Some(sequence) = word(&mut fields, "stop_sequence") {
            self.stop_sequence = Some(sequence);
        }
        for (name, value) in fields.rest(MESSAGES).for_wire(MESSAGES) {
            self.rest.insert(Text::from_static(MESSAGES), name, value.clone());
        }
    }

    fn start_block(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        self.stop_block(index, events);
        let Ok(mut fields) = Object::of(raw, "content_block") else {
            return;
        };
        let kind = word(&mut fields, "type").unwrap_or_default();
        let block = match kind.as_str() {
            "text" => {
                let text = word(&mut fields, "text").unwrap_or_default();
                if !text.is_empty() {
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
                for raw in fields.take("citations").and_then(list_of).unwrap_or_default() {
                    self.cite(raw, events);
                }
                Block::Text
            }
            "thinking" => {
                let text = word(&mut fields, "thinking").unwrap_or_default();
                if !text.is_empty() {
                    events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
                }
                Block::Thinking {
                    signature: word(&mut fields, "signature").unwrap_or_default(),
                }
            }
            "redacted_thinking" => {
                let data = word(&mut fields, "data").unwrap_or_default();
                let riders = Riders::new().with_signature(Signature::new(self.speaker.maker(), data));
                events.push_back(StreamEvent::PartEnd {
                    choice: 0,
                    kind: PartKind::RedactedReasoning,
                    riders,
                });
                return;
            }
            "tool_use" => {
                let call = self.calls;
                self.calls += 1;
                let id = word(&mut fields, "id").unwrap_or_else(|| Text::from(format!("toolu_{call}")));
                events.push_back(StreamEvent::tool_call_start(
                    0,
                    call,
                    id,
                    word(&mut fields, "name").unwrap_or_default(),
                    ToolCallKind::Function,
                ));
                Block::Call {
                    call,
                    input: fields.take("input").and_then(block::arguments),
                    begun: false,
                    rest: fields.rest(MESSAGES),
                }
            }
            "server_tool_use" | "mcp_tool_use" => Block::ServerCall {
                id: word(&mut fields, "id"),
                name: word(&mut fields, "name").unwrap_or_default(),
                raw: Json::from_raw(raw),
                input: String::new(),
            },
            _ => Block::Opaque {
                raw: Json::from_raw(raw),
                patches: Vec::new(),
            },
        };
        self.open.push((index, block));
    }

    fn grow_block(&mut self, index: u64, delta: Delta<'_>, frame: &Frame, events: &mut Events) {
        let data = &frame.data;
        let block = self
            .open
            .iter_mut()
            .find(|(known, _)| *known == index)
            .map(|(_, block)| block);
        match delta.kind.filled().unwrap_or_default() {
            "text_delta" => {
                if let Some(text) = delta.text.take(data) {
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
            }
            "thinking_delta" => {
                if let Some(text) = delta.thinking.take(data) {
                    events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
                }
            }
            "input_json_delta" => match (block, delta.partial_json.take(data)) {
                (Some(Block::Call { call, begun, .. }), Some(arguments)) => {
                    *begun = true;
                    events.push_back(StreamEvent::ToolCallDelta {
                        choice: 0,
                        call: *call,
                        arguments,
                    });
                }
                (Some(Block::ServerCall { input, .. }), Some(piece)) => input.push_str(&piece),
                _ => {}
            },
            "signature_delta" => {
                if let (Some(Block::Thinking { signature }), Some(piece)) = (block, delta.signature.to_text())
                {
                    *signature = if signature.is_empty() {
                        piece
                    } else {
                        Text::from(format!("{signature}{piece}"))
                    };
                }
            }
            "citations_delta" => {
                if let Some(raw) = delta.citation {
                    self.cite(raw, events);
                }
            }
            _ => {
                if let Some(Block::Opaque { patches, .. }) = block {
                    patches.push(frame.data.detach());
                }
            }
        }
    }

    fn stop_block(&mut self, index: u64, events: &mut Events) {
        let Some(at) = self.open.iter().position(|(known, _)| *known == index) else {
            return;
        };
        let (_, block) = self.open.remove(at);
        self.end_block(block, events);
    }

    fn end_block(&self, block: Block, events: &mut Events) {
        let provider = self.speaker.maker();
        let end = match block {
            Block::Text => StreamEvent::PartEnd {
                choice: 0,
                kind: PartKind::Text,
                riders: Riders::new(),
            },
            Block::Thinking { signature } => {
                let mut riders = Riders::new();
                if !signature.is_empty() {
                    riders.set_signature(Some(Signature::new(provider, signature)));
                }
                StreamEvent::PartEnd {
                    choice: 0,
                    kind: PartKind::Reasoning,
                    riders,
                }
            }
            Block::Call {
                call,
                input,
                begun,
                rest,
            } => {
                if let Some(arguments) = input.filter(|_| !begun) {
                    events.push_back(StreamEvent::ToolCallDelta {
                        choice: 0,
                        call,
                        arguments,
                    });
                }
                StreamEvent::ToolCallEnd {
                    choice: 0,
                    call,
                    riders: Riders::new().with_extra(rest),
                }
            }
            Block::ServerCall { id, name, raw, input } => {
                let (raw, arguments) = block::with_input(&raw, &input);
                let mut call = ServerToolCall::new(provider, name, raw);
                call.id = id;
                call.arguments = arguments;
                StreamEvent::ServerToolCall {
                    choice: 0,
                    call: Box::new(call),
                }
            }
            Block::Opaque { raw, patches } => StreamEvent::Opaque {
                choice: 0,
                part: Box::new(Opaque::new(provider, block::patched(raw, &patches))),
            },
        };
        events.push_back(end);
    }

    fn cite(&self, raw: &RawValue, events: &mut Events) {
        if let Some(citation) = block::citation(self.speaker.maker(), raw) {
            events.push_back(StreamEvent::Citation {
                choice: 0,
                citation: Box::new(citation),
            });
        }
    }

    fn end(&mut self, events: &mut Events) {
        for (_, block) in mem::take(&mut self.open) {
            self.end_block(block, events);
        }
        let raw = self.stop_reason.take();
        let mut reason = finish_reason(raw.as_deref().unwrap_or_default());
        if self.calls > 0 && matches!(reason, FinishReason::Stop | FinishReason::Other(_)) {
            reason = FinishReason::ToolCalls;
        }
        let mut choice = ChoiceFinish::new(0, reason, raw);
        choice.stop_sequence = self.stop_sequence.take();
        let mut finish = StreamFinish::default();
        finish.choices.push(choice);
        finish.usage = self.counts.usage();
        finish.service_tier = self.counts.service_tier();
        finish.extra = mem::take(&mut self.rest);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        self.done = true;
    }

    fn event(&mut self, event: Event<'_>, frame: &Frame, events: &mut Events) -> Result<()> {
        let index = event.index.count().unwrap_or(0);
        match event.kind.filled().or(frame.event.as_deref()).unwrap_or_default() {
            "content_block_delta" => {
                if let Some(delta) = event.delta {
                    self.grow_block(index, delta, frame, events);
                }
            }
            "content_block_start" => {
                if let Some(raw) = event.content_block {
                    self.start_block(index, raw, events);
                }
            }
            "content_block_stop" => self.stop_block(index, events),
            "message_start" => {
                if let Some(raw) = event.message {
                    self.message(raw, events);
                }
            }
            "message_delta" => {
                if let Some(usage) = event.usage {
                    self.counts.update(usage);
                }
                if let Ok(mut fields) = Object::parse(frame.data.as_bytes()) {
                    let delta = fields.object("delta").ok().flatten();
                    for known in ["type", "usage", "index"] {
                        fields.take(known);
                    }
                    self.ending(fields);
                    if let Some(delta) = delta {
                        self.ending(delta);
                    }
                }
            }
            "message_stop" => self.end(events),
            "ping" => {}
            "error" => return Err(self.failed(frame)),
            "message" => self.whole(frame, events)?,
            "" if event.content.is_some() => self.whole(frame, events)?,
            "completion" => self.completion(event.completion, frame, events)?,
            "" if event.completion.is_some() => self.completion(event.completion, frame, events)?,
            "" if event.error.is_some() => return Err(self.failed(frame)),
            _ => {}
        }
        Ok(())
    }

    /// A whole message: its blocks, then its end.
    fn whole(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        let raw: &RawValue = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        for (index, raw) in self.message(raw, events).into_iter().enumerate() {
            self.start_block(index as u64, raw, events);
            self.stop_block(index as u64, events);
        }
        self.end(events);
        Ok(())
    }

    /// A text completion, or a piece of one: the last says why it stopped.
    fn completion(&mut self, text: Option<Str<'_>>, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        let raw: &RawValue = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        let mut fields = Object::of(raw, "completion")?;
        for known in ["completion", "log_id"] {
            fields.take(known);
        }
        self.stop_sequence = word(&mut fields, "stop").or(self.stop_sequence.take());
        self.begin(&mut fields, events);
        if let Some(text) = text.and_then(|text| text.take(&frame.data)) {
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
        }
        self.ending(fields);
        if self.stop_reason.is_some() {
            self.end(events);
        }
        Ok(())
    }

    /// The error of a frame, with what was counted before it: the vendor may bill that.
    fn failed(&self, frame: &Frame) -> Error {
        let error = failure(frame.data.as_bytes());
        match self.counts.usage() {
            Some(usage) => error.with_usage(usage),
            None => error,
        }
    }
}

impl StreamDecoder for MessagesStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        self.event(event, frame, events)
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        if self.done {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Truncated,
            "the stream ended without message_stop",
        ))
    }
}

fn word(fields: &mut Object<'_>, name: &str) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(fields.take(name)?.get())
        .ok()?
        .to_text()
}
