//! Text completions as a server sees them: prompts to chats, answers and events to texts.

mod reply;
mod request;

use http::Method;
use router_core::{Error, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use crate::error::error_response;

/// `POST /v1/completions`.
#[derive(Clone, Copy, Debug)]
pub struct Completions;

impl ServerCodec for Completions {
    fn name(&self) -> &'static str {
        "openai.completions"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        let before = path.strip_suffix("/completions").unwrap_or("/chat");
        // Chats and agents have completions of their own.
        *method == Method::POST && !before.ends_with("/chat") && !before.ends_with("/agents")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        request::decode(Object::parse(&request.body)?)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}
