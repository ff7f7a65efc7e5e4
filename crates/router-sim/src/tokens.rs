//! Tokens as the simulated model counts them: a run of non-space characters with the space before it.

use router_core::chat::ChatRequest;
use router_core::content::MediaSource;
use router_core::{Content, ContentPart, Text, ToolDefinition};

/// Characters of a tool call's arguments that count as one token, and come as one piece of a stream.
pub(crate) const ARGUMENT_CHARS: usize = 4;

/// Tokens that a message costs beside its content.
const PER_MESSAGE: u64 = 3;

/// The tokens of a text, in order; together they are the text.
pub(crate) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, character) in text.char_indices() {
        if character.is_whitespace() && in_word {
            tokens.push(&text[start..at]);
            start = at;
        }
        in_word = !character.is_whitespace();
    }
    match tokens.last_mut() {
        // White space at the end belongs to the word before it.
        Some(last) if !in_word && start < text.len() => {
            let from = start - last.len();
            *last = &text[from..];
        }
        _ if start < text.len() => tokens.push(&text[start..]),
        _ => {}
    }
    tokens
}

/// How many tokens a text has.
pub(crate) fn count(text: &str) -> u64 {
    tokens(text).len() as u64
}

/// How many tokens the arguments of a call have.
pub(crate) fn count_arguments(arguments: &str) -> u64 {
    arguments.chars().count().div_ceil(ARGUMENT_CHARS) as u64
}

/// How many tokens a prompt has.
pub(crate) fn count_prompt(request: &ChatRequest) -> u64 {
    let messages: u64 = request
        .messages
        .iter()
        .map(|message| PER_MESSAGE + count_content(&message.content))
        .sum();
    messages + request.tools.iter().map(count_tool).sum::<u64>()
}

/// How many of them come from the simulated prompt cache: full blocks of 128, from 1024 tokens on.
pub(crate) fn cached(prompt: u64) -> u64 {
    if prompt < 1024 { 0 } else { prompt / 128 * 128 }
}

fn count_content(content: &Content) -> u64 {
    match content {
        Content::Text(text) => count(text),
        Content::Parts(parts) => parts.iter().map(count_part).sum(),
    }
}

fn count_part(part: &ContentPart) -> u64 {
    match part {
        ContentPart::Text(part) => count(&part.text),
        ContentPart::Reasoning(part) => count(&part.text),
        ContentPart::Refusal(part) => count(&part.text),
        ContentPart::ToolCall(call) => 1 + count_arguments(&call.arguments),
        ContentPart::ToolResult(result) => 1 + count_content(&result.content),
        ContentPart::Media(media) => match &media.source {
            // One token for every 256 bytes, 85 at least: larger attachments cost more.
            MediaSource::Base64(data) => 85 + data.len() as u64 * 3 / 4 / 256,
            MediaSource::Text(text) => count(text),
            _ => 85,
        },
        _ => 1,
    }
}

fn count_tool(tool: &ToolDefinition) -> u64 {
    let optional = |text: Option<&Text>| text.map_or(0, |text| count(text));
    match tool {
        ToolDefinition::Function(tool) => {
            let schema = tool
                .parameters
                .as_ref()
                .map_or(0, |schema| count_arguments(schema.as_str()));
            4 + optional(tool.description.as_ref()) + schema
        }
        ToolDefinition::Custom(tool) => 4 + optional(tool.description.as_ref()),
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_join_to_the_text() {
        for text in ["", " ", "a", " a", "a ", "one two  three\n\nfour\t", "你好 😀 x"] {
            assert_eq!(tokens(text).concat(), text);
        }
        assert_eq!(tokens("one two three "), ["one", " two", " three "]);
        assert_eq!(tokens("  "), ["  "]);
    }
}
