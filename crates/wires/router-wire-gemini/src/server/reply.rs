//! Answers and events as `generateContent` gives them: whole, as server-sent events, or as a list.

use std::borrow::Cow;

use base64::Engine as _;
use bytes::{BufMut as _, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use router_core::chat::{Choice, Logprobs, TokenLogprob, Usage};
use router_core::content::MediaSource;
use router_core::stream::PartKind;
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, Extra, Head, Json, Media, Output, Result, Signature,
    StreamEvent, Text, ToolCall,
};
use router_wire::HttpResponse;
use router_wire::provenance::seal;
use router_wire::server::ReplyEncoder;
use router_wire::write::{JsonOrText, Seq};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::error::error_body;
use crate::{WIRE, words};

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

    fn piece(&mut self, choices: &[Piece<'_>], usage: Option<&Usage>, out: &mut BytesMut) {
        if self.sse {
            out.extend_from_slice(b"data: ");
        } else {
            out.extend_from_slice(if self.pieces == 0 { b"[" } else { b",\r\n" });
        }
        self.pieces += 1;
        let answer = Answer {
            choices,
            usage,
            model: &self.model,
            id: self.id.as_ref(),
        };
        // Texts, numbers and JSON are always JSON.
        let _ = serde_json::to_writer((&mut *out).writer(), &answer);
        if self.sse {
            out.extend_from_slice(b"\r\n\r\n");
        }
    }

    fn part(&mut self, choice: u32, part: Part<'_>, out: &mut BytesMut) {
        self.piece(&[Piece::of(choice, part)], None, out);
    }
}

/// What one piece says of one choice.
struct Piece<'a> {
    index: u32,
    parts: Parts<'a>,
    finish: Option<&'a str>,
    logprobs: Option<&'a Logprobs>,
    extra: Option<&'a Extra>,
}

impl<'a> Piece<'a> {
    fn of(index: u32, part: Part<'a>) -> Self {
        Self {
            index,
            parts: Parts::One(part),
            finish: None,
            logprobs: None,
            extra: None,
        }
    }
}

enum Parts<'a> {
    None,
    One(Part<'a>),
    Whole(&'a Choice),
}

enum Part<'a> {
    Text(&'a Text, Option<&'a Signature>),
    Thought(&'a Text, Option<&'a Signature>),
    Call(&'a ToolCall),
    Media(&'a Media),
    Raw(&'a Json),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if let Self::Raw(raw) = self {
            return raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        let signature = match self {
            Self::Text(text, signature) => {
                map.serialize_entry("text", text)?;
                *signature
            }
            Self::Thought(text, signature) => {
                map.serialize_entry("text", text)?;
                map.serialize_entry("thought", &true)?;
                *signature
            }
            Self::Call(call) => {
                map.serialize_entry("functionCall", &Called(call))?;
                call.riders.signature()
            }
            Self::Media(media) => {
                data(&mut map, media)?;
                media.riders.signature()
            }
            Self::Raw(_) => None,
        };
        if let Some(signature) = signature {
            map.serialize_entry("thoughtSignature", &sealed(signature))?;
        }
        map.end()
    }
}

/// A signature as this wire carries it: bytes in base64. Those of other vendors get their maker's name first.
fn sealed(signature: &Signature) -> Cow<'_, str> {
    match seal(signature, WIRE) {
        Cow::Borrowed(data) => Cow::Borrowed(data),
        Cow::Owned(sealed) => Cow::Owned(base64::engine::general_purpose::STANDARD.encode(sealed)),
    }
}

fn data<M: SerializeMap>(map: &mut M, media: &Media) -> std::result::Result<(), M::Error> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Inline<'a> {
        mime_type: &'a str,
        data: &'a str,
    }
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct File<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
        file_uri: &'a str,
    }
    let mime = media.media_type.as_deref();
    match &media.source {
        MediaSource::Base64(data) => map.serialize_entry(
            "inlineData",
            &Inline {
                mime_type: mime.unwrap_or("application/octet-stream"),
                data,
            },
        ),
        MediaSource::Url(uri) | MediaSource::File(uri) => map.serialize_entry(
            "fileData",
            &File {
                mime_type: mime,
                file_uri: uri,
            },
        ),
        MediaSource::Text(text) => map.serialize_entry("text", text),
        _ => Ok(()),
    }
}

struct Called<'a>(&'a ToolCall);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("args", &JsonOrText(&self.0.arguments))?;
        map.end()
    }
}

struct Answer<'a> {
    choices: &'a [Piece<'a>],
    usage: Option<&'a Usage>,
    model: &'a Text,
    id: Option<&'a Text>,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("candidates", self.choices)?;
        if let Some(usage) = self.usage {
            map.serialize_entry("usageMetadata", &Counts(usage))?;
        }
        map.serialize_entry("modelVersion", self.model)?;
        if let Some(id) = self.id {
            map.serialize_entry("responseId", id)?;
        }
        map.end()
    }
}

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content", &Content(&self.parts))?;
        if let Some(word) = self.finish {
            map.serialize_entry("finishReason", word)?;
        }
        map.serialize_entry("index", &self.index)?;
        if let Some(logprobs) = self.logprobs {
            map.serialize_entry("logprobsResult", &Chosen(logprobs))?;
        }
        if let Some(extra) = self.extra {
            router_wire::write::extra_fields(&mut map, extra, WIRE)?;
        }
        map.end()
    }
}

struct Content<'a>(&'a Parts<'a>);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Parts::None => map.serialize_entry::<_, [(); 0]>("parts", &[])?,
            Parts::One(part) => map.serialize_entry("parts", &[part])?,
            Parts::Whole(choice) => {
                map.serialize_entry("parts", &Seq(|| choice.content.iter().filter_map(part_of)))?
            }
        }
        map.serialize_entry("role", "model")?;
        map.end()
    }
}

fn part_of(part: &ContentPart) -> Option<Part<'_>> {
    Some(match part {
        ContentPart::Text(part) => Part::Text(&part.text, part.riders.signature()),
        ContentPart::Reasoning(part) => Part::Thought(&part.text, part.riders.signature()),
        ContentPart::Refusal(part) => Part::Text(&part.text, None),
        ContentPart::ToolCall(call) => Part::Call(call),
        ContentPart::Media(media) => Part::Media(media),
        // Parts of other vendors mean nothing to clients of this wire.
        ContentPart::ServerToolCall(call) => Part::Raw(own(&call.raw)?),
        ContentPart::Opaque(part) => Part::Raw(own(part)?),
        _ => return None,
    })
}

/// The JSON of a part that is one of this wire.
fn own(part: &router_core::content::Opaque) -> Option<&Json> {
    let known = [
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
    ];
    let text = part.raw.as_str();
    known
        .iter()
        .any(|name| text.starts_with(&format!("{{\"{name}\"")))
        .then_some(&part.raw)
}

struct Counts<'a>(&'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let usage = self.0;
        let thoughts = usage.reasoning_output_tokens.unwrap_or(0);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("promptTokenCount", &usage.input_tokens)?;
        map.serialize_entry(
            "candidatesTokenCount",
            &usage.output_tokens.saturating_sub(thoughts),
        )?;
        map.serialize_entry("totalTokenCount", &usage.total_tokens())?;
        if thoughts > 0 {
            map.serialize_entry("thoughtsTokenCount", &thoughts)?;
        }
        if let Some(cached) = usage.cache_read_input_tokens.filter(|cached| *cached > 0) {
            map.serialize_entry("cachedContentTokenCount", &cached)?;
        }
        map.end()
    }
}

struct Chosen<'a>(&'a Logprobs);

impl Serialize for Chosen<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Token<'a> {
            token: &'a Text,
            log_probability: f64,
        }
        struct Top<'a>(&'a TokenLogprob);
        impl Serialize for Top<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("candidates", &Seq(|| self.0.top.iter().map(token)))?;
                map.end()
            }
        }
        fn token(entry: &TokenLogprob) -> Token<'_> {
            Token {
                token: &entry.token,
                log_probability: entry.logprob,
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("topCandidates", &Seq(|| self.0.content.iter().map(Top)))?;
        map.serialize_entry("chosenCandidates", &Seq(|| self.0.content.iter().map(token)))?;
        map.end()
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        let ChatResponse {
            id,
            model,
            choices,
            usage,
            ..
        } = answer;
        let pieces: Vec<Piece<'_>> = choices
            .iter()
            .map(|choice| Piece {
                index: choice.index,
                parts: Parts::Whole(choice),
                finish: Some(words::of_reason(
                    &choice.finish_reason,
                    choice.finish_reason_raw.as_ref(),
                )),
                logprobs: choice.logprobs.as_ref(),
                extra: Some(&choice.extra),
            })
            .collect();
        let body = Answer {
            choices: &pieces,
            usage: usage.as_ref(),
            model: model.as_ref().unwrap_or(&self.model),
            id: id.as_ref(),
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
                self.part(*choice, Part::Thought(text, None), out)
            }
            StreamEvent::ToolCallStart {
                choice,
                call,
                id,
                name,
                ..
            } => {
                let whole = ToolCall::new(id.clone(), name.clone(), Text::new());
                self.calls.push((*choice, *call, whole));
            }
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                let open = self
                    .calls
                    .iter_mut()
                    .find(|(at, place, _)| at == choice && place == call);
                if let Some((_, _, open)) = open {
                    open.arguments = if open.arguments.is_empty() {
                        arguments.clone()
                    } else {
                        Text::from(format!("{}{arguments}", open.arguments))
                    };
                }
            }
            StreamEvent::ToolCallEnd { choice, call, riders } => {
                let found = self
                    .calls
                    .iter()
                    .position(|(at, place, _)| at == choice && place == call);
                if let Some(found) = found {
                    let (_, _, mut whole) = self.calls.remove(found);
                    whole.riders = riders.clone();
                    self.part(*choice, Part::Call(&whole), out);
                }
            }
            StreamEvent::PartEnd { choice, kind, riders } => {
                if let Some(signature) = riders.signature() {
                    let empty = Text::new();
                    self.part(
                        *choice,
                        match kind {
                            PartKind::Reasoning | PartKind::RedactedReasoning => {
                                Part::Thought(&empty, Some(signature))
                            }
                            _ => Part::Text(&empty, Some(signature)),
                        },
                        out,
                    );
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
                    index: *choice,
                    parts: Parts::None,
                    finish: None,
                    logprobs: Some(logprobs),
                    extra: None,
                };
                self.piece(&[piece], None, out);
            }
            StreamEvent::Finish(finish) => {
                let pieces: Vec<Piece<'_>> = finish
                    .choices
                    .iter()
                    .map(|choice| Piece {
                        index: choice.index,
                        parts: Parts::None,
                        finish: Some(words::of_reason(&choice.reason, choice.raw.as_ref())),
                        logprobs: None,
                        extra: Some(&choice.extra),
                    })
                    .collect();
                self.piece(&pieces, finish.usage.as_ref(), out);
                if !self.sse {
                    out.extend_from_slice(b"]");
                }
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        if self.sse {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(&error_body(error));
            out.extend_from_slice(b"\r\n\r\n");
        } else {
            out.extend_from_slice(if self.pieces == 0 { b"[" } else { b",\r\n" });
            out.extend_from_slice(&error_body(error));
            out.extend_from_slice(b"]");
        }
    }

    fn heartbeat(&mut self, out: &mut BytesMut) {
        if self.sse {
            out.extend_from_slice(b": keep-alive\r\n\r\n");
        }
    }
}
