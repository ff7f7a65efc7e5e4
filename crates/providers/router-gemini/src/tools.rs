//! Tools that Gemini runs itself.

use router_core::content::Opaque;
use router_core::{Json, ToolDefinition};
use router_wire_gemini::WIRE;
use serde_json::{Value, json};

/// Search with Google: answers name their sources.
#[must_use]
pub fn google_search() -> ToolDefinition {
    named("googleSearch")
}

/// Reads the pages whose addresses stand in the prompt.
#[must_use]
pub fn url_context() -> ToolDefinition {
    named("urlContext")
}

/// Writes and runs Python.
#[must_use]
pub fn code_execution() -> ToolDefinition {
    named("codeExecution")
}

/// Any tool of the vendor, in its own JSON: `{"fileSearch": {"fileSearchStoreNames": […]}}`.
#[must_use]
pub fn own(tool: &Value) -> ToolDefinition {
    ToolDefinition::Provider(Opaque::new(WIRE, Json::from(tool.clone())))
}

fn named(name: &str) -> ToolDefinition {
    own(&json!({ name: {} }))
}
