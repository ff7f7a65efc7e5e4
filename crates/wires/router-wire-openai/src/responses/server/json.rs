//! Items and their parts as JSON.

use router_core::content::Riders;
use router_core::{FinishReason, Json, Text, Usage};
use router_wire::provenance;
use serde_json::{Value, json};

use crate::responses::WIRE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Refusal,
    Reasoning,
}

pub(super) fn part_of(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Refusal => json!({ "type": "refusal", "refusal": text }),
        Kind::Reasoning => json!({ "type": "summary_text", "text": text }),
        Kind::Text => json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }),
    }
}

pub(super) fn message_item(id: &str, content: Vec<Value>) -> Value {
    json!({ "id": id, "type": "message", "role": "assistant", "status": "completed", "content": content })
}

pub(super) fn call_item(
    item_id: &str,
    id: &Text,
    name: &Text,
    arguments: &str,
    custom: bool,
    status: &str,
) -> Value {
    let (kind, field) = if custom {
        ("custom_tool_call", "input")
    } else {
        ("function_call", "arguments")
    };
    json!({ "id": item_id, "type": kind, "call_id": id.as_str(), "name": name.as_str(), field: arguments, "status": status })
}

pub(super) fn reasoning_item(id: &str, text: &str, riders: &Riders) -> Value {
    if let Some(item) = riders.extra().get(WIRE, "item") {
        return item.to_value();
    }
    let summary = if text.is_empty() {
        json!([])
    } else {
        json!([{ "type": "summary_text", "text": text }])
    };
    let sealed = riders
        .signature()
        .map(|signature| provenance::seal(signature, crate::WIRE).into_owned());
    json!({ "id": id, "type": "reasoning", "summary": summary, "encrypted_content": sealed })
}

pub(super) fn wire_usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_input_tokens.unwrap_or(0),
            "cache_write_tokens": usage.cache_creation_input_tokens.unwrap_or(0),
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning_output_tokens.unwrap_or(0) },
        "total_tokens": usage.total_tokens(),
    })
}

pub(super) fn incomplete(reason: &FinishReason) -> Option<&'static str> {
    match reason {
        FinishReason::Length => Some("max_output_tokens"),
        FinishReason::ContentFilter => Some("content_filter"),
        _ => None,
    }
}

pub(super) fn raw_value(json: &Json) -> Value {
    json.to_value()
}
