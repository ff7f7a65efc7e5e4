//! `POST /model/{id}/converse` and `/converse-stream`: one form for the chat models of all makers.

mod answer;
mod blocks;
mod check;
mod claude;
mod documents;
mod ids;
mod media;
mod plan;
pub mod request;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod tools;
mod usage;

pub(crate) use usage::total;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "bedrock.converse";

/// The object with what only the model takes.
const MODEL_FIELDS: &str = "additionalModelRequestFields";

/// Marks the text of a tool's result that was JSON on this wire. Never sent.
const AS_JSON: &str = "llm-router-json";
