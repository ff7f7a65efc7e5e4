//! Chat completions: the wire that nearly everybody speaks.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
pub(crate) mod wire;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.chat";

/// The name of this wire in unnamed fields of a choice, which are not those of its message.
pub const CHOICE_WIRE: &str = "openai.chat.choice";
