//! What Azure's filters saw, in prompts, answers and errors.

use router_core::chat::Choice;
use router_core::{ChatResponse, Error};
use router_wire_openai::chat;
use serde_json::Value;

/// What a filter saw of one category (<https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter>, read
/// 2026-11).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// `hate`, `self_harm`, `sexual`, `violence`, `jailbreak`, `protected_material_text`, …
    pub category: String,
    /// Whether it was held back for that.
    pub filtered: bool,
    /// Whether it was seen, for categories that are there or not.
    pub detected: Option<bool>,
    /// `safe`, `low`, `medium` or `high`, for categories that have a degree.
    pub severity: Option<String>,
}

/// What the filters saw in the prompt of an answer.
#[must_use]
pub fn in_prompt(answer: &ChatResponse) -> Vec<Finding> {
    ["prompt_filter_results", "prompt_annotations"]
        .iter()
        .filter_map(|name| answer.extra.get(chat::WIRE, name)?.to::<Vec<Value>>().ok())
        .flatten()
        .flat_map(|prompt| findings(results(&prompt)))
        .collect()
}

/// What the filters saw in a choice. Of a stream, the worst of each category.
#[must_use]
pub fn in_choice(choice: &Choice) -> Vec<Finding> {
    let found = choice.extra.get(chat::CHOICE_WIRE, "content_filter_results");
    let found = found.and_then(|json| json.to::<Value>().ok());
    found.map(|found| findings(&found)).unwrap_or_default()
}

/// Why a filter refused a request; empty for errors of other kinds.
#[must_use]
pub fn in_error(error: &Error) -> Vec<Finding> {
    let Some(raw) = error.raw() else {
        return Vec::new();
    };
    // Most errors are none of a filter's.
    if !has(&raw.body, b"content_filter_result") {
        return Vec::new();
    }
    let body: Value = serde_json::from_slice(&raw.body).unwrap_or_default();
    [&body["error"], &body]
        .iter()
        .flat_map(|holder| [&holder["innererror"], &holder["inner_error"]])
        .map(|inner| findings(results(inner)))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The results, whose name has two forms.
fn results(holder: &Value) -> &Value {
    match &holder["content_filter_results"] {
        Value::Null => &holder["content_filter_result"],
        results => results,
    }
}

fn findings(results: &Value) -> Vec<Finding> {
    let categories = results.as_object().into_iter().flatten();
    // `error` tells that a filter did not run.
    categories
        .filter(|(category, found)| found.is_object() && *category != "error")
        .map(|(category, found)| Finding {
            category: category.clone(),
            filtered: found["filtered"] == true,
            detected: found["detected"].as_bool(),
            severity: found["severity"].as_str().map(str::to_owned),
        })
        .collect()
}
