//! Events of a response, and whole responses as the items of one.

mod end;
mod items;

use router_core::stream::StreamStart;
use router_core::{Error, ErrorKind, Json, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder};

use self::end::{failed, failure};
use super::wire::{Event, Whole, whole};

/// Reads the events of a response; a whole response reads as its items and its end.
#[derive(Debug)]
pub struct ResponsesStreamDecoder {
    speaker: Speaker,
    started: bool,
    done: bool,
    items: Vec<Item>,
    calls: u32,
    refused: bool,
    /// Calls that are the caller's unless their output comes in the same answer.
    local: Vec<Local>,
    outputs: Vec<Text>,
}

#[derive(Debug, Default)]
struct Item {
    index: u64,
    call: Option<u32>,
    text: bool,
    refusal: bool,
    reasoning: Option<Thought>,
    arguments: bool,
    done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thought {
    Full,
    Summary,
}

#[derive(Debug)]
struct Local {
    call_id: Text,
    name: &'static str,
    arguments: Text,
    raw: Json,
}

impl ResponsesStreamDecoder {
    /// A decoder for answers of this speaker.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            started: false,
            done: false,
            items: Vec::new(),
            calls: 0,
            refused: false,
            local: Vec::new(),
            outputs: Vec::new(),
        }
    }

    fn start(&mut self, whole: &Whole<'_>, events: &mut Events) {
        if !self.started {
            self.started = true;
            let mut start = StreamStart::default();
            start.id = whole.id.to_text();
            start.model = whole.model.to_text();
            start.created = whole.created_at.int();
            events.push_back(StreamEvent::Start(Box::new(start)));
        }
    }

    fn item(&mut self, index: u64) -> &mut Item {
        let at = match self.items.iter().position(|item| item.index == index) {
            Some(at) => at,
            None => {
                self.items.push(Item {
                    index,
                    ..Item::default()
                });
                self.items.len() - 1
            }
        };
        &mut self.items[at]
    }

    fn event(&mut self, event: Event<'_>, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = &frame.data;
        let kind = event
            .kind
            .filled()
            .or(frame.event.as_deref())
            .unwrap_or_default()
            .to_owned();
        let index = event.output_index.count().unwrap_or(0);
        match kind.as_str() {
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(whole) = event.response.and_then(whole) {
                    self.start(&whole, events);
                }
            }
            "response.output_item.added" => {
                if let Some(raw) = event.item {
                    self.added(index, raw, events);
                }
            }
            "response.output_item.done" => {
                if let Some(raw) = event.item {
                    self.finished(index, raw, events);
                }
            }
            "response.output_text.delta" => {
                if let Some(text) = event.delta.take(data) {
                    self.item(index).text = true;
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
            }
            "response.refusal.delta" => {
                if let Some(text) = event.delta.take(data) {
                    self.refused = true;
                    self.item(index).refusal = true;
                    events.push_back(StreamEvent::RefusalDelta { choice: 0, text });
                }
            }
            "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
                let form = if kind == "response.reasoning_text.delta" {
                    Thought::Full
                } else {
                    Thought::Summary
                };
                if let Some(text) = event.delta.take(data) {
                    let item = self.item(index);
                    if *item.reasoning.get_or_insert(form) == form {
                        events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
                    }
                }
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                if let Some(arguments) = event.delta.take(data) {
                    let item = self.item(index);
                    item.arguments = true;
                    if let Some(call) = item.call {
                        events.push_back(StreamEvent::ToolCallDelta {
                            choice: 0,
                            call,
                            arguments,
                        });
                    }
                }
            }
            "error" => return Err(failure(&ErrorBody::read(data.as_bytes()))),
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                if let Some(whole) = event.response.and_then(whole) {
                    return self.end(whole, events);
                }
            }
            // Events of items have an `output` and a `status` too.
            _ if kind.starts_with("response.") => {}
            _ if event.output.is_some()
                || event.object.filled() == Some("response")
                || event.status.filled().is_some() =>
            {
                let whole: Whole<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
                return self.whole(whole, events);
            }
            _ if event.error.is_some() => return Err(failure(&ErrorBody::read(data.as_bytes()))),
            _ => {}
        }
        Ok(())
    }

    /// A whole response: its items, then its end.
    fn whole(&mut self, mut whole: Whole<'_>, events: &mut Events) -> Result<()> {
        let output = std::mem::take(&mut whole.output);
        if whole.status.filled() == Some("failed") || (whole.error.is_some() && output.0.is_empty()) {
            return Err(failed(&whole));
        }
        self.start(&whole, events);
        // mistral.rs puts the reasoning beside the items.
        if let Some(raw) = whole.reasoning.filter(|raw| raw.get().starts_with('"'))
            && let Ok(text) = serde_json::from_str::<Text>(raw.get())
        {
            events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
        }
        for (index, raw) in output.0.into_iter().enumerate() {
            self.finished(index as u64, raw, events);
        }
        self.end(whole, events)
    }
}

impl StreamDecoder for ResponsesStreamDecoder {
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
            "the stream ended without response.completed, .incomplete or .failed",
        ))
    }
}
