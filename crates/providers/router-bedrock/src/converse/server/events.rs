//! Events as frames, each in its block.

use std::time::Instant;

use bytes::BytesMut;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use router_core::stream::{PartKind, StreamFinish};
use router_core::tool::ServerToolCall;
use router_core::{Media, StreamEvent, Text};
use router_wire::HttpResponse;
use router_wire::framing::event_stream::Message;
use router_wire::provenance::seal;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Value, json};

use super::reply::{Counts, Metrics, hidden, metadata, object, picture, source, stop_word, told};
use crate::converse::media::format_of;

/// The head of a stream.
pub(crate) fn head() -> HttpResponse {
    let content_type = HeaderValue::from_static("application/vnd.amazon.eventstream");
    HttpResponse::new(200, HeaderMap::from_iter([(CONTENT_TYPE, content_type)]), "")
}

/// Appends a frame.
pub(crate) fn frame(name: &'static str, payload: &impl Serialize, out: &mut BytesMut) {
    let payload = serde_json::to_vec(payload).unwrap_or_default();
    // Short names always fit.
    let _ = Message::event(Text::from_static(name), payload).write(out);
}

/// The blocks of one answer.
#[derive(Debug, Default)]
pub(super) struct Frames {
    begun: bool,
    /// The place of the next block.
    next: u32,
    open: Option<(u32, Kind)>,
    /// Places of calls that have not ended.
    calls: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thought,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Delta<'a, T> {
    content_block_index: u32,
    delta: &'a T,
}

#[derive(serde::Serialize)]
struct TextDelta<'a> {
    text: &'a Text,
}

impl Frames {
    pub(super) fn event(&mut self, event: &StreamEvent, since: Instant, out: &mut BytesMut) {
        self.begin(out);
        match event {
            // The wire has one choice.
            StreamEvent::TextDelta { choice: 0, text } | StreamEvent::RefusalDelta { choice: 0, text } => {
                let at = self.opened(Kind::Text, out);
                delta(at, &TextDelta { text }, out);
            }
            StreamEvent::ReasoningDelta { choice: 0, text } => {
                let at = self.opened(Kind::Thought, out);
                delta(at, &json!({"reasoningContent": {"text": text.as_str()}}), out);
            }
            StreamEvent::PartEnd {
                choice: 0,
                kind,
                riders,
            } => match (kind, riders.signature()) {
                (PartKind::RedactedReasoning, Some(signature)) => {
                    self.close(out);
                    let content = json!({"reasoningContent": {"redactedContent": hidden(signature)}});
                    self.whole(None, &content, out);
                }
                (PartKind::Reasoning, Some(signature)) => {
                    let at = self.opened(Kind::Thought, out);
                    let signature = seal(signature, crate::WIRE);
                    delta(at, &json!({"reasoningContent": {"signature": signature}}), out);
                    self.close(out);
                }
                _ => self.close(out),
            },
            StreamEvent::ToolCallStart(start) if start.choice == 0 => {
                self.close(out);
                let at = self.place();
                self.calls.push((start.call, at));
                let start = json!({"toolUse": {"toolUseId": start.id.as_str(), "name": start.name.as_str()}});
                begin_block(at, &start, out);
            }
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => {
                if let Some((_, at)) = self.calls.iter().find(|(known, _)| known == call) {
                    delta(*at, &json!({"toolUse": {"input": arguments.as_str()}}), out);
                }
            }
            StreamEvent::ToolCallEnd { choice: 0, call, .. } => self.end_call(*call, out),
            StreamEvent::Citation { choice: 0, citation } => {
                let at = self.opened(Kind::Text, out);
                delta(at, &json!({"citation": source(citation).to_value()}), out);
            }
            StreamEvent::ServerToolCall { choice: 0, call } => self.server_call(call, out),
            StreamEvent::Media { choice: 0, media } => self.media(media, out),
            StreamEvent::Opaque { choice: 0, part } if part.provider == *crate::WIRE => {
                self.server_result(&part.raw.to_value(), out);
            }
            StreamEvent::Finish(finish) => self.finish(finish, since, out),
            _ => {}
        }
    }

    fn begin(&mut self, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.begun, true) {
            frame("messageStart", &json!({"role": "assistant"}), out);
        }
    }

    fn place(&mut self) -> u32 {
        let at = self.next;
        self.next += 1;
        at
    }

    /// The block of a kind, which begins without a word.
    fn opened(&mut self, kind: Kind, out: &mut BytesMut) -> u32 {
        match self.open {
            Some((at, open)) if open == kind => at,
            _ => {
                self.close(out);
                let at = self.place();
                self.open = Some((at, kind));
                at
            }
        }
    }

    fn close(&mut self, out: &mut BytesMut) {
        if let Some((at, _)) = self.open.take() {
            end_block(at, out);
        }
    }

    fn end_call(&mut self, call: u32, out: &mut BytesMut) {
        if let Some(place) = self.calls.iter().position(|(known, _)| *known == call) {
            let (_, at) = self.calls.remove(place);
            end_block(at, out);
        }
    }

    /// A block that is there at once.
    fn whole(&mut self, start: Option<&Value>, content: &Value, out: &mut BytesMut) {
        let at = self.place();
        if let Some(start) = start {
            begin_block(at, start, out);
        }
        delta(at, content, out);
        end_block(at, out);
    }

    fn server_call(&mut self, call: &ServerToolCall, out: &mut BytesMut) {
        self.close(out);
        let id = call.id.as_deref().unwrap_or("tooluse");
        let start =
            json!({"toolUse": {"toolUseId": id, "name": call.name.as_str(), "type": "server_tool_use"}});
        let input = object(call.arguments.as_ref());
        self.whole(Some(&start), &json!({"toolUse": {"input": input.as_str()}}), out);
    }

    /// What a call of the vendor gave; other parts of its own have no form in pieces.
    fn server_result(&mut self, raw: &Value, out: &mut BytesMut) {
        let Some(result) = raw["toolResult"].as_object() else {
            return;
        };
        self.close(out);
        let mut start = result.clone();
        let content = start.remove("content").unwrap_or_default();
        self.whole(
            Some(&json!({"toolResult": start})),
            &json!({"toolResult": content}),
            out,
        );
    }

    fn media(&mut self, media: &Media, out: &mut BytesMut) {
        let Some(data) = picture(media) else { return };
        self.close(out);
        let start = json!({"image": {"format": format_of(media).unwrap_or("png")}});
        let content = json!({"image": {"source": {"bytes": data.as_str()}}});
        self.whole(Some(&start), &content, out);
    }

    fn finish(&mut self, finish: &StreamFinish, since: Instant, out: &mut BytesMut) {
        self.close(out);
        while let Some((call, _)) = self.calls.first() {
            self.end_call(*call, out);
        }
        frame("messageStop", &Stop(finish), out);
        let metrics = Metrics::since(since);
        frame("metadata", &Told { finish, metrics }, out);
    }
}

fn delta(at: u32, delta: &impl Serialize, out: &mut BytesMut) {
    let payload = Delta {
        content_block_index: at,
        delta,
    };
    frame("contentBlockDelta", &payload, out);
}

fn begin_block(at: u32, start: &Value, out: &mut BytesMut) {
    frame(
        "contentBlockStart",
        &json!({"contentBlockIndex": at, "start": start}),
        out,
    );
}

fn end_block(at: u32, out: &mut BytesMut) {
    frame("contentBlockStop", &json!({"contentBlockIndex": at}), out);
}

struct Stop<'a>(&'a StreamFinish);

impl Serialize for Stop<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let end = self.0.choices.first();
        let end = end.map(|end| (&end.reason, end.raw.as_ref(), end.stop_sequence.is_some()));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("stopReason", stop_word(end))?;
        told(&mut map, &self.0.extra, &["additionalModelResponseFields"])?;
        map.end()
    }
}

struct Told<'a> {
    finish: &'a StreamFinish,
    metrics: Metrics,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finish = self.finish;
        let mut map = serializer.serialize_map(None)?;
        if let Some(usage) = &finish.usage {
            map.serialize_entry("usage", &Counts(usage))?;
        }
        metadata(
            &mut map,
            &finish.extra,
            finish.service_tier.as_ref(),
            &self.metrics,
        )?;
        map.end()
    }
}
