//! Calls that are open. Their arguments may come mixed, so that each is told by its place.

use bytes::BytesMut;
use router_core::content::Riders;
use router_core::stream::ToolCallStart;
use router_core::tool::ToolCallKind;
use router_core::{Extra, Text};

use super::encoder::Encoder;
use super::end::End;
use super::frames::{ArgumentsDone, At, Delta, InputDone};
use super::json::Call;

#[derive(Debug)]
pub(super) struct OpenCall {
    /// The call's place among the calls of the answer.
    call: u32,
    id: String,
    index: usize,
    call_id: Text,
    name: Text,
    kind: ToolCallKind,
    arguments: String,
}

impl OpenCall {
    fn item<'a>(&'a self, arguments: &'a str, status: &'a str, extra: &'a Extra) -> Call<'a> {
        Call {
            id: &self.id,
            call_id: &self.call_id,
            name: &self.name,
            kind: self.kind,
            arguments,
            status,
            extra,
        }
    }

    fn is_custom(&self) -> bool {
        self.kind == ToolCallKind::Custom
    }
}

impl Encoder {
    pub(super) fn start_call(&mut self, start: &ToolCallStart, out: &mut BytesMut) {
        if let Some(item) = self.local.take() {
            return self.whole(&item, out);
        }
        self.close(&End::Completed, out);
        let (item_id, index) = self.place(prefix(start.kind), out);
        let open = OpenCall {
            call: start.call,
            id: item_id,
            index,
            call_id: start.id.clone(),
            name: start.name.clone(),
            kind: start.kind,
            arguments: String::new(),
        };
        self.added(index, open.item("", "in_progress", &Extra::new()), out);
        self.calls.push(open);
    }

    pub(super) fn grow_call(&mut self, call: u32, arguments: &Text, out: &mut BytesMut) {
        let Some(at) = self.calls.iter().position(|open| open.call == call) else {
            return;
        };
        let mut open = self.calls.swap_remove(at);
        open.arguments.push_str(arguments);
        let kind = if open.is_custom() {
            "response.custom_tool_call_input.delta"
        } else {
            "response.function_call_arguments.delta"
        };
        let delta = Delta {
            at: At::item(&open.id, open.index),
            delta: arguments,
            logprobs: None,
        };
        self.send(kind, delta, out);
        self.calls.push(open);
    }

    pub(super) fn end_call(&mut self, call: u32, riders: &Riders, out: &mut BytesMut) {
        if let Some(at) = self.calls.iter().position(|open| open.call == call) {
            let open = self.calls.remove(at);
            self.done_call(&open, &End::Completed, riders, out);
        }
    }

    pub(super) fn close_calls(&mut self, end: &End, out: &mut BytesMut) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.sort_by_key(|open| open.index);
        for open in calls {
            self.done_call(&open, end, &Riders::new(), out);
        }
    }

    fn done_call(&mut self, open: &OpenCall, end: &End, riders: &Riders, out: &mut BytesMut) {
        let none = !open.is_custom() && open.arguments.trim().is_empty();
        let arguments = if none { "{}" } else { &open.arguments };
        let at = At::item(&open.id, open.index);
        if open.is_custom() {
            let input = arguments;
            self.send(
                "response.custom_tool_call_input.done",
                InputDone { at, input },
                out,
            );
        } else {
            let done = ArgumentsDone {
                at,
                name: &open.name,
                arguments,
            };
            self.send("response.function_call_arguments.done", done, out);
        }
        let item = open.item(arguments, end.of_item(), riders.extra());
        self.done(open.index, item, out);
    }
}

/// What ids of a kind of calls begin with.
pub(super) fn prefix(kind: ToolCallKind) -> &'static str {
    match kind {
        ToolCallKind::Custom => "ctc",
        _ => "fc",
    }
}
