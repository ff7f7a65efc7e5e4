//! `POST /api/chat`.

pub mod request;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod wire;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "ollama.chat";

/// Notes to the encoder about what the wire did not have, so that it is not written back.
const NOTES: &str = "ollama.notes";

/// The note that an id was made up.
const NO_ID: &str = "no_id";

/// The note that a result did not name its tool.
const NO_NAME: &str = "no_name";
