#![doc = include_str!("../README.md")]

mod block;
pub mod error;
pub mod response;
pub mod stream;
mod usage;
mod wire;

/// The name of this family in signatures and opaque parts.
pub const WIRE: &str = "anthropic";

/// The name of the messages wire in unnamed fields.
pub const MESSAGES: &str = "anthropic.messages";

/// The endpoints of this family as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    Vec::new()
}
