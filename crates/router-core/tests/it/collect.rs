//! A stream folds into the very answer that a plain call gives.

use proptest::prelude::*;
use router_core::collect::Collector;
use router_core::content::Riders;
use router_core::stream::PartKind;
use router_core::{ChatResponse, Extra, FinishReason, Json, StreamEvent, Text, replay};

use crate::answers::answer;

fn fold(events: impl IntoIterator<Item = StreamEvent>) -> ChatResponse {
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}

/// The event in pieces, where it is a delta.
fn pieces(event: StreamEvent, at: usize) -> Vec<StreamEvent> {
    let halves = |text: &Text| -> Option<[Text; 2]> {
        let cut = text.char_indices().map(|(place, _)| place).nth(at % 5)?;
        Some([text.slice_ref(&text[..cut]), text.slice_ref(&text[cut..])])
    };
    let (StreamEvent::TextDelta { text, .. }
    | StreamEvent::ReasoningDelta { text, .. }
    | StreamEvent::RefusalDelta { text, .. }
    | StreamEvent::ToolCallDelta { arguments: text, .. }) = &event
    else {
        return vec![event];
    };
    let Some(halves) = halves(text) else {
        return vec![event];
    };
    halves
        .into_iter()
        .map(|half| {
            let mut event = event.clone();
            if let StreamEvent::TextDelta { text, .. }
            | StreamEvent::ReasoningDelta { text, .. }
            | StreamEvent::RefusalDelta { text, .. }
            | StreamEvent::ToolCallDelta { arguments: text, .. } = &mut event
            {
                *text = half;
            }
            event
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_collect_to_the_answer(answer in answer()) {
        prop_assert_eq!(fold(replay::events(answer.clone())), answer);
    }

    /// How the vendor cuts its deltas makes no difference.
    #[test]
    fn cuts_make_no_difference(answer in answer(), at in 0_usize..5) {
        let events = replay::events(answer.clone())
            .into_iter()
            .flat_map(|event| pieces(event, at))
            .flat_map(|event| pieces(event, at + 1));
        prop_assert_eq!(fold(events), answer);
    }

    /// Choices may come in any order between each other.
    #[test]
    fn choices_interleave(answer in answer()) {
        let mut events = replay::events(answer.clone());
        let last = events.pop().expect("a Finish");
        let first = events.remove(0);
        events.sort_by_key(|event| std::cmp::Reverse(choice_of(event)));
        let all = std::iter::once(first).chain(events).chain([last]);
        prop_assert_eq!(fold(all), answer);
    }

    /// What arrived before a break is there, and nothing else.
    #[test]
    fn a_broken_stream_gives_what_came(answer in answer(), keep in 0_usize..40) {
        let mut events = replay::events(answer.clone());
        events.pop();
        events.truncate(keep);
        let part = fold(events);
        prop_assert!(part.usage.is_none());
        for choice in &part.choices {
            prop_assert_eq!(&choice.finish_reason, &FinishReason::Other(Text::new()));
            let whole = &answer.choices[choice.index as usize];
            prop_assert!(whole.text().starts_with(choice.text().as_str()));
        }
    }
}

fn choice_of(event: &StreamEvent) -> u32 {
    match event {
        StreamEvent::TextDelta { choice, .. }
        | StreamEvent::ReasoningDelta { choice, .. }
        | StreamEvent::RefusalDelta { choice, .. }
        | StreamEvent::ToolCallDelta { choice, .. }
        | StreamEvent::ToolCallEnd { choice, .. }
        | StreamEvent::PartStart { choice, .. }
        | StreamEvent::PartEnd { choice, .. }
        | StreamEvent::Citation { choice, .. }
        | StreamEvent::ServerToolCall { choice, .. }
        | StreamEvent::Logprobs { choice, .. }
        | StreamEvent::Media { choice, .. }
        | StreamEvent::Opaque { choice, .. } => *choice,
        StreamEvent::ToolCallStart(start) => start.choice,
        _ => 0,
    }
}

fn call_start(call: u32, id: &'static str) -> StreamEvent {
    StreamEvent::tool_call_start(0, call, id.into(), "look".into(), Default::default())
}

fn call_delta(call: u32, arguments: &'static str) -> StreamEvent {
    StreamEvent::ToolCallDelta {
        choice: 0,
        call,
        arguments: arguments.into(),
    }
}

/// Parallel calls keep their places though their arguments come interleaved.
#[test]
fn interleaved_calls() {
    let answer = fold([
        call_start(0, "a"),
        call_start(1, "b"),
        call_delta(1, "{\"y\":"),
        call_delta(0, "{\"x\":1"),
        call_delta(1, "2}"),
        call_delta(0, "}"),
        StreamEvent::finish(FinishReason::ToolCalls, None),
    ]);
    let calls: Vec<(&str, &str)> = answer
        .tool_calls()
        .map(|call| (call.id.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("a", "{\"x\":1}"), ("b", "{\"y\":2}")]);
}

/// A call without arguments has none, in JSON.
#[test]
fn no_arguments() {
    let answer = fold([
        call_start(0, "a"),
        StreamEvent::finish(FinishReason::ToolCalls, None),
    ]);
    assert_eq!(
        answer.tool_calls().next().map(|call| call.arguments.as_str()),
        Some("{}")
    );
}

/// Events that make no sense are not worth a panic: a delta, or an end, of a call that never began.
#[test]
fn stray_events() {
    let answer = fold([
        call_delta(7, "{}"),
        StreamEvent::ToolCallEnd {
            choice: 0,
            call: 7,
            riders: Riders::new(),
        },
        StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Text,
            riders: Riders::new(),
        },
        StreamEvent::finish(FinishReason::Stop, None),
    ]);
    assert!(answer.choices[0].content.is_empty());
}

/// A signature may come without any text; it must go back all the same.
#[test]
fn a_signature_alone() {
    let riders = Riders::new().with_signature(router_core::Signature::new("maker", "sig"));
    let answer = fold([
        StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Reasoning,
            riders: riders.clone(),
        },
        StreamEvent::text("Hello"),
        StreamEvent::finish(FinishReason::Stop, None),
    ]);
    let content = &answer.choices[0].content;
    assert_eq!(content.len(), 2);
    assert_eq!(content[0].riders(), Some(&riders));
}

/// What is told of a part beforehand keeps it apart from the one before, and its end brings what rides on it.
#[test]
fn a_part_that_begins_is_another() {
    let told = Extra::of("wire", vec![(Text::from_static("id"), Json::null())]);
    let riders = Riders::new().with_extra(told);
    let begins = StreamEvent::PartStart {
        choice: 0,
        riders: riders.clone(),
    };
    assert!(!begins.commits());
    let answer = fold([
        StreamEvent::text("One"),
        begins,
        StreamEvent::text("Two"),
        StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Text,
            riders: riders.clone(),
        },
        StreamEvent::finish(FinishReason::Stop, None),
    ]);
    let content = &answer.choices[0].content;
    assert_eq!(content.len(), 2);
    assert_eq!(
        (content[0].riders(), content[1].riders()),
        (Some(&Riders::new()), Some(&riders))
    );
}
