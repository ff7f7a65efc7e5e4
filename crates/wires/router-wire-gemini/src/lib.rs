#![doc = include_str!("../README.md")]

pub mod embeddings;
pub mod models;
mod parts;
pub mod request;
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
pub mod tokens;
mod wire;
mod words;

pub use rules::{Rules, Thinking};

/// The name of this wire in signatures, opaque parts and unnamed fields.
pub const WIRE: &str = "gemini";

/// The endpoints of this wire as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(server::GenerateContent),
        Box::new(server::CountTokens),
        Box::new(embeddings::server::EmbedContent),
        Box::new(models::server::Models),
    ]
}

/// The path of a method of a model: `/models/NAME:METHOD`. Names with a kind in front (`tunedModels/…`) keep it.
#[must_use]
pub fn method_path(model: &str, method: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    /// What would end or change a path.
    const UNSAFE: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?');
    let name = utf8_percent_encode(model, UNSAFE);
    if model.contains('/') {
        format!("/{name}:{method}")
    } else {
        format!("/models/{name}:{method}")
    }
}
