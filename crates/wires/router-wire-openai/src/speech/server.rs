//! Speech as a server sees it: a sound file in pieces as they are spoken, or events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use router_core::audio::SpeechRequest;
use router_core::stream::StreamStart;
use router_core::{Error, Head, Mode, ModelId, Operation, Output, Result, StreamEvent, Text, Usage};
use router_wire::object::{Object, invalid, is_string};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse, media_type};
use serde::Serialize;

use super::WIRE;
use crate::error::error_response;
use crate::reply::{another, error_event, event, events_head};

/// `POST /v1/audio/speech`.
#[derive(Clone, Copy, Debug)]
pub struct Speech;

impl ServerCodec for Speech {
    fn name(&self) -> &'static str {
        "openai.audio.speech"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/audio/speech")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = body.required_text("model")?;
        let mut speech = SpeechRequest::new(body.required_text("input")?);
        if speech.input.is_empty() {
            return Err(invalid("input", "must not be empty"));
        }
        // A voice of one's own is an object; it stays among the unnamed fields.
        if body.peek("voice").is_some_and(is_string) {
            speech.voice = body.text("voice")?;
        }
        speech.instructions = body.text("instructions")?;
        speech.format = body.text("response_format")?;
        speech.speed = body.read("speed")?;
        let events = match body.text("stream_format")?.as_deref() {
            None | Some("audio") => false,
            Some("sse") => true,
            Some(_) => return Err(invalid("stream_format", "must be audio or sse")),
        };
        speech.extra = body.rest(WIRE);
        let asked = speech.format.as_deref().unwrap_or("mp3");
        let encoder = Encoder {
            events,
            kind: None,
            asked: media_type::of_format(asked),
        };
        // The first words can be heard before the last are spoken.
        Ok(Ingress::new(
            ModelId::from(model),
            Operation::from(speech),
            Mode::Stream,
            encoder,
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Encoder {
    /// Whether the client wants events instead of bare bytes.
    events: bool,
    /// What the sound is, as the provider says.
    kind: Option<Text>,
    /// What was asked for.
    asked: Option<&'static str>,
}

impl Encoder {
    fn audio(&self, audio: &[u8], out: &mut BytesMut) {
        #[derive(Serialize)]
        struct Delta {
            #[serde(rename = "type")]
            kind: &'static str,
            audio: String,
        }
        if !self.events {
            out.extend_from_slice(audio);
        } else if !audio.is_empty() {
            let delta = Delta {
                kind: "speech.audio.delta",
                audio: STANDARD.encode(audio),
            };
            event(None, &delta, out);
        }
    }

    fn done(&self, usage: Option<&Usage>, out: &mut BytesMut) {
        #[derive(Serialize)]
        struct Done {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            usage: Option<Counts>,
        }
        #[derive(Serialize)]
        struct Counts {
            input_tokens: u64,
            output_tokens: u64,
            total_tokens: u64,
        }
        if self.events {
            let done = Done {
                kind: "speech.audio.done",
                usage: usage.map(|usage| Counts {
                    input_tokens: usage.input_tokens,
                    output_tokens: usage.output_tokens,
                    total_tokens: usage.total_tokens(),
                }),
            };
            event(None, &done, out);
        }
    }

    fn content_type(&self, head: &Head) -> HeaderValue {
        let told = head
            .headers()
            .and_then(|headers| headers.get(CONTENT_TYPE))
            .filter(|value| value.as_bytes().starts_with(b"audio/"));
        let known = self
            .kind
            .as_deref()
            .or(self.asked)
            .unwrap_or("application/octet-stream");
        match told {
            Some(told) => told.clone(),
            None => {
                HeaderValue::from_str(known).unwrap_or(HeaderValue::from_static("application/octet-stream"))
            }
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Speak(answer) = output else {
            return Err(another("a sound"));
        };
        self.kind.clone_from(&answer.media_type);
        let mut out = BytesMut::new();
        self.audio(&answer.audio, &mut out);
        self.done(answer.usage.as_ref(), &mut out);
        let mut response = self.stream_head(head);
        response.body = out.freeze();
        Ok(response)
    }

    fn begin(&mut self, start: &StreamStart) {
        self.kind.clone_from(&start.media_type);
    }

    fn stream_head(&mut self, head: &Head) -> HttpResponse {
        if self.events {
            events_head()
        } else {
            HttpResponse::json(200, "").with_header(CONTENT_TYPE, self.content_type(head))
        }
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::AudioDelta { audio, .. } => self.audio(audio, out),
            StreamEvent::Output(output) => {
                if let Output::Speak(answer) = &**output {
                    self.audio(&answer.audio, out);
                }
            }
            StreamEvent::Finish(finish) => self.done(finish.usage.as_ref(), out),
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        // In bare bytes nothing can be told: whoever sends them breaks off.
        if self.events {
            error_event(error, out);
        }
    }

    fn is_framed(&self) -> bool {
        self.events
    }
}
