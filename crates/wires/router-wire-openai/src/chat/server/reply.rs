//! Answers and events as JSON.

use bytes::BytesMut;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::content::{MediaKind, Riders};
use router_core::stream::{PartKind, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Head, Output, Result, StreamEvent, Text,
};
use router_wire::HttpResponse;
use router_wire::server::{ReplyEncoder, check_end, failed_finish};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::chunk::{
    Chunk, ChunkChoice, Custom, Delta, Function, GoogleExtra, WireAudio, WireDetail, WireImage, WireLogprobs,
    WireUsage,
};
use crate::chat::{CHOICE_WIRE, WIRE};
use crate::citations::{Annotation, Form};
use crate::error::error_body;
use crate::stamp::{seconds, stamp};

/// Writes answers and chunks.
#[derive(Debug)]
pub(super) struct Encoder {
    model: Text,
    include_usage: bool,
    id: Text,
    created: i64,
    roles: Vec<u32>,
    /// Calls with free text instead of arguments, by choice and place.
    custom: Vec<(u32, u32)>,
    /// The thoughts that are open, by choice: a signature goes out with the text it was made for.
    thoughts: Vec<(u32, String)>,
    details: usize,
}

impl Encoder {
    pub(super) fn new(model: Text, include_usage: bool) -> Self {
        Self {
            model,
            include_usage,
            id: Text::new(),
            created: 0,
            roles: Vec::new(),
            custom: Vec::new(),
            thoughts: Vec::new(),
            details: 0,
        }
    }

    /// Chunks need an id and a time even where the vendor gives none.
    fn begin(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if self.id.is_empty() {
            self.id = id
                .cloned()
                .unwrap_or_else(|| Text::from(format!("chatcmpl-{:016x}", stamp())));
            self.created = created.unwrap_or_else(seconds);
            if let Some(model) = model {
                self.model = model.clone();
            }
        }
    }

    fn chunk(&mut self, choice: u32, delta: Delta<'_>, out: &mut BytesMut) {
        self.begin(None, None, None);
        if !self.roles.contains(&choice) {
            self.roles.push(choice);
            self.write(&[ChunkChoice::delta(choice, Delta::Role)], out);
        }
        if !matches!(delta, Delta::Role) {
            self.write(&[ChunkChoice::delta(choice, delta)], out);
        }
    }

    fn think(&mut self, choice: u32, more: &str) {
        match self.thoughts.iter_mut().find(|(of, _)| *of == choice) {
            Some((_, text)) => text.push_str(more),
            None => self.thoughts.push((choice, more.to_owned())),
        }
    }

    fn part_end(&mut self, choice: u32, kind: PartKind, riders: &Riders, out: &mut BytesMut) {
        let is_thought = matches!(kind, PartKind::Reasoning | PartKind::RedactedReasoning);
        let open = self.thoughts.iter().position(|(of, _)| *of == choice);
        let text = open
            .filter(|_| kind == PartKind::Reasoning)
            .map(|at| self.thoughts.swap_remove(at).1)
            .unwrap_or_default();
        match riders.signature() {
            Some(signature) if is_thought => {
                let detail = WireDetail {
                    index: self.details,
                    text: &text,
                    signature,
                    redacted: kind == PartKind::RedactedReasoning,
                };
                self.details += 1;
                self.chunk(choice, Delta::Detail(detail), out);
            }
            Some(signature) => self.chunk(choice, Delta::Signature(signature), out),
            None => {}
        }
    }

    fn write(&self, choices: &[ChunkChoice<'_>], out: &mut BytesMut) {
        self.send(choices, None, None, out);
    }

    fn send(
        &self,
        choices: &[ChunkChoice<'_>],
        end: Option<&StreamFinish>,
        usage: Option<WireUsage<'_>>,
        out: &mut BytesMut,
    ) {
        let chunk = Chunk {
            id: &self.id,
            created: self.created,
            model: &self.model,
            choices,
            end,
            usage,
        };
        out.extend_from_slice(b"data: ");
        router_wire::write::json_line(&chunk, out);
        out.extend_from_slice(b"\n\n");
    }
}

/// The word of this wire for a reason.
fn word(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        _ => "stop",
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        check_end(answer)?;
        self.begin(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        let body = Answer {
            id: &self.id,
            created: self.created,
            model: &self.model,
            answer,
        };
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = HeaderMap::from_iter([
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream; charset=utf-8"),
            ),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ]);
        HttpResponse::new(200, headers, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.begin(start.id.as_ref(), start.model.as_ref(), start.created),
            StreamEvent::TextDelta { choice, text } => self.chunk(*choice, Delta::Content(text), out),
            StreamEvent::ReasoningDelta { choice, text } => {
                self.think(*choice, text);
                self.chunk(*choice, Delta::Reasoning(text), out);
            }
            StreamEvent::RefusalDelta { choice, text } => self.chunk(*choice, Delta::Refusal(text), out),
            StreamEvent::ToolCallStart(start) => {
                if start.kind == ToolCallKind::Custom {
                    self.custom.push((start.choice, start.call));
                }
                self.chunk(start.choice, Delta::CallStart(start), out);
            }
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                let kind = if self.custom.contains(&(*choice, *call)) {
                    ToolCallKind::Custom
                } else {
                    ToolCallKind::Function
                };
                let more = Delta::CallArguments {
                    index: *call,
                    arguments,
                    kind,
                };
                self.chunk(*choice, more, out);
            }
            StreamEvent::ToolCallEnd { choice, call, riders } => {
                if let Some(signature) = riders.signature() {
                    let index = *call;
                    self.chunk(*choice, Delta::CallSignature { index, signature }, out);
                }
            }
            StreamEvent::PartEnd { choice, kind, riders } => self.part_end(*choice, *kind, riders, out),
            StreamEvent::Citation { choice, citation } => {
                if let Some(annotation) = Annotation::of(citation, Form::Chat) {
                    self.chunk(*choice, Delta::Annotation(annotation), out);
                }
            }
            StreamEvent::Media { choice, media } if media.kind == MediaKind::Image => {
                self.chunk(*choice, Delta::Image(media), out);
            }
            StreamEvent::Media { choice, media } if media.kind == MediaKind::Audio => {
                self.chunk(*choice, Delta::Audio(media), out);
            }
            StreamEvent::Logprobs { choice, logprobs } => {
                self.chunk(*choice, Delta::Role, out);
                let mut chunk = ChunkChoice::delta(*choice, Delta::Empty);
                chunk.logprobs = Some(WireLogprobs(logprobs));
                self.write(&[chunk], out);
            }
            StreamEvent::Finish(finish) => {
                if let Some(error) = failed_finish(finish) {
                    return self.stream_error(&error, out);
                }
                self.begin(finish.id.as_ref(), finish.model.as_ref(), None);
                for choice in &finish.choices {
                    self.chunk(choice.index, Delta::Role, out);
                    let mut end = ChunkChoice::delta(choice.index, Delta::Empty);
                    end.finish_reason = Some(word(&choice.reason));
                    end.stop_reason = choice.stop_sequence.as_ref();
                    self.send(&[end], Some(finish), None, out);
                }
                if let Some(usage) = finish.usage.as_ref().filter(|_| self.include_usage) {
                    self.send(&[], Some(finish), Some(WireUsage(usage)), out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&error_body(error));
        out.extend_from_slice(b"\n\n");
    }
}

/// The wire's word for the usual tier, which Anthropic has another one for. Words of other vendors pass.
pub(crate) fn tier_word(tier: &Text) -> &str {
    if tier == "standard" { "default" } else { tier }
}

struct Answer<'a> {
    id: &'a Text,
    created: i64,
    model: &'a Text,
    answer: &'a ChatResponse,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("object", "chat.completion")?;
        map.serialize_entry("created", &self.created)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry(
            "choices",
            &router_wire::write::Seq(|| self.answer.choices.iter().map(WireChoice)),
        )?;
        if let Some(usage) = &self.answer.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        if let Some(tier) = &self.answer.service_tier {
            map.serialize_entry("service_tier", tier_word(tier))?;
        }
        router_wire::write::extra_fields(&mut map, &self.answer.extra, WIRE)?;
        map.end()
    }
}

struct WireChoice<'a>(&'a router_core::chat::Choice);

impl Serialize for WireChoice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.0.index)?;
        map.serialize_entry("message", &WireMessage(&self.0.content))?;
        map.serialize_entry("logprobs", &self.0.logprobs.as_ref().map(WireLogprobs))?;
        map.serialize_entry("finish_reason", word(&self.0.finish_reason))?;
        if let Some(matched) = &self.0.stop_sequence {
            map.serialize_entry("stop_reason", matched)?;
        }
        router_wire::write::extra_fields(&mut map, &self.0.extra, CHOICE_WIRE)?;
        map.end()
    }
}

struct WireMessage<'a>(&'a [ContentPart]);

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Call<'a> {
            id: &'a Text,
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            function: Option<Function<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            custom: Option<Custom<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            extra_content: Option<GoogleExtra<'a>>,
        }
        let parts = self.0;
        let texts = || parts.iter().filter_map(ContentPart::as_text);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        if texts().next().is_some() {
            map.serialize_entry("content", &texts().map(Text::as_str).collect::<String>())?;
        } else {
            map.serialize_entry("content", &())?;
        }
        let refusal: String = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Refusal(refusal) => Some(refusal.text.as_str()),
                _ => None,
            })
            .collect();
        map.serialize_entry("refusal", &Some(refusal).filter(|text| !text.is_empty()))?;
        let reasoning: String = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Reasoning(reasoning) => Some(reasoning.text.as_str()),
                _ => None,
            })
            .collect();
        if !reasoning.is_empty() {
            map.serialize_entry("reasoning_content", &reasoning)?;
        }
        let details = || {
            let signed = parts.iter().filter_map(|part| match part {
                ContentPart::Reasoning(part) => Some((part, part.riders.signature()?)),
                _ => None,
            });
            signed.enumerate().map(|(index, (part, signature))| WireDetail {
                index,
                text: &part.text,
                signature,
                redacted: part.redacted,
            })
        };
        if details().next().is_some() {
            map.serialize_entry("reasoning_details", &router_wire::write::Seq(details))?;
        }
        let calls = || {
            router_core::tool::tool_calls(parts).map(|call| {
                let is_custom = call.kind == ToolCallKind::Custom;
                Call {
                    id: &call.id,
                    kind: if is_custom { "custom" } else { "function" },
                    function: (!is_custom).then_some(Function {
                        name: &call.name,
                        arguments: &call.arguments,
                    }),
                    custom: is_custom.then_some(Custom {
                        name: &call.name,
                        input: &call.arguments,
                    }),
                    extra_content: call.riders.signature().map(GoogleExtra),
                }
            })
        };
        let signature = parts.iter().rev().find_map(|part| match part {
            ContentPart::Text(part) => part.riders.signature(),
            _ => None,
        });
        if let Some(signature) = signature {
            map.serialize_entry("extra_content", &GoogleExtra(signature))?;
        }
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &router_wire::write::Seq(calls))?;
        }
        let annotations = || {
            parts
                .iter()
                .flat_map(|part| Annotation::of_part(part, Form::Chat))
        };
        if annotations().next().is_some() {
            map.serialize_entry("annotations", &router_wire::write::Seq(annotations))?;
        }
        let images = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::Media(media) if media.kind == MediaKind::Image => Some(WireImage(media)),
                _ => None,
            })
        };
        if images().next().is_some() {
            map.serialize_entry("images", &router_wire::write::Seq(images))?;
        }
        let audio = parts.iter().find_map(|part| match part {
            ContentPart::Media(media) if media.kind == MediaKind::Audio => Some(WireAudio(media)),
            _ => None,
        });
        if let Some(audio) = audio {
            map.serialize_entry("audio", &audio)?;
        }
        map.end()
    }
}
