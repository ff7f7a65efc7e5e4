//! `countTokens` as a server has it.

use http::Method;
use router_core::tokens::CountTokensRequest;
use router_core::{Error, Head, Mode, Operation, Output, Result, StreamEvent};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use super::error::{error_body, error_response};
use super::{is_method, model_and_method, request};

/// `:countTokens`.
#[derive(Clone, Copy, Debug)]
pub struct CountTokens;

impl ServerCodec for CountTokens {
    fn name(&self) -> &'static str {
        "gemini.countTokens"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && is_method(path, "countTokens")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, _) = model_and_method(request)?;
        let mut body = Object::parse(&request.body)?.proto();
        let mut body = match body.object("generateContentRequest")? {
            Some(inner) => inner,
            None if body.peek("contents").is_none() => return Err(invalid("contents", "is required")),
            None => body,
        };
        body.take("model");
        let operation = Operation::from(CountTokensRequest::new(request::chat(body)?));
        Ok(Ingress::new(model, operation, Mode::Full, Encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// Writes counts.
struct Encoder;

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::CountTokens(count) = output else {
            return Err(Error::unsupported("another output than a count"));
        };
        let mut body = serde_json::Map::new();
        body.insert("totalTokens".into(), count.input_tokens.into());
        if let Some(cached) = count.cache_read_input_tokens {
            body.insert("cachedContentTokenCount".into(), cached.into());
        }
        for (name, value) in count.extra.for_wire(crate::WIRE) {
            body.insert(name.to_string(), value.to_value());
        }
        let body = serde_json::Value::Object(body).to_string();
        Ok(HttpResponse::json(200, body))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut bytes::BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut bytes::BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}
