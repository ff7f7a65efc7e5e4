//! Chunks to events.

mod choice;
mod details;
mod filters;
mod pieces;

use router_core::collect::put_in_order;
use router_core::content::Citation;
use router_core::stream::{ChoiceFinish, StreamFinish, StreamStart};
use router_core::{Error, ErrorKind, Extra, FinishReason, Json, Result, StreamEvent, Text, Usage};
use router_wire::body::malformed;
use router_wire::classify::{self, CodeTable};
use router_wire::error_body::ErrorBody;
use router_wire::fill::{self, Few};
use router_wire::lenient::{List, Num, Str};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use self::choice::ChoiceState;
use self::pieces::{
    annotation, audio, base_resp_error, content, executed_tool, failed_base_resp, finish_details,
    google_signature, groq, image, logprobs, reference, web_source, withheld,
};
use super::response::finish_reason;
use super::wire::{self, Chunk};
use super::{CHOICE_WIRE, WIRE};

/// Reads chat chunks, and whole answers as one chunk.
#[derive(Debug)]
pub struct ChatStreamDecoder {
    speaker: Speaker,
    codes: CodeTable,
    started: bool,
    /// What has not been given yet: all of it goes with `Start`, what comes late with `Finish`.
    id: Option<Text>,
    has_id: bool,
    model: Option<Text>,
    has_model: bool,
    /// Nearly always one.
    choices: SmallVec<[ChoiceState; 1]>,
    usage: Option<Usage>,
    /// Groq's usage in an envelope counts only where there is no other.
    groq_usage: Option<Usage>,
    service_tier: Option<Text>,
    extra: Extra,
    executed: Vec<u64>,
    /// What a search found, given at the end: it comes before the text that it is about, and with no place in it.
    sources: Vec<Citation>,
    /// A whole answer needs no terminal marker.
    whole: bool,
    /// Whether what is kept shares the one buffer of a whole answer; of a stream, each frame would be kept alive.
    shares: bool,
    done: bool,
}

impl ChatStreamDecoder {
    /// A decoder for answers of this speaker.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            codes: &[],
            started: false,
            id: None,
            has_id: false,
            model: None,
            has_model: false,
            choices: SmallVec::new(),
            usage: None,
            groq_usage: None,
            service_tier: None,
            extra: Extra::new(),
            executed: Vec::new(),
            sources: Vec::new(),
            whole: false,
            shares: false,
            done: false,
        }
    }

    /// With error words of the vendor.
    #[must_use]
    pub fn with_codes(mut self, codes: CodeTable) -> Self {
        self.codes = codes;
        self
    }

    /// Reading a whole answer: its end is the end of the body.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self.shares = true;
        self
    }

    /// A short string to be kept.
    fn text(&self, read: &Str<'_>, data: &Text) -> Option<Text> {
        if self.shares {
            read.share(data)
        } else {
            read.to_text()
        }
    }

    /// A value to be kept.
    fn json(&self, raw: &RawValue, data: &Text) -> Json {
        if self.shares {
            Json::shared(raw, data)
        } else {
            Json::from_raw(raw)
        }
    }

    fn chunk(&mut self, chunk: &mut Chunk<'_>, data: &Text, events: &mut Events) -> Result<()> {
        if let Some(output) = chunk.rare.get("output").filter(|_| chunk.choices.is_none()) {
            let mut inner = Chunk::default();
            if fill::from_str(output.get(), &mut inner).is_ok() {
                inner.usage = chunk.usage;
                inner.id = chunk.rare.read("request_id");
                // Its pieces are messages, in streams too.
                let whole = self.whole;
                let read = self.chunk(&mut inner, data, events);
                self.whole = whole;
                return read;
            }
        }
        let bare = chunk.choices.is_none() && chunk.usage.is_none() && chunk.id.filled().is_none();
        // Every chunk repeats them; the first one counts.
        if !self.has_id
            && let Some(id) = self.text(&chunk.id, data)
        {
            (self.has_id, self.id) = (true, Some(id));
        }
        if !self.has_model
            && let Some(model) = self.text(&chunk.model, data)
        {
            (self.has_model, self.model) = (true, Some(model));
        }
        if !self.started && (self.has_id || self.has_model) {
            self.start(chunk.created, events);
        }
        if let Some(raw) = chunk.usage
            && let Some(mut usage) = wire::Usage::counts(raw)
        {
            usage.raw = Some(self.json(raw, data));
            self.usage = Some(usage);
        }
        let mut stopped = None;
        if let Some((usage, error)) = chunk.rare.get("x_groq").map(groq) {
            self.groq_usage = usage.or(self.groq_usage.take());
            stopped = error;
        }
        if let Some(tier) = chunk.service_tier.filled()
            && self.service_tier.as_deref() != Some(tier)
        {
            self.service_tier = self.text(&chunk.service_tier, data);
        }
        if let Some(print) = chunk.system_fingerprint.filter(|raw| raw.get() != "\"\"") {
            self.keep("system_fingerprint", print, data);
        }
        for name in wire::KEPT {
            if let Some(raw) = chunk.rare.get(name) {
                self.keep(name, raw, data);
            }
        }
        if let Some(found) = chunk.rare.read::<Option<Vec<&RawValue>>>("web_search")
            && self.sources.is_empty()
        {
            self.sources = found
                .into_iter()
                .filter_map(|raw| web_source(raw, &self.speaker))
                .collect();
        }
        for (place, choice) in chunk.choices.iter_mut().flat_map(Few::iter_mut).enumerate() {
            self.choice(place, choice, data, events)?;
        }
        if chunk
            .rare
            .get("error")
            .is_some_and(|raw| !matches!(raw.get(), "{}" | "\"\"" | "false"))
        {
            return Err(self.vendor_error(data));
        }
        if let Some(error) = stopped {
            return Err(self.vendor_error(&format!("{{\"error\":{}}}", error.get())));
        }
        if let Some(raw) = chunk.rare.get("base_resp").filter(|raw| failed_base_resp(raw)) {
            return Err(self.with_usage(base_resp_error(raw)));
        }
        if bare && ErrorBody::read(data.as_bytes()).message.is_some() {
            return Err(self.vendor_error(data));
        }
        Ok(())
    }

    fn vendor_error(&mut self, data: &str) -> Error {
        let error = vendor_error(data, self.codes);
        self.with_usage(error)
    }

    /// The error with the tokens counted so far.
    fn with_usage(&mut self, error: Error) -> Error {
        match self.usage.take().or(self.groq_usage.take()) {
            Some(usage) => error.with_usage(usage),
            None => error,
        }
    }

    /// Keeps a field of the answer; most vendors repeat it on every chunk.
    fn keep(&mut self, name: &'static str, value: &RawValue, data: &Text) {
        let kept = self.extra.get(WIRE, name);
        if kept.is_none_or(|kept| kept.as_str() != value.get()) {
            let value = self.json(value, data);
            self.extra
                .insert(Text::from_static(WIRE), Text::from_static(name), value);
        }
    }

    fn start(&mut self, created: Num, events: &mut Events) {
        self.started = true;
        let mut start = StreamStart::default();
        start.id = self.id.take();
        start.model = self.model.take();
        start.created = created.int();
        events.push_back(StreamEvent::Start(Box::new(start)));
    }

    fn choice(
        &mut self,
        place: usize,
        choice: &mut wire::Choice<'_>,
        data: &Text,
        events: &mut Events,
    ) -> Result<()> {
        let index = choice.index.index().unwrap_or(place as u32);
        let finish = choice
            .finish_reason
            .filled()
            // DashScope's word on the way.
            .filter(|word| *word != "null")
            .map(word)
            .or_else(|| choice.rare.get("finish_details").and_then(finish_details));
        // Perplexity and Writer send both: `message` is the answer so far, so that each form has one that counts.
        let message = if self.whole {
            choice.message.as_mut().or(choice.delta.as_mut())
        } else {
            self.whole |= choice.delta.is_none() && choice.message.is_some();
            choice.delta.as_mut().or(choice.message.as_mut())
        };
        let text_only = choice.text.0.is_some();
        let tells = message.is_some() || finish.is_some() || text_only;
        let kept = wire::KEPT_OF_CHOICE.map(|name| Some((name, choice.rare.get(name)?)));
        let kept = kept.into_iter().flatten().filter(|(_, raw)| raw.get() != "{}");
        // Azure's filter results come in choices of their own, at times before there is any other.
        for (name, raw) in kept {
            let at = self.state(index);
            self.choices[at].keep(name, raw);
        }
        if let Some(error) = choice.rare.get("error").filter(|raw| raw.get().starts_with('{')) {
            let body = format!("{{\"error\":{}}}", error.get());
            return Err(self.vendor_error(&body));
        }
        // Kimi's older form.
        if let Some(raw) = choice.rare.get("usage")
            && let Some(usage) = wire::Usage::counts(raw)
        {
            self.usage = Some(usage);
        }
        if !tells {
            return Ok(());
        }
        let at = self.state(index);
        self.choices[at].refused |= ["flag", "need_clear_history"]
            .iter()
            .any(|name| choice.rare.get(name).is_some_and(|raw| withheld(name, raw)));
        if let Some(message) = message {
            self.message(at, message, data, events);
        } else if let Some(text) = std::mem::take(&mut choice.text).take(data) {
            events.push_back(StreamEvent::TextDelta { choice: index, text });
        }
        if let Some(logprobs) = choice.logprobs.and_then(logprobs) {
            events.push_back(StreamEvent::Logprobs {
                choice: index,
                logprobs: Box::new(logprobs),
            });
        }
        if finish.is_some() {
            self.choices[at].raw = finish;
        }
        if let Some(raw) = choice
            .rare
            .get("stop_reason")
            .filter(|raw| raw.get().starts_with('"'))
        {
            self.choices[at].stop_sequence = serde_json::from_str(raw.get()).ok();
        }
        Ok(())
    }

    fn state(&mut self, index: u32) -> usize {
        match self.choices.iter().position(|state| state.index == index) {
            Some(at) => at,
            None => {
                self.choices.push(ChoiceState {
                    index,
                    ..ChoiceState::default()
                });
                self.choices.len() - 1
            }
        }
    }

    fn message(&mut self, at: usize, message: &mut wire::Message<'_>, data: &Text, events: &mut Events) {
        let Self {
            choices,
            speaker,
            executed,
            ..
        } = self;
        let state = &mut choices[at];
        let choice = state.index;
        let said = content(std::mem::take(&mut message.content), data);
        let part_thoughts = !said.thoughts.is_empty();
        for text in said.thoughts {
            state.reasoning.get_or_insert("content");
            events.push_back(StreamEvent::ReasoningDelta { choice, text });
        }
        let named = [&message.reasoning_content, &message.reasoning];
        state.named_reasoning |= named.into_iter().any(|field| field.filled().is_some());
        let show = !part_thoughts && !state.named_reasoning;
        let details = message.rare.read::<List<_>>("reasoning_details");
        state.take_details(details, show, events);
        if !part_thoughts {
            let [content, reasoning] = [&mut message.reasoning_content, &mut message.reasoning]
                .map(|field| std::mem::take(field).take(data));
            let named = match (content, reasoning) {
                (Some(text), _) => Some(("reasoning_content", text)),
                (None, Some(text)) => Some(("reasoning", text)),
                (None, None) => None,
            };
            if let Some((field, text)) = named {
                state.reasoning = Some(field);
                events.push_back(StreamEvent::ReasoningDelta { choice, text });
            }
        }
        if said.signature.is_some() {
            state.thought_signature = said.signature;
        }
        if let Some(text) = said.text {
            state.close_reasoning(speaker, events);
            events.push_back(StreamEvent::TextDelta { choice, text });
        }
        for raw in said.sources {
            events.push_back(StreamEvent::Citation {
                choice,
                citation: Box::new(reference(raw, speaker)),
            });
        }
        if let Some(text) = std::mem::take(&mut message.refusal).take(data) {
            state.refused = true;
            state.close_reasoning(speaker, events);
            events.push_back(StreamEvent::RefusalDelta { choice, text });
        }
        let rare = &message.rare;
        for citation in rare
            .read::<List<_>>("annotations")
            .0
            .into_iter()
            .filter_map(|raw| annotation(raw, speaker))
        {
            events.push_back(StreamEvent::Citation {
                choice,
                citation: Box::new(citation),
            });
        }
        for (place, raw) in rare.read::<List<_>>("executed_tools").0.into_iter().enumerate() {
            if let Some((index, call)) = executed_tool(place, raw, speaker)
                && !executed.contains(&index)
            {
                executed.push(index);
                events.push_back(StreamEvent::ServerToolCall {
                    choice,
                    call: Box::new(call),
                });
            }
        }
        for media in rare
            .read::<List<_>>("images")
            .0
            .into_iter()
            .filter_map(image)
            .chain(rare.get("audio").and_then(audio))
        {
            events.push_back(StreamEvent::Media {
                choice,
                media: Box::new(media),
            });
        }
        let signature = rare
            .get("extra_content")
            .and_then(google_signature)
            .or_else(|| rare.read::<Str<'_>>("thought_signature").to_text());
        if signature.is_some() {
            state.signature = signature;
        }
        for call in std::mem::take(&mut message.tool_calls) {
            state.close_reasoning(speaker, events);
            state.tool_call(call, speaker, data, events);
        }
        if let Some(function) = rare.object::<wire::Function<'_>>("function_call")
            && (function.name.filled().is_some() || function.arguments.is_some_and(|raw| raw.get() != "\"\""))
        {
            let call = wire::ToolCall {
                index: Num(Some(0.0)),
                function: Some(function),
                ..wire::ToolCall::default()
            };
            state.tool_call(call, speaker, data, events);
        }
    }

    fn end(&mut self, events: &mut Events) {
        if !self.started {
            self.start(Num(None), events);
        }
        put_in_order(&mut self.choices, |state| state.index);
        for citation in std::mem::take(&mut self.sources) {
            events.push_back(StreamEvent::Citation {
                choice: 0,
                citation: Box::new(citation),
            });
        }
        let mut finish = StreamFinish::default();
        finish.choices.reserve_exact(self.choices.len());
        for state in &mut self.choices {
            state.close(&self.speaker, events);
            let mut reason = state
                .raw
                .as_deref()
                .map_or(FinishReason::Other(Text::new()), finish_reason);
            let calls = state.calls.iter().any(|call| call.started);
            if calls && matches!(reason, FinishReason::Stop | FinishReason::Other(_)) {
                reason = FinishReason::ToolCalls;
            } else if state.refused && reason == FinishReason::Stop {
                reason = FinishReason::ContentFilter;
            }
            let mut end = ChoiceFinish::new(state.index, reason, state.raw.take());
            end.stop_sequence = state.stop_sequence.take();
            end.extra = Extra::of(Text::from_static(CHOICE_WIRE), std::mem::take(&mut state.extra));
            finish.choices.push(end);
        }
        finish.usage = self.usage.take().or(self.groq_usage.take());
        finish.id = self.id.take();
        finish.model = self.model.take();
        finish.service_tier = self.service_tier.take();
        finish.extra = std::mem::take(&mut self.extra);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        self.done = true;
    }
}

impl StreamDecoder for ChatStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if data == "[DONE]" {
            self.end(events);
            return Ok(());
        }
        if data.is_empty() {
            return Ok(());
        }
        if frame.event.as_deref() == Some("error") {
            return Err(self.vendor_error(&frame.data));
        }
        let mut chunk = Chunk::default();
        fill::from_str(data, &mut chunk).map_err(|error| malformed(&error, data))?;
        self.chunk(&mut chunk, &frame.data, events)
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if self.done {
            return Ok(());
        }
        if self.whole || self.choices.iter().any(|state| state.raw.is_some()) {
            self.end(events);
            return Ok(());
        }
        let message = "the stream ended without a finish reason and without [DONE]";
        Err(self.with_usage(Error::new(ErrorKind::Truncated, message)))
    }
}

/// A reason to finish; those that nearly every answer has are not copied.
fn word(reason: &str) -> Text {
    match reason {
        "stop" => Text::from_static("stop"),
        "length" => Text::from_static("length"),
        "tool_calls" => Text::from_static("tool_calls"),
        other => Text::from(other),
    }
}

/// The vendor's error in a frame.
pub(crate) fn vendor_error(data: &str, codes: CodeTable) -> Error {
    let body = ErrorBody::read(data.as_bytes());
    classify::of_body(None, &http::HeaderMap::new(), None, &body, codes)
}
