//! What is known of one choice while its pieces come in.

use router_core::content::Riders;
use router_core::stream::PartKind;
use router_core::tool::ToolCallKind;
use router_core::{Extra, Json, Signature, StreamEvent, Text};
use router_wire::Events;
use router_wire::lenient::List;
use router_wire::object::{Object, is_string};
use router_wire::provenance::Speaker;
use serde_json::value::RawValue;

use super::details::{DetailState, reasoning_riders};
use super::filters;
use super::pieces::{arguments, google_signature};
use crate::chat::{WIRE, wire};

#[derive(Debug, Default)]
pub(super) struct ChoiceState {
    pub(super) index: u32,
    pub(super) raw: Option<Text>,
    pub(super) stop_sequence: Option<Text>,
    pub(super) refused: bool,
    pub(super) calls: Vec<CallState>,
    /// The field that open reasoning came from.
    pub(super) reasoning: Option<&'static str>,
    /// Whether reasoning ever came in a field of its own, so that details only repeat it.
    pub(super) named_reasoning: bool,
    pub(super) details: Vec<DetailState>,
    pub(super) signature: Option<Text>,
    /// The signature over thoughts that are parts of the content.
    pub(super) thought_signature: Option<Text>,
    pub(super) signature_given: bool,
    pub(super) extra: Vec<(Text, Json)>,
}

#[derive(Debug, Default)]
pub(super) struct CallState {
    pub(super) index: Option<u64>,
    pub(super) id: Option<Text>,
    pub(super) started: bool,
    pub(super) arguments: String,
    /// Whether any argument text was given on.
    pub(super) given: bool,
    pub(super) riders: Riders,
}

impl ChoiceState {
    /// Keeps a field of the choice. Filters tell what they saw with each piece of a stream: the worst of each kind stays.
    pub(super) fn keep(&mut self, name: &'static str, raw: &RawValue) {
        match self.extra.iter_mut().find(|(known, _)| *known == *name) {
            Some((_, kept)) if kept.as_str() == raw.get() => {}
            Some((_, kept)) => *kept = filters::worse(kept, raw),
            None => self.extra.push((Text::from_static(name), Json::from_raw(raw))),
        }
    }

    pub(super) fn tool_call(
        &mut self,
        call: wire::ToolCall<'_>,
        speaker: &Speaker,
        data: &Text,
        events: &mut Events,
    ) {
        let choice = self.index;
        let index = call.index.count();
        // Mistral's default for an id is the word `null`.
        let id = call.id.to_text().filter(|id| *id != *"null");
        // Snowflake puts an empty `custom` beside the function.
        let custom = call.function.is_none() && call.custom.is_some();
        let (name, arguments) = match (call.function, call.custom) {
            (Some(function), _) => (
                function.name.to_text(),
                function.arguments.and_then(|raw| arguments(raw, data)),
            ),
            (None, Some(custom)) => (custom.name.to_text(), custom.input.take(data)),
            (None, None) => (None, None),
        };
        let at = self.call_place(index, id.as_ref(), name.is_some());
        let state = &mut self.calls[at];
        if state.id.is_none() {
            state.id = id;
        }
        if let Some(extra) = call.extra_content {
            if let Some(signature) = google_signature(extra) {
                state
                    .riders
                    .set_signature(Some(Signature::new(speaker.provider(), signature)));
            }
            state.riders.set_extra(Extra::of(
                Text::from_static(WIRE),
                vec![(Text::from_static("extra_content"), Json::from_raw(extra))],
            ));
        }
        if let Some(name) = name.filter(|_| !state.started) {
            state.started = true;
            let id = state
                .id
                .clone()
                .unwrap_or_else(|| Text::from(format!("call_{choice}_{at}")));
            let kind = if custom {
                ToolCallKind::Custom
            } else {
                ToolCallKind::Function
            };
            events.push_back(StreamEvent::tool_call_start(choice, at as u32, id, name, kind));
            if !state.arguments.is_empty() && state.arguments.trim() != "null" {
                state.given = true;
                let arguments = Text::from(std::mem::take(&mut state.arguments));
                events.push_back(StreamEvent::ToolCallDelta {
                    choice,
                    call: at as u32,
                    arguments,
                });
            }
        }
        let Some(arguments) = arguments else { return };
        // `null` alone means no arguments; it is held back until more comes.
        if !state.started || (!state.given && state.arguments.is_empty() && arguments.trim() == "null") {
            state.arguments.push_str(&arguments);
            return;
        }
        if !state.arguments.is_empty() {
            let held = Text::from(std::mem::take(&mut state.arguments));
            events.push_back(StreamEvent::ToolCallDelta {
                choice,
                call: at as u32,
                arguments: held,
            });
        }
        state.given = true;
        events.push_back(StreamEvent::ToolCallDelta {
            choice,
            call: at as u32,
            arguments,
        });
    }

    /// The call that a piece belongs to: by index, else by id, else the last one. Another id and name under a known index
    /// is another call.
    fn call_place(&mut self, index: Option<u64>, id: Option<&Text>, named: bool) -> usize {
        let known = match (index, id) {
            (Some(index), id) => self
                .calls
                .iter()
                .rposition(|call| call.index == Some(index))
                .filter(|at| {
                    let other = matches!((&self.calls[*at].id, id), (Some(known), Some(id)) if known != id);
                    !(other && named)
                }),
            (None, Some(id)) => self.calls.iter().position(|call| call.id.as_ref() == Some(id)),
            (None, None) if self.calls.is_empty() => None,
            // A call that is complete, and the name of another.
            (None, None) if named && self.calls.last().is_some_and(|call| call.given) => None,
            (None, None) => Some(self.calls.len() - 1),
        };
        known.unwrap_or_else(|| {
            self.calls.push(CallState {
                index,
                ..CallState::default()
            });
            self.calls.len() - 1
        })
    }

    /// Keeps details; where they are the only form of the reasoning, gives their text.
    pub(super) fn take_details(&mut self, details: List<&RawValue>, show: bool, events: &mut Events) {
        for (place, raw) in details.0.into_iter().enumerate() {
            let Ok(detail) = serde_json::from_str::<Object<'_>>(raw.get()) else {
                continue;
            };
            if show && let Some(text) = detail.word("text").or_else(|| detail.word("summary")) {
                self.reasoning = Some("reasoning_details");
                events.push_back(StreamEvent::ReasoningDelta {
                    choice: self.index,
                    text,
                });
            }
            let key = (
                detail.word("type").unwrap_or_default(),
                detail.number("index").count().unwrap_or(place as u64),
            );
            let sealed = detail.word("signature").is_some() || detail.word("data").is_some();
            let id = detail.peek("id").filter(|id| is_string(id));
            // Some number all of them 0, and tell them apart by their ids.
            let same = |known: &&mut DetailState| known.key == key && known.may_be(id);
            match self.details.iter_mut().find(same) {
                Some(known) => known.merge(detail, sealed),
                None => self.details.push(DetailState::new(key, detail, sealed)),
            }
        }
    }

    /// Ends the reasoning part that is open, with what the vendor wants back: a signature rides on the text it was made for.
    /// Data that hides reasoning, and signatures that come behind their text, are parts without text.
    pub(super) fn close_reasoning(&mut self, speaker: &Speaker, events: &mut Events) {
        let open = self.reasoning.take();
        let over = self.thought_signature.take().filter(|_| open.is_some());
        if open.is_none() && !self.details.iter().any(|detail| detail.sealed) {
            return;
        }
        let choice = self.index;
        let details = std::mem::take(&mut self.details);
        // The first part carries all of them.
        let mut all = Some(&details[..]);
        let mut sealed: Vec<&DetailState> = details.iter().filter(|detail| detail.sealed).collect();
        if let Some(field) = open {
            let mut riders = reasoning_riders(field, speaker, all.take().unwrap_or_default());
            if let Some(at) = sealed.iter().position(|detail| detail.is_text()) {
                riders.set_signature(Some(Signature::new(speaker.provider(), sealed.remove(at).seal())));
            }
            if let Some(signature) = over {
                riders.set_signature(Some(Signature::new(speaker.provider(), signature)));
            }
            events.push_back(StreamEvent::PartEnd {
                choice,
                kind: PartKind::Reasoning,
                riders,
            });
        }
        for detail in sealed {
            let riders = reasoning_riders("reasoning_details", speaker, all.take().unwrap_or_default())
                .with_signature(Signature::new(speaker.provider(), detail.seal()));
            events.push_back(StreamEvent::PartEnd {
                choice,
                kind: PartKind::RedactedReasoning,
                riders,
            });
        }
    }

    pub(super) fn close(&mut self, speaker: &Speaker, events: &mut Events) {
        let choice = self.index;
        self.close_reasoning(speaker, events);
        if let Some(signature) = self.signature.take().filter(|_| !self.signature_given) {
            self.signature_given = true;
            let riders = reasoning_riders("extra_content", speaker, &[])
                .with_signature(Signature::new(speaker.provider(), signature));
            events.push_back(StreamEvent::PartEnd {
                choice,
                kind: PartKind::RedactedReasoning,
                riders,
            });
        }
        for (at, call) in self.calls.iter_mut().enumerate().filter(|(_, call)| call.started) {
            let riders = std::mem::take(&mut call.riders);
            events.push_back(StreamEvent::ToolCallEnd {
                choice,
                call: at as u32,
                riders,
            });
        }
    }
}
