//! Answers as servers of this family write them: the order of events, what is told only if asked for, errors.

mod chat;
mod deployments;
mod responses;

use bytes::BytesMut;
use router_core::chat::FinishReason;
use router_core::stream::{ChoiceFinish, StreamFinish, StreamStart};
use router_core::tool::ToolCallKind;
use router_core::{Error, StreamEvent, Text, Usage};
use router_wire::{HttpRequest, ServerCodec};
use serde_json::Value;

fn start() -> StreamEvent {
    let mut start = StreamStart::default();
    start.id = Some(Text::from("id-1"));
    start.model = Some(Text::from("served"));
    start.created = Some(7);
    StreamEvent::Start(Box::new(start))
}

fn finish(reason: FinishReason) -> StreamEvent {
    let mut finish = StreamFinish::default();
    finish.choices.push(ChoiceFinish::new(0, reason, None));
    finish.usage = Some(Usage::new(10, 5));
    StreamEvent::Finish(Box::new(finish))
}

fn call(call: u32, id: &str) -> StreamEvent {
    StreamEvent::tool_call_start(
        0,
        call,
        Text::from(id),
        Text::from("look"),
        ToolCallKind::Function,
    )
}

fn more(call: u32, arguments: &str) -> StreamEvent {
    StreamEvent::ToolCallDelta {
        choice: 0,
        call,
        arguments: Text::from(arguments),
    }
}

/// The data of the frames written for these events, and for the error that ends them.
fn written(
    endpoint: &dyn ServerCodec,
    asked: &HttpRequest,
    events: &[StreamEvent],
    error: Option<&Error>,
) -> Vec<String> {
    let mut reply = endpoint.decode(asked).expect("a request").reply;
    let mut out = BytesMut::new();
    for event in events {
        reply.event(event, &mut out);
    }
    if let Some(error) = error {
        reply.stream_error(error, &mut out);
    }
    let text = String::from_utf8(out.to_vec()).expect("UTF-8");
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(str::to_owned).collect()
}

fn json(data: &[String]) -> Vec<Value> {
    data.iter()
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}
