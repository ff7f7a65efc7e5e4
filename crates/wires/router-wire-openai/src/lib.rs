#![doc = include_str!("../README.md")]

mod breakpoint;
pub mod chat;
#[cfg(feature = "server")]
mod citations;
pub mod compatible;
pub mod completions;
#[cfg(feature = "server")]
pub mod deployments;
pub mod dialect;
pub mod embeddings;
#[cfg(feature = "server")]
pub mod error;
pub mod images;
mod logprobs;
pub mod models;
pub mod moderation;
pub mod rerank;
pub mod responses;
pub mod speech;
#[cfg(feature = "server")]
mod stamp;
pub mod tokens;
pub mod transcription;

#[cfg(feature = "server")]
mod reply;

pub use compatible::{Compatible, CompatibleCodec, DialectVendor};
pub use dialect::Dialect;

/// The name of this family in signatures and opaque parts.
pub const WIRE: &str = "openai";

/// The name that signatures bear which came over this wire without their maker's: many vendors sign on it, and what OpenAI has
/// signed is OpenAI's alone.
pub const SIGNED: &str = "openai-wire";

/// Who speaks this wire.
#[must_use]
pub fn speaker(provider: router_core::ProviderId) -> router_wire::provenance::Speaker {
    router_wire::provenance::Speaker::new(provider, WIRE).with_signed(SIGNED)
}

/// The endpoints of this family as a server has them, at OpenAI's addresses and at Azure's.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    // In front: the others know a path by its end.
    let mut all: Vec<Box<dyn router_wire::ServerCodec>> =
        vec![Box::new(deployments::Deployments::of(plain_endpoints()))];
    all.extend(plain_endpoints());
    all
}

#[cfg(feature = "server")]
fn plain_endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(chat::server::ChatCompletions),
        Box::new(completions::server::Completions),
        Box::new(responses::server::Responses),
        Box::new(responses::server::InputTokens),
        Box::new(embeddings::server::Embeddings),
        Box::new(images::server::Generations),
        Box::new(images::server::Edits),
        Box::new(speech::server::Speech),
        Box::new(transcription::server::Transcriptions),
        Box::new(transcription::server::Translations),
        Box::new(moderation::server::Moderations),
        Box::new(rerank::server::Rerank),
        Box::new(models::server::Models),
    ]
}
