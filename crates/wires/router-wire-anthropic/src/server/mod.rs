//! The wire as a server sees it: messages, token counts, models.

mod blocks;
mod count;
mod depth;
mod events;
mod frames;
mod models;
mod reply;
mod request;

pub use count::CountTokens;
pub use models::Models;

use http::Method;
use router_core::{Error, Mode, Operation, Result};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use crate::error::error_response;
use crate::request::Purpose;

/// `POST /v1/messages`.
#[derive(Clone, Copy, Debug)]
pub struct Messages;

impl ServerCodec for Messages {
    fn name(&self) -> &'static str {
        "anthropic.messages"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/messages")
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        request.header("anthropic-version").is_some()
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let asked = request::decode(Purpose::Answer, request)?;
        let encoder = reply::Encoder::new(asked.model.text().clone());
        let mode = if asked.stream { Mode::Stream } else { Mode::Full };
        Ok(Ingress::new(
            asked.model,
            Operation::from(asked.chat),
            mode,
            encoder,
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// A number that differs from answer to answer, for made-up ids.
fn stamp() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    (since.as_nanos() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ count
}
