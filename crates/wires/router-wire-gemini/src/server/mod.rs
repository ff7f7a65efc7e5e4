//! The wire as a server sees it: requests to calls, answers and events to JSON.

pub(crate) mod error;
mod reply;
mod request;

use http::Method;
use router_core::tokens::CountTokensRequest;
use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use self::error::{error_body, error_response};

/// `:generateContent` and `:streamGenerateContent`.
#[derive(Clone, Copy, Debug)]
pub struct GenerateContent;

/// `:countTokens`.
#[derive(Clone, Copy, Debug)]
pub struct CountTokens;

/// Whether a path ends in a method of a model.
pub(crate) fn is_method(path: &str, method: &str) -> bool {
    let rest = path.strip_suffix(method).and_then(|rest| rest.strip_suffix(':'));
    rest.is_some_and(|rest| rest.contains("/models/") || rest.contains("Models/"))
}

/// The model and the method of a path: `/v1beta/models/NAME:METHOD`.
pub(crate) fn model_and_method(request: &HttpRequest) -> Result<(ModelId, String)> {
    let path = request.path_only();
    let found = path.rsplit_once(':').and_then(|(front, method)| {
        let (_, model) = front
            .split_once("/models/")
            .or_else(|| front.split_once("/tunedModels/"))?;
        Some((ModelId::from(decoded(model)), method.to_owned()))
    });
    found
        .filter(|(model, _)| !model.as_str().is_empty())
        .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("there is no model in {path}")))
}

/// A name in a path, its escapes read.
pub(crate) fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name)
        .decode_utf8_lossy()
        .into_owned()
}

impl ServerCodec for GenerateContent {
    fn name(&self) -> &'static str {
        "gemini.generateContent"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST
            && (is_method(path, "generateContent") || is_method(path, "streamGenerateContent"))
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, method) = model_and_method(request)?;
        let chat = request::chat(Object::parse(&request.body)?)?;
        let streams = method == "streamGenerateContent";
        let mode = if streams { Mode::Stream } else { Mode::Full };
        let sse = request.query("alt") == Some("sse");
        let encoder = reply::Encoder::new(model.text().clone(), sse);
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

impl ServerCodec for CountTokens {
    fn name(&self) -> &'static str {
        "gemini.countTokens"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && is_method(path, "countTokens")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, _) = model_and_method(request)?;
        let mut body = Object::parse(&request.body)?;
        let chat = match body.object("generateContentRequest")? {
            Some(mut inner) => {
                inner.take("model");
                request::chat(inner)?
            }
            None if body.peek("contents").is_none() => return Err(invalid("contents", "is required")),
            None => request::chat(body)?,
        };
        let operation = Operation::from(CountTokensRequest::new(chat));
        Ok(Ingress::new(model, operation, Mode::Full, Count))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// Writes counts.
struct Count;

impl ReplyEncoder for Count {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::CountTokens(count) = output else {
            return Err(Error::unsupported("another output than a count"));
        };
        let mut body = serde_json::Map::new();
        body.insert("totalTokens".into(), count.input_tokens.into());
        if let Some(cached) = count.cache_read_input_tokens {
            body.insert("cachedContentTokenCount".into(), cached.into());
        }
        Ok(HttpResponse::json(
            200,
            serde_json::Value::Object(body).to_string(),
        ))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut bytes::BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut bytes::BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}
