//! Events of Converse; a whole answer is read as its blocks and its end.

use router_core::content::Riders;
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish};
use router_core::{Error, ErrorKind, Extra, FinishReason, Json, Result, Signature, StreamEvent, Text, Usage};
use router_wire::body::malformed;
use router_wire::lenient::{Num, Str};
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{self, Block, ImageDelta};
use super::{WIRE, usage};
use crate::error::failure;

/// Decodes the events of one answer.
#[derive(Debug)]
pub struct ConverseStreamDecoder {
    speaker: Speaker,
    /// Whether each piece of text is a block of its own, as Nova has it beside Converse.
    joins_text: bool,
    begun: bool,
    done: bool,
    open: Vec<(u64, Block)>,
    calls: u32,
    /// Whether the end was told, and the vendor's word for it.
    stopped: bool,
    word: Option<Text>,
    usage: Option<Usage>,
    tier: Option<Text>,
    extra: Extra,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event<'a> {
    content_block_index: Num,
    #[serde(borrow)]
    start: Option<Start<'a>>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Start<'a> {
    #[serde(borrow)]
    tool_use: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_result: Option<&'a RawValue>,
    #[serde(borrow)]
    image: Option<ImageDelta<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Delta<'a> {
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    tool_use: Option<Piece<'a>>,
    #[serde(borrow)]
    tool_result: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<Thought<'a>>,
    #[serde(borrow)]
    citation: Option<&'a RawValue>,
    #[serde(borrow)]
    image: Option<ImageDelta<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow)]
    input: Str<'a>,
}

/// A piece of reasoning, or a whole one, whose text and signature stand one level deeper.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Thought<'a> {
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    signature: Str<'a>,
    #[serde(borrow)]
    redacted_content: Str<'a>,
    #[serde(borrow)]
    reasoning_text: Option<Box<Thought<'a>>>,
}

/// A block of a whole answer.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Whole<'a> {
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    tool_use: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<Thought<'a>>,
    #[serde(borrow)]
    citations_content: Option<Cited<'a>>,
    #[serde(borrow)]
    image: Option<ImageDelta<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cited<'a> {
    #[serde(borrow)]
    content: router_wire::lenient::List<CitedText<'a>>,
    #[serde(borrow)]
    citations: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CitedText<'a> {
    #[serde(borrow)]
    text: Str<'a>,
}

impl ConverseStreamDecoder {
    /// A decoder at the beginning of an answer.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            joins_text: false,
            begun: false,
            done: false,
            open: Vec::new(),
            calls: 0,
            stopped: false,
            word: None,
            usage: None,
            tier: None,
            extra: Extra::new(),
        }
    }

    /// The same where each piece of text is a block of its own.
    pub(crate) fn joining_text(mut self) -> Self {
        self.joins_text = true;
        self
    }

    /// Takes over counts that came another way, where none came.
    pub(crate) fn count(&mut self, usage: Option<Usage>) {
        self.usage = self.usage.take().or(usage);
    }

    /// Reads an event by its name.
    pub(crate) fn event(&mut self, name: &str, data: &Text, events: &mut Events) -> Result<()> {
        match name {
            "messageStart" => {
                let _: Object<'_> = read(data)?;
                self.begin(events);
            }
            "contentBlockStart" => {
                let event: Event<'_> = read(data)?;
                self.begin(events);
                self.start(event, events);
            }
            "contentBlockDelta" => {
                let event: Event<'_> = read(data)?;
                self.begin(events);
                self.delta(event, data, events);
            }
            "contentBlockStop" => {
                let event: Event<'_> = read(data)?;
                self.stop(index(&event), events);
            }
            "messageStop" => {
                let mut fields: Object<'_> = read(data)?;
                self.begin(events);
                self.ending(&mut fields);
                self.finish_when_told(events);
            }
            "metadata" => {
                let mut fields: Object<'_> = read(data)?;
                self.told(&mut fields);
                self.finish_when_told(events);
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads a whole answer.
    pub(crate) fn whole(&mut self, data: &Text, events: &mut Events) -> Result<()> {
        let mut fields: Object<'_> = read(data)?;
        let output = fields.object("output").ok().flatten();
        let Some(mut message) = output.and_then(|mut output| output.object("message").ok().flatten()) else {
            if fields.peek("message").is_some() || fields.peek("__type").is_some() {
                return Err(failure("", &Frame::new(data.clone())));
            }
            return Err(Error::new(ErrorKind::Decode, "the answer holds no message"));
        };
        self.begin(events);
        for raw in message.take("content").and_then(list_of).unwrap_or_default() {
            self.block(raw, data, events);
        }
        self.ending(&mut fields);
        self.told(&mut fields);
        self.end(events);
        Ok(())
    }

    fn begin(&mut self, events: &mut Events) {
        if !std::mem::replace(&mut self.begun, true) {
            events.push_back(StreamEvent::start(None, None));
        }
    }

    fn start(&mut self, event: Event<'_>, events: &mut Events) {
        let at = index(&event);
        let start = event.start.unwrap_or_default();
        if let Some(raw) = start.tool_use {
            self.end_others(at, events);
            let (block, _) = answer::tool_use(raw, &mut self.calls, events);
            self.open.push((at, block));
        } else if let Some(raw) = start.tool_result {
            self.open.push((at, answer::tool_result(raw)));
        } else if let Some(image) = start.image {
            self.open.push((at, image.begin()));
        }
    }

    fn delta(&mut self, event: Event<'_>, data: &Text, events: &mut Events) {
        let at = index(&event);
        let Some(delta) = event.delta else { return };
        if let Some(text) = delta.text.take(data) {
            if let Block::Text(said) = self.opened(at, events, || Block::Text(false)) {
                *said = true;
            }
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
        }
        if let Some(thought) = delta.reasoning_content {
            self.think(at, thought, data, events);
        }
        if let Some(raw) = delta.citation {
            answer::cite(raw, &self.speaker, events);
        }
        let open = self.open.iter_mut().find(|(known, _)| *known == at);
        let Some((_, block)) = open else { return };
        if let Some(piece) = delta.tool_use.and_then(|piece| piece.input.take(data)) {
            answer::grow_call(block, piece, events);
        }
        if let Some(raw) = delta.tool_result {
            answer::grow_result(block, raw);
        }
        if let Some(image) = delta.image {
            image.grow(block);
        }
    }

    fn think(&mut self, at: u64, thought: Thought<'_>, data: &Text, events: &mut Events) {
        let thought = match thought.reasoning_text {
            Some(inner) => *inner,
            None => thought,
        };
        if let Some(hidden) = thought.redacted_content.to_text() {
            events.push_back(StreamEvent::PartEnd {
                choice: 0,
                kind: PartKind::RedactedReasoning,
                riders: Riders::new().with_signature(Signature::new(self.speaker.maker(), hidden)),
            });
            return;
        }
        let piece = thought.signature.to_text();
        let block = self.opened(at, events, || Block::Thought {
            signature: Text::new(),
        });
        if let (Block::Thought { signature }, Some(piece)) = (block, piece) {
            *signature = if signature.is_empty() {
                piece
            } else {
                Text::from(format!("{signature}{piece}"))
            };
        }
        if let Some(text) = thought.text.take(data) {
            events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
        }
    }

    /// The block at a place; one of text or reasoning begins without a word.
    fn opened(&mut self, at: u64, events: &mut Events, new: impl FnOnce() -> Block) -> &mut Block {
        if !self.open.iter().any(|(known, _)| *known == at) {
            self.end_others(at, events);
            self.open.push((at, new()));
        }
        let place = self.open.iter().position(|(known, _)| *known == at).unwrap_or(0);
        &mut self.open[place].1
    }

    /// Ends text and reasoning at other places, whose end was not told.
    fn end_others(&mut self, at: u64, events: &mut Events) {
        let silent = |(known, block): &(u64, Block)| {
            *known != at && matches!(block, Block::Text(_) | Block::Thought { .. })
        };
        while let Some(place) = self.open.iter().position(silent) {
            let (known, _) = self.open[place];
            self.stop(known, events);
        }
    }

    fn stop(&mut self, at: u64, events: &mut Events) {
        let Some(place) = self.open.iter().position(|(known, _)| *known == at) else {
            return;
        };
        let (_, block) = self.open.remove(place);
        if !(self.joins_text && matches!(block, Block::Text(_))) {
            answer::end(block, &self.speaker, events);
        }
    }

    /// A block of a whole answer.
    fn block(&mut self, raw: &RawValue, data: &Text, events: &mut Events) {
        let block: Whole<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        let text_ends = StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Text,
            riders: Riders::new(),
        };
        if let Some(text) = block.text.take(data) {
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
            events.push_back(text_ends);
        } else if let Some(cited) = block.citations_content {
            for text in cited.content.0.iter().filter_map(|piece| piece.text.to_text()) {
                events.push_back(StreamEvent::TextDelta { choice: 0, text });
            }
            for raw in cited.citations.and_then(list_of).unwrap_or_default() {
                answer::cite(raw, &self.speaker, events);
            }
            events.push_back(text_ends);
        } else if let Some(thought) = block.reasoning_content {
            let at = u64::MAX;
            self.think(at, thought, data, events);
            self.stop(at, events);
        } else if let Some(raw) = block.tool_use {
            let (mut open, input) = answer::tool_use(raw, &mut self.calls, events);
            if let Some(input) = input.filter(|input| input.get() != "null") {
                let arguments = serde_json::from_str::<String>(input.get());
                let arguments = arguments.unwrap_or_else(|_| input.get().to_owned());
                if !arguments.trim().is_empty() {
                    answer::grow_call(&mut open, Text::from(arguments), events);
                }
            }
            answer::end(open, &self.speaker, events);
        } else if let Some(image) = block.image {
            let mut open = image.begin();
            image.grow(&mut open);
            answer::end(open, &self.speaker, events);
        } else if Object::of(raw, "content").is_ok_and(|block| block.peek("text").is_none()) {
            answer::opaque(&self.speaker, Json::from_raw(raw), events);
        }
    }

    fn ending(&mut self, fields: &mut Object<'_>) {
        self.stopped = true;
        self.word = fields
            .text("stopReason")
            .ok()
            .flatten()
            .filter(|word| !word.is_empty());
        self.keep(fields, "additionalModelResponseFields");
    }

    fn told(&mut self, fields: &mut Object<'_>) {
        if let Some(raw) = fields.take("usage") {
            self.usage = usage::read(raw).or(self.usage.take());
        }
        if let Ok(Some(mut tier)) = fields.object("serviceTier") {
            self.tier = tier.text("type").ok().flatten();
        }
        for name in ["metrics", "trace", "performanceConfig"] {
            self.keep(fields, name);
        }
    }

    fn keep(&mut self, fields: &mut Object<'_>, name: &'static str) {
        if let Some(json) = fields.json(name) {
            self.extra
                .insert(Text::from_static(WIRE), Text::from_static(name), json);
        }
    }

    /// The counts come behind the end, or in front of it: with both told there is nothing more.
    fn finish_when_told(&mut self, events: &mut Events) {
        if self.stopped && self.usage.is_some() {
            self.end(events);
        }
    }

    fn end(&mut self, events: &mut Events) {
        if self.done {
            return;
        }
        self.done = true;
        while let Some((at, _)) = self.open.first() {
            self.stop(*at, events);
        }
        let raw = self.word.take();
        let mut finish = StreamFinish::default();
        finish.choices = vec![ChoiceFinish::new(0, self.reason(raw.as_ref()), raw)];
        finish.usage = self.usage.take();
        finish.service_tier = self.tier.take();
        finish.extra = std::mem::take(&mut self.extra);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
    }

    /// Blocks are to be trusted more than the word: some models call tools and say that their turn is over.
    fn reason(&self, raw: Option<&Text>) -> FinishReason {
        let reason = match raw.map(Text::as_str) {
            Some("end_turn" | "stop_sequence") => FinishReason::Stop,
            Some("tool_use") => FinishReason::Stop,
            Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
            Some("guardrail_intervened" | "content_filtered") => FinishReason::ContentFilter,
            Some("malformed_model_output" | "malformed_tool_use") => FinishReason::Error,
            Some(word) => FinishReason::Other(Text::from(word)),
            None => FinishReason::Other(Text::new()),
        };
        match reason {
            FinishReason::Stop | FinishReason::Other(_) if self.calls > 0 => FinishReason::ToolCalls,
            reason => reason,
        }
    }
}

fn index(event: &Event<'_>) -> u64 {
    event.content_block_index.count().unwrap_or(0)
}

fn read<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T> {
    serde_json::from_str(data).map_err(|error| malformed(&error, data))
}

impl StreamDecoder for ConverseStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        match (&frame.failure, &frame.event) {
            (Some(name), _) => Err(failure(name, frame)),
            (None, Some(name)) => self.event(name, &frame.data, events),
            (None, None) => self.whole(&frame.data, events),
        }
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if self.stopped {
            self.end(events);
        }
        if self.done {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Truncated,
            "the stream ended without messageStop",
        ))
    }
}
