//! The wire as a server sees it: requests to calls, answers and events to JSON.

mod count;
mod embeddings;
pub(crate) mod error;
mod models;
mod reply;
mod request;

use http::Method;
use router_core::{Error, ErrorKind, Mode, ModelId, Operation, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use serde_json::value::RawValue;

pub use self::count::CountTokens;
pub use self::embeddings::EmbedContent;
pub use self::models::Models;

/// `:generateContent` and `:streamGenerateContent`.
#[derive(Clone, Copy, Debug)]
pub struct GenerateContent;

impl ServerCodec for GenerateContent {
    fn name(&self) -> &'static str {
        "gemini.generateContent"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST
            && (is_method(path, "generateContent") || is_method(path, "streamGenerateContent"))
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        let path = request.path_only();
        let path = path.strip_prefix("/upload").unwrap_or(path);
        path.starts_with("/v1beta/")
            || request.header("x-goog-api-key").is_some()
            || request.header("x-goog-api-client").is_some()
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, method) = model_and_method(request)?;
        let mut body = Object::parse(&request.body)?.proto();
        // Some clients repeat it here.
        body.take("model");
        let chat = request::chat(body)?;
        let streams = method == "streamGenerateContent";
        let mode = if streams { Mode::Stream } else { Mode::Full };
        let sse = request.query("alt") == Some("sse");
        let encoder = reply::Encoder::new(model.text().clone(), sse);
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error::chat_error_response(error)
    }
}

/// Whether a path ends in a method of a model.
fn is_method(path: &str, method: &str) -> bool {
    let rest = path.strip_suffix(method).and_then(|rest| rest.strip_suffix(':'));
    rest.is_some_and(|rest| rest.contains("/models/") || rest.contains("Models/"))
}

/// The model and the method of a path: `/v1beta/models/NAME:METHOD`.
fn model_and_method(request: &HttpRequest) -> Result<(ModelId, String)> {
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
fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name)
        .decode_utf8_lossy()
        .into_owned()
}

/// An object of this wire, whose names come in two forms.
fn object(raw: &RawValue, path: impl Into<String>) -> Result<Object<'_>> {
    Object::of(raw, path).map(Object::proto)
}
