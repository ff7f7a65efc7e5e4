//! The Responses API as a server sees it: items to messages, answers and events to items.

mod calls;
mod count;
mod encoder;
mod end;
mod frames;
mod items;
mod json;
mod message;
mod parts;
mod reply;
mod request;
mod thought;
mod tools;

pub use count::InputTokens;

use http::Method;
use router_core::{Error, Operation, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use self::encoder::Encoder;
use self::request::{asked, decode_chat};
use crate::error::error_response;

/// `POST /v1/responses`.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

impl ServerCodec for Responses {
    fn name(&self) -> &'static str {
        "openai.responses"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/responses")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let body = Object::parse(&request.body)?;
        let asked = asked(&body);
        let (model, chat, mode) = decode_chat(body)?;
        let encoder = Encoder::new(model.text().clone(), asked);
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}
