#![doc = include_str!("../README.md")]

pub mod chat;
mod codec;
pub mod embeddings;
#[cfg(feature = "server")]
mod error;
mod host;
pub mod models;
mod options;
mod time;

pub use codec::OllamaCodec;
pub use options::{KeepAlive, OllamaOptions, Think};

/// The name of this family in signatures and opaque parts.
pub const WIRE: &str = "ollama";

/// Ollama over HTTP.
#[cfg(feature = "client")]
pub type Ollama = router_http::HttpProvider<OllamaCodec>;

/// The endpoints of this wire as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(chat::server::Chat),
        Box::new(chat::server::Generate),
        Box::new(embeddings::server::Embed),
        Box::new(embeddings::server::EmbedOne),
        Box::new(models::server::Tags),
        Box::new(models::server::Show),
        Box::new(models::server::Running),
        Box::new(models::server::Version),
    ]
}
