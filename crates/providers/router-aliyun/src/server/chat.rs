//! Answers in the wire's words: whole, or in pieces that hold what is new or all so far.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{BufMut as _, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::chat::{FinishReason, Usage};
use router_core::{ChatResponse, ContentPart, Error, Head, Output, Result, StreamEvent, Text};
use router_wire::HttpResponse;
use router_wire::server::{ReplyEncoder, status_of};
use router_wire::write::{Seq, json_line};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::error::{error_body, unrepresentable};
use super::request::Form;

/// Writes a whole answer, or pieces.
#[derive(Debug)]
pub(super) struct Encoder {
    form: Form,
    id: Text,
    pieces: u32,
    /// What was said so far; where pieces hold what is new only, what a piece holds.
    said: Vec<Said>,
}

/// What a choice says.
#[derive(Debug, Default)]
struct Said {
    choice: u32,
    text: String,
    thoughts: String,
    calls: Vec<Called>,
}

#[derive(Clone, Debug)]
struct Called {
    index: u32,
    id: Text,
    name: Text,
    arguments: String,
}

impl Encoder {
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            id: Text::new(),
            pieces: 0,
            said: Vec::new(),
        }
    }

    fn start(&mut self, id: Option<&Text>) {
        if self.id.is_empty() {
            self.id = id.cloned().unwrap_or_else(|| Text::from(made_id()));
        }
    }

    /// Adds to what a choice says, and writes a piece of it.
    fn add(&mut self, choice: u32, out: &mut BytesMut, add: impl FnOnce(&mut Said)) {
        let at = self.place(choice);
        add(&mut self.said[at]);
        self.write(at, None, None, out);
        if self.form.incremental {
            self.said[at] = Said {
                choice,
                ..Said::default()
            };
        }
    }

    fn place(&mut self, choice: u32) -> usize {
        match self.said.iter().position(|said| said.choice == choice) {
            Some(at) => at,
            None => {
                self.said.push(Said {
                    choice,
                    ..Said::default()
                });
                self.said.len() - 1
            }
        }
    }

    fn write(&mut self, at: usize, end: Option<&FinishReason>, usage: Option<&Usage>, out: &mut BytesMut) {
        self.start(None);
        self.pieces += 1;
        let head = format!("id:{}\nevent:result\n:HTTP_STATUS/200\ndata:", self.pieces);
        out.put_slice(head.as_bytes());
        let choice = WireChoice {
            form: self.form,
            said: &self.said[at],
            end: end.map_or("null", word),
        };
        json_line(&Answer(&self.id, self.form, &[choice], usage), out);
        out.put_slice(b"\n\n");
    }
}

/// An id for an answer that has none.
pub(super) fn made_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos() as u64;
    format!("{nanos:016x}{count:08x}")
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.start(answer.id.as_ref());
        let said: Vec<Said> = whole(answer);
        let choices: Vec<WireChoice<'_>> = said
            .iter()
            .zip(&answer.choices)
            .map(|(said, choice)| WireChoice {
                form: self.form,
                said,
                end: word(&choice.finish_reason),
            })
            .collect();
        let body = Answer(&self.id, self.form, &choices, answer.usage.as_ref());
        let bytes = serde_json::to_vec(&body).map_err(unrepresentable)?;
        Ok(HttpResponse::json(200, bytes))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream;charset=UTF-8"),
            ),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        HttpResponse::new(200, HeaderMap::from_iter(headers), "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.start(start.id.as_ref()),
            StreamEvent::TextDelta { choice, text } | StreamEvent::RefusalDelta { choice, text } => {
                self.add(*choice, out, |said| said.text.push_str(text));
            }
            StreamEvent::ReasoningDelta { choice, text } => {
                self.add(*choice, out, |said| said.thoughts.push_str(text));
            }
            StreamEvent::ToolCallStart(start) => self.add(start.choice, out, |said| {
                said.calls.push(Called {
                    index: start.call,
                    id: start.id.clone(),
                    name: start.name.clone(),
                    arguments: String::new(),
                });
            }),
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } if !arguments.is_empty() => self.add(*choice, out, |said| {
                match said.calls.iter_mut().find(|open| open.index == *call) {
                    Some(open) => open.arguments.push_str(arguments),
                    // What goes on with a call is known by its place.
                    None => said.calls.push(Called {
                        index: *call,
                        id: Text::new(),
                        name: Text::new(),
                        arguments: arguments.to_string(),
                    }),
                }
            }),
            StreamEvent::Finish(finish) => {
                self.start(finish.id.as_ref());
                for end in &finish.choices {
                    let at = self.place(end.index);
                    self.write(at, Some(&end.reason), finish.usage.as_ref(), out);
                }
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        let head = format!(
            "id:{}\nevent:error\n:HTTP_STATUS/{}\ndata:",
            self.pieces + 1,
            status_of(error)
        );
        out.put_slice(head.as_bytes());
        out.put_slice(&error_body(error));
        out.put_slice(b"\n\n");
    }
}

/// What the choices of a whole answer say.
fn whole(answer: &ChatResponse) -> Vec<Said> {
    let choices = answer.choices.iter().map(|choice| {
        let mut said = Said {
            choice: choice.index,
            ..Said::default()
        };
        for part in &choice.content {
            match part {
                ContentPart::Text(part) => said.text.push_str(&part.text),
                ContentPart::Refusal(part) => said.text.push_str(&part.text),
                ContentPart::Reasoning(part) => said.thoughts.push_str(&part.text),
                ContentPart::ToolCall(call) => said.calls.push(Called {
                    index: said.calls.len() as u32,
                    id: call.id.clone(),
                    name: call.name.clone(),
                    arguments: call.arguments.to_string(),
                }),
                _ => {}
            }
        }
        said
    });
    choices.collect()
}

/// The wire's word for a reason.
fn word(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Error => "error",
        _ => "stop",
    }
}

/// An answer, or a piece of one.
struct Answer<'a>(&'a Text, Form, &'a [WireChoice<'a>], Option<&'a Usage>);

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Choices<'a> {
            choices: &'a [WireChoice<'a>],
        }
        #[derive(Serialize)]
        struct Plain<'a> {
            text: &'a str,
            finish_reason: &'a str,
        }
        let Self(id, form, choices, usage) = self;
        let mut map = serializer.serialize_map(None)?;
        match choices {
            // A text alone has no place for calls and further choices.
            [only] if form.text && only.said.calls.is_empty() => {
                let plain = Plain {
                    text: &only.said.text,
                    finish_reason: only.end,
                };
                map.serialize_entry("output", &plain)?;
            }
            choices => map.serialize_entry("output", &Choices { choices })?,
        }
        if let Some(usage) = usage {
            map.serialize_entry("usage", &Counts(usage))?;
        }
        map.serialize_entry("request_id", id)?;
        map.end()
    }
}

struct WireChoice<'a> {
    form: Form,
    said: &'a Said,
    end: &'a str,
}

impl Serialize for WireChoice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("index", &self.said.choice)?;
        map.serialize_entry("finish_reason", self.end)?;
        map.serialize_entry("message", &Message(self))?;
        map.end()
    }
}

struct Message<'a>(&'a WireChoice<'a>);

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Part<'a> {
            text: &'a str,
        }
        let WireChoice { form, said, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        if form.parts {
            let part = Some(Part { text: &said.text }).filter(|part| !part.text.is_empty());
            map.serialize_entry("content", part.as_slice())?;
        } else {
            map.serialize_entry("content", &said.text)?;
        }
        if !said.thoughts.is_empty() {
            map.serialize_entry("reasoning_content", &said.thoughts)?;
        }
        if !said.calls.is_empty() {
            map.serialize_entry("tool_calls", &Seq(|| said.calls.iter().map(WireCall)))?;
        }
        map.end()
    }
}

struct WireCall<'a>(&'a Called);

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'a> {
            name: &'a str,
            arguments: &'a str,
        }
        let function = Function {
            name: &self.0.name,
            arguments: &self.0.arguments,
        };
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("index", &self.0.index)?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry("function", &function)?;
        map.end()
    }
}

/// Tokens in the wire's words.
struct Counts<'a>(&'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Cached {
            cached_tokens: u64,
        }
        #[derive(Serialize)]
        struct Reasoning {
            reasoning_tokens: u64,
        }
        let usage = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("input_tokens", &usage.input_tokens)?;
        map.serialize_entry("output_tokens", &usage.output_tokens)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        if let Some(cached_tokens) = usage.cache_read_input_tokens {
            map.serialize_entry("prompt_tokens_details", &Cached { cached_tokens })?;
        }
        if let Some(reasoning_tokens) = usage.reasoning_output_tokens {
            map.serialize_entry("output_tokens_details", &Reasoning { reasoning_tokens })?;
        }
        map.end()
    }
}
