//! Moderation: what a vendor finds harmful.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.moderation";

/// Our mark that the only input stood alone and in no list.
const ALONE: &str = "one_input";
