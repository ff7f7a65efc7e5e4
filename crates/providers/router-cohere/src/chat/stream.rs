//! Events of `/v2/chat` to ours; a whole answer is one frame.

use router_core::chat::{FinishReason, Logprobs, TokenLogprob, Usage};
use router_core::content::{Citation, Opaque, Riders};
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{Error, ErrorKind, Extra, Json, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::object::{Object, is_string, list_of};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder, classify};
use serde_json::value::RawValue;

use super::wire::{self, Content, Event, Generation, Logprob, Message, ToolCall};
use super::{PLAN, WIRE};

/// Decodes the events of one answer.
#[derive(Debug)]
pub struct ChatStreamDecoder {
    speaker: Speaker,
    begun: bool,
    ended: bool,
    open: Option<Open>,
    calls: Vec<Called>,
}

/// What the deltas belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Plan,
    Thinking,
    Text,
}

/// A call under way: its number on the wire, and what of its arguments may yet be the word `null`.
#[derive(Debug)]
struct Called {
    index: u32,
    held: String,
    written: bool,
    ended: bool,
}

impl ChatStreamDecoder {
    /// A decoder at the beginning of an answer.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            begun: false,
            ended: false,
            open: None,
            calls: Vec::new(),
        }
    }

    fn event(&mut self, kind: &str, event: Event<'_>, data: &Text, events: &mut Events) -> Result<()> {
        let delta = event.delta.unwrap_or_default();
        let message = delta.message.unwrap_or_default();
        match kind {
            "message-start" => self.begin(event.id.take(data), events),
            "content-start" | "content-delta" => {
                for content in message.content {
                    self.content(content, data, events);
                }
                logprobs(event.logprobs, data, events);
            }
            "content-end" => self.close(events),
            "tool-plan-delta" => {
                if let Some(text) = message.tool_plan.take(data) {
                    self.reasoning(Open::Plan, text, events);
                }
            }
            "tool-call-start" => {
                for call in message.tool_calls {
                    self.call(event.index.index(), call, data, events);
                }
            }
            "tool-call-delta" => {
                for call in message.tool_calls {
                    let arguments = call.function.and_then(|function| function.arguments);
                    self.arguments(event.index.index(), arguments, data, events);
                }
            }
            "tool-call-end" => {
                if let Some(place) = self.place(event.index.index()) {
                    self.end_call(place, events);
                }
            }
            "citation-start" => self.citations(message.citations, events),
            "message-end" => {
                if let Some(error) = delta.error.filter(|error| !is_nothing(error)) {
                    return Err(failed(error));
                }
                self.begin(event.id.take(data), events);
                let finish = self.finished(delta.finish_reason.take(data), delta.usage, events);
                events.push_back(StreamEvent::Finish(Box::new(finish)));
            }
            // Ends of citations, debugging, and what is yet to come.
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, id: Option<Text>, events: &mut Events) {
        if !self.begun {
            self.begun = true;
            let start = StreamEvent::start(id.map(|id| id.detach()), None);
            events.push_back(start);
        }
    }

    fn content(&mut self, content: Content<'_>, data: &Text, events: &mut Events) {
        if let Some(text) = content.thinking.take(data) {
            self.reasoning(Open::Thinking, text, events);
        }
        if let Some(text) = content.text.take(data) {
            self.switch(Open::Text, events);
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
        }
    }

    fn reasoning(&mut self, open: Open, text: Text, events: &mut Events) {
        self.switch(open, events);
        events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
    }

    fn switch(&mut self, open: Open, events: &mut Events) {
        if self.open != Some(open) {
            self.close(events);
            self.open = Some(open);
            if open == Open::Plan {
                events.push_back(StreamEvent::PartStart {
                    choice: 0,
                    riders: plan(),
                });
            }
        }
    }

    fn close(&mut self, events: &mut Events) {
        let Some(open) = self.open.take() else { return };
        let riders = if open == Open::Plan { plan() } else { Riders::new() };
        let kind = match open {
            Open::Text => PartKind::Text,
            Open::Plan | Open::Thinking => PartKind::Reasoning,
        };
        events.push_back(StreamEvent::PartEnd {
            choice: 0,
            kind,
            riders,
        });
    }

    /// The place of the call with a number on the wire, or of the last one.
    fn place(&self, index: Option<u32>) -> Option<usize> {
        match index {
            Some(index) => self.calls.iter().rposition(|call| call.index == index),
            None => self.calls.len().checked_sub(1),
        }
    }

    fn call(&mut self, index: Option<u32>, call: ToolCall<'_>, data: &Text, events: &mut Events) {
        self.close(events);
        let place = self.calls.len() as u32;
        let function = call.function.unwrap_or_default();
        let name = function.name.take(data).or_else(|| call.name.take(data));
        let id = call.id.take(data);
        events.push_back(StreamEvent::tool_call_start(
            0,
            place,
            id.unwrap_or_else(|| Text::from(format!("call_0_{place}"))),
            name.unwrap_or_default(),
            ToolCallKind::Function,
        ));
        let index = index.unwrap_or(place);
        self.calls.push(Called {
            index,
            held: String::new(),
            written: false,
            ended: false,
        });
        self.arguments(Some(index), function.arguments.or(call.parameters), data, events);
    }

    fn arguments(&mut self, index: Option<u32>, raw: Option<&RawValue>, data: &Text, events: &mut Events) {
        let Some(place) = self.place(index) else { return };
        let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
            return;
        };
        let arguments = match serde_json::from_str::<router_wire::lenient::Str<'_>>(raw.get()) {
            Ok(text) if is_string(raw) => text.take(data).unwrap_or_default(),
            // `/v1/chat` has an object.
            _ => data.slice_ref(raw.get()),
        };
        let call = &mut self.calls[place];
        let mut piece = arguments;
        if !call.written {
            // For a tool without arguments the vendor may write the word `null`.
            call.held.push_str(&piece);
            if "null".starts_with(call.held.trim()) {
                return;
            }
            if call.held.len() > piece.len() {
                piece = Text::from(std::mem::take(&mut call.held));
            }
            call.written = true;
        }
        events.push_back(StreamEvent::ToolCallDelta {
            choice: 0,
            call: place as u32,
            arguments: piece,
        });
    }

    fn end_call(&mut self, place: usize, events: &mut Events) {
        let call = &mut self.calls[place];
        if std::mem::replace(&mut call.ended, true) {
            return;
        }
        let number = place as u32;
        if !call.written {
            events.push_back(StreamEvent::ToolCallDelta {
                choice: 0,
                call: number,
                arguments: Text::from_static("{}"),
            });
        }
        events.push_back(StreamEvent::ToolCallEnd {
            choice: 0,
            call: number,
            riders: Riders::new(),
        });
    }

    /// One citation, or a list of them.
    fn citations(&self, raw: Option<&RawValue>, events: &mut Events) {
        let Some(raw) = raw else { return };
        let all = list_of(raw).unwrap_or_else(|| vec![raw]);
        for raw in all {
            let Ok(cited) = serde_json::from_str::<wire::Citation<'_>>(raw.get()) else {
                continue;
            };
            let mut citation = Citation::default();
            let origins = cited.sources.0.iter();
            let origin = origins
                .flat_map(|source| source.document.iter().chain(&source.tool_output))
                .next();
            citation.url = origin.and_then(|origin| origin.url.to_text());
            citation.title = origin.and_then(|origin| origin.title.to_text());
            citation.cited_text = cited.text.to_text();
            // Positions in what was thought or planned are none in the text.
            if matches!(cited.kind.filled(), None | Some("TEXT_CONTENT")) {
                citation.range = cited.start.count().zip(cited.end.count());
            }
            citation.raw = Some(Opaque::new(self.speaker.maker().clone(), Json::from_raw(raw)));
            events.push_back(StreamEvent::Citation {
                choice: 0,
                citation: Box::new(citation),
            });
        }
    }

    fn finished(
        &mut self,
        raw: Option<Text>,
        counts: Option<&RawValue>,
        events: &mut Events,
    ) -> StreamFinish {
        self.ended = true;
        self.close(events);
        for place in 0..self.calls.len() {
            self.end_call(place, events);
        }
        let mut finish = StreamFinish::default();
        let reason = reason(raw.as_deref(), !self.calls.is_empty());
        finish.choices = vec![ChoiceFinish::new(0, reason, raw)];
        finish.usage = counts.and_then(usage);
        finish
    }

    fn whole(&mut self, event: Event<'_>, data: &Text, events: &mut Events) -> Result<()> {
        let refused =
            event.message.is_some_and(is_string) || event.error.is_some_and(|error| !is_nothing(error));
        if refused {
            let body = ErrorBody::read(data.as_bytes());
            return Err(classify::of_body(None, &http::HeaderMap::new(), None, &body, &[]));
        }
        let id = event.id.take(data).or_else(|| event.generation_id.take(data));
        if let Some(generations) = event.generations {
            self.begin(id, events);
            let mut finish = self.finished(None, event.usage, events);
            finish.choices = generated(generations.0, data, events);
            finish.extra = unnamed(data);
            events.push_back(StreamEvent::Finish(Box::new(finish)));
            return Ok(());
        }
        if event.message.is_none() && event.text.is_none() {
            // A document between events that means nothing to us.
            return Ok(());
        }
        self.begin(id, events);
        let message = match event.message {
            Some(raw) => serde_json::from_str(raw.get()).map_err(|error| malformed(&error, data))?,
            None => Message::default(),
        };
        if let Some(text) = message.tool_plan.take(data) {
            self.reasoning(Open::Plan, text, events);
        }
        for content in message.content {
            self.content(content, data, events);
            self.close(events);
        }
        if let Some(text) = event.text.and_then(|text| text.take(data)) {
            self.switch(Open::Text, events);
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
            self.close(events);
        }
        self.citations(message.citations, events);
        logprobs(event.logprobs, data, events);
        for call in message.tool_calls.into_iter().chain(event.tool_calls) {
            self.call(None, call, data, events);
        }
        let mut finish = self.finished(event.finish_reason.take(data), event.usage, events);
        finish.extra = unnamed(data);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        Ok(())
    }
}

/// What marks a plan in front of calls.
pub(super) fn plan() -> Riders {
    let mark = (Text::from_static(PLAN), Json::from(serde_json::Value::Bool(true)));
    Riders::new().with_extra(Extra::of(Text::from_static(WIRE), vec![mark]))
}

/// The answers of `/v1/generate`.
fn generated(generations: Vec<Generation<'_>>, data: &Text, events: &mut Events) -> Vec<ChoiceFinish> {
    let numbered = (0..).zip(generations);
    let choices = numbered.map(|(choice, generation)| {
        if let Some(text) = generation.text.take(data) {
            events.push_back(StreamEvent::TextDelta { choice, text });
        }
        let raw = generation.finish_reason.take(data);
        ChoiceFinish::new(choice, reason(raw.as_deref(), false), raw)
    });
    choices.collect()
}

fn reason(word: Option<&str>, calls: bool) -> FinishReason {
    match word.map(str::to_ascii_uppercase).as_deref() {
        Some("COMPLETE" | "STOP_SEQUENCE") if calls => FinishReason::ToolCalls,
        Some("COMPLETE" | "STOP_SEQUENCE") => FinishReason::Stop,
        Some("MAX_TOKENS") => FinishReason::Length,
        Some("TOOL_CALL") => FinishReason::ToolCalls,
        Some("ERROR_TOXIC") => FinishReason::ContentFilter,
        Some("ERROR" | "TIMEOUT") => FinishReason::Error,
        _ => FinishReason::Other(word.map(Text::from).unwrap_or_default()),
    }
}

/// The tokens that the model saw and made; those that are billed where it tells no others. Pictures are counted apart.
fn usage(raw: &RawValue) -> Option<Usage> {
    let counts: wire::Usage = serde_json::from_str(raw.get()).ok()?;
    let has = |tokens: &wire::Tokens| {
        tokens.input_tokens.count().is_some() || tokens.output_tokens.count().is_some()
    };
    let tokens = counts.tokens.filter(has).or(counts.billed_units.filter(has))?;
    let images = tokens.image_tokens.count();
    let input = tokens
        .input_tokens
        .count()
        .unwrap_or(0)
        .saturating_add(images.unwrap_or(0));
    let mut usage = Usage::new(input, tokens.output_tokens.count().unwrap_or(0));
    usage.cache_read_input_tokens = counts.cached_tokens.count();
    usage.reasoning_output_tokens = tokens.reasoning_tokens.count();
    usage.image_input_tokens = images;
    usage.raw = Some(Json::from_raw(raw));
    Some(usage)
}

fn logprobs<'a>(items: impl IntoIterator<Item = Logprob<'a>>, data: &Text, events: &mut Events) {
    let mut content = Vec::new();
    for item in items {
        let mut text = item.text.take(data).map(|text| text.detach());
        // The text is that of all tokens together.
        for logprob in item.logprobs.0 {
            let token = text.take().unwrap_or_default();
            content.push(TokenLogprob::new(token, logprob.0.unwrap_or(f64::NAN)));
        }
    }
    if !content.is_empty() {
        events.push_back(StreamEvent::Logprobs {
            choice: 0,
            logprobs: Box::new(Logprobs::of_content(content)),
        });
    }
}

/// The fields of a whole answer that are read nowhere.
fn unnamed(data: &Text) -> Extra {
    const READ: [&str; 9] = [
        "id",
        "message",
        "finish_reason",
        "usage",
        "logprobs",
        "text",
        "generation_id",
        "tool_calls",
        "generations",
    ];
    let Ok(mut fields) = serde_json::from_str::<Object<'_>>(data) else {
        return Extra::new();
    };
    for name in READ {
        fields.take(name);
    }
    fields.rest(WIRE)
}

fn is_nothing(raw: &RawValue) -> bool {
    matches!(raw.get(), "null" | "\"\"" | "{}")
}

/// The error in the last event.
fn failed(raw: &RawValue) -> Error {
    let body = ErrorBody::read(raw.get().as_bytes());
    classify::of_body(None, &http::HeaderMap::new(), None, &body, &[])
}

impl StreamDecoder for ChatStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.as_str().trim();
        if self.ended || data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let mut event: Event<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        let kind = std::mem::take(&mut event.kind);
        match kind.filled().or(frame.event.as_deref()) {
            Some(kind) => self.event(kind, event, &frame.data, events),
            None => self.whole(event, &frame.data, events),
        }
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Truncated,
            "the stream ended without a message-end",
        ))
    }
}
