#![doc = include_str!("../README.md")]

pub mod chat;
pub mod compatible;
pub mod dialect;
pub mod embeddings;
#[cfg(feature = "server")]
pub mod error;
pub mod models;
pub mod responses;

pub use compatible::{Compatible, CompatibleCodec, DialectVendor};
pub use dialect::Dialect;

/// The name of this family in signatures and opaque parts.
pub const WIRE: &str = "openai";

/// The endpoints of this family as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(chat::server::ChatCompletions),
        Box::new(responses::server::Responses),
        Box::new(embeddings::server::Embeddings),
        Box::new(models::server::Models),
    ]
}
