//! An answer as the events of a stream, one token at a time.

use bytes::Bytes;
use router_core::chat::ChatResponse;
use router_core::image::ImageResponse;
use router_core::stream::{ChoiceFinish, StreamFinish, StreamStart};
use router_core::{FinishReason, Operation, Output, StreamEvent, Text};

use crate::tokens;

/// Bytes of a sound that come at once: as long as a token takes to say.
const SOUND_BYTES: usize = 960;

/// The events of an answer to an operation.
pub(crate) fn events(operation: &Operation, output: Output) -> Vec<StreamEvent> {
    let mut start = StreamStart::default();
    start.operation = output.kind();
    let mut finish = StreamFinish::default();
    finish.usage = output.usage().cloned();
    let pieces: Vec<StreamEvent> = match output {
        Output::Chat(response) => return chat(response),
        Output::GenerateImage(answer) => {
            start.created = answer.created;
            let previews = match operation {
                Operation::GenerateImage(request) => request.previews.unwrap_or(0),
                _ => 0,
            };
            let stop = |index| ChoiceFinish::new(index, FinishReason::Stop, None);
            finish.choices = (0..answer.images.len() as u32).map(stop).collect();
            pictures(answer, previews)
        }
        Output::Speak(answer) => {
            start.media_type = answer.media_type;
            let sound = answer.audio.chunks(SOUND_BYTES);
            let piece = |audio| StreamEvent::AudioDelta { choice: 0, audio };
            sound.map(Bytes::copy_from_slice).map(piece).collect()
        }
        Output::Transcribe(answer) => {
            let mut pieces = words(0, &answer.text);
            pieces.extend(
                answer
                    .segments
                    .into_iter()
                    .map(|segment| StreamEvent::Segment(Box::new(segment))),
            );
            pieces
        }
        output => return router_core::replay::output_events(output),
    };
    let (start, finish) = (
        StreamEvent::Start(Box::new(start)),
        StreamEvent::Finish(Box::new(finish)),
    );
    std::iter::once(start).chain(pieces).chain([finish]).collect()
}

/// Each picture with so many previews, which are the picture itself already.
fn pictures(answer: ImageResponse, previews: u32) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    for (choice, image) in (0..).zip(answer.images) {
        let steps = (0..previews).map(Some).chain([None]);
        events.extend(steps.map(|preview| StreamEvent::Image {
            choice,
            preview,
            image: Box::new(image.clone()),
        }));
    }
    events
}

fn words(choice: u32, text: &Text) -> Vec<StreamEvent> {
    let tokens = tokens::tokens(text).into_iter();
    tokens
        .map(|token| StreamEvent::TextDelta {
            choice,
            text: text.slice_ref(token),
        })
        .collect()
}

/// The events of a chat: a token a delta, arguments of calls in fragments of a few characters.
fn chat(response: ChatResponse) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    for event in router_core::replay::events(response) {
        match event {
            StreamEvent::TextDelta { choice, text } => events.extend(words(choice, &text)),
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
