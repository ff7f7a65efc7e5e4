//! `POST /v2/chat`.

mod check;
pub mod request;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod thinking;
mod wire;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "cohere.chat";

/// Marks reasoning that came as the plan in front of tool calls, and goes back so.
const PLAN: &str = "tool_plan";
