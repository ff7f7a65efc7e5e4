//! Events of a response, and whole responses as the items of one.

use router_core::chat::{Logprobs, TokenLogprob};
use router_core::content::{Citation, MediaKind, Opaque, Riders};
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish, StreamStart};
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{
    ChatResponse, Error, ErrorKind, Extra, FinishReason, Json, Media, Result, Signature, StreamEvent, Text,
    Usage,
};
use router_wire::classify;
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{List, Num, Str};
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, HttpResponse, StreamDecoder};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{LOCAL_TOOLS, WIRE};
use router_wire::body::malformed;

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, and the vendor's error where it holds one.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    router_wire::body::read_whole(ResponsesStreamDecoder::new(speaker.clone()), response)
}

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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    output_index: Num,
    #[serde(borrow)]
    delta: Str<'a>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    /// Of a whole response: `"response"`.
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whole<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    model: Str<'a>,
    created_at: Num,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    incomplete_details: Option<&'a RawValue>,
    #[serde(borrow)]
    output: List<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    service_tier: Str<'a>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    refusal: Str<'a>,
    #[serde(borrow)]
    annotations: List<&'a RawValue>,
    #[serde(borrow)]
    logprobs: List<WireToken<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireToken<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    logprob: Num,
    bytes: List<Num>,
    #[serde(borrow)]
    top_logprobs: List<WireToken<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotation<'a> {
    #[serde(borrow)]
    url: Str<'a>,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    filename: Str<'a>,
    start_index: Num,
    end_index: Num,
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

    fn added(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        let Ok(mut fields) = Object::of(raw, "item") else {
            return;
        };
        let kind = word(&mut fields, "type");
        if matches!(kind.as_deref(), Some("function_call" | "custom_tool_call"))
            && self.item(index).call.is_none()
        {
            self.start_call(
                index,
                &mut fields,
                kind.as_deref() == Some("custom_tool_call"),
                events,
            );
        }
    }

    fn start_call(&mut self, index: u64, fields: &mut Object<'_>, custom: bool, events: &mut Events) -> u32 {
        let call = self.calls;
        self.calls += 1;
        self.item(index).call = Some(call);
        let id = word(fields, "call_id").unwrap_or_else(|| Text::from(format!("call_{call}")));
        let name = word(fields, "name").unwrap_or_default();
        let kind = if custom {
            ToolCallKind::Custom
        } else {
            ToolCallKind::Function
        };
        events.push_back(StreamEvent::ToolCallStart {
            choice: 0,
            call,
            id,
            name,
            kind,
        });
        call
    }

    /// A finished item: what its deltas did not tell, and what the vendor wants back.
    fn finished(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        let Ok(mut fields) = Object::of(raw, "item") else {
            return;
        };
        if std::mem::replace(&mut self.item(index).done, true) {
            return;
        }
        let kind = word(&mut fields, "type").unwrap_or_default();
        match kind.as_str() {
            "message" => self.message(index, fields, events),
            "reasoning" => self.reasoning(index, raw, fields, events),
            "function_call" | "custom_tool_call" => {
                let custom = kind == "custom_tool_call";
                let arguments = word(&mut fields, if custom { "input" } else { "arguments" });
                let call = match self.item(index).call {
                    Some(call) => {
                        fields.take("call_id");
                        fields.take("name");
                        call
                    }
                    None => self.start_call(index, &mut fields, custom, events),
                };
                if let Some(arguments) = arguments.filter(|_| !self.item(index).arguments) {
                    events.push_back(StreamEvent::ToolCallDelta {
                        choice: 0,
                        call,
                        arguments,
                    });
                }
                let riders = Riders::new().with_extra(fields.rest(WIRE));
                events.push_back(StreamEvent::ToolCallEnd {
                    choice: 0,
                    call,
                    riders,
                });
            }
            other => self.other(other, raw, fields, events),
        }
    }

    fn message(&mut self, index: u64, mut fields: Object<'_>, events: &mut Events) {
        let parts = fields.take("content").and_then(list_of).unwrap_or_default();
        fields.take("role");
        let mut riders = Some(Riders::new().with_extra(message_mark(fields)));
        for part in parts
            .into_iter()
            .filter_map(|raw| serde_json::from_str::<Part<'_>>(raw.get()).ok())
        {
            match part.kind.filled().unwrap_or_default() {
                "output_text" | "text" => {
                    let text = part.text.to_text().unwrap_or_default();
                    if !self.item(index).text && !text.is_empty() {
                        events.push_back(StreamEvent::TextDelta { choice: 0, text });
                    }
                    for citation in part
                        .annotations
                        .0
                        .into_iter()
                        .filter_map(|raw| self.citation(raw))
                    {
                        events.push_back(StreamEvent::Citation {
                            choice: 0,
                            citation: Box::new(citation),
                        });
                    }
                    if !part.logprobs.0.is_empty() {
                        let logprobs = Box::new(Logprobs::of_content(tokens(part.logprobs)));
                        events.push_back(StreamEvent::Logprobs { choice: 0, logprobs });
                    }
                    let riders = riders.take().unwrap_or_default();
                    events.push_back(StreamEvent::PartEnd {
                        choice: 0,
                        kind: PartKind::Text,
                        riders,
                    });
                }
                "refusal" => {
                    self.refused = true;
                    if let Some(text) = part.refusal.to_text().filter(|_| !self.item(index).refusal) {
                        events.push_back(StreamEvent::RefusalDelta { choice: 0, text });
                    }
                    events.push_back(StreamEvent::PartEnd {
                        choice: 0,
                        kind: PartKind::Refusal,
                        riders: Riders::new(),
                    });
                }
                _ => {}
            }
        }
    }

    fn reasoning(&mut self, index: u64, raw: &RawValue, mut fields: Object<'_>, events: &mut Events) {
        if self.item(index).reasoning.is_none() {
            let joined = |name: &str, fields: &mut Object<'_>| -> String {
                let parts = fields.take(name).and_then(list_of).unwrap_or_default();
                let parts = parts
                    .into_iter()
                    .filter_map(|raw| serde_json::from_str::<Part<'_>>(raw.get()).ok());
                parts
                    .filter_map(|part| part.text.0.map(std::borrow::Cow::into_owned))
                    .collect()
            };
            let full = joined("content", &mut fields);
            let text = if full.is_empty() {
                joined("summary", &mut fields)
            } else {
                full
            };
            if !text.is_empty() {
                events.push_back(StreamEvent::ReasoningDelta {
                    choice: 0,
                    text: Text::from(text),
                });
            }
        }
        let mut riders = Riders::new().with_extra(item_extra(raw));
        if let Some(data) = word(&mut fields, "encrypted_content") {
            riders.set_signature(Some(Signature::new(self.speaker.provider(), data)));
        }
        events.push_back(StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Reasoning,
            riders,
        });
    }

    fn other(&mut self, kind: &str, raw: &RawValue, mut fields: Object<'_>, events: &mut Events) {
        let json = Json::from_raw(raw);
        if let Some((_, name, field)) = LOCAL_TOOLS.iter().find(|(known, _, _)| *known == kind) {
            let arguments = fields
                .take(field)
                .map_or_else(|| Text::from_static("{}"), |raw| Text::from(raw.get()));
            let call_id = word(&mut fields, "call_id").unwrap_or_default();
            self.local.push(Local {
                call_id,
                name,
                arguments,
                raw: json,
            });
            return;
        }
        if let Some(name) = kind.strip_suffix("_call") {
            if name == "image_generation"
                && let Some(data) = word(&mut fields, "result")
            {
                let format = word(&mut fields, "output_format").unwrap_or_else(|| Text::from_static("png"));
                let media = Media::base64(MediaKind::Image, format!("image/{format}"), data);
                events.push_back(StreamEvent::Media {
                    choice: 0,
                    media: Box::new(media),
                });
            }
            let name = if name == "mcp" {
                word(&mut fields, "name").unwrap_or_default()
            } else {
                Text::from(name)
            };
            let mut call = ServerToolCall::new(self.speaker.provider(), name, json);
            call.id = word(&mut fields, "id");
            call.arguments = word(&mut fields, "arguments");
            events.push_back(StreamEvent::ServerToolCall {
                choice: 0,
                call: Box::new(call),
            });
            return;
        }
        if kind.ends_with("_call_output") {
            self.outputs.extend(word(&mut fields, "call_id"));
        }
        let part = Box::new(Opaque::new(self.speaker.provider(), json));
        events.push_back(StreamEvent::Opaque { choice: 0, part });
    }

    fn citation(&self, raw: &RawValue) -> Option<Citation> {
        let annotation: Annotation<'_> = serde_json::from_str(raw.get()).ok()?;
        let mut citation = Citation::default();
        citation.url = annotation.url.to_text();
        citation.title = annotation
            .title
            .to_text()
            .or_else(|| annotation.filename.to_text());
        citation.range = annotation.start_index.count().zip(annotation.end_index.count());
        citation.raw = Some(Opaque::new(self.speaker.provider(), Json::from_raw(raw)));
        Some(citation)
    }

    fn end(&mut self, whole: Whole<'_>, events: &mut Events) -> Result<()> {
        if whole.status.filled() == Some("failed") {
            return Err(failed(&whole));
        }
        self.start(&whole, events);
        for local in std::mem::take(&mut self.local) {
            if self.outputs.contains(&local.call_id) {
                let call =
                    ServerToolCall::new(self.speaker.provider(), Text::from_static(local.name), local.raw);
                events.push_back(StreamEvent::ServerToolCall {
                    choice: 0,
                    call: Box::new(call),
                });
                continue;
            }
            let call = self.calls;
            self.calls += 1;
            let (id, name, kind) = (
                local.call_id,
                Text::from_static(local.name),
                ToolCallKind::Function,
            );
            events.push_back(StreamEvent::ToolCallStart {
                choice: 0,
                call,
                id,
                name,
                kind,
            });
            events.push_back(StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments: local.arguments,
            });
            let item = Extra::of(
                Text::from_static(WIRE),
                vec![(Text::from_static("item"), local.raw)],
            );
            events.push_back(StreamEvent::ToolCallEnd {
                choice: 0,
                call,
                riders: Riders::new().with_extra(item),
            });
        }
        let (reason, raw) = self.reason(&whole);
        let mut finish = StreamFinish::default();
        finish.choices.push(ChoiceFinish::new(0, reason, raw));
        finish.usage = whole.usage.and_then(usage);
        finish.id = whole.id.to_text();
        finish.model = whole.model.to_text();
        finish.service_tier = whole.service_tier.to_text();
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        self.done = true;
        Ok(())
    }

    fn reason(&self, whole: &Whole<'_>) -> (FinishReason, Option<Text>) {
        let details = whole
            .incomplete_details
            .and_then(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok());
        let why = details
            .as_ref()
            .and_then(|details| details["reason"].as_str())
            .filter(|word| !word.is_empty());
        let status = whole.status.to_text();
        if why.is_some() || status.as_deref() == Some("incomplete") {
            let word = Text::from(why.unwrap_or("incomplete"));
            let reason = match word.as_str() {
                "max_output_tokens" | "max_tokens" | "length" => FinishReason::Length,
                "content_filter" => FinishReason::ContentFilter,
                _ => FinishReason::Other(word.clone()),
            };
            return (reason, Some(word));
        }
        let reason = match status.as_deref() {
            None | Some("completed") if self.calls > 0 => FinishReason::ToolCalls,
            None | Some("completed") if self.refused => FinishReason::ContentFilter,
            None | Some("completed") => FinishReason::Stop,
            Some(word) => FinishReason::Other(Text::from(word)),
        };
        (reason, status)
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

fn whole(raw: &RawValue) -> Option<Whole<'_>> {
    serde_json::from_str(raw.get()).ok()
}

fn word(fields: &mut Object<'_>, name: &str) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(fields.take(name)?.get())
        .ok()?
        .to_text()
}

/// The whole item, to be sent back as it was.
fn item_extra(raw: &RawValue) -> Extra {
    Extra::of(
        Text::from_static(WIRE),
        vec![(Text::from_static("item"), Json::from_raw(raw))],
    )
}

/// The fields of a message item that belong to it and not to its parts, in one field of its first part.
fn message_mark(fields: Object<'_>) -> Extra {
    let rest = fields.rest(WIRE);
    let fields: serde_json::Map<String, serde_json::Value> = rest
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_value()))
        .collect();
    Extra::of(
        Text::from_static(WIRE),
        vec![(
            Text::from_static("message"),
            Json::from(serde_json::Value::Object(fields)),
        )],
    )
}

fn failed(whole: &Whole<'_>) -> Error {
    let error = whole
        .error
        .and_then(|raw| serde_json::from_str::<serde_json::Value>(raw.get()).ok())
        .unwrap_or_default();
    failure(&ErrorBody::of(&serde_json::json!({ "error": error })))
}

fn failure(body: &ErrorBody) -> Error {
    classify::of_body(None, &http::HeaderMap::new(), None, body, &[])
}

fn usage(raw: &RawValue) -> Option<Usage> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Counts<'a> {
        input_tokens: Num,
        output_tokens: Num,
        #[serde(borrow)]
        input_tokens_details: Option<&'a RawValue>,
        #[serde(borrow)]
        output_tokens_details: Option<&'a RawValue>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Details {
        cached_tokens: Num,
        cache_write_tokens: Num,
        reasoning_tokens: Num,
    }
    let counts: Counts<'_> = serde_json::from_str(raw.get()).ok()?;
    let details = |raw: Option<&RawValue>| {
        raw.and_then(|raw| serde_json::from_str::<Details>(raw.get()).ok())
            .unwrap_or_default()
    };
    let (input, output) = (
        details(counts.input_tokens_details),
        details(counts.output_tokens_details),
    );
    let (from, to) = (counts.input_tokens.count(), counts.output_tokens.count());
    if from.is_none() && to.is_none() {
        return None;
    }
    let mut usage = Usage::new(from.unwrap_or(0), to.unwrap_or(0));
    usage.cache_read_input_tokens = input.cached_tokens.count();
    usage.cache_creation_input_tokens = input.cache_write_tokens.count();
    usage.reasoning_output_tokens = output.reasoning_tokens.count();
    usage.raw = Some(Json::from_raw(raw));
    Some(usage)
}

fn tokens(list: List<WireToken<'_>>) -> Vec<TokenLogprob> {
    let token = |wire: WireToken<'_>| {
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
