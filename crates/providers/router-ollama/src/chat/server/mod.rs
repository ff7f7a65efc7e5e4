//! `/api/chat` and `/api/generate` as a server sees them.

mod reply;
mod request;

use http::Method;
use router_core::{ChatRequest, Error, Mode, ModelId, Operation, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use self::reply::Form;
use crate::error::error_response;

/// `POST /api/chat`.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl ServerCodec for Chat {
    fn name(&self) -> &'static str {
        "ollama.chat"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path == "/api/chat"
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        let path = request.path_only();
        path.starts_with("/api/") && !path.starts_with("/api/v1/")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        decode(request, Form::Message, request::chat)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// `POST /api/generate`: a prompt in place of messages, a text in place of a message.
#[derive(Clone, Copy, Debug)]
pub struct Generate;

impl ServerCodec for Generate {
    fn name(&self) -> &'static str {
        "ollama.generate"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path == "/api/generate"
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        decode(request, Form::Text, request::prompt)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

fn decode(
    request: &HttpRequest,
    form: Form,
    chat: impl FnOnce(Object<'_>) -> Result<ChatRequest>,
) -> Result<Ingress> {
    let mut body = Object::parse(&request.body)?;
    let model = ModelId::from(body.required_text("model")?);
    // Absent, it means a stream.
    let mode = if body.read::<bool>("stream")?.unwrap_or(true) {
        Mode::Stream
    } else {
        Mode::Full
    };
    let encoder = reply::Encoder::new(model.text().clone(), form);
    Ok(Ingress::new(model, Operation::from(chat(body)?), mode, encoder))
}
