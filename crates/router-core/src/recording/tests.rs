//! Recordings give back what they were given, and keep no more alive than that.

use super::*;
use crate::chat::{FinishReason, Usage};
use crate::content::{Riders, Signature};
use crate::stream::PartKind;

fn an_answer() -> Vec<StreamEvent> {
    let text = |text: &'static str| StreamEvent::text(text);
    vec![
        StreamEvent::start(Some("id-1".into()), Some("model-a".into())),
        StreamEvent::ReasoningDelta {
            choice: 0,
            text: "Hm. ".into(),
        },
        StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Reasoning,
            riders: Riders::new().with_signature(Signature::new("anthropic", "c2ln")),
        },
        text("Grüß "),
        text(""),
        text("Gott, 世界"),
        StreamEvent::tool_call_start(
            1,
            0,
            "call-1".into(),
            "f".into(),
            crate::tool::ToolCallKind::default(),
        ),
        StreamEvent::ToolCallDelta {
            choice: 1,
            call: 0,
            arguments: "{\"a\":".into(),
        },
        StreamEvent::ToolCallDelta {
            choice: 1,
            call: 0,
            arguments: "1}".into(),
        },
        StreamEvent::ToolCallEnd {
            choice: 1,
            call: 0,
            riders: Riders::new(),
        },
        StreamEvent::finish(FinishReason::Stop, Some(Usage::new(3, 4))),
    ]
}

#[test]
fn events_come_out_as_they_went_in() {
    let events = an_answer();
    let recording: Recording = events.iter().collect();
    assert_eq!(recording.len(), events.len());
    assert_eq!(Vec::from(recording.events()), events);
    for (place, event) in events.iter().enumerate() {
        assert_eq!(recording.get(place).as_ref(), Some(event));
    }
    assert_eq!(recording.get(events.len()), None);
}

#[test]
fn json_is_the_list_of_events_and_reads_back() {
    let recording: Recording = an_answer().iter().collect();
    let json = serde_json::to_string(&recording).unwrap();
    assert_eq!(json, serde_json::to_string(&an_answer()).unwrap());
    assert_eq!(serde_json::from_str::<Recording>(&json).unwrap(), recording);
}

#[test]
fn collects_as_the_stream_does() {
    let mut collector = Collector::new();
    an_answer().into_iter().for_each(|event| collector.push(event));
    let recording: Recording = an_answer().iter().collect();
    assert_eq!(recording.to_output(), collector.finish_output());
}

#[test]
fn frames_are_not_kept_alive() {
    let frame = Bytes::from(vec![b'a'; 4096]);
    let text = Text::from_utf8(frame.clone()).unwrap();
    let mut recording = Recording::new();
    recording.push(&StreamEvent::text(text.slice_ref(&text[..3])));
    drop(text);
    assert!(frame.is_unique(), "only the test holds it");
    assert!(recording.bytes() < 200);
}
