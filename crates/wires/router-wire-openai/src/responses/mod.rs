//! The Responses API: items in, items out.

mod local;
pub mod request;
pub mod response;
mod riders;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod wire;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.responses";
