//! Answers and the events of streams, as the wire has them.

use bytes::BytesMut;
use router_core::chat::Choice;
use router_core::stream::PartKind;
use router_core::{ChatResponse, ContentPart, Error, Head, Json, Output, Result, StreamEvent};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use serde::Serialize;

use super::calls::prefix;
use super::encoder::Encoder;
use super::end::End;
use super::json::{Call, Message, Part, Picture, Thought, annotation, is_item, mark};
use crate::responses::riders::{self, item_id};

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.identify(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        let end = self.items_of(answer)?;
        let tier = answer.service_tier.as_ref();
        let response = self.response(&end, answer.usage.as_ref(), tier, &answer.extra);
        crate::reply::json(&response)
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        crate::reply::events_head()
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.start(start, out),
            StreamEvent::PartStart { choice: 0, riders } => self.expect(riders),
            StreamEvent::TextDelta { choice: 0, text } => self.say(false, text, out),
            StreamEvent::RefusalDelta { choice: 0, text } => self.say(true, text, out),
            StreamEvent::ReasoningDelta { choice: 0, text } => self.think(text, out),
            StreamEvent::ToolCallStart(start) if start.choice == 0 => self.start_call(start, out),
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => self.grow_call(*call, arguments, out),
            StreamEvent::ToolCallEnd {
                choice: 0,
                call,
                riders,
            } => self.end_call(*call, riders, out),
            StreamEvent::PartEnd {
                choice: 0,
                kind,
                riders,
            } => match kind {
                PartKind::Text | PartKind::Refusal => self.end_text(riders, out),
                PartKind::Reasoning => self.end_thought(riders, true, out),
                _ => self.end_thought(riders, false, out),
            },
            StreamEvent::Citation { choice: 0, citation } => self.cite(citation, out),
            StreamEvent::Logprobs { choice: 0, logprobs } => self.logprobs(&logprobs.content),
            StreamEvent::ServerToolCall { choice: 0, call }
                if is_item(call.raw.provider.as_str(), &call.raw.raw) =>
            {
                self.whole(&call.raw.raw, out);
            }
            StreamEvent::Opaque { choice: 0, part } if is_item(part.provider.as_str(), &part.raw) => {
                self.whole(&part.raw, out);
            }
            StreamEvent::Media { choice: 0, media } => {
                let id = self.name("ig", None);
                if let Some(picture) = Picture::of(&id, media) {
                    self.whole(&picture, out);
                }
            }
            StreamEvent::Finish(finish) => self.finish(finish, out),
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.fail(error, out);
    }
}

impl Encoder {
    /// Keeps the items of the first choice, and tells how the response ends.
    fn items_of(&mut self, answer: &ChatResponse) -> Result<End> {
        let Some(choice) = answer.first() else {
            return Ok(End::Completed);
        };
        let is_refusal = |part: &ContentPart| matches!(part, ContentPart::Refusal(_));
        let refused = choice.content.iter().any(is_refusal);
        let end = End::of(&choice.finish_reason, choice.finish_reason_raw.as_ref(), refused);
        let mut next = 0;
        while let Some(part) = choice.content.get(next) {
            let length = message_length(&choice.content[next..]);
            // What was cut is the last of them.
            let is_last = next + length.max(1) == choice.content.len();
            let status = if is_last { end.of_item() } else { "completed" };
            if length > 0 {
                self.keep_message(choice, &choice.content[next..next + length], status)?;
                next += length;
                continue;
            }
            next += 1;
            match part {
                ContentPart::Reasoning(part) => {
                    let id = self.name("rs", item_id(part.riders.extra()));
                    self.keep(&Thought::of(&id, part))?;
                }
                ContentPart::ToolCall(call) => match riders::local(call.riders.extra()) {
                    Some(item) => self.keep(item)?,
                    None => {
                        let id = self.name(prefix(call.kind), item_id(call.riders.extra()));
                        self.keep(&Call {
                            id: &id,
                            call_id: &call.id,
                            name: &call.name,
                            kind: call.kind,
                            arguments: &call.arguments,
                            status,
                            extra: call.riders.extra(),
                        })?;
                    }
                },
                ContentPart::ServerToolCall(call) if is_item(call.raw.provider.as_str(), &call.raw.raw) => {
                    self.keep(&call.raw.raw)?;
                }
                ContentPart::Opaque(part) if is_item(part.provider.as_str(), &part.raw) => {
                    self.keep(&part.raw)?;
                }
                ContentPart::Media(media) => {
                    let id = self.name("ig", None);
                    if let Some(picture) = Picture::of(&id, media) {
                        self.keep(&picture)?;
                    }
                }
                _ => {}
            }
        }
        Ok(end)
    }

    fn keep(&mut self, item: &impl Serialize) -> Result<()> {
        self.items.push(Json::of(item)?);
        Ok(())
    }

    fn keep_message(&mut self, choice: &Choice, content: &[ContentPart], status: &str) -> Result<()> {
        let riders = content.first().and_then(ContentPart::riders);
        let id = self.name("msg", riders.and_then(|riders| item_id(riders.extra())));
        // Log probabilities are those of the choice: they stand with its first text.
        let first_text = choice.content.iter().find(|part| part.as_text().is_some());
        let parts = content.iter().map(|part| match part {
            ContentPart::Text(text) => {
                let notes: Vec<Json> = text.citations.iter().filter_map(annotation).collect();
                let is_first = first_text.is_some_and(|first| std::ptr::eq(first, part));
                let logprobs = choice.logprobs.as_ref().filter(|_| is_first);
                Json::of(&Part::Text {
                    text: &text.text,
                    annotations: &notes,
                    logprobs: logprobs.map_or(&[], |logprobs| &logprobs.content),
                })
            }
            ContentPart::Refusal(refusal) => Json::of(&Part::Refusal(&refusal.text)),
            _ => Ok(Json::null()),
        });
        let parts = parts.collect::<Result<Vec<_>>>()?;
        self.keep(&Message {
            id: &id,
            status,
            parts: &parts,
            mark: riders.and_then(mark),
        })
    }
}

/// How many parts the message has that begins here: it goes on until a text bears a mark of its own.
fn message_length(parts: &[ContentPart]) -> usize {
    let said = |part: &&ContentPart| matches!(part, ContentPart::Text(_) | ContentPart::Refusal(_));
    let more = |part: &&ContentPart| said(part) && part.riders().and_then(mark).is_none();
    match parts.split_first() {
        Some((first, rest)) if said(&first) => 1 + rest.iter().take_while(more).count(),
        _ => 0,
    }
}
