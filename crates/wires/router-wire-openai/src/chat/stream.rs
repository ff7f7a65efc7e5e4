//! Chunks to events.

use router_core::chat::{Logprobs, TokenLogprob};
use router_core::content::{Citation, MediaKind, Opaque, Riders};
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish, StreamStart};
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{
    Error, ErrorKind, Extra, FinishReason, Json, Media, Result, Signature, StreamEvent, Text, Usage,
};
use router_wire::classify;
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{List, Num, Str};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder};
use serde_json::value::RawValue;

use super::WIRE;
use super::response::finish_reason;
use super::wire::{self, Chunk, Content, Content2};

/// Reads chat chunks, and whole answers as one chunk.
#[derive(Debug)]
pub struct ChatStreamDecoder {
    speaker: Speaker,
    started: bool,
    id: Option<Text>,
    model: Option<Text>,
    choices: Vec<ChoiceState>,
    usage: Option<Usage>,
    /// Groq's usage in an envelope counts only where there is no other.
    groq_usage: Option<Usage>,
    service_tier: Option<Text>,
    extra: Vec<(Text, Json)>,
    executed: Vec<u64>,
    /// A whole answer needs no terminal marker.
    whole: bool,
    done: bool,
}

#[derive(Debug, Default)]
struct ChoiceState {
    index: u32,
    raw: Option<Text>,
    stop_sequence: Option<Text>,
    refused: bool,
    calls: Vec<CallState>,
    /// The field that open reasoning came from.
    reasoning: Option<&'static str>,
    details: Vec<DetailState>,
    signature: Option<Text>,
    signature_given: bool,
}

#[derive(Debug, Default)]
struct CallState {
    index: Option<u64>,
    id: Option<Text>,
    started: bool,
    arguments: String,
    /// Whether any argument text was given on.
    given: bool,
    riders: Riders,
}

/// An entry of `reasoning_details`, its pieces put together.
#[derive(Debug)]
struct DetailState {
    key: (String, u64),
    fields: serde_json::Map<String, serde_json::Value>,
    sealed: bool,
}

impl ChatStreamDecoder {
    /// A decoder for answers of this speaker.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            started: false,
            id: None,
            model: None,
            choices: Vec::new(),
            usage: None,
            groq_usage: None,
            service_tier: None,
            extra: Vec::new(),
            executed: Vec::new(),
            whole: false,
            done: false,
        }
    }

    /// Reading a whole answer: its end is the end of the body.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    fn chunk(&mut self, chunk: Chunk<'_>, data: &Text, events: &mut Events) -> Result<()> {
        if let Some(output) = chunk.output.filter(|_| chunk.choices.is_none()) {
            if let Ok(mut inner) = serde_json::from_str::<Chunk<'_>>(output.get()) {
                inner.usage = chunk.usage;
                inner.id = chunk.request_id;
                return self.chunk(inner, data, events);
            }
        }
        let bare = chunk.choices.is_none() && chunk.usage.is_none() && chunk.id.filled().is_none();
        if self.id.is_none() {
            self.id = chunk.id.to_text();
        }
        if self.model.is_none() {
            self.model = chunk.model.to_text();
        }
        if !self.started && (self.id.is_some() || self.model.is_some()) {
            self.start(chunk.created, events);
        }
        if let Some(usage) = chunk.usage.and_then(wire::Usage::read) {
            self.usage = Some(usage);
        }
        if let Some(usage) = chunk.x_groq.and_then(groq_usage) {
            self.groq_usage = Some(usage);
        }
        if let Some(tier) = chunk.service_tier.to_text() {
            self.service_tier = Some(tier);
        }
        self.keep(
            "system_fingerprint",
            chunk
                .system_fingerprint
                .filled()
                .map(|print| Json::from(serde_json::Value::from(print))),
        );
        self.keep("citations", chunk.citations.map(Json::from_raw));
        self.keep("search_results", chunk.search_results.map(Json::from_raw));
        for (place, choice) in chunk.choices.unwrap_or_default().into_iter().enumerate() {
            self.choice(place, choice, data, events)?;
        }
        if chunk
            .error
            .is_some_and(|raw| !matches!(raw.get(), "{}" | "\"\"" | "false"))
        {
            return Err(self.with_usage(vendor_error(data)));
        }
        if let Some(raw) = chunk.base_resp.filter(|raw| failed_base_resp(raw)) {
            return Err(self.with_usage(base_resp_error(raw)));
        }
        if bare && ErrorBody::read(data.as_bytes()).message.is_some() {
            return Err(self.with_usage(vendor_error(data)));
        }
        Ok(())
    }

    /// The error with the tokens counted so far.
    fn with_usage(&mut self, error: Error) -> Error {
        match self.usage.take().or(self.groq_usage.take()) {
            Some(usage) => error.with_usage(usage),
            None => error,
        }
    }

    fn keep(&mut self, name: &'static str, value: Option<Json>) {
        if let Some(value) = value {
            match self.extra.iter_mut().find(|(known, _)| *known == *name) {
                Some((_, old)) => *old = value,
                None => self.extra.push((Text::from_static(name), value)),
            }
        }
    }

    fn start(&mut self, created: Num, events: &mut Events) {
        self.started = true;
        let mut start = StreamStart::default();
        start.id.clone_from(&self.id);
        start.model.clone_from(&self.model);
        start.created = created.int();
        events.push_back(StreamEvent::Start(Box::new(start)));
    }

    fn choice(
        &mut self,
        place: usize,
        choice: wire::Choice<'_>,
        data: &Text,
        events: &mut Events,
    ) -> Result<()> {
        let index = choice.index.index().unwrap_or(place as u32);
        let finish = choice
            .finish_reason
            .filled()
            .map(Text::from)
            .or_else(|| choice.finish_details.and_then(finish_details));
        // Perplexity and Writer send both: `message` is the answer so far, so that each form has one that counts.
        let message = if self.whole {
            choice.message.or(choice.delta)
        } else {
            self.whole |= choice.delta.is_none() && choice.message.is_some();
            choice.delta.or(choice.message)
        };
        let text_only = choice.text.0.is_some();
        if message.is_none() && finish.is_none() && !text_only {
            // Azure's filter results come in choices of their own.
            return Ok(());
        }
        let at = self.state(index);
        if let Some(message) = message {
            self.message(at, message, data, events);
        } else if let Some(text) = choice.text.take(data) {
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
        if let Some(raw) = choice.stop_reason.filter(|raw| raw.get().starts_with('"')) {
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

    fn message(&mut self, at: usize, message: wire::Message<'_>, data: &Text, events: &mut Events) {
        let Self {
            choices,
            speaker,
            executed,
            ..
        } = self;
        let state = &mut choices[at];
        let choice = state.index;
        let (texts, thoughts) = content(message.content, data);
        let part_thoughts = !thoughts.is_empty();
        for text in thoughts {
            state.reasoning.get_or_insert("content");
            events.push_back(StreamEvent::ReasoningDelta { choice, text });
        }
        state.take_details(
            message.reasoning_details,
            !part_thoughts,
            data,
            events,
            &message.reasoning_content,
            &message.reasoning,
        );
        if !part_thoughts {
            let named = match (message.reasoning_content.take(data), message.reasoning.take(data)) {
                (Some(text), _) => Some(("reasoning_content", text)),
                (None, Some(text)) => Some(("reasoning", text)),
                (None, None) => None,
            };
            if let Some((field, text)) = named {
                state.reasoning = Some(field);
                events.push_back(StreamEvent::ReasoningDelta { choice, text });
            }
        }
        if let Some(text) = texts {
            state.close_reasoning(speaker, events);
            events.push_back(StreamEvent::TextDelta { choice, text });
        }
        if let Some(text) = message.refusal.take(data) {
            state.refused = true;
            state.close_reasoning(speaker, events);
            events.push_back(StreamEvent::RefusalDelta { choice, text });
        }
        for citation in message
            .annotations
            .0
            .into_iter()
            .filter_map(|raw| annotation(raw, speaker))
        {
            events.push_back(StreamEvent::Citation {
                choice,
                citation: Box::new(citation),
            });
        }
        for (place, raw) in message.executed_tools.0.into_iter().enumerate() {
            if let Some((index, call)) = executed_tool(place, raw, speaker) {
                if !executed.contains(&index) {
                    executed.push(index);
                    events.push_back(StreamEvent::ServerToolCall {
                        choice,
                        call: Box::new(call),
                    });
                }
            }
        }
        for media in message
            .images
            .0
            .into_iter()
            .filter_map(image)
            .chain(message.audio.and_then(audio))
        {
            events.push_back(StreamEvent::Media {
                choice,
                media: Box::new(media),
            });
        }
        let signature = message
            .extra_content
            .and_then(google_signature)
            .or_else(|| message.thought_signature.to_text());
        if signature.is_some() {
            state.signature = signature;
        }
        for call in message.tool_calls.0 {
            state.close_reasoning(speaker, events);
            state.tool_call(call, speaker, data, events);
        }
        if let Some(function) = message.function_call {
            if function.name.filled().is_some() || function.arguments.is_some_and(|raw| raw.get() != "\"\"") {
                let call = wire::ToolCall {
                    index: Num(Some(0.0)),
                    function: Some(function),
                    ..wire::ToolCall::default()
                };
                state.tool_call(call, speaker, data, events);
            }
        }
    }

    fn end(&mut self, events: &mut Events) {
        if !self.started {
            self.start(Num(None), events);
        }
        self.choices.sort_by_key(|state| state.index);
        let mut finish = StreamFinish::default();
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
            finish.choices.push(end);
        }
        finish.usage = self.usage.take().or(self.groq_usage.take());
        finish.id = self.id.take();
        finish.model = self.model.take();
        finish.service_tier = self.service_tier.take();
        finish.extra = Extra::of(Text::from_static(WIRE), std::mem::take(&mut self.extra));
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
            return Err(self.with_usage(vendor_error(&frame.data)));
        }
        let chunk = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        self.chunk(chunk, &frame.data, events)
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

/// The vendor's error in a frame.
fn vendor_error(data: &Text) -> Error {
    let body = ErrorBody::read(data.as_bytes());
    classify::of_body(None, &http::HeaderMap::new(), None, &body, &[])
}

pub(crate) fn malformed(error: &serde_json::Error, data: &str) -> Error {
    let head: String = data.chars().take(80).collect();
    Error::new(
        ErrorKind::Decode,
        format!("a frame of the answer is not the JSON expected ({error}): {head}"),
    )
}

impl ChoiceState {
    fn tool_call(&mut self, call: wire::ToolCall<'_>, speaker: &Speaker, data: &Text, events: &mut Events) {
        let choice = self.index;
        let index = call.index.count();
        let id = call.id.to_text();
        // Snowflake puts an empty `custom` beside the function.
        let custom = call.function.is_none() && call.custom.is_some();
        let (name, arguments) = match (call.function, call.custom) {
            (Some(function), _) => (
                function.name.to_text(),
                function.arguments.and_then(|raw| arguments(raw, data)),
            ),
            (None, Some(custom)) => (custom.name.to_text(), custom.input.take(data)),
            (None, None) => (None, None),
        };
        let at = self.call_place(index, id.as_ref(), name.is_some());
        let state = &mut self.calls[at];
        if state.id.is_none() {
            state.id = id;
        }
        if let Some(extra) = call.extra_content {
            if let Some(signature) = google_signature(extra) {
                state
                    .riders
                    .set_signature(Some(Signature::new(speaker.provider(), signature)));
            }
            state.riders.set_extra(Extra::of(
                Text::from_static(WIRE),
                vec![(Text::from_static("extra_content"), Json::from_raw(extra))],
            ));
        }
        if let Some(name) = name.filter(|_| !state.started) {
            state.started = true;
            let id = state
                .id
                .clone()
                .unwrap_or_else(|| Text::from(format!("call_{choice}_{at}")));
            let kind = if custom {
                ToolCallKind::Custom
            } else {
                ToolCallKind::Function
            };
            events.push_back(StreamEvent::ToolCallStart {
                choice,
                call: at as u32,
                id,
                name,
                kind,
            });
            if !state.arguments.is_empty() && state.arguments.trim() != "null" {
                state.given = true;
                let arguments = Text::from(std::mem::take(&mut state.arguments));
                events.push_back(StreamEvent::ToolCallDelta {
                    choice,
                    call: at as u32,
                    arguments,
                });
            }
        }
        let Some(arguments) = arguments else { return };
        // `null` alone means no arguments; it is held back until more comes.
        if !state.started || (!state.given && state.arguments.is_empty() && arguments.trim() == "null") {
            state.arguments.push_str(&arguments);
            return;
        }
        if !state.arguments.is_empty() {
            let held = Text::from(std::mem::take(&mut state.arguments));
            events.push_back(StreamEvent::ToolCallDelta {
                choice,
                call: at as u32,
                arguments: held,
            });
        }
        state.given = true;
        events.push_back(StreamEvent::ToolCallDelta {
            choice,
            call: at as u32,
            arguments,
        });
    }

    /// The call that a piece belongs to: by index, else by id, else the last one. Another id and name under a known index
    /// is another call.
    fn call_place(&mut self, index: Option<u64>, id: Option<&Text>, named: bool) -> usize {
        let known = match (index, id) {
            (Some(index), id) => self
                .calls
                .iter()
                .rposition(|call| call.index == Some(index))
                .filter(|at| {
                    let other = matches!((&self.calls[*at].id, id), (Some(known), Some(id)) if known != id);
                    !(other && named)
                }),
            (None, Some(id)) => self.calls.iter().position(|call| call.id.as_ref() == Some(id)),
            (None, None) if self.calls.is_empty() => None,
            (None, None) => Some(self.calls.len() - 1),
        };
        known.unwrap_or_else(|| {
            self.calls.push(CallState {
                index,
                ..CallState::default()
            });
            self.calls.len() - 1
        })
    }

    /// Keeps details; where they are the only form of the reasoning, gives their text.
    fn take_details(
        &mut self,
        details: List<&RawValue>,
        show: bool,
        _data: &Text,
        events: &mut Events,
        content: &Str<'_>,
        reasoning: &Str<'_>,
    ) {
        let only = show && content.filled().is_none() && reasoning.filled().is_none();
        for (place, raw) in details.0.into_iter().enumerate() {
            let Ok(detail) = serde_json::from_str::<wire::Detail<'_>>(raw.get()) else {
                continue;
            };
            if only {
                if let Some(text) = detail.text.to_text().or_else(|| detail.summary.to_text()) {
                    self.reasoning = Some("reasoning_details");
                    events.push_back(StreamEvent::ReasoningDelta {
                        choice: self.index,
                        text,
                    });
                }
            }
            let key = (
                detail.kind.filled().unwrap_or_default().to_owned(),
                detail.index.count().unwrap_or(place as u64),
            );
            let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(raw.get()) else {
                continue;
            };
            let sealed = detail.signature.filled().is_some() || detail.data.filled().is_some();
            match self.details.iter_mut().find(|known| known.key == key) {
                Some(known) => known.merge(fields, sealed),
                None => self.details.push(DetailState { key, fields, sealed }),
            }
        }
    }

    /// Ends the reasoning part that is open, with what the vendor wants back.
    fn close_reasoning(&mut self, speaker: &Speaker, events: &mut Events) {
        if let Some(field) = self.reasoning.take() {
            let riders = reasoning_riders(field, speaker, &[]);
            events.push_back(StreamEvent::PartEnd {
                choice: self.index,
                kind: PartKind::Reasoning,
                riders,
            });
        }
    }

    fn close(&mut self, speaker: &Speaker, events: &mut Events) {
        let choice = self.index;
        self.close_reasoning(speaker, events);
        // Signed details come after the text they belong to in some streams: they are parts of their own at the end, the
        // first of them with all details to be sent back.
        let details: Vec<DetailState> = std::mem::take(&mut self.details);
        let mut all = Some(&details[..]);
        for detail in details.iter().filter(|detail| detail.sealed) {
            let mut riders = reasoning_riders("reasoning_details", speaker, all.take().unwrap_or_default());
            riders.set_signature(Some(Signature::new(speaker.provider(), detail.seal())));
            events.push_back(StreamEvent::PartEnd {
                choice,
                kind: PartKind::RedactedReasoning,
                riders,
            });
        }
        if let Some(signature) = self.signature.take().filter(|_| !self.signature_given) {
            self.signature_given = true;
            let riders = reasoning_riders("extra_content", speaker, &[])
                .with_signature(Signature::new(speaker.provider(), signature));
            events.push_back(StreamEvent::PartEnd {
                choice,
                kind: PartKind::RedactedReasoning,
                riders,
            });
        }
        for (at, call) in self.calls.iter_mut().enumerate().filter(|(_, call)| call.started) {
            let riders = std::mem::take(&mut call.riders);
            events.push_back(StreamEvent::ToolCallEnd {
                choice,
                call: at as u32,
                riders,
            });
        }
    }
}

impl DetailState {
    /// Texts of later pieces are appended, everything else replaces.
    fn merge(&mut self, later: serde_json::Map<String, serde_json::Value>, sealed: bool) {
        self.sealed |= sealed;
        for (name, value) in later {
            match (self.fields.get_mut(&name), value) {
                (Some(serde_json::Value::String(known)), serde_json::Value::String(more))
                    if matches!(name.as_str(), "text" | "summary" | "data" | "signature") =>
                {
                    known.push_str(&more);
                }
                (_, serde_json::Value::Null) => {}
                (_, value) => {
                    self.fields.insert(name, value);
                }
            }
        }
    }

    fn seal(&self) -> Text {
        let word = |name: &str| {
            self.fields
                .get(name)
                .and_then(serde_json::Value::as_str)
                .filter(|word| !word.is_empty())
        };
        word("signature")
            .or_else(|| word("data"))
            .map(Text::from)
            .unwrap_or_default()
    }
}

/// Which field reasoning came from and who sent it, so that it can go back there; and all details, untouched.
fn reasoning_riders(field: &'static str, speaker: &Speaker, details: &[DetailState]) -> Riders {
    let mut fields = vec![
        (
            Text::from_static("field"),
            Json::from(serde_json::Value::from(field)),
        ),
        (
            Text::from_static("provider"),
            Json::from(serde_json::Value::from(speaker.provider().as_str())),
        ),
    ];
    if !details.is_empty() {
        let details = details
            .iter()
            .map(|detail| serde_json::Value::Object(detail.fields.clone()))
            .collect::<Vec<_>>();
        fields.push((
            Text::from_static("details"),
            Json::from(serde_json::Value::Array(details)),
        ));
    }
    Riders::new().with_extra(Extra::of(Text::from_static(WIRE), fields))
}

/// Texts and thoughts of a content value.
fn content(content: Content<'_>, data: &Text) -> (Option<Text>, Vec<Text>) {
    match content {
        Content::None => (None, Vec::new()),
        Content::Text(text) => (
            Some(data.slice_cow(text)).filter(|text| !text.is_empty()),
            Vec::new(),
        ),
        Content::Parts(parts) => {
            let (mut all, mut thoughts) = (String::new(), Vec::new());
            for part in parts {
                if let Some(text) = part.bare {
                    all.push_str(&text);
                    continue;
                }
                match part.kind.filled().unwrap_or_default() {
                    "text" | "output_text" => all.push_str(part.text.filled().unwrap_or_default()),
                    "thinking" => match part.thinking {
                        Content2::None => {}
                        Content2::Text(text) => thoughts.push(Text::from(text)),
                        Content2::Parts(pieces) => {
                            thoughts.extend(pieces.into_iter().filter_map(|piece| piece.text.to_text()))
                        }
                    },
                    "reasoning" => thoughts.extend(
                        part.summary
                            .0
                            .into_iter()
                            .filter_map(|piece| piece.text.to_text()),
                    ),
                    _ => {}
                }
            }
            (Some(Text::from(all)).filter(|text| !text.is_empty()), thoughts)
        }
    }
}

/// Arguments: a string of JSON, or the JSON itself.
fn arguments(raw: &RawValue, data: &Text) -> Option<Text> {
    if raw.get().starts_with('"') {
        serde_json::from_str::<Str<'_>>(raw.get())
            .ok()?
            .0
            .filter(|text| !text.is_empty())
            .map(|text| match text {
                // The raw value points into the frame, and so does a string without escapes.
                std::borrow::Cow::Borrowed(part) => data.slice_ref(part),
                std::borrow::Cow::Owned(text) => Text::from(text),
            })
    } else {
        Some(Text::from(raw.get()))
    }
}

fn groq_usage(raw: &RawValue) -> Option<Usage> {
    #[derive(serde::Deserialize)]
    struct XGroq<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
    }
    serde_json::from_str::<XGroq<'_>>(raw.get())
        .ok()?
        .usage
        .and_then(wire::Usage::read)
}

/// Where old vision models put the reason.
fn finish_details(raw: &RawValue) -> Option<Text> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    value["type"]
        .as_str()
        .filter(|word| !word.is_empty())
        .map(Text::from)
}

fn google_signature(raw: &RawValue) -> Option<Text> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    value["google"]["thought_signature"]
        .as_str()
        .filter(|word| !word.is_empty())
        .map(Text::from)
}

fn failed_base_resp(raw: &RawValue) -> bool {
    serde_json::from_str::<serde_json::Value>(raw.get())
        .is_ok_and(|value| value["status_code"].as_i64().unwrap_or(0) != 0)
}

/// MiniMax answers errors with HTTP 200 and a `base_resp`.
fn base_resp_error(raw: &RawValue) -> Error {
    let value: serde_json::Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let code = value["status_code"].as_i64().unwrap_or(0);
    let kind = match code {
        1002 | 1039 | 1041 => ErrorKind::RateLimited,
        1004 | 2049 => ErrorKind::Authentication,
        1008 | 2056 => ErrorKind::QuotaExceeded,
        1026 | 1027 => ErrorKind::ContentFiltered,
        2013 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Server,
    };
    let message = value["status_msg"]
        .as_str()
        .unwrap_or("the vendor reported an error without a message");
    Error::new(kind, message).with_code(code.to_string())
}

fn annotation(raw: &RawValue, speaker: &Speaker) -> Option<Citation> {
    let annotation: wire::Annotation<'_> = serde_json::from_str(raw.get()).ok()?;
    let source = annotation.url_citation?;
    let mut citation = Citation::default();
    citation.url = source.url.to_text();
    citation.title = source.title.to_text();
    citation.cited_text = source.content.to_text();
    citation.range = source.start_index.count().zip(source.end_index.count());
    citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
    Some(citation)
}

fn executed_tool(place: usize, raw: &RawValue, speaker: &Speaker) -> Option<(u64, ServerToolCall)> {
    let tool: wire::ExecutedTool<'_> = serde_json::from_str(raw.get()).ok()?;
    let name = tool.name.to_text().or_else(|| tool.kind.to_text())?;
    let mut call = ServerToolCall::new(speaker.provider(), name, Json::from_raw(raw));
    call.arguments = tool.arguments.to_text();
    Some((tool.index.count().unwrap_or(place as u64), call))
}

/// Images in answers: `{"image_url": {"url": "data:…"}}`.
fn image(raw: &RawValue) -> Option<Media> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    let url = Text::from(value["image_url"]["url"].as_str()?);
    Some(Media::from_data_url(MediaKind::Image, &url).unwrap_or_else(|| Media::image_url(url)))
}

/// Spoken answers: `{"id", "data", "transcript"}`.
fn audio(raw: &RawValue) -> Option<Media> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    let data = value["data"].as_str().filter(|data| !data.is_empty())?;
    let mut media = Media::base64(MediaKind::Audio, "audio/wav", data);
    media.media_type = None;
    let keep = |name: &'static str| {
        let value = value
            .get(name)
            .filter(|value| value.as_str().is_some_and(|text| !text.is_empty()))?;
        Some((Text::from_static(name), Json::from(value)))
    };
    media.riders.set_extra(Extra::of(
        Text::from_static(WIRE),
        keep("id").into_iter().chain(keep("transcript")).collect(),
    ));
    Some(media)
}

fn logprobs(raw: &RawValue) -> Option<Logprobs> {
    let wire: wire::Logprobs<'_> = serde_json::from_str(raw.get()).ok()?;
    let mut logprobs = Logprobs::default();
    logprobs.content = tokens(wire.content);
    logprobs.refusal = tokens(wire.refusal);
    logprobs.reasoning = tokens(wire.reasoning_content);
    (!logprobs.is_empty()).then_some(logprobs)
}

fn tokens(list: List<wire::TokenLogprob<'_>>) -> Vec<TokenLogprob> {
    let token = |wire: wire::TokenLogprob<'_>| {
        let mut token = TokenLogprob::new(
            wire.token.0.unwrap_or_default(),
            wire.logprob.0.unwrap_or_default(),
        );
        if !wire.bytes.0.is_empty() {
            token.bytes = Some(
                wire.bytes
                    .0
                    .iter()
                    .filter_map(|byte| byte.count().map(|byte| byte as u8))
                    .collect(),
            );
        }
        token.top = tokens(wire.top_logprobs);
        token
    };
    list.0.into_iter().map(token).collect()
}
