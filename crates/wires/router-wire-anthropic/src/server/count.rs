//! Token counts as a server gives them.

use bytes::BytesMut;
use http::Method;
use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{Error, ErrorKind, Head, Mode, Operation, Output, Result, StreamEvent};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::extra_fields;
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::request;
use crate::error::{error_body, error_response};
use crate::request::Purpose;
use crate::tokens::WIRE;

/// `POST /v1/messages/count_tokens`.
#[derive(Clone, Copy, Debug)]
pub struct CountTokens;

impl ServerCodec for CountTokens {
    fn name(&self) -> &'static str {
        "anthropic.count_tokens"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/messages/count_tokens")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let asked = request::decode(Purpose::Count, request)?;
        let operation = Operation::from(CountTokensRequest::new(asked.chat));
        Ok(Ingress::new(asked.model, operation, Mode::Full, Encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Encoder;

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::CountTokens(count) = output else {
            return Err(Error::unsupported("another output than a count"));
        };
        serde_json::to_vec(&Count(count))
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

struct Count<'a>(&'a TokenCount);

impl Serialize for Count<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("input_tokens", &self.0.input_tokens)?;
        extra_fields(&mut map, &self.0.extra, WIRE)?;
        map.end()
    }
}
