//! `/v2/chat` as a server sees it.

mod pieces;
mod reply;
mod request;
mod said;
mod whole;

use http::Method;
use router_core::{Error, Mode, ModelId, Operation, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use crate::error::error_response;

/// `POST /v2/chat`.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl ServerCodec for Chat {
    fn name(&self) -> &'static str {
        "cohere.chat"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path == "/v2/chat"
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        request.path_only().starts_with("/v2/") || crate::models::server::is_ours(request)
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = ModelId::from(body.required_text("model")?);
        let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
            Mode::Stream
        } else {
            Mode::Full
        };
        let chat = request::chat(body)?;
        Ok(Ingress::new(
            model,
            Operation::from(chat),
            mode,
            reply::Encoder::default(),
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}
