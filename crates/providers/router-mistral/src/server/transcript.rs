//! Transcripts in the wire's form: with a model, a language and counts, whatever the provider tells.

use bytes::BytesMut;
use http::Method;
use router_core::audio::TranscriptionResponse;
use router_core::{Error, ErrorKind, Head, Mode, Output, Result, StreamEvent, Text, Usage};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use router_wire_openai::transcription::server::Transcriptions as OpenAi;
use serde::Serialize;

use super::chat::Counts;
use super::error::{error_body, error_response};
use super::is_ours;

/// `POST /v1/audio/transcriptions` of Mistral's clients. Streams are OpenAI's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transcriptions;

impl ServerCodec for Transcriptions {
    fn name(&self) -> &'static str {
        "mistral.audio.transcriptions"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        OpenAi.matches(method, path)
    }

    fn claims(&self, request: &HttpRequest) -> bool {
        is_ours(request) && self.matches(&request.method, request.path_only())
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut ingress = OpenAi.decode(request)?;
        if ingress.mode == Mode::Full {
            ingress.reply = Box::new(Encoder(ingress.model.text().clone()));
        }
        Ok(ingress)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Encoder(Text);

#[derive(Serialize)]
struct Body<'a> {
    model: &'a Text,
    text: &'a Text,
    language: Option<&'a Text>,
    segments: Vec<Row<'a>>,
    usage: Counts<'a>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a Text,
    start: f64,
    end: f64,
}

impl Encoder {
    fn body<'a>(&'a self, answer: &'a TranscriptionResponse, usage: &'a Usage) -> Body<'a> {
        let rows = answer.segments.iter().map(|segment| Row {
            kind: "transcription_segment",
            text: &segment.text,
            start: segment.start,
            end: segment.end,
        });
        Body {
            model: answer.model.as_ref().unwrap_or(&self.0),
            text: &answer.text,
            language: answer.language.as_ref(),
            segments: rows.collect(),
            usage: Counts(usage),
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Transcribe(answer) = output else {
            return Err(Error::unsupported("another output than a transcript"));
        };
        // The clients take counts for granted.
        let usage = answer.usage.clone().unwrap_or_default();
        serde_json::to_vec(&self.body(answer, &usage))
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}
