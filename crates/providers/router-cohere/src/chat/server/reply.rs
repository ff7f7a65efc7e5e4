//! Answers and events in the wire's words.

use std::collections::VecDeque;

use bytes::{BufMut as _, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::chat::{FinishReason, Logprobs, TokenLogprob, Usage};
use router_core::content::{Citation, Riders};
use router_core::stream::{PartKind, StreamFinish};
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, Head, Output, Result, StreamEvent, Text, ToolCall,
};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use router_wire::write::{Seq, extra_fields, json_line};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::chat::{PLAN, WIRE};

/// Writes a whole answer, or events.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    begun: bool,
    /// What is open, and its number among the contents.
    open: Option<Block>,
    contents: u32,
    calls: Vec<u32>,
    /// The call whose arguments are coming: clients know one at a time.
    called: Option<u32>,
    /// Calls that have begun meanwhile, with what has come of them.
    waiting: VecDeque<Waiting>,
    citations: u32,
    /// Whether reasoning that comes is a plan, as its vendor told beforehand.
    planned: bool,
}

/// A call that waits for the end of the one before.
#[derive(Debug)]
struct Waiting {
    place: u32,
    id: Text,
    name: Text,
    arguments: String,
    ended: bool,
}

/// What deltas of a content are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Text,
    Thinking,
    Plan,
}

impl Encoder {
    fn start(&mut self, id: Option<&Text>, out: &mut BytesMut) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let made = made_id();
        let id = id.map_or(made.as_str(), Text::as_str);
        write("message-start", &Said::Start(id), out);
    }

    fn open(&mut self, block: Block, out: &mut BytesMut) {
        self.start(None, out);
        if self.open == Some(block) {
            return;
        }
        self.close(out);
        self.open = Some(block);
        if block != Block::Plan {
            write("content-start", &Said::ContentStart(self.contents, block), out);
        }
    }

    fn close(&mut self, out: &mut BytesMut) {
        if let Some(Block::Text | Block::Thinking) = self.open.take() {
            write("content-end", &Said::End("content-end", self.contents), out);
            self.contents += 1;
        }
    }

    fn reasoning(&mut self, text: &Text, out: &mut BytesMut) {
        if self.planned {
            self.open(Block::Plan, out);
            write("tool-plan-delta", &Said::Plan(text), out);
        } else {
            self.open(Block::Thinking, out);
            write(
                "content-delta",
                &Said::Delta(self.contents, Block::Thinking, text),
                out,
            );
        }
    }

    fn text(&mut self, text: &Text, out: &mut BytesMut) {
        self.open(Block::Text, out);
        write(
            "content-delta",
            &Said::Delta(self.contents, Block::Text, text),
            out,
        );
    }

    fn place(&mut self, call: u32) -> u32 {
        match self.calls.iter().position(|known| *known == call) {
            Some(place) => place as u32,
            None => {
                self.calls.push(call);
                self.calls.len() as u32 - 1
            }
        }
    }

    /// Ends the call whose arguments were coming, and tells those that waited for it, up to one that is not complete.
    fn end_call(&mut self, out: &mut BytesMut) {
        while let Some(place) = self.called.take() {
            write("tool-call-end", &Said::End("tool-call-end", place), out);
            let Some(next) = self.waiting.pop_front() else {
                return;
            };
            write(
                "tool-call-start",
                &Said::CallStart(next.place, &next.id, &next.name),
                out,
            );
            if !next.arguments.is_empty() {
                let arguments = Text::from(next.arguments);
                write("tool-call-delta", &Said::Arguments(next.place, &arguments), out);
            }
            self.called = Some(next.place);
            if !next.ended {
                return;
            }
        }
    }

    fn cite(&mut self, citation: &Citation, out: &mut BytesMut) {
        self.start(None, out);
        write("citation-start", &Said::Citation(self.citations, citation), out);
        write("citation-end", &Said::End("citation-end", self.citations), out);
        self.citations += 1;
    }
}

fn is_plan(riders: &Riders) -> bool {
    riders.extra().get(WIRE, PLAN).is_some()
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        serde_json::to_vec(&Whole(answer))
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        HttpResponse::new(200, HeaderMap::from_iter(headers), "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.start(start.id.as_ref(), out),
            // The wire has one choice.
            StreamEvent::TextDelta { choice: 0, text } | StreamEvent::RefusalDelta { choice: 0, text } => {
                self.text(text, out);
            }
            StreamEvent::ReasoningDelta { choice: 0, text } => self.reasoning(text, out),
            StreamEvent::PartStart { choice: 0, riders } => self.planned = is_plan(riders),
            StreamEvent::PartEnd { choice: 0, kind, .. } => {
                self.planned &= *kind != PartKind::Reasoning;
                self.close(out);
            }
            StreamEvent::ToolCallStart(start) if start.choice == 0 => {
                self.start(None, out);
                self.close(out);
                let place = self.place(start.call);
                if self.called.is_some() {
                    self.waiting.push_back(Waiting {
                        place,
                        id: start.id.clone(),
                        name: start.name.clone(),
                        arguments: String::new(),
                        ended: false,
                    });
                } else {
                    self.called = Some(place);
                    write(
                        "tool-call-start",
                        &Said::CallStart(place, &start.id, &start.name),
                        out,
                    );
                }
            }
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } if !arguments.is_empty() => {
                let place = self.place(*call);
                match self.waiting.iter_mut().find(|waiting| waiting.place == place) {
                    Some(waiting) => waiting.arguments.push_str(arguments),
                    None => write("tool-call-delta", &Said::Arguments(place, arguments), out),
                }
            }
            StreamEvent::ToolCallEnd { choice: 0, call, .. } => {
                let place = self.place(*call);
                if self.called == Some(place) {
                    self.end_call(out);
                } else if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.place == place) {
                    waiting.ended = true;
                }
            }
            StreamEvent::Citation { choice: 0, citation } => self.cite(citation, out),
            StreamEvent::Logprobs { choice: 0, logprobs } => {
                for token in &logprobs.content {
                    write("content-delta", &Said::Logprob(self.contents, token), out);
                }
            }
            StreamEvent::Finish(finish) => {
                self.start(finish.id.as_ref(), out);
                self.close(out);
                while self.called.is_some() {
                    self.end_call(out);
                }
                write("message-end", &Said::Finish(finish), out);
                out.put_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.start(None, out);
        write("message-end", &Said::Failed(&error.shown_message()), out);
    }
}

/// An id for an answer that has none.
fn made_id() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}{count:08x}", since.as_micros() as u64)
}

fn write(name: &str, said: &Said<'_>, out: &mut BytesMut) {
    out.put_slice(b"event: ");
    out.put_slice(name.as_bytes());
    out.put_slice(b"\ndata: ");
    json_line(said, out);
    out.put_slice(b"\n\n");
}

/// What an event says.
enum Said<'a> {
    Start(&'a str),
    ContentStart(u32, Block),
    Delta(u32, Block, &'a Text),
    Logprob(u32, &'a TokenLogprob),
    Plan(&'a Text),
    CallStart(u32, &'a Text, &'a Text),
    Arguments(u32, &'a Text),
    Citation(u32, &'a Citation),
    End(&'static str, u32),
    Finish(&'a StreamFinish),
    Failed(&'a str),
}

/// An object of one field.
struct In<T>(&'static str, T);

impl<T: Serialize> Serialize for In<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

/// What a message holds, in the place of a delta.
fn message<T: Serialize>(of: T) -> In<T> {
    In("message", of)
}

impl Block {
    fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Thinking | Self::Plan => "thinking",
        }
    }
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut head = |kind: &str, index: Option<u32>| {
            map.serialize_entry("type", kind)?;
            match index {
                Some(index) => map.serialize_entry("index", &index),
                None => Ok(()),
            }
        };
        match self {
            Self::Start(id) => {
                head("message-start", None)?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("delta", &message(Beginning))?;
            }
            Self::ContentStart(index, block) => {
                head("content-start", Some(*index))?;
                let content = In("content", Content(*block, "", true));
                map.serialize_entry("delta", &message(content))?;
            }
            Self::Delta(index, block, text) => {
                head("content-delta", Some(*index))?;
                let content = In("content", Content(*block, text, false));
                map.serialize_entry("delta", &message(content))?;
            }
            Self::Logprob(index, token) => {
                head("content-delta", Some(*index))?;
                let content = In("content", In("text", ""));
                map.serialize_entry("delta", &message(content))?;
                map.serialize_entry("logprobs", &Token(token))?;
            }
            Self::Plan(text) => {
                head("tool-plan-delta", None)?;
                map.serialize_entry("delta", &message(In("tool_plan", text)))?;
            }
            Self::CallStart(index, id, name) => {
                head("tool-call-start", Some(*index))?;
                let call = Call {
                    id,
                    kind: "function",
                    function: Function { name, arguments: "" },
                };
                map.serialize_entry("delta", &message(In("tool_calls", call)))?;
            }
            Self::Arguments(index, arguments) => {
                head("tool-call-delta", Some(*index))?;
                let call = In("tool_calls", In("function", In("arguments", arguments)));
                map.serialize_entry("delta", &message(call))?;
            }
            Self::Citation(index, citation) => {
                head("citation-start", Some(*index))?;
                map.serialize_entry("delta", &message(In("citations", Cited(citation))))?;
            }
            Self::End(kind, index) => head(kind, Some(*index))?,
            Self::Finish(finish) => {
                head("message-end", None)?;
                let end = finish.choices.first();
                let end = End {
                    finish_reason: word(end.map(|end| (&end.reason, end.raw.as_ref()))),
                    usage: finish.usage.as_ref().map(Counts),
                    error: None,
                };
                map.serialize_entry("delta", &end)?;
                extra_fields(&mut map, &finish.extra, WIRE)?;
            }
            Self::Failed(error) => {
                head("message-end", None)?;
                let end = End {
                    finish_reason: "ERROR",
                    usage: None,
                    error: Some(error),
                };
                map.serialize_entry("delta", &end)?;
            }
        }
        map.end()
    }
}

struct Beginning;

impl Serialize for Beginning {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let none: [(); 0] = [];
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("role", "assistant")?;
        map.serialize_entry("content", &none)?;
        map.serialize_entry("tool_plan", "")?;
        map.serialize_entry("tool_calls", &none)?;
        map.serialize_entry("citations", &none)?;
        map.end()
    }
}

/// A content, or a piece of one, which does not say what it is.
struct Content<'a>(Block, &'a str, bool);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.2 {
            map.serialize_entry("type", self.0.word())?;
        }
        map.serialize_entry(self.0.word(), self.1)?;
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Call<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(serde::Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: &'a str,
}

impl<'a> Call<'a> {
    fn of(call: &'a ToolCall) -> Self {
        Self {
            id: &call.id,
            kind: "function",
            function: Function {
                name: &call.name,
                arguments: &call.arguments,
            },
        }
    }
}

#[derive(serde::Serialize)]
struct End<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    finish_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Counts<'a>>,
}

/// The vendor's word, or the one that stands for ours.
fn word<'a>(end: Option<(&'a FinishReason, Option<&'a Text>)>) -> &'a str {
    const WORDS: [&str; 7] = [
        "COMPLETE",
        "STOP_SEQUENCE",
        "MAX_TOKENS",
        "TOOL_CALL",
        "ERROR",
        "TIMEOUT",
        "ERROR_TOXIC",
    ];
    let Some((reason, raw)) = end else {
        return "COMPLETE";
    };
    if let Some(raw) = raw.filter(|raw| WORDS.contains(&raw.as_str())) {
        return raw;
    }
    match reason {
        FinishReason::Length => "MAX_TOKENS",
        FinishReason::ToolCalls => "TOOL_CALL",
        // No word of today's, but of older models: to say that it was complete would hide that something is missing.
        FinishReason::ContentFilter => "ERROR_TOXIC",
        FinishReason::Error => "ERROR",
        FinishReason::Other(word) if !word.is_empty() => word,
        _ => "COMPLETE",
    }
}

/// The counts, as they came where they came over this wire.
struct Counts<'a>(&'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Clone, Copy, serde::Serialize)]
        struct Tokens {
            input_tokens: u64,
            output_tokens: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            reasoning_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            image_tokens: Option<u64>,
        }
        let usage = self.0;
        let images = usage.image_input_tokens.unwrap_or(0);
        let tokens = Tokens {
            input_tokens: usage.input_tokens.saturating_sub(images),
            output_tokens: usage.output_tokens,
            reasoning_tokens: usage.reasoning_output_tokens,
            image_tokens: usage.image_input_tokens,
        };
        let billed = Tokens {
            input_tokens: usage.input_tokens,
            reasoning_tokens: None,
            image_tokens: None,
            ..tokens
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("billed_units", &billed)?;
        map.serialize_entry("tokens", &tokens)?;
        if let Some(cached) = usage.cache_read_input_tokens {
            map.serialize_entry("cached_tokens", &cached)?;
        }
        map.end()
    }
}

struct Token<'a>(&'a TokenLogprob);

impl Serialize for Token<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let ids: [u32; 0] = [];
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("text", &self.0.token)?;
        // The ids of the vocabulary are the vendor's to know; the wire wants the field.
        map.serialize_entry("token_ids", &ids)?;
        map.serialize_entry("logprobs", &[self.0.logprob])?;
        map.end()
    }
}

/// A source, in the vendor's own object where it is of this wire.
struct Cited<'a>(&'a Citation);

impl Serialize for Cited<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Source<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a Text>,
            document: Document<'a>,
        }
        #[derive(serde::Serialize)]
        struct Document<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<&'a Text>,
            #[serde(skip_serializing_if = "Option::is_none")]
            url: Option<&'a Text>,
        }
        let citation = self.0;
        let own = citation.raw.as_ref().filter(|raw| is_own(raw));
        if let Some(raw) = own {
            return raw.raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        if let Some((start, end)) = citation.range {
            map.serialize_entry("start", &start)?;
            map.serialize_entry("end", &end)?;
        }
        map.serialize_entry("text", citation.cited_text.as_ref().map_or("", Text::as_str))?;
        let document = Document {
            title: citation.title.as_ref(),
            url: citation.url.as_ref(),
        };
        let source = Source {
            kind: "document",
            id: citation.url.as_ref(),
            document,
        };
        map.serialize_entry("sources", &[source])?;
        map.serialize_entry("type", "TEXT_CONTENT")?;
        map.end()
    }
}

/// Whether a vendor's object is a citation of this wire, by its fields.
fn is_own(raw: &router_core::content::Opaque) -> bool {
    let fields = serde_json::from_str::<router_wire::object::Object<'_>>(raw.raw.as_str());
    fields.is_ok_and(|fields| {
        fields.peek("sources").is_some() && fields.peek("start").is_some() && fields.peek("end").is_some()
    })
}

/// A whole answer.
struct Whole<'a>(&'a ChatResponse);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let answer = self.0;
        let first = answer.first();
        let mut map = serializer.serialize_map(None)?;
        match &answer.id {
            Some(id) => map.serialize_entry("id", id)?,
            None => map.serialize_entry("id", &made_id())?,
        }
        let parts = first.map_or(&[][..], |choice| &choice.content[..]);
        map.serialize_entry("message", &Spoken(parts))?;
        let end = first.map(|choice| (&choice.finish_reason, choice.finish_reason_raw.as_ref()));
        map.serialize_entry("finish_reason", word(end))?;
        if let Some(usage) = &answer.usage {
            map.serialize_entry("usage", &Counts(usage))?;
        }
        let logprobs = first.and_then(|choice| choice.logprobs.as_ref());
        if let Some(Logprobs { content, .. }) = logprobs {
            map.serialize_entry("logprobs", &Seq(|| content.iter().map(Token)))?;
        }
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

/// The message of a whole answer.
struct Spoken<'a>(&'a [ContentPart]);

impl Serialize for Spoken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let parts = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        let contents = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::Text(part) => Some(Content(Block::Text, &part.text, true)),
                ContentPart::Refusal(part) => Some(Content(Block::Text, &part.text, true)),
                ContentPart::Reasoning(part) if !is_plan(&part.riders) && !part.text.is_empty() => {
                    Some(Content(Block::Thinking, &part.text, true))
                }
                _ => None,
            })
        };
        let plan: String = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Reasoning(part) if is_plan(&part.riders) => Some(part.text.as_str()),
                _ => None,
            })
            .collect();
        if !plan.is_empty() {
            map.serialize_entry("tool_plan", &plan)?;
        }
        if contents().next().is_some() {
            map.serialize_entry("content", &Seq(contents))?;
        }
        let calls = || router_core::tool::tool_calls(parts).map(Call::of);
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &Seq(calls))?;
        }
        let citations = || {
            parts.iter().flat_map(|part| match part {
                ContentPart::Text(part) => &part.citations[..],
                _ => &[],
            })
        };
        if citations().next().is_some() {
            map.serialize_entry("citations", &Seq(|| citations().map(Cited)))?;
        }
        map.end()
    }
}
