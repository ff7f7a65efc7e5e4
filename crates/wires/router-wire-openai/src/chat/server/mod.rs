//! Chat completions as a server sees them: requests to calls, answers and events to JSON.

mod chunk;
mod messages;
mod reasoning;
mod reply;
mod request;

pub(crate) use self::chunk::WireUsage;
pub(crate) use self::reply::tier_word;

use http::Method;
use router_core::{Error, Operation, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use self::reply::Encoder;
use self::request::decode_chat;
use crate::error::error_response;

/// `POST /v1/chat/completions`.
#[derive(Clone, Copy, Debug)]
pub struct ChatCompletions;

impl ServerCodec for ChatCompletions {
    fn name(&self) -> &'static str {
        "openai.chat"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/chat/completions")
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        // The wire that most clients speak that say nothing of themselves.
        let _ = request;
        true
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let body = Object::parse(&request.body)?;
        let (model, chat, mode, usage) = decode_chat(body)?;
        let encoder = Encoder::new(model.text().clone(), usage);
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}
