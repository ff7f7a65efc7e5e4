//! Events of a response, and whole responses as the items of one.

mod end;
mod items;
mod local;
mod message;

use router_core::content::Riders;
use router_core::stream::StreamStart;
use router_core::{Error, ErrorKind, Extra, Json, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::fill;
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder};
use serde_json::value::RawValue;

use self::end::{failed, failure};
use self::local::Local;
use super::WIRE;
use super::riders::PARAGRAPH;
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
    /// Calls of which it is not known yet who runs them.
    local: Vec<Local>,
}

/// What is known of an item while its pieces come in.
#[derive(Debug, Default)]
struct Item {
    index: u64,
    /// The place of the call that the item is.
    call: Option<u32>,
    /// Whether arguments came.
    arguments: bool,
    /// How many parts of a message have ended; the next one is open.
    ended: u64,
    /// Whether deltas of the open part came.
    told: bool,
    /// The open part, once it is complete: it ends when it is known what comes behind it.
    part: Option<Text>,
    /// A message as it began, for parts that end before it.
    begun: Option<Text>,
    /// The form that reasoning came in, and the paragraph it is at.
    thought: Option<(Thought, u64)>,
    done: bool,
}

/// Which of the two forms of reasoning is told; a vendor may send both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thought {
    Full,
    Summary,
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
        let kind = event.kind.filled().or(frame.event.as_deref()).unwrap_or_default();
        let index = event.output_index.count().unwrap_or(0);
        let place = event.content_index.count().unwrap_or(0);
        match kind {
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
            "response.content_part.done" => self.part_done(index, place, event.part, events),
            "response.output_text.delta" => {
                if let Some(text) = event.delta.take(data) {
                    self.reach(index, place, events);
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
            }
            "response.refusal.delta" => {
                if let Some(text) = event.delta.take(data) {
                    self.refused = true;
                    self.reach(index, place, events);
                    events.push_back(StreamEvent::RefusalDelta { choice: 0, text });
                }
            }
            "response.reasoning_text.delta" => {
                if let Some(text) = event.delta.take(data) {
                    self.think(index, (Thought::Full, place), text, events);
                }
            }
            "response.reasoning_summary_text.delta" => {
                if let Some(text) = event.delta.take(data) {
                    let paragraph = event.summary_index.count().unwrap_or(0);
                    self.think(index, (Thought::Summary, paragraph), text, events);
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
                if let Some(raw) = event.response
                    && let Some(whole) = whole(raw)
                {
                    return self.end(whole, raw, events);
                }
            }
            // Events of items have an `output` and a `status` too.
            _ if kind.starts_with("response.") => {}
            _ if event.output.is_some()
                || event.object.filled() == Some("response")
                || event.status.filled().is_some() =>
            {
                return self.whole(data, events);
            }
            _ if event.error.is_some() => return Err(failure(&ErrorBody::read(data.as_bytes()))),
            _ => {}
        }
        Ok(())
    }

    /// A whole response: its items, then its end.
    fn whole(&mut self, data: &Text, events: &mut Events) -> Result<()> {
        let unreadable = |error| malformed(&error, data);
        let raw: &RawValue = serde_json::from_str(data).map_err(unreadable)?;
        let mut whole = Whole::default();
        fill::from_str(data, &mut whole).map_err(unreadable)?;
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
        self.end(whole, raw, events)
    }

    /// More reasoning; a blank line stands between paragraphs.
    fn think(&mut self, index: u64, at: (Thought, u64), text: Text, events: &mut Events) {
        let known = *self.item(index).thought.get_or_insert(at);
        if known.0 != at.0 {
            return;
        }
        if known.1 != at.1 {
            self.item(index).thought = Some(at);
            let text = Text::from_static(PARAGRAPH);
            events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
        }
        events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
    }
}

/// The event that tells the id of an item before its first delta.
fn begins(id: Option<Text>, events: &mut Events) {
    if let Some(id) = id {
        let id = Json::string(&id);
        let extra = Extra::of(Text::from_static(WIRE), vec![(Text::from_static("id"), id)]);
        events.push_back(StreamEvent::PartStart {
            choice: 0,
            riders: Riders::new().with_extra(extra),
        });
    }
}

impl StreamDecoder for ResponsesStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let mut event = Event::default();
        fill::from_str(data, &mut event).map_err(|error| malformed(&error, data))?;
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
