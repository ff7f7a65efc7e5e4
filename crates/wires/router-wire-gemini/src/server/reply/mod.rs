//! Answers and events as `generateContent` gives them: whole, as server-sent events, or as a list.

mod pieces;

use bytes::BytesMut;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use router_core::chat::Usage;
use router_core::stream::{PartKind, StreamFinish};
use router_core::{Error, ErrorKind, Extra, Head, Output, Result, StreamEvent, Text, ToolCall};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use router_wire::write::json_line;

use self::pieces::{Answer, Part, Parts, Piece, own};
use super::error::error_body;
use crate::words;

/// Writes answers.
pub(super) struct Encoder {
    model: Text,
    id: Option<Text>,
    sse: bool,
    pieces: u64,
    /// Calls under way, which go out whole.
    calls: Vec<(u32, u32, ToolCall)>,
}

impl Encoder {
    pub(super) fn new(model: Text, sse: bool) -> Self {
        Self {
            model,
            id: None,
            sse,
            pieces: 0,
            calls: Vec::new(),
        }
    }

    /// What stands in front of a piece.
    fn begin(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(match (self.sse, self.pieces) {
            (true, _) => b"data: ",
            (false, 0) => b"[",
            (false, _) => b",\r\n",
        });
        self.pieces += 1;
    }

    fn end(&self, out: &mut BytesMut) {
        if self.sse {
            out.extend_from_slice(b"\r\n\r\n");
        }
    }

    fn piece(&mut self, choices: &[Piece<'_>], usage: Option<&Usage>, extra: &Extra, out: &mut BytesMut) {
        self.begin(out);
        let answer = Answer {
            choices,
            usage,
            model: &self.model,
            id: self.id.as_ref(),
            extra,
        };
        json_line(&answer, out);
        self.end(out);
    }

    fn part(&mut self, choice: u32, part: Part<'_>, out: &mut BytesMut) {
        self.piece(&[Piece::new(choice, Parts::One(part))], None, &Extra::new(), out);
    }

    fn call(&mut self, choice: u32, call: u32) -> Option<usize> {
        self.calls
            .iter()
            .position(|(at, place, _)| (*at, *place) == (choice, call))
    }

    fn finish(&mut self, finish: &StreamFinish, out: &mut BytesMut) {
        let pieces: Vec<Piece<'_>> = finish
            .choices
            .iter()
            .map(|choice| Piece {
                finish: Some(words::of_reason(&choice.reason, choice.raw.as_ref())),
                extra: Some(&choice.extra),
                ..Piece::new(choice.index, Parts::None)
            })
            .collect();
        self.piece(&pieces, finish.usage.as_ref(), &finish.extra, out);
        if !self.sse {
            out.extend_from_slice(b"]");
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        let pieces: Vec<Piece<'_>> = answer
            .choices
            .iter()
            .map(|choice| Piece {
                finish: Some(words::of_reason(
                    &choice.finish_reason,
                    choice.finish_reason_raw.as_ref(),
                )),
                logprobs: choice.logprobs.as_ref(),
                extra: Some(&choice.extra),
                ..Piece::new(choice.index, Parts::Whole(choice))
            })
            .collect();
        let body = Answer {
            choices: &pieces,
            usage: answer.usage.as_ref(),
            model: answer.model.as_ref().unwrap_or(&self.model),
            id: answer.id.as_ref(),
            extra: &answer.extra,
        };
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let content_type = if self.sse {
            "text/event-stream"
        } else {
            "application/json; charset=UTF-8"
        };
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        HttpResponse::new(200, headers, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => {
                self.id.clone_from(&start.id);
                if let Some(model) = &start.model {
                    self.model = model.clone();
                }
            }
            StreamEvent::TextDelta { choice, text } | StreamEvent::RefusalDelta { choice, text } => {
                self.part(*choice, Part::Text(text, None), out);
            }
            StreamEvent::ReasoningDelta { choice, text } => {
                self.part(*choice, Part::Thought(text, None), out);
            }
            StreamEvent::ToolCallStart(start) => {
                let whole = ToolCall::new(start.id.clone(), start.name.clone(), Text::new());
                self.calls.push((start.choice, start.call, whole));
            }
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                if let Some(at) = self.call(*choice, *call) {
                    let so_far = &mut self.calls[at].2.arguments;
                    *so_far = if so_far.is_empty() {
                        arguments.clone()
                    } else {
                        Text::from(format!("{so_far}{arguments}"))
                    };
                }
            }
            StreamEvent::ToolCallEnd { choice, call, riders } => {
                if let Some(at) = self.call(*choice, *call) {
                    let (_, _, mut whole) = self.calls.remove(at);
                    whole.riders = riders.clone();
                    self.part(*choice, Part::Call(&whole), out);
                }
            }
            StreamEvent::PartEnd { choice, kind, riders } => {
                if let Some(signature) = riders.signature() {
                    let empty = Text::new();
                    let part = match kind {
                        PartKind::Reasoning | PartKind::RedactedReasoning => {
                            Part::Thought(&empty, Some(signature))
                        }
                        _ => Part::Text(&empty, Some(signature)),
                    };
                    self.part(*choice, part, out);
                }
            }
            StreamEvent::Media { choice, media } => self.part(*choice, Part::Media(media), out),
            StreamEvent::ServerToolCall { choice, call } => {
                if let Some(raw) = own(&call.raw) {
                    self.part(*choice, Part::Raw(raw), out);
                }
            }
            StreamEvent::Opaque { choice, part } => {
                if let Some(raw) = own(part) {
                    self.part(*choice, Part::Raw(raw), out);
                }
            }
            StreamEvent::Logprobs { choice, logprobs } => {
                let piece = Piece {
                    logprobs: Some(logprobs),
                    ..Piece::new(*choice, Parts::None)
                };
                self.piece(&[piece], None, &Extra::new(), out);
            }
            StreamEvent::Finish(finish) => self.finish(finish, out),
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.begin(out);
        out.extend_from_slice(&error_body(error));
        self.end(out);
        if !self.sse {
            out.extend_from_slice(b"]");
        }
    }

    fn heartbeat(&mut self, out: &mut BytesMut) {
        if self.sse {
            out.extend_from_slice(b": keep-alive\r\n\r\n");
        }
    }
}
