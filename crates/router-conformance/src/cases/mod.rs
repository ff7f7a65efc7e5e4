//! The cases, by theme.

pub(crate) mod bad_input;
pub(crate) mod chat;
pub(crate) mod content;
pub(crate) mod errors;
pub(crate) mod media;
pub(crate) mod models;
pub(crate) mod secrets;
pub(crate) mod stream;
pub(crate) mod tools;

use router_core::{ChatResponse, ToolCall};

/// Checks calls by name and arguments. Ids are the vendor's, or made up: never empty, never twice.
fn check_calls(case: &str, answer: &ChatResponse, expected: &[(&str, serde_json::Value)]) {
    let calls: Vec<&ToolCall> = answer.tool_calls().collect();
    let found: Vec<(&str, serde_json::Value)> = calls
        .iter()
        .map(|call| {
            let arguments = call.arguments().unwrap_or_else(|error| panic!("{case}: {error}"));
            (call.name.as_str(), arguments)
        })
        .collect();
    assert_eq!(found, expected, "{case}: the calls");
    for (at, call) in calls.iter().enumerate() {
        assert!(!call.id.is_empty(), "{case}: call {at} has no id");
        assert!(
            calls[..at].iter().all(|other| other.id != call.id),
            "{case}: two calls have the id {}",
            call.id
        );
    }
}
