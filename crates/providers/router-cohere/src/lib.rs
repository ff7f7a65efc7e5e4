#![doc = include_str!("../README.md")]

pub mod chat;
mod codec;
mod documents;
pub mod embed;
#[cfg(feature = "server")]
mod error;
pub mod models;
mod options;
pub mod rerank;

pub use codec::CohereCodec;
pub use options::{CitationMode, CitationOptions, CohereEmbedOptions, CohereOptions, SafetyMode};

/// The name of this family in signatures and opaque parts.
pub const WIRE: &str = "cohere";

/// Cohere over HTTP.
#[cfg(feature = "client")]
pub type Cohere = router_http::HttpProvider<CohereCodec>;

/// The endpoints of this wire as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(chat::server::Chat),
        Box::new(embed::server::Embed),
        Box::new(rerank::server::Rerank),
        Box::new(models::server::Models),
    ]
}
