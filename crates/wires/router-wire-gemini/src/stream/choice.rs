//! One choice of an answer: its parts as they come, and what is known of it at the end.

use router_core::chat::FinishReason;
use router_core::content::{Citation, Media, MediaSource, Opaque, Riders};
use router_core::stream::{ChoiceFinish, PartKind};
use router_core::tool::ServerToolCall;
use router_core::{Extra, Json, StreamEvent, Text};
use router_wire::Events;
use router_wire::lenient::Str;
use router_wire::provenance::Speaker;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::call::{Call, Open, riders};
use super::{logprobs, sources};
use crate::parts::{CANDIDATE, THOUGHT, kind_of, noted};
use crate::wire::{Candidate, FunctionCall, Part};
use crate::{WIRE, words};

/// One choice.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) index: u32,
    raw: Option<Text>,
    calls: u32,
    /// The text or thought that goes on.
    open: Option<PartKind>,
    call: Option<Open>,
    /// Fields of the candidate that are not named here; the last of each.
    extra: Extra,
    citations: Vec<Citation>,
}

impl Choice {
    pub(super) fn new(index: u32) -> Self {
        Self {
            index,
            raw: None,
            calls: 0,
            open: None,
            call: None,
            extra: Extra::new(),
            citations: Vec::new(),
        }
    }

    /// Whether the vendor said why it ended.
    pub(super) fn is_ended(&self) -> bool {
        self.raw.is_some()
    }

    pub(super) fn take(
        &mut self,
        candidate: Candidate<'_>,
        speaker: &Speaker,
        answer: Option<&Text>,
        data: &Text,
        events: &mut Events,
    ) {
        for part in candidate.content.parts.0 {
            self.part(part, speaker, answer, data, events);
        }
        if let Some(found) = candidate.logprobs_result.and_then(logprobs::logprobs) {
            events.push_back(StreamEvent::Logprobs {
                choice: self.index,
                logprobs: Box::new(found),
            });
        }
        if let Some(raw) = candidate.finish_reason.take(data) {
            self.raw = Some(words::word(raw));
        }
        for (name, raw) in candidate.rest {
            let found = match &*name {
                "groundingMetadata" => sources::grounding(raw, speaker),
                "citationMetadata" => sources::recited(raw, speaker),
                _ => None,
            };
            if let Some(found) = found {
                self.citations = found;
            }
            self.extra.insert(
                Text::from_static(CANDIDATE),
                Text::from(name),
                Json::from_raw(raw),
            );
        }
    }

    fn part(
        &mut self,
        part: Part<'_>,
        speaker: &Speaker,
        answer: Option<&Text>,
        data: &Text,
        events: &mut Events,
    ) {
        let choice = self.index;
        let signature = part.thought_signature.clone().take(data);
        if let Some(call) = part.function_call {
            self.close_part(events);
            let riders = riders(speaker, signature, &part.rest);
            self.function_call(call, riders, answer, data, events);
            return;
        }
        self.close_call(answer, events);
        if let Some(text) = part.text {
            let kind = match part.thought {
                Some(true) => PartKind::Reasoning,
                _ => PartKind::Text,
            };
            self.text(kind, text.take(data), riders(speaker, signature, &[]), events);
            return;
        }
        self.close_part(events);
        let media = if let Some(inline) = part.inline_data {
            let mime = inline.mime_type.to_text().unwrap_or_default();
            let data = inline.data.take(data).unwrap_or_default();
            Media::base64(kind_of(&mime), mime, data)
        } else if let Some(file) = part.file_data {
            let mime = file.mime_type.to_text();
            let uri = file.file_uri.take(data).unwrap_or_default();
            let mut media = Media::new(
                kind_of(mime.as_deref().unwrap_or_default()),
                MediaSource::File(uri),
            );
            media.media_type = mime;
            media
        } else {
            return self.vendor_part(&part, signature, speaker, events);
        };
        let mut media = Box::new(media);
        media.riders = riders(speaker, signature, &part.rest);
        if part.thought == Some(true) {
            // A draft of what is to come.
            let mut extra = media.riders.extra().clone();
            extra.insert(WIRE, "thought", Json::from(Value::from(true)));
            media.riders.set_extra(extra);
        }
        events.push_back(StreamEvent::Media { choice, media });
    }

    /// Text or a thought. One that is signed is never joined with another.
    fn text(&mut self, kind: PartKind, text: Option<Text>, riders: Riders, events: &mut Events) {
        let choice = self.index;
        if !riders.is_empty() || self.open != Some(kind) {
            self.close_part(events);
        }
        if let Some(text) = text {
            self.open = Some(kind);
            events.push_back(match kind {
                PartKind::Reasoning => StreamEvent::ReasoningDelta { choice, text },
                _ => StreamEvent::TextDelta { choice, text },
            });
        }
        if !riders.is_empty() {
            self.open = None;
            events.push_back(StreamEvent::PartEnd { choice, kind, riders });
        }
    }

    /// Ends the text or thought that goes on. A thought is noted to be of this wire, so that it goes back unsigned.
    fn close_part(&mut self, events: &mut Events) {
        let Some(kind) = self.open.take() else { return };
        events.push_back(StreamEvent::PartEnd {
            choice: self.index,
            kind,
            riders: match kind {
                PartKind::Reasoning => Riders::new().with_extra(noted(THOUGHT)),
                _ => Riders::new(),
            },
        });
    }

    fn function_call(
        &mut self,
        call: FunctionCall<'_>,
        riders: Riders,
        answer: Option<&Text>,
        data: &Text,
        events: &mut Events,
    ) {
        let goes_on = call.will_continue == Some(true);
        if let Some(name) = call.name.take(data) {
            self.close_call(answer, events);
            let id = call.id.take(data);
            let arguments = call.args.filter(|raw| raw.get() != "null");
            if !goes_on && call.partial_args.0.is_empty() {
                let arguments = arguments.map_or(Text::from_static("{}"), |raw| data.slice_ref(raw.get()));
                let whole = Call {
                    id,
                    name,
                    arguments,
                    riders,
                };
                self.send(whole, answer, events);
                return;
            }
            let arguments = arguments.and_then(|raw| serde_json::from_str(raw.get()).ok());
            self.call = Some(Open {
                id,
                name,
                arguments: arguments.unwrap_or_else(|| Value::Object(Map::new())),
                riders,
            });
        }
        if let Some(open) = &mut self.call {
            open.add(&call.partial_args.0);
        }
        if !goes_on {
            self.close_call(answer, events);
        }
    }

    fn close_call(&mut self, answer: Option<&Text>, events: &mut Events) {
        if let Some(open) = self.call.take() {
            self.send(open.close(), answer, events);
        }
    }

    fn send(&mut self, call: Call, answer: Option<&Text>, events: &mut Events) {
        call.send(self.index, self.calls, answer, events);
        self.calls += 1;
    }

    /// Calls that the vendor ran, their results, and parts that are not known yet: kept as they came.
    fn vendor_part(&self, part: &Part<'_>, signature: Option<Text>, speaker: &Speaker, events: &mut Events) {
        let choice = self.index;
        let named = |name: &str| {
            part.rest
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, raw)| *raw)
        };
        let call = match (named("executableCode"), named("toolCall")) {
            (Some(raw), _) => Some((Text::from_static("code_execution"), raw)),
            (None, Some(raw)) => Some((tool_type(raw), raw)),
            (None, None) => None,
        };
        if let Some((name, raw)) = call {
            let mut call = Box::new(ServerToolCall::new(speaker.maker(), name, part.raw()));
            call.arguments = Some(Text::from(raw.get()));
            call.riders = riders(speaker, signature, &[]);
            events.push_back(StreamEvent::ServerToolCall { choice, call });
        } else if !part.rest.is_empty() || signature.is_some() {
            let part = Box::new(Opaque::new(speaker.maker(), part.raw()));
            events.push_back(StreamEvent::Opaque { choice, part });
        }
    }

    /// The last events of the choice, and why it ended.
    pub(super) fn finish(mut self, answer: Option<&Text>, events: &mut Events) -> ChoiceFinish {
        self.close_part(events);
        self.close_call(answer, events);
        for citation in std::mem::take(&mut self.citations) {
            events.push_back(StreamEvent::Citation {
                choice: self.index,
                citation: Box::new(citation),
            });
        }
        let reason = match &self.raw {
            Some(raw) => words::finish_reason(raw, self.calls > 0),
            None if self.calls > 0 => FinishReason::ToolCalls,
            None => FinishReason::Other(Text::new()),
        };
        let mut finish = ChoiceFinish::new(self.index, reason, self.raw);
        finish.extra = self.extra;
        finish
    }
}

/// The vendor's name of a tool that it ran.
fn tool_type(raw: &RawValue) -> Text {
    #[derive(Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct ToolCall<'a> {
        #[serde(borrow)]
        tool_type: Str<'a>,
    }
    let call: ToolCall<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    Text::from(call.tool_type.filled().unwrap_or_default().to_lowercase())
}
