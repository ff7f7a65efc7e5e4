#![doc = include_str!("../README.md")]

mod block;
pub mod error;
pub mod models;
pub mod request;
pub mod response;
pub mod rules;
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
pub mod tokens;
mod usage;
mod wire;

pub use request::Service;
pub use rules::Rules;

/// The name of this family in signatures and opaque parts.
pub const WIRE: &str = "anthropic";

/// The name of the messages wire in unnamed fields.
pub const MESSAGES: &str = "anthropic.messages";

/// The header that names betas; also the unnamed field in which a server keeps it, so that it goes on to the vendor.
pub(crate) const BETAS: &str = "anthropic-beta";

/// Marks a message of the user that a client sent apart from the results in front of it. Never sent.
pub(crate) const APART: &str = "llm-router-apart";

/// The endpoints of this family as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(server::Messages),
        Box::new(server::CountTokens),
        Box::new(server::Models),
    ]
}
