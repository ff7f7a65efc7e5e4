//! Text completions, the wire before chats: a prompt is a chat of one message, its answer the text behind it.
//!
//! A request of this wire is a chat that bears a mark. To a vendor that has this wire it goes as it came; to any other as a
//! chat. An answer bears the same mark when it came over this wire, so that the server side knows whether the vendor has seen
//! what a chat cannot hold: tokens for a prompt, the text behind the gap, the echo of the prompt.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;

use router_core::ChatRequest;
pub use router_wire::completion::{WIRE, came_so, check, prompt};

use crate::dialect::Dialect;

/// The path for a chat that came over this wire, at a vendor that has it.
#[must_use]
pub fn path<'a>(dialect: &'a Dialect, request: &ChatRequest) -> Option<&'a str> {
    dialect.completions_path.as_deref().filter(|_| came_so(request))
}
