//! DashScope's own wire as a server sees it: chats, vectors and rankings.

mod chat;
mod error;
mod request;
mod vectors;

use std::sync::Arc;

use http::Method;
use router_core::chat::ReasoningConfig;
use router_core::{ChatRequest, Error, Extra, Operation, ReasoningEffort, Result, Text};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use router_wire_openai::chat::WIRE;
use router_wire_openai::chat::server::ChatCompletions;

use self::error::error_response;

/// The endpoints of this wire, whatever stands in front of `/services`.
#[must_use]
pub fn endpoints() -> Vec<Box<dyn ServerCodec>> {
    vec![
        Box::new(Generation),
        Box::new(vectors::Embeddings),
        Box::new(vectors::Rerank),
    ]
}

/// `POST …/services/aigc/text-generation/generation`, and the same of several kinds of content.
#[derive(Clone, Copy, Debug)]
struct Generation;

impl ServerCodec for Generation {
    fn name(&self) -> &'static str {
        "dashscope.generation"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        let mut known = [crate::native::TEXT, crate::native::MULTIMODAL]
            .into_iter()
            .filter_map(|known| known.strip_prefix("/api/v1"));
        *method == Method::POST && known.any(|known| path.ends_with(known))
    }

    /// What a chat of OpenAI's family has at the top stands in `parameters` here; the rest is the same.
    fn is_spoken(&self, request: &HttpRequest) -> bool {
        request.path_only().starts_with("/api/v1/")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (body, form) = request::compatible(request)?;
        let mut ingress = ChatCompletions.decode(&HttpRequest::post_json("/chat/completions", body))?;
        if let Operation::Chat(chat) = &mut ingress.operation {
            think(Arc::make_mut(chat), &form);
        }
        let encoder = chat::Encoder::new(form);
        Ok(Ingress::new(
            ingress.model,
            ingress.operation,
            ingress.mode,
            encoder,
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// How a chat is to be thought about.
fn think(chat: &mut ChatRequest, form: &request::Form) {
    chat.settings.reasoning = match (form.thinks, form.budget) {
        (Some(false), _) => Some(ReasoningConfig::effort(ReasoningEffort::None)),
        (_, Some(budget)) => Some(ReasoningConfig::budget(budget)),
        (Some(true), None) => Some(ReasoningConfig::effort(ReasoningEffort::Medium)),
        (None, None) => return,
    };
    let named = ["enable_thinking", "thinking_budget"];
    let left = chat.extra.for_wire(WIRE).iter();
    let left = left.filter(|(name, _)| !named.contains(&name.as_str()));
    chat.extra = Extra::of(Text::from_static(WIRE), left.cloned().collect());
}
