//! Answers and the events of streams, as the wire has them.

use bytes::BytesMut;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::content::Riders;
use router_core::tool::ToolCallKind;
use router_core::{ContentPart, Error, ErrorKind, Head, Output, Result, StreamEvent};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use serde_json::{Value, json};

use super::events::Encoder;
use super::json::{Kind, call_item, incomplete, message_item, part_of, raw_value, reasoning_item};
use crate::citations::{Annotation, Form};
use crate::error::error_body;

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.identify(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        let mut refused = false;
        let mut why = None;
        if let Some(choice) = answer.first() {
            for part in &choice.content {
                let id = self.item_id();
                refused |= matches!(part, ContentPart::Refusal(_));
                let item = match part {
                    ContentPart::Text(text) => {
                        let mut wire = part_of(Kind::Text, &text.text);
                        let notes = Annotation::of_part(part, Form::Responses).map(|note| json!(note));
                        wire["annotations"] = notes.collect();
                        message_item(&id, vec![wire])
                    }
                    ContentPart::Refusal(part) => message_item(&id, vec![part_of(Kind::Refusal, &part.text)]),
                    ContentPart::Reasoning(part) => reasoning_item(&id, &part.text, &part.riders),
                    ContentPart::ToolCall(call) => {
                        let custom = call.kind == ToolCallKind::Custom;
                        call_item(&id, &call.id, &call.name, &call.arguments, custom, "completed")
                    }
                    ContentPart::ServerToolCall(call) if call.raw.provider == *crate::WIRE => {
                        raw_value(&call.raw.raw)
                    }
                    ContentPart::Opaque(part) if part.provider == *crate::WIRE => raw_value(&part.raw),
                    _ => continue,
                };
                self.items.push(item);
            }
            why = incomplete(&choice.finish_reason).filter(|_| !refused);
        }
        let status = if why.is_some() { "incomplete" } else { "completed" };
        let body = self.response(status, answer.usage.as_ref(), why, None);
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = HeaderMap::from_iter([
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream; charset=utf-8"),
            ),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ]);
        HttpResponse::new(200, headers, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => {
                self.identify(start.id.as_ref(), start.model.as_ref(), start.created);
                self.begin(out);
            }
            StreamEvent::TextDelta { choice: 0, text } => self.delta(Kind::Text, text, out),
            StreamEvent::RefusalDelta { choice: 0, text } => self.delta(Kind::Refusal, text, out),
            StreamEvent::ReasoningDelta { choice: 0, text } => self.delta(Kind::Reasoning, text, out),
            StreamEvent::ToolCallStart {
                choice: 0,
                call,
                id,
                name,
                kind,
            } => self.start_call(*call, id, name, *kind, out),
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => self.grow_call(*call, arguments, out),
            StreamEvent::ToolCallEnd { choice: 0, call, .. } => self.end_call(*call, out),
            StreamEvent::PartEnd {
                choice: 0, riders, ..
            } => {
                if self.is_open() {
                    self.close(riders, out);
                } else if riders.signature().is_some() {
                    let item = reasoning_item(&self.item_id(), "", riders);
                    self.whole(item, out);
                }
            }
            StreamEvent::ServerToolCall { choice: 0, call } if call.raw.provider == *crate::WIRE => {
                self.whole(raw_value(&call.raw.raw), out);
            }
            StreamEvent::Opaque { choice: 0, part } if part.provider == *crate::WIRE => {
                self.whole(raw_value(&part.raw), out)
            }
            StreamEvent::Citation { choice: 0, citation } => {
                if let Some(note) = Annotation::of(citation, Form::Responses) {
                    self.cite(json!(note), out);
                }
            }
            StreamEvent::Finish(finish) => {
                self.identify(finish.id.as_ref(), finish.model.as_ref(), None);
                self.begin(out);
                self.close(&Riders::new(), out);
                self.end_calls(out);
                let refused = self
                    .items
                    .iter()
                    .any(|item| item["content"][0]["type"] == "refusal");
                let why = finish
                    .choices
                    .first()
                    .and_then(|choice| incomplete(&choice.reason))
                    .filter(|_| !refused);
                let (kind, status) = match why {
                    Some(_) => ("response.incomplete", "incomplete"),
                    None => ("response.completed", "completed"),
                };
                let response = self.response(status, finish.usage.as_ref(), why, None);
                self.send(kind, json!({ "response": response }), out);
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.begin(out);
        let body: Value = serde_json::from_slice(&error_body(error)).unwrap_or_default();
        let (code, message) = (body["error"]["code"].clone(), body["error"]["message"].clone());
        let event = json!({ "code": code, "message": message, "param": body["error"]["param"] });
        self.send("error", event, out);
        let code = if code.is_null() {
            Value::from("server_error")
        } else {
            code
        };
        let response = self.response(
            "failed",
            None,
            None,
            Some(json!({ "code": code, "message": message })),
        );
        self.send("response.failed", json!({ "response": response }), out);
    }
}
