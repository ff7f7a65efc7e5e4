//! Which tools the simulated model calls, and with what.

use router_core::chat::ChatRequest;
use router_core::tool::ToolCallKind;
use router_core::{Text, ToolCall, ToolChoice, ToolDefinition};
use serde_json::Value;

use crate::clues::{Clues, has_word};
use crate::conversation::Conversation;
use crate::instance::{instance, is_place};
use crate::signature::fnv;

/// Words of tools' names that say nothing about what a message is about.
const COMMON: [&str; 24] = [
    "get", "set", "the", "for", "and", "with", "from", "into", "run", "call", "use", "tool", "function",
    "make", "find", "fetch", "list", "add", "new", "all", "my", "your", "this", "that",
];

/// The calls the model makes; none when it answers in words.
pub(crate) fn calls(conversation: &Conversation<'_>) -> Vec<ToolCall> {
    let request = conversation.request;
    let tools: Vec<(&Text, &ToolDefinition)> = request
        .tools
        .iter()
        .filter_map(|tool| Some((tool.name()?, tool)))
        .collect();
    let after_result =
        !conversation.results().is_empty() || !conversation.results_with_attachments().is_empty();
    let text = conversation.text.to_lowercase();
    let parallel = request.parallel_tool_calls != Some(false);
    let named: Vec<usize> = (0..tools.len())
        .filter(|tool| has_word(&text, &tools[*tool].0.to_lowercase()))
        .collect();
    let closest = (0..tools.len())
        .map(|tool| (shared_words(&text, tools[tool].0), tool))
        .filter(|(shared, _)| *shared > 0)
        // The first of those that share most.
        .max_by_key(|(shared, tool)| (*shared, std::cmp::Reverse(*tool)))
        .map(|(_, tool)| tool);
    let by_message = || {
        let mut chosen = if named.is_empty() {
            Vec::from_iter(closest)
        } else {
            named.clone()
        };
        if !parallel {
            chosen.truncate(1);
        }
        chosen
    };
    let chosen: Vec<usize> = match &request.tool_choice {
        Some(ToolChoice::None) => Vec::new(),
        Some(ToolChoice::Tool(name)) => (0..tools.len())
            .filter(|tool| tools[*tool].0 == name)
            .take(1)
            .collect(),
        Some(ToolChoice::Required) => {
            let called = conversation.called();
            let fresh = (0..tools.len()).find(|tool| !called.contains(&tools[*tool].0));
            match fresh.filter(|_| after_result) {
                Some(fresh) => vec![fresh],
                None => Some(by_message())
                    .filter(|chosen| !chosen.is_empty())
                    .unwrap_or_else(|| (0..tools.len().min(1)).collect()),
            }
        }
        _ if after_result => Vec::new(),
        _ => by_message(),
    };
    let mut calls = Vec::new();
    for tool in chosen {
        call_tool(conversation, tools[tool].1, parallel, &mut calls);
    }
    calls
}

/// One call of a tool, or one for each place that the message names.
fn call_tool(
    conversation: &Conversation<'_>,
    tool: &ToolDefinition,
    parallel: bool,
    calls: &mut Vec<ToolCall>,
) {
    let clues = Clues::new(&conversation.text);
    match tool {
        ToolDefinition::Function(function) => {
            let schema = function
                .parameters
                .as_ref()
                .map_or(Value::Null, |schema| schema.to_value());
            let takes_place = schema["properties"]
                .as_object()
                .is_some_and(|properties| properties.keys().any(|name| is_place(name)));
            let each = parallel && takes_place && clues.places().len() > 1;
            let takes = if each {
                clues
                    .places()
                    .iter()
                    .map(|place| clues.with_place(place))
                    .collect()
            } else {
                vec![clues]
            };
            for mut clues in takes {
                let arguments = match instance(&schema, &mut clues) {
                    object @ Value::Object(_) => object.to_string(),
                    _ => "{}".to_owned(),
                };
                let id = id(conversation.request, calls.len());
                calls.push(ToolCall::new(id, function.name.clone(), arguments));
            }
        }
        ToolDefinition::Custom(custom) => {
            let mut clues = clues;
            let input = clues
                .quote()
                .map_or_else(|| conversation.text.clone(), Text::from);
            let mut call = ToolCall::new(id(conversation.request, calls.len()), custom.name.clone(), input);
            call.kind = ToolCallKind::Custom;
            calls.push(call);
        }
        _ => {}
    }
}

/// An id that no other call of the conversation has: made of the conversation so far.
fn id(request: &ChatRequest, place: usize) -> String {
    let words: String = request
        .messages
        .iter()
        .map(|message| message.text().to_string())
        .collect();
    let hash = fnv(format!("{}:{place}:{words}", request.messages.len()).as_bytes());
    format!("call_{hash:016x}")
}

/// How many significant words of a tool's name the message has.
fn shared_words(text: &str, name: &str) -> usize {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
    }
    words.push(word);
    words
        .iter()
        .filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()))
        .filter(|word| has_word(text, word) || has_word(text, &format!("{word}s")))
        .count()
}
