//! An answer as the events of a stream, one token at a time.

use router_core::chat::ChatResponse;
use router_core::{StreamEvent, Text};

use crate::tokens;

/// The events of an answer: a token a delta, arguments of calls in fragments of a few characters.
pub(crate) fn events(response: ChatResponse) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    for event in router_core::replay::events(response) {
        match event {
            StreamEvent::TextDelta { choice, text } => {
                events.extend(
                    tokens::tokens(&text)
                        .into_iter()
                        .map(|token| StreamEvent::TextDelta {
                            choice,
                            text: text.slice_ref(token),
                        }),
                );
            }
            StreamEvent::ReasoningDelta { choice, text } => {
                events.extend(
                    tokens::tokens(&text)
                        .into_iter()
                        .map(|token| StreamEvent::ReasoningDelta {
                            choice,
                            text: text.slice_ref(token),
                        }),
                );
            }
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                events.extend(fragments(&arguments).map(|fragment| StreamEvent::ToolCallDelta {
                    choice,
                    call,
                    arguments: arguments.slice_ref(fragment),
                }));
            }
            other => events.push(other),
        }
    }
    events
}

fn fragments(text: &Text) -> impl Iterator<Item = &str> {
    let mut rest = text.as_str();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .char_indices()
            .nth(tokens::ARGUMENT_CHARS)
            .map_or(rest.len(), |(end, _)| end);
        let (fragment, after) = rest.split_at(end);
        rest = after;
        Some(fragment)
    })
}
