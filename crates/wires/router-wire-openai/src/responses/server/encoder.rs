//! What holds the events of a response together: its id, the numbers of its events, the places of its items.
//!
//! One message or thought is open at a time, calls as many as there are. Items keep the place that they began at.

use bytes::BytesMut;
use router_core::content::Riders;
use router_core::stream::{StreamFinish, StreamStart};
use router_core::{Error, Extra, Json, Text, Usage};
use serde::Serialize;

use super::calls::OpenCall;
use super::end::{End, Response};
use super::frames::{Cause, Event, Failure, OfItem, OfResponse};
use super::message::OpenMessage;
use super::thought::OpenThought;
use crate::error::code_of;
use crate::responses::riders::{item_id, local};
use crate::stamp;

/// Writes a response, whole or as events. Items are kept until the end, since the last event repeats them.
#[derive(Debug)]
pub(super) struct Encoder {
    model: Text,
    /// What the request asked for, to be told again.
    asked: Extra,
    id: String,
    created: i64,
    sequence: u64,
    /// Items that are done; `null` while one is open.
    pub(super) items: Vec<Json>,
    pub(super) message: Option<OpenMessage>,
    pub(super) thought: Option<OpenThought>,
    pub(super) calls: Vec<OpenCall>,
    /// The vendor's id of the item that comes next.
    pub(super) next: Option<Text>,
    /// A call of the vendor's tools that comes next, as its own item.
    pub(super) local: Option<Json>,
    pub(super) refused: bool,
    begun: bool,
}

impl Encoder {
    pub(super) fn new(model: Text, asked: Extra) -> Self {
        Self {
            model,
            asked,
            id: String::new(),
            created: 0,
            sequence: 0,
            items: Vec::new(),
            message: None,
            thought: None,
            calls: Vec::new(),
            next: None,
            local: None,
            refused: false,
            begun: false,
        }
    }

    pub(super) fn identify(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if self.id.is_empty() {
            self.id = match id {
                Some(id) if id.starts_with("resp_") => id.to_string(),
                _ => format!("resp_{:016x}", stamp::stamp()),
            };
            self.created = created.unwrap_or_else(stamp::seconds);
            if let Some(model) = model {
                self.model = model.clone();
            }
        }
    }

    pub(super) fn response<'a>(
        &'a self,
        end: &'a End,
        usage: Option<&'a Usage>,
        service_tier: Option<&'a Text>,
        extra: &'a Extra,
    ) -> Response<'a> {
        Response {
            id: &self.id,
            created: self.created,
            model: &self.model,
            end,
            items: &self.items,
            asked: &self.asked,
            usage,
            service_tier,
            extra,
        }
    }

    pub(super) fn send(&mut self, kind: &str, rest: impl Serialize, out: &mut BytesMut) {
        let sequence_number = self.sequence;
        self.sequence += 1;
        write(
            Event {
                kind,
                sequence_number,
                rest,
            },
            out,
        );
    }

    fn send_response(
        &mut self,
        kind: &str,
        end: &End,
        finish: &StreamFinish,
        usage: Option<&Usage>,
        out: &mut BytesMut,
    ) {
        let sequence_number = self.sequence;
        self.sequence += 1;
        let response = self.response(end, usage, finish.service_tier.as_ref(), &finish.extra);
        write(
            Event {
                kind,
                sequence_number,
                rest: OfResponse { response },
            },
            out,
        );
    }

    pub(super) fn start(&mut self, start: &StreamStart, out: &mut BytesMut) {
        self.identify(start.id.as_ref(), start.model.as_ref(), start.created);
        self.begin(out);
    }

    fn begin(&mut self, out: &mut BytesMut) {
        self.identify(None, None, None);
        if !std::mem::replace(&mut self.begun, true) {
            let nothing = StreamFinish::default();
            for kind in ["response.created", "response.in_progress"] {
                self.send_response(kind, &End::InProgress, &nothing, None, out);
            }
        }
    }

    /// What comes next is an item that its vendor has named.
    pub(super) fn expect(&mut self, riders: &Riders) {
        self.next = item_id(riders.extra());
        self.local = local(riders.extra()).cloned();
    }

    /// The id and the place of an item that begins.
    pub(super) fn place(&mut self, prefix: &str, out: &mut BytesMut) -> (String, usize) {
        self.begin(out);
        let next = self.next.take();
        let (id, index) = (self.name(prefix, next), self.items.len());
        self.items.push(Json::null());
        (id, index)
    }

    /// The id of an item: its vendor's, if it begins as ids of this wire do, which tell kinds of items by it.
    pub(super) fn name(&self, prefix: &str, known: Option<Text>) -> String {
        match known.filter(|id| id.starts_with(prefix)) {
            Some(id) => id.to_string(),
            None => {
                let answer = self.id.trim_start_matches("resp_");
                format!("{prefix}_{answer}_{}", self.items.len())
            }
        }
    }

    pub(super) fn added(&mut self, output_index: usize, item: impl Serialize, out: &mut BytesMut) {
        self.send("response.output_item.added", OfItem { output_index, item }, out);
    }

    pub(super) fn done(&mut self, output_index: usize, item: impl Serialize, out: &mut BytesMut) {
        let json = Json::of(&item).unwrap_or_else(|_| Json::null());
        let item = &json;
        self.send("response.output_item.done", OfItem { output_index, item }, out);
        self.items[output_index] = json;
    }

    /// An item that comes whole.
    pub(super) fn whole(&mut self, item: &impl Serialize, out: &mut BytesMut) {
        self.close(&End::Completed, out);
        self.begin(out);
        self.next = None;
        let index = self.items.len();
        self.items.push(Json::null());
        self.added(index, item, out);
        self.done(index, item, out);
    }

    /// Closes the message or thought that is open. Calls stay open: their pieces may come mixed.
    pub(super) fn close(&mut self, end: &End, out: &mut BytesMut) {
        self.close_message(end, out);
        self.close_thought(&Riders::new(), out);
    }

    pub(super) fn finish(&mut self, finish: &StreamFinish, out: &mut BytesMut) {
        self.identify(finish.id.as_ref(), finish.model.as_ref(), None);
        self.begin(out);
        let end = finish.choices.first().map_or(End::Completed, |choice| {
            End::of(&choice.reason, choice.raw.as_ref(), self.refused)
        });
        self.close(&end, out);
        self.close_calls(&end, out);
        self.send_response(end.event(), &end, finish, finish.usage.as_ref(), out);
    }

    /// The vendor's own stream was seen to tell an error as an event, and then as a response that failed.
    pub(super) fn fail(&mut self, error: &Error, out: &mut BytesMut) {
        self.begin(out);
        let end = End::failed(error);
        let cause = Cause {
            code: code_of(error).unwrap_or("server_error"),
            message: &error.shown_message(),
            param: router_wire::object::field_of(error),
        };
        self.send("error", Failure { cause, error: cause }, out);
        self.send_response(end.event(), &end, &StreamFinish::default(), error.usage(), out);
    }
}

fn write<T: Serialize>(event: Event<'_, T>, out: &mut BytesMut) {
    crate::reply::event(Some(event.kind), &event, out);
}
