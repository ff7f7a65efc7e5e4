//! `POST /api/chat`.

mod check;
mod notes;
pub mod request;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod wire;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "ollama.chat";
