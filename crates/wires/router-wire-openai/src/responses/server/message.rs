//! The message that is open, and its parts.

use bytes::BytesMut;
use router_core::Json;
use router_core::chat::TokenLogprob;
use router_core::content::{Citation, Riders};

use super::encoder::Encoder;
use super::end::End;
use super::frames::{Annotated, At, Delta, OfPart, RefusalDone, TextDone};
use super::json::{Message, Part, annotation, mark};
use crate::logprobs::ResponseTokens;

#[derive(Debug)]
pub(super) struct OpenMessage {
    id: String,
    index: usize,
    /// Parts that are complete.
    parts: Vec<Json>,
    part: Option<OpenPart>,
    /// The vendor's fields of the message.
    mark: Option<Json>,
}

#[derive(Debug, Default)]
struct OpenPart {
    refusal: bool,
    text: String,
    annotations: Vec<Json>,
    logprobs: Vec<TokenLogprob>,
}

impl OpenMessage {
    fn at(&self) -> At<'_> {
        At::item(&self.id, self.index).part(self.parts.len())
    }

    fn item<'a>(&'a self, status: &'a str) -> Message<'a, Json> {
        Message {
            id: &self.id,
            status,
            parts: &self.parts,
            mark: self.mark.as_ref(),
        }
    }
}

impl OpenPart {
    fn json(&self) -> Part<'_> {
        if self.refusal {
            return Part::Refusal(&self.text);
        }
        Part::Text {
            text: &self.text,
            annotations: &self.annotations,
            logprobs: &self.logprobs,
        }
    }
}

impl Encoder {
    /// More of a text or a refusal.
    pub(super) fn say(&mut self, refusal: bool, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        self.refused |= refusal;
        let mut message = self.open_message(out);
        if message.part.as_ref().is_some_and(|part| part.refusal != refusal) {
            self.end_part(&mut message, out);
        }
        if message.part.is_none() {
            let part = OpenPart {
                refusal,
                ..OpenPart::default()
            };
            let of_part = OfPart {
                at: message.at(),
                part: part.json(),
            };
            self.send("response.content_part.added", of_part, out);
            message.part = Some(part);
        }
        if let Some(part) = &mut message.part {
            part.text.push_str(text);
        }
        let delta = Delta {
            at: message.at(),
            delta: text,
            logprobs: (!refusal).then_some(ResponseTokens(&[])),
        };
        let kind = if refusal {
            "response.refusal.delta"
        } else {
            "response.output_text.delta"
        };
        self.send(kind, delta, out);
        self.message = Some(message);
    }

    /// The message that is open; another one where the vendor has begun another.
    fn open_message(&mut self, out: &mut BytesMut) -> OpenMessage {
        if self.next.is_some() || self.message.is_none() {
            self.close(&End::Completed, out);
        }
        if let Some(message) = self.message.take() {
            return message;
        }
        let (id, index) = self.place("msg", out);
        let message = OpenMessage {
            id,
            index,
            parts: Vec::new(),
            part: None,
            mark: None,
        };
        self.added(index, message.item("in_progress"), out);
        message
    }

    fn end_part(&mut self, message: &mut OpenMessage, out: &mut BytesMut) {
        let Some(part) = message.part.take() else { return };
        let at = message.at();
        if part.refusal {
            let refusal = &part.text;
            self.send("response.refusal.done", RefusalDone { at, refusal }, out);
        } else {
            let done = TextDone {
                at,
                text: &part.text,
                logprobs: Some(ResponseTokens(&part.logprobs)),
            };
            self.send("response.output_text.done", done, out);
        }
        let json = Json::of(&part.json()).unwrap_or_else(|_| Json::null());
        self.send("response.content_part.done", OfPart { at, part: &json }, out);
        message.parts.push(json);
    }

    /// The part that is open ends; its message may go on.
    pub(super) fn end_text(&mut self, riders: &Riders, out: &mut BytesMut) {
        if let Some(mut message) = self.message.take() {
            self.end_part(&mut message, out);
            message.mark = message.mark.or_else(|| mark(riders).cloned());
            self.message = Some(message);
        }
    }

    pub(super) fn cite(&mut self, citation: &Citation, out: &mut BytesMut) {
        let Some(mut message) = self.message.take() else {
            return;
        };
        if let (Some(part), Some(annotation)) = (&mut message.part, annotation(citation)) {
            part.annotations.push(annotation.clone());
            let annotated = Annotated {
                annotation_index: part.annotations.len() - 1,
                at: message.at(),
                annotation: &annotation,
            };
            self.send("response.output_text.annotation.added", annotated, out);
        }
        self.message = Some(message);
    }

    pub(super) fn logprobs(&mut self, tokens: &[TokenLogprob]) {
        if let Some(OpenMessage { part: Some(part), .. }) = &mut self.message {
            part.logprobs.extend_from_slice(tokens);
        }
    }

    pub(super) fn close_message(&mut self, end: &End, out: &mut BytesMut) {
        if let Some(mut message) = self.message.take() {
            self.end_part(&mut message, out);
            self.done(message.index, message.item(end.of_item()), out);
        }
    }
}
