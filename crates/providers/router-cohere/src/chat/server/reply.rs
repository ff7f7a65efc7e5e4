//! Answers and events in the wire's words.

use std::collections::VecDeque;

use bytes::{BufMut as _, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::content::Citation;
use router_core::stream::PartKind;
use router_core::{Error, ErrorKind, Head, Output, Result, StreamEvent, Text};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;

use super::pieces::{Block, is_plan};
use super::said::{Said, write};
use super::whole::{Whole, made_id};

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
