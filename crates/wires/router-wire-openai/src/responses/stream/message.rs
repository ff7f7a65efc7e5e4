//! The parts of a message: each ends when the next one begins, the last one with its message.

use router_core::chat::Logprobs;
use router_core::content::{Citation, Opaque, Riders};
use router_core::stream::PartKind;
use router_core::{Extra, Json, StreamEvent, Text};
use router_wire::Events;
use router_wire::fill;
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

use super::ResponsesStreamDecoder;
use crate::logprobs;
use crate::responses::WIRE;
use crate::responses::riders::{MESSAGE, with};
use crate::responses::wire::Part;

impl ResponsesStreamDecoder {
    /// A delta of a part has come.
    pub(super) fn reach(&mut self, index: u64, place: u64, events: &mut Events) {
        self.open(index, place, events);
        self.item(index).told = true;
    }

    /// A part is complete; whether its message goes on is not known yet.
    pub(super) fn part_done(&mut self, index: u64, place: u64, part: Option<&RawValue>, events: &mut Events) {
        self.open(index, place, events);
        self.item(index).part = part.map(|raw| Text::from(raw.get()));
    }

    /// The part of this place is there, so the one before it has ended.
    fn open(&mut self, index: u64, place: u64, events: &mut Events) {
        let item = self.item(index);
        if place <= item.ended {
            return;
        }
        let (told, part) = (std::mem::take(&mut item.told), item.part.take());
        let mark = (item.ended == 0).then(|| mark_of_begun(item.begun.as_ref()));
        item.ended = place;
        if told || part.is_some() {
            let part = part.as_ref().and_then(|part| serde_json::from_str(part).ok());
            self.part(part, told, mark, events);
        }
    }

    /// A message is complete: its parts that have not ended do so, and the first one bears the message's fields.
    pub(super) fn message(&mut self, index: u64, mut fields: Object<'_>, events: &mut Events) {
        let parts = fields.take("content").and_then(list_of).unwrap_or_default();
        let mut mark = Some(mark(fields));
        let item = self.item(index);
        let (ended, told) = (item.ended, item.told);
        for (place, raw) in (0..).zip(parts).skip(ended as usize) {
            let mark = mark.take().filter(|_| place == 0);
            self.part(Some(raw), told && place == ended, mark, events);
        }
    }

    /// Ends a part; its text is given where no delta has told it.
    fn part(&mut self, raw: Option<&RawValue>, told: bool, mark: Option<Extra>, events: &mut Events) {
        let mut part = Part::default();
        if let Some(raw) = raw
            && fill::from_str(raw.get(), &mut part).is_err()
        {
            part = Part::default();
        }
        match part.kind.filled() {
            Some("refusal") => {
                self.refused = true;
                if let Some(text) = part.refusal.to_text().filter(|_| !told) {
                    events.push_back(StreamEvent::RefusalDelta { choice: 0, text });
                }
                events.push_back(StreamEvent::PartEnd {
                    choice: 0,
                    kind: PartKind::Refusal,
                    riders: Riders::new(),
                });
            }
            Some("output_text" | "text") | None => {
                if let Some(text) = part.text.to_text().filter(|_| !told) {
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
                let cited = part.annotations.0.into_iter();
                for citation in cited.filter_map(|raw| self.citation(raw)) {
                    events.push_back(StreamEvent::Citation {
                        choice: 0,
                        citation: Box::new(citation),
                    });
                }
                if !part.logprobs.is_empty() {
                    let logprobs = Box::new(Logprobs::of_content(logprobs::read(part.logprobs)));
                    events.push_back(StreamEvent::Logprobs { choice: 0, logprobs });
                }
                let extra = raw.map(of_part).unwrap_or_default();
                let extra = match mark.as_ref().and_then(|mark| mark.get(WIRE, MESSAGE)) {
                    Some(message) => with(extra, MESSAGE, message.clone()),
                    None => extra,
                };
                events.push_back(StreamEvent::PartEnd {
                    choice: 0,
                    kind: PartKind::Text,
                    riders: Riders::new().with_extra(extra),
                });
            }
            Some(_) => {}
        }
    }

    fn citation(&self, raw: &RawValue) -> Option<Citation> {
        let annotation: Object<'_> = serde_json::from_str(raw.get()).ok()?;
        let mut citation = Citation::default();
        citation.url = annotation.word("url");
        citation.title = annotation.word("title").or_else(|| annotation.word("filename"));
        let range = [annotation.number("start_index"), annotation.number("end_index")];
        citation.range = range[0].count().zip(range[1].count());
        citation.raw = Some(Opaque::new(self.speaker.provider(), Json::from_raw(raw)));
        Some(citation)
    }
}

/// The fields of a message that belong to it and not to its parts.
fn mark(mut fields: Object<'_>) -> Extra {
    fields.take("role");
    with(Extra::new(), MESSAGE, fields.into_json())
}

/// The same, of a message that has only begun.
fn mark_of_begun(begun: Option<&Text>) -> Extra {
    let fields = begun.and_then(|raw| serde_json::from_str::<Object<'_>>(raw).ok());
    let mut fields = fields.unwrap_or_default();
    for name in ["type", "role", "content"] {
        fields.take(name);
    }
    // The message goes back when it is complete.
    if let Some(status) = fields.take("status") {
        let completed = serde_json::from_str("\"completed\"").unwrap_or(status);
        fields.put_back("status", completed);
    }
    with(Extra::new(), MESSAGE, fields.into_json())
}

/// The fields of a part but its text. Its log probabilities are told apart, and need not go back.
fn of_part(raw: &RawValue) -> Extra {
    let Ok(mut fields) = Object::of(raw, "") else {
        return Extra::new();
    };
    fields.take("type");
    fields.take("text");
    if let Some(raw) = fields.take("logprobs") {
        let none: &RawValue = serde_json::from_str("[]").unwrap_or(raw);
        fields.put_back("logprobs", none);
    }
    fields.rest(WIRE)
}
