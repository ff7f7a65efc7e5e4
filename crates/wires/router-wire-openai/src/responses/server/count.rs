//! Token counts of requests as a server gives them.

use bytes::BytesMut;
use http::Method;
use router_core::tokens::CountTokensRequest;
use router_core::{Error, ErrorKind, Head, Mode, Operation, Output, Result, StreamEvent};
use router_wire::object::Object;
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::request::decode_chat;
use crate::error::{error_body, error_response};

/// `POST /v1/responses/input_tokens`.
#[derive(Clone, Copy, Debug)]
pub struct InputTokens;

impl ServerCodec for InputTokens {
    fn name(&self) -> &'static str {
        "openai.input_tokens"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/responses/input_tokens")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, chat, _) = decode_chat(Object::parse(&request.body)?)?;
        let operation = Operation::from(CountTokensRequest::new(chat));
        Ok(Ingress::new(model, operation, Mode::Full, Encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Encoder;

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        #[derive(Serialize)]
        struct Count {
            object: &'static str,
            input_tokens: u64,
        }
        let Output::CountTokens(count) = output else {
            return Err(Error::unsupported("another output than a count"));
        };
        let count = Count {
            object: "response.input_tokens",
            input_tokens: count.input_tokens,
        };
        serde_json::to_vec(&count)
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
