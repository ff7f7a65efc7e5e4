//! Vectors in the wire's form: OpenAI's, with an id and all counts.

use base64::Engine as _;
use router_core::embedding::EmbeddingResponse;
use router_core::{Error, ErrorKind, Head, Output, Result, StreamEvent, Text, Usage};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use serde::Serialize;

use super::chat::{Counts, made_id};
use super::error::error_body;

/// Writes vectors.
pub(super) struct Encoder {
    pub(super) model: Text,
    pub(super) base64: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    id: String,
    object: &'static str,
    data: Vec<Row<'a>>,
    model: &'a Text,
    usage: Counts<'a>,
}

#[derive(Serialize)]
struct Row<'a> {
    object: &'static str,
    index: usize,
    embedding: Vector<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector<'a> {
    Floats(&'a [f32]),
    Base64(String),
}

impl Encoder {
    fn vector<'a>(&self, vector: &'a [f32]) -> Vector<'a> {
        if !self.base64 {
            return Vector::Floats(vector);
        }
        let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
        Vector::Base64(base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    fn body<'a>(&'a self, answer: &'a EmbeddingResponse, usage: &'a Usage) -> Body<'a> {
        let rows = answer.embeddings.iter().enumerate().map(|(index, vector)| Row {
            object: "embedding",
            index,
            embedding: self.vector(vector),
        });
        Body {
            id: made_id(),
            object: "list",
            data: rows.collect(),
            model: answer.model.as_ref().unwrap_or(&self.model),
            usage: Counts(usage),
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Embed(answer) = output else {
            return Err(Error::unsupported("another output than vectors"));
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

    fn event(&mut self, _event: &StreamEvent, _out: &mut bytes::BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut bytes::BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}
