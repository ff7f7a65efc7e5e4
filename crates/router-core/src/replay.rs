//! A whole answer as the events of a stream: for caches, scripts, and vendors that cannot stream.

use crate::call::Output;
use crate::chat::{ChatResponse, Choice};
use crate::content::{ContentPart, Riders};
use crate::stream::{ChoiceFinish, PartKind, StreamEvent, StreamFinish, StreamStart};

/// The events that collect to `output`: of a chat one delta per part, of everything else the answer whole.
#[must_use]
pub fn output_events(output: Output) -> Vec<StreamEvent> {
    let output = match output {
        Output::Chat(response) => return events(response),
        output => output,
    };
    let start = StreamStart {
        operation: output.kind(),
        ..StreamStart::default()
    };
    let finish = StreamFinish {
        usage: output.usage().cloned(),
        ..StreamFinish::default()
    };
    vec![
        StreamEvent::Start(Box::new(start)),
        StreamEvent::Output(Box::new(output)),
        StreamEvent::Finish(Box::new(finish)),
    ]
}

/// The events that collect to `response`, one delta per part.
#[must_use]
pub fn events(response: ChatResponse) -> Vec<StreamEvent> {
    // Taken apart by name, so that a field which is added later cannot be forgotten here.
    let ChatResponse {
        id,
        model,
        created,
        choices,
        usage,
        service_tier,
        extra,
    } = response;
    let mut events = vec![StreamEvent::Start(Box::new(StreamStart {
        id,
        model,
        created,
        extra: extra.clone(),
        ..StreamStart::default()
    }))];
    let mut finish = StreamFinish {
        usage,
        service_tier,
        extra,
        ..StreamFinish::default()
    };
    for answer in choices {
        let Choice {
            index: choice,
            content,
            finish_reason,
            finish_reason_raw,
            stop_sequence,
            logprobs,
            extra,
        } = answer;
        let mut calls = 0;
        let mut logprobs = logprobs.map(|logprobs| StreamEvent::Logprobs {
            choice,
            logprobs: Box::new(logprobs),
        });
        for part in content {
            if let Some(riders) = part.riders().filter(|riders| !riders.extra().is_empty()) {
                let riders = Riders::new().with_extra(riders.extra().clone());
                events.push(StreamEvent::PartStart { choice, riders });
            }
            match part {
                ContentPart::Text(part) => {
                    events.push(StreamEvent::TextDelta {
                        choice,
                        text: part.text,
                    });
                    events.extend(logprobs.take());
                    for citation in part.citations {
                        events.push(StreamEvent::Citation {
                            choice,
                            citation: Box::new(citation),
                        });
                    }
                    events.push(StreamEvent::PartEnd {
                        choice,
                        kind: PartKind::Text,
                        riders: part.riders,
                    });
                }
                ContentPart::Reasoning(part) => {
                    let kind = if part.redacted {
                        PartKind::RedactedReasoning
                    } else {
                        PartKind::Reasoning
                    };
                    if !part.redacted {
                        events.push(StreamEvent::ReasoningDelta {
                            choice,
                            text: part.text,
                        });
                    }
                    events.push(StreamEvent::PartEnd {
                        choice,
                        kind,
                        riders: part.riders,
                    });
                }
                ContentPart::Refusal(part) => {
                    events.push(StreamEvent::RefusalDelta {
                        choice,
                        text: part.text,
                    });
                    events.push(StreamEvent::PartEnd {
                        choice,
                        kind: PartKind::Refusal,
                        riders: Riders::new(),
                    });
                }
                ContentPart::ToolCall(part) => {
                    let call = calls;
                    calls += 1;
                    let (id, name, kind) = (part.id, part.name, part.kind);
                    events.push(StreamEvent::tool_call_start(choice, call, id, name, kind));
                    events.push(StreamEvent::ToolCallDelta {
                        choice,
                        call,
                        arguments: part.arguments,
                    });
                    events.push(StreamEvent::ToolCallEnd {
                        choice,
                        call,
                        riders: part.riders,
                    });
                }
                ContentPart::ServerToolCall(call) => {
                    events.push(StreamEvent::ServerToolCall {
                        choice,
                        call: Box::new(call),
                    });
                }
                ContentPart::Media(media) => events.push(StreamEvent::Media {
                    choice,
                    media: Box::new(media),
                }),
                ContentPart::Opaque(part) => events.push(StreamEvent::Opaque {
                    choice,
                    part: Box::new(part),
                }),
                // No vendor puts a tool's result into an answer; it belongs to the request.
                ContentPart::ToolResult(_) => {}
            }
        }
        events.extend(logprobs);
        finish.choices.push(ChoiceFinish {
            extra,
            stop_sequence,
            ..ChoiceFinish::new(choice, finish_reason, finish_reason_raw)
        });
    }
    events.push(StreamEvent::Finish(Box::new(finish)));
    events
}
