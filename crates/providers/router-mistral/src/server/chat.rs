//! Answers and chunks in the wire's words: thoughts are parts of the content, calls come whole, counts with the end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{BufMut as _, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::chat::Usage;
use router_core::stream::StreamFinish;
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Head, Output, Result, Signature, StreamEvent,
    Text,
};
use router_wire::HttpResponse;
use router_wire::provenance::seal;
use router_wire::server::ReplyEncoder;
use router_wire::write::{Seq, extra_fields, json_line};
use router_wire_openai::chat::WIRE;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::error::error_body;

/// Writes a whole answer, or chunks.
#[derive(Debug)]
pub(super) struct Encoder {
    model: Text,
    id: Text,
    created: i64,
    /// Choices whose role was told.
    begun: Vec<u32>,
    /// Calls, by choice and place: they go out with the end.
    calls: Vec<Called>,
}

#[derive(Debug)]
struct Called {
    at: (u32, u32),
    id: Text,
    name: Text,
    arguments: String,
}

impl Encoder {
    pub(super) fn new(model: Text) -> Self {
        Self {
            model,
            id: Text::new(),
            created: 0,
            begun: Vec::new(),
            calls: Vec::new(),
        }
    }

    fn start(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if !self.id.is_empty() {
            return;
        }
        self.id = id.cloned().unwrap_or_else(|| Text::from(made_id()));
        self.created = created.unwrap_or_else(|| now().as_secs() as i64);
        if let Some(model) = model {
            self.model = model.clone();
        }
    }

    fn chunk(&mut self, choice: u32, delta: &Delta<'_>, out: &mut BytesMut) {
        self.start(None, None, None);
        if !self.begun.contains(&choice) {
            self.begun.push(choice);
            self.write(choice, &Delta::Role, None, out);
        }
        self.write(choice, delta, None, out);
    }

    fn write(&self, choice: u32, delta: &Delta<'_>, end: Option<(&str, &StreamFinish)>, out: &mut BytesMut) {
        let chunk = Chunk {
            encoder: self,
            choice,
            delta,
            end,
        };
        out.put_slice(b"data: ");
        json_line(&chunk, out);
        out.put_slice(b"\n\n");
    }

    /// Writes the last chunk of a choice, with all its calls: clients number them by their place in the chunk.
    fn end(&mut self, choice: u32, end: (&str, &StreamFinish), out: &mut BytesMut) {
        let calls = self.calls.iter().filter(|call| call.at.0 == choice);
        let calls: Vec<_> = (0..).zip(calls).map(|(index, call)| call.whole(index)).collect();
        if !calls.is_empty() && !self.begun.contains(&choice) {
            self.write(choice, &Delta::Role, None, out);
        }
        self.write(choice, &Delta::End(calls), Some(end), out);
    }
}

impl Called {
    fn whole(&self, index: u32) -> WireCall<'_> {
        let arguments = self.arguments.trim();
        WireCall {
            index,
            id: &self.id,
            name: &self.name,
            arguments: if arguments.is_empty() { "{}" } else { arguments },
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.start(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        let body = Whole {
            encoder: self,
            answer,
        };
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream; charset=utf-8"),
            ),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        HttpResponse::new(200, HeaderMap::from_iter(headers), "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.start(start.id.as_ref(), start.model.as_ref(), start.created),
            StreamEvent::TextDelta { choice, text } | StreamEvent::RefusalDelta { choice, text } => {
                self.chunk(*choice, &Delta::Text(text), out);
            }
            StreamEvent::ReasoningDelta { choice, text } => {
                self.chunk(*choice, &Delta::Thought(text, None), out);
            }
            StreamEvent::PartEnd { choice, riders, .. } => {
                if let Some(signature) = riders.signature() {
                    self.chunk(*choice, &Delta::Thought("", Some(signature)), out);
                }
            }
            StreamEvent::ToolCallStart(start) => self.calls.push(Called {
                at: (start.choice, start.call),
                id: start.id.clone(),
                name: start.name.clone(),
                arguments: String::new(),
            }),
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                let at = (*choice, *call);
                if let Some(open) = self.calls.iter_mut().find(|open| open.at == at) {
                    open.arguments.push_str(arguments);
                }
            }
            StreamEvent::Finish(finish) => {
                self.start(finish.id.as_ref(), finish.model.as_ref(), None);
                for choice in &finish.choices {
                    self.end(choice.index, (word(&choice.reason), finish), out);
                }
                out.put_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.put_slice(b"data: ");
        out.put_slice(&error_body(error));
        out.put_slice(b"\n\n");
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// An id for an answer that has none.
pub(super) fn made_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:024x}{count:08x}", now().as_micros())
}

/// The wire's word for a reason.
fn word(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        // There is no word for what a filter withheld; to say that it was complete would hide that something is missing.
        FinishReason::Error | FinishReason::ContentFilter => "error",
        _ => "stop",
    }
}

struct Chunk<'a> {
    encoder: &'a Encoder,
    choice: u32,
    delta: &'a Delta<'a>,
    end: Option<(&'a str, &'a StreamFinish)>,
}

impl Serialize for Chunk<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Choice<'a> {
            index: u32,
            delta: &'a Delta<'a>,
            finish_reason: Option<&'a str>,
        }
        let choice = Choice {
            index: self.choice,
            delta: self.delta,
            finish_reason: self.end.map(|(word, _)| word),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.encoder.id)?;
        map.serialize_entry("object", "chat.completion.chunk")?;
        map.serialize_entry("created", &self.encoder.created)?;
        map.serialize_entry("model", &self.encoder.model)?;
        map.serialize_entry("choices", &[choice])?;
        if let Some((_, finish)) = self.end {
            if let Some(usage) = &finish.usage {
                map.serialize_entry("usage", &Counts(usage))?;
            }
            extra_fields(&mut map, &finish.extra, WIRE)?;
        }
        map.end()
    }
}

enum Delta<'a> {
    Role,
    Text(&'a Text),
    Thought(&'a str, Option<&'a Signature>),
    End(Vec<WireCall<'a>>),
}

impl Serialize for Delta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Role => {
                map.serialize_entry("role", "assistant")?;
                map.serialize_entry("content", "")?;
            }
            Self::Text(text) => map.serialize_entry("content", text)?,
            Self::Thought(text, signature) => {
                map.serialize_entry("content", &[Said::Thought(text, *signature)])?;
            }
            Self::End(calls) => {
                map.serialize_entry("content", "")?;
                if !calls.is_empty() {
                    map.serialize_entry("tool_calls", calls)?;
                }
            }
        }
        map.end()
    }
}

/// A part of a content.
enum Said<'a> {
    Text(&'a str),
    Thought(&'a str, Option<&'a Signature>),
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text(text) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
            }
            Self::Thought(text, signature) => {
                let pieces = Some(Said::Text(text)).filter(|_| !text.is_empty());
                map.serialize_entry("type", "thinking")?;
                map.serialize_entry("thinking", pieces.as_slice())?;
                if let Some(signature) = signature {
                    map.serialize_entry("signature", &seal(signature, router_wire_openai::SIGNED))?;
                }
            }
        }
        map.end()
    }
}

/// A call, whole.
struct WireCall<'a> {
    index: u32,
    id: &'a Text,
    name: &'a Text,
    arguments: &'a str,
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Function<'a> {
            name: &'a Text,
            arguments: &'a str,
        }
        let function = Function {
            name: self.name,
            arguments: self.arguments,
        };
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry("function", &function)?;
        map.serialize_entry("index", &self.index)?;
        map.end()
    }
}

/// Tokens in the wire's words.
pub(super) struct Counts<'a>(pub(super) &'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Details {
            cached_tokens: u64,
        }
        let usage = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("prompt_tokens", &usage.input_tokens)?;
        map.serialize_entry("completion_tokens", &usage.output_tokens)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        if let Some(cached_tokens) = usage.cache_read_input_tokens {
            map.serialize_entry("prompt_tokens_details", &Details { cached_tokens })?;
        }
        map.end()
    }
}

/// A whole answer.
struct Whole<'a> {
    encoder: &'a Encoder,
    answer: &'a ChatResponse,
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let answer = self.answer;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.encoder.id)?;
        map.serialize_entry("object", "chat.completion")?;
        map.serialize_entry("created", &self.encoder.created)?;
        map.serialize_entry("model", &self.encoder.model)?;
        map.serialize_entry("choices", &Seq(|| answer.choices.iter().map(WireChoice)))?;
        // The clients take counts for granted.
        let usage = answer.usage.clone().unwrap_or_default();
        map.serialize_entry("usage", &Counts(&usage))?;
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

struct WireChoice<'a>(&'a router_core::chat::Choice);

impl Serialize for WireChoice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("index", &self.0.index)?;
        map.serialize_entry("message", &Message(&self.0.content))?;
        map.serialize_entry("finish_reason", word(&self.0.finish_reason))?;
        map.end()
    }
}

struct Message<'a>(&'a [ContentPart]);

impl<'a> Message<'a> {
    fn said(&self) -> impl Iterator<Item = Said<'a>> + use<'a> {
        self.0.iter().filter_map(|part| match part {
            ContentPart::Text(part) => Some(Said::Text(&part.text)),
            ContentPart::Refusal(part) => Some(Said::Text(&part.text)),
            ContentPart::Reasoning(part) => Some(Said::Thought(&part.text, part.riders.signature())),
            _ => None,
        })
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        let thinks = self.said().any(|said| matches!(said, Said::Thought(..)));
        if thinks {
            map.serialize_entry("content", &Seq(|| self.said()))?;
        } else {
            let text = self.said().map(|said| match said {
                Said::Text(text) | Said::Thought(text, _) => text,
            });
            map.serialize_entry("content", &text.collect::<String>())?;
        }
        let calls = || {
            (0..)
                .zip(router_core::tool::tool_calls(self.0))
                .map(|(index, call)| WireCall {
                    index,
                    id: &call.id,
                    name: &call.name,
                    arguments: &call.arguments,
                })
        };
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &Seq(calls))?;
        }
        map.end()
    }
}
