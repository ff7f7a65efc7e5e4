//! Answers and events as lines; a whole answer is one line.

use bytes::{BufMut as _, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use router_core::chat::{FinishReason, Logprobs, TokenLogprob, Usage};
use router_core::content::MediaSource;
use router_core::stream::StreamFinish;
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, Extra, Head, Media, Output, Result, StreamEvent, Text,
    ToolCall,
};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use router_wire::write::{JsonOrText, Seq, extra_fields, json_line};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::chat::WIRE;
use crate::error::error_body;
use crate::time::{now, rfc3339};

/// What an answer is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A message.
    Message,
    /// A text, with what was thought beside it.
    Text,
}

/// Writes lines.
pub(super) struct Encoder {
    form: Form,
    model: Text,
    created_at: String,
    /// Calls under way, by their place in the answer: they go out whole.
    calls: Vec<(u32, Called)>,
}

/// A call whose arguments are still coming.
struct Called {
    id: Text,
    name: Text,
    arguments: String,
}

impl Encoder {
    pub(super) fn new(model: Text, form: Form) -> Self {
        Self {
            form,
            model,
            created_at: String::new(),
            calls: Vec::new(),
        }
    }

    fn begin(&mut self, model: Option<&Text>, created: Option<i64>) {
        if let Some(model) = model {
            self.model = model.clone();
        }
        if self.created_at.is_empty() {
            self.created_at = rfc3339(created.unwrap_or_else(now));
        }
    }

    fn framed<'a>(&'a self, line: &'a Line<'a>) -> Framed<'a> {
        Framed {
            form: self.form,
            model: &self.model,
            created_at: &self.created_at,
            line,
        }
    }

    fn line(&mut self, line: &Line<'_>, out: &mut BytesMut) {
        self.begin(None, None);
        json_line(&self.framed(line), out);
        out.put_u8(b'\n');
    }

    fn end_call(&mut self, place: u32, out: &mut BytesMut) {
        let Some(at) = self.calls.iter().position(|(of, _)| *of == place) else {
            return;
        };
        let (_, call) = self.calls.remove(at);
        let arguments = if call.arguments.trim().is_empty() {
            "{}"
        } else {
            &call.arguments
        };
        let call = WireCall {
            place,
            id: &call.id,
            name: &call.name,
            arguments,
        };
        self.line(&Line::Call(&call), out);
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.begin(answer.model.as_ref(), answer.created);
        serde_json::to_vec(&self.framed(&Line::Whole(answer)))
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
        HttpResponse::new(200, HeaderMap::from_iter(headers), "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.begin(start.model.as_ref(), start.created),
            // The wire has one choice.
            StreamEvent::TextDelta { choice: 0, text } | StreamEvent::RefusalDelta { choice: 0, text } => {
                self.line(&Line::Text(text), out);
            }
            StreamEvent::ReasoningDelta { choice: 0, text } => self.line(&Line::Thinking(text), out),
            StreamEvent::ToolCallStart(start) if start.choice == 0 => {
                let begun = Called {
                    id: start.id.clone(),
                    name: start.name.clone(),
                    arguments: String::new(),
                };
                self.calls.push((start.call, begun));
            }
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => {
                if let Some((_, open)) = self.calls.iter_mut().find(|(place, _)| place == call) {
                    open.arguments.push_str(arguments);
                }
            }
            StreamEvent::ToolCallEnd { choice: 0, call, .. } => self.end_call(*call, out),
            StreamEvent::Logprobs { choice: 0, logprobs } => self.line(&Line::Logprobs(logprobs), out),
            StreamEvent::Media { choice: 0, media } => self.line(&Line::Image(media), out),
            StreamEvent::Finish(finish) => {
                while let Some((place, _)) = self.calls.first() {
                    self.end_call(*place, out);
                }
                self.begin(finish.model.as_ref(), None);
                self.line(&Line::Done(finish), out);
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(&error_body(error));
        out.put_u8(b'\n');
    }

    /// None: the wire has no lines without meaning.
    fn heartbeat(&mut self, _out: &mut BytesMut) {}
}

/// What a line says.
enum Line<'a> {
    Text(&'a Text),
    Thinking(&'a Text),
    Call(&'a WireCall<'a>),
    Logprobs(&'a Logprobs),
    Image(&'a Media),
    Done(&'a StreamFinish),
    Whole(&'a ChatResponse),
}

struct Framed<'a> {
    form: Form,
    model: &'a Text,
    created_at: &'a str,
    line: &'a Line<'a>,
}

impl Serialize for Framed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("created_at", self.created_at)?;
        match self.form {
            Form::Message => map.serialize_entry("message", &Said(self.line))?,
            Form::Text => text(&mut map, self.line)?,
        }
        let logprobs = match self.line {
            Line::Logprobs(logprobs) => Some(*logprobs),
            Line::Whole(answer) => answer.first().and_then(|choice| choice.logprobs.as_ref()),
            _ => None,
        };
        if let Some(logprobs) = logprobs {
            map.serialize_entry("logprobs", &Seq(|| logprobs.content.iter().map(Token)))?;
        }
        match self.line {
            Line::Done(finish) => {
                let end = finish.choices.first();
                let end = end.map(|choice| (&choice.reason, choice.raw.as_ref()));
                done(&mut map, end, finish.usage.as_ref(), &finish.extra)?;
            }
            Line::Whole(answer) => {
                let end = answer.first();
                let end = end.map(|choice| (&choice.finish_reason, choice.finish_reason_raw.as_ref()));
                done(&mut map, end, answer.usage.as_ref(), &answer.extra)?;
            }
            _ => map.serialize_entry("done", &false)?,
        }
        map.end()
    }
}

fn done<M: SerializeMap>(
    map: &mut M,
    end: Option<(&FinishReason, Option<&Text>)>,
    usage: Option<&Usage>,
    extra: &Extra,
) -> std::result::Result<(), M::Error> {
    map.serialize_entry("done", &true)?;
    let word = match end {
        Some((FinishReason::Other(word), raw)) => raw.unwrap_or(word).as_str(),
        // The wire has no words for these two; saying `stop` would hide that something is missing.
        Some((reason @ (FinishReason::ContentFilter | FinishReason::Error), _)) => reason.as_str(),
        Some((FinishReason::Length, _)) => "length",
        _ => "stop",
    };
    map.serialize_entry("done_reason", if word.is_empty() { "stop" } else { word })?;
    if let Some(usage) = usage {
        map.serialize_entry("prompt_eval_count", &usage.input_tokens)?;
        map.serialize_entry("eval_count", &usage.output_tokens)?;
    }
    // Durations are the vendor's to measure. Clients take the fields for granted.
    for name in [
        "total_duration",
        "load_duration",
        "prompt_eval_duration",
        "eval_duration",
    ] {
        if extra.get(WIRE, name).is_none() {
            map.serialize_entry(name, &0)?;
        }
    }
    extra_fields(map, extra, WIRE)
}

/// The text of a line, where it is no message.
fn text<M: SerializeMap>(map: &mut M, line: &Line<'_>) -> std::result::Result<(), M::Error> {
    match line {
        Line::Text(text) => map.serialize_entry("response", text),
        Line::Thinking(text) => {
            map.serialize_entry("response", "")?;
            map.serialize_entry("thinking", text)
        }
        Line::Whole(answer) => {
            map.serialize_entry("response", &answer.text())?;
            match answer.reasoning() {
                thinking if thinking.is_empty() => Ok(()),
                thinking => map.serialize_entry("thinking", &thinking),
            }
        }
        _ => map.serialize_entry("response", ""),
    }
}

/// The message of a line.
struct Said<'a>(&'a Line<'a>);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        match self.0 {
            Line::Text(text) => map.serialize_entry("content", text)?,
            Line::Whole(answer) => whole(&mut map, answer)?,
            line => {
                map.serialize_entry("content", "")?;
                match line {
                    Line::Thinking(text) => map.serialize_entry("thinking", text)?,
                    Line::Call(call) => map.serialize_entry("tool_calls", &[call])?,
                    Line::Image(media) => {
                        if let MediaSource::Base64(data) = &media.source {
                            map.serialize_entry("images", &[data])?;
                        }
                    }
                    _ => {}
                }
            }
        }
        map.end()
    }
}

fn whole<M: SerializeMap>(map: &mut M, answer: &ChatResponse) -> std::result::Result<(), M::Error> {
    let parts = answer.first().map_or(&[][..], |choice| choice.content.as_slice());
    let mut content = String::new();
    let mut images: Vec<&Text> = Vec::new();
    for part in parts {
        match part {
            ContentPart::Text(part) => content.push_str(&part.text),
            ContentPart::Refusal(part) => content.push_str(&part.text),
            ContentPart::Media(media) => {
                if let MediaSource::Base64(data) = &media.source {
                    images.push(data);
                }
            }
            _ => {}
        }
    }
    map.serialize_entry("content", &content)?;
    let thinking = answer.reasoning();
    if !thinking.is_empty() {
        map.serialize_entry("thinking", &thinking)?;
    }
    if !images.is_empty() {
        map.serialize_entry("images", &images)?;
    }
    if answer.tool_calls().next().is_some() {
        let calls = || (0..).zip(answer.tool_calls()).map(WireCall::of);
        map.serialize_entry("tool_calls", &Seq(calls))?;
    }
    Ok(())
}

/// A call in the wire's words.
struct WireCall<'a> {
    place: u32,
    id: &'a Text,
    name: &'a Text,
    arguments: &'a str,
}

impl<'a> WireCall<'a> {
    fn of((place, call): (u32, &'a ToolCall)) -> Self {
        Self {
            place,
            id: &call.id,
            name: &call.name,
            arguments: &call.arguments,
        }
    }
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Function<'a>(&'a WireCall<'a>);
        impl Serialize for Function<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("index", &self.0.place)?;
                map.serialize_entry("name", self.0.name)?;
                map.serialize_entry("arguments", &JsonOrText(self.0.arguments))?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("function", &Function(self))?;
        map.end()
    }
}

struct Token<'a>(&'a TokenLogprob);

impl Serialize for Token<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token", &self.0.token)?;
        map.serialize_entry("logprob", &self.0.logprob)?;
        if let Some(bytes) = &self.0.bytes {
            map.serialize_entry("bytes", bytes)?;
        }
        if !self.0.top.is_empty() {
            map.serialize_entry("top_logprobs", &Seq(|| self.0.top.iter().map(Token)))?;
        }
        map.end()
    }
}
