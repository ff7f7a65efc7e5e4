//! InvokeModel as a server sees it: Claude's messages, and Titan's embeddings.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Method};
use router_core::embedding::{EmbeddingInput, EmbeddingRequest};
use router_core::stream::StreamStart;
use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent};
use router_wire::framing::FrameReader;
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{FrameLimits, Framing, HttpRequest, HttpResponse};
use router_wire_anthropic::server::Messages;
use serde_json::value::RawValue;

use crate::converse::server::{frame, head, key};
use crate::error::server::{error_response, exception};
use crate::models::read_path;

/// `POST /model/{id}/invoke` and `/invoke-with-response-stream`.
#[derive(Clone, Copy, Debug)]
pub struct Invoke;

impl ServerCodec for Invoke {
    fn name(&self) -> &'static str {
        "bedrock.invoke"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST
            && read_path(path)
                .is_some_and(|(_, name)| matches!(name, "invoke" | "invoke-with-response-stream"))
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, operation) = read_path(request.path_only()).unwrap_or_default();
        let streams = operation == "invoke-with-response-stream";
        let mut body = Object::parse(&request.body)?;
        if body.peek("anthropic_version").is_some() {
            let mut ingress = Messages.decode(&as_message(&model, streams, body)?)?;
            ingress.reply = Box::new(Chunks { inner: ingress.reply });
            return Ok(ingress);
        }
        if let Some(text) = body.text("inputText")?.filter(|_| !streams) {
            let mut embedding = EmbeddingRequest::new([EmbeddingInput::Text(text)]);
            embedding.dimensions = body.read("dimensions")?;
            embedding.extra = body.rest(crate::embeddings::WIRE);
            return Ok(Ingress::new(
                model,
                Operation::from(embedding),
                Mode::Full,
                Vector,
            ));
        }
        Err(invalid(
            "body",
            "only Claude's messages (with anthropic_version) and Titan's embeddings (with inputText) are served here; use Converse",
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }

    fn key<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
        key(request)
    }
}

/// The same request as Claude's vendor has it: model and stream in the body, betas in a header.
pub(crate) fn as_message(model: &ModelId, streams: bool, mut body: Object<'_>) -> Result<HttpRequest> {
    body.take("anthropic_version");
    let betas: Vec<String> = body.read("anthropic_beta")?.unwrap_or_default();
    let mut fields: BTreeMap<String, &RawValue> = body.into_fields().collect();
    let not_json = |error: serde_json::Error| Error::new(ErrorKind::InvalidRequest, error.to_string());
    let name = serde_json::value::to_raw_value(model).map_err(not_json)?;
    let stream = serde_json::value::to_raw_value(&streams).map_err(not_json)?;
    fields.insert("model".to_owned(), &name);
    fields.insert("stream".to_owned(), &stream);
    let bytes = serde_json::to_vec(&fields).map_err(not_json)?;
    let request = HttpRequest::post_json("/v1/messages", bytes);
    if betas.is_empty() {
        return Ok(request);
    }
    let value = HeaderValue::from_str(&betas.join(","));
    let value = value.map_err(|_| invalid("anthropic_beta", "must fit into a header"))?;
    Ok(request.with_header(HeaderName::from_static("anthropic-beta"), value))
}

/// Writes Claude's events, each in a chunk.
struct Chunks {
    inner: Box<dyn ReplyEncoder>,
}

#[derive(serde::Serialize)]
struct Chunk {
    bytes: String,
}

impl ReplyEncoder for Chunks {
    fn full(&mut self, head: &Head, output: &Output) -> Result<HttpResponse> {
        self.inner.full(head, output)
    }

    fn begin(&mut self, start: &StreamStart) {
        self.inner.begin(start);
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        head()
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        let mut events = BytesMut::new();
        self.inner.event(event, &mut events);
        let mut reader = FrameReader::new(Framing::Sse, FrameLimits::new(usize::MAX));
        reader.push(events.freeze());
        // What the inner wire writes are whole events.
        while let Ok(Some(event)) = reader.next() {
            let chunk = Chunk {
                bytes: STANDARD.encode(event.data.as_bytes()),
            };
            frame("chunk", &chunk, out);
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        exception(error, out);
    }

    fn heartbeat(&mut self, _out: &mut BytesMut) {}
}

/// Writes a vector as Titan does.
struct Vector;

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Titan<'a> {
    embedding: &'a [f32],
    embeddings_by_type: ByType<'a>,
    input_text_token_count: u64,
}

#[derive(serde::Serialize)]
struct ByType<'a> {
    float: &'a [f32],
}

impl ReplyEncoder for Vector {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Embed(answer) = output else {
            return Err(Error::unsupported("another output than vectors"));
        };
        let embedding = answer.embeddings.first().map_or(&[][..], Vec::as_slice);
        let body = Titan {
            embedding,
            embeddings_by_type: ByType { float: embedding },
            input_text_token_count: answer.usage.as_ref().map_or(0, |usage| usage.input_tokens),
        };
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, Bytes::from(bytes)))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        head()
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        exception(error, out);
    }
}
