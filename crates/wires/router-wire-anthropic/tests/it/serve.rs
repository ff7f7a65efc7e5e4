//! Answers as a server writes them: the order of events, other vendors' answers, errors, lists.

use http::{HeaderName, HeaderValue, Method};
use router_core::content::{Citation, Riders};
use router_core::model::{ModelInfo, ModelList};
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish, StreamStart};
use router_core::tokens::TokenCount;
use router_core::tool::ToolCallKind;
use router_core::{
    ChatResponse, Error, ErrorKind, FinishReason, Head, Operation, Output, Signature, StreamEvent, Text,
    Usage,
};
use router_wire::{HttpRequest, ReplyEncoder, ServerCodec};
use router_wire_anthropic::server::{CountTokens, Messages, Models};
use serde_json::{Value, json};

fn post(body: &Value) -> HttpRequest {
    HttpRequest::post_json("/v1/messages", body.to_string())
}

fn encoder() -> Box<dyn ReplyEncoder> {
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]});
    Messages.decode(&post(&body)).expect("a request").reply
}

fn start() -> StreamEvent {
    let mut start = StreamStart::default();
    start.id = Some(Text::from("id-1"));
    StreamEvent::Start(Box::new(start))
}

fn finish(reason: FinishReason, raw: &str) -> StreamEvent {
    let mut finish = StreamFinish::default();
    finish
        .choices
        .push(ChoiceFinish::new(0, reason, Some(Text::from(raw))));
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

/// This wire has no word for it, and every word that it has is of a clean end.
#[test]
fn an_answer_that_its_vendor_ended_with_an_error_is_an_error() {
    let end = finish(FinishReason::Error, "MALFORMED_FUNCTION_CALL");
    let events = written(&[start(), StreamEvent::text("Hi"), end]);
    let last = events.last().expect("an event");
    assert_eq!(last["type"], "error");
    assert!(
        events
            .iter()
            .all(|event| event["type"] != "message_delta" && event["type"] != "message_stop")
    );

    let mut answer = ChatResponse::text_answer("Hi");
    answer.choices[0].finish_reason = FinishReason::Error;
    let error = encoder().full(&Head::default(), &Output::Chat(answer));
    assert_eq!(error.expect_err("no clean end").kind(), ErrorKind::Server);
}

/// The events written for these, each with its name checked.
fn written(events: &[StreamEvent]) -> Vec<Value> {
    let mut encoder = encoder();
    let mut out = bytes::BytesMut::new();
    for event in events {
        encoder.event(event, &mut out);
    }
    parsed(&out)
}

fn parsed(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    text.split_terminator("\n\n")
        .map(|block| {
            let (name, data) = block.split_once('\n').expect("a name and data");
            let value: Value =
                serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
            assert_eq!(name.strip_prefix("event: "), value["type"].as_str());
            value
        })
        .collect()
}

/// `start text 0`, `delta 0`, `stop 0`, … of the blocks.
fn outline(events: &[Value]) -> Vec<String> {
    let of_blocks = events.iter().filter(|event| event["index"].is_u64());
    of_blocks
        .map(|event| {
            let index = &event["index"];
            match event["type"].as_str() {
                Some("content_block_start") => format!(
                    "start {} {index}",
                    event["content_block"]["type"].as_str().unwrap_or_default()
                ),
                Some("content_block_delta") => {
                    format!("{} {index}", event["delta"]["type"].as_str().unwrap_or_default())
                }
                _ => format!("stop {index}"),
            }
        })
        .collect()
}

#[test]
fn events_come_in_the_order_of_the_wire() {
    let text = |text: &str| StreamEvent::text(text);
    let events = written(&[
        start(),
        StreamEvent::ReasoningDelta {
            choice: 0,
            text: Text::from("hm"),
        },
        text("Hel"),
        text("lo"),
        call(0, "a"),
        more(0, "{\"x\":"),
        more(0, "1}"),
        call(1, "b"),
        more(1, "{}"),
        finish(FinishReason::ToolCalls, "tool_calls"),
    ]);
    let kinds: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds.first(), Some(&"message_start"));
    assert_eq!(kinds[kinds.len() - 2..], ["message_delta", "message_stop"]);
    assert_eq!(
        outline(&events),
        [
            "start thinking 0",
            "thinking_delta 0",
            "stop 0",
            "start text 1",
            "text_delta 1",
            "text_delta 1",
            "stop 1",
            "start tool_use 2",
            "input_json_delta 2",
            "input_json_delta 2",
            "stop 2",
            "start tool_use 3",
            "input_json_delta 3",
            "stop 3",
        ]
    );
    let delta = &events[events.len() - 2];
    assert_eq!(
        delta["delta"],
        json!({"stop_reason": "tool_use", "stop_sequence": null})
    );
    assert_eq!(delta["usage"]["input_tokens"], 10);
    assert_eq!(delta["usage"]["output_tokens"], 5);
}

#[test]
fn calls_that_arrive_mixed_stay_apart_by_index() {
    let events = written(&[
        start(),
        call(0, "a"),
        call(1, "b"),
        more(0, "{\"x\":"),
        more(1, "{\"y\":"),
        more(0, "1}"),
        more(1, "2}"),
        finish(FinishReason::ToolCalls, "tool_calls"),
    ]);
    let input = |index: u64| -> String {
        let of = events.iter().filter(|event| event["index"] == index);
        of.filter_map(|event| event["delta"]["partial_json"].as_str())
            .collect()
    };
    assert_eq!(
        (input(0).as_str(), input(1).as_str()),
        (r#"{"x":1}"#, r#"{"y":2}"#)
    );
    assert_eq!(
        outline(&events)
            .iter()
            .filter(|line| line.starts_with("stop"))
            .count(),
        2
    );
}

#[test]
fn a_signature_alone_is_a_thinking_block() {
    let riders = Riders::new().with_signature(Signature::new("anthropic", "sig"));
    let kind = PartKind::Reasoning;
    let events = written(&[
        start(),
        StreamEvent::PartEnd {
            choice: 0,
            kind,
            riders,
        },
        finish(FinishReason::Stop, "end_turn"),
    ]);
    assert_eq!(
        outline(&events),
        ["start thinking 0", "signature_delta 0", "stop 0"]
    );
    assert_eq!(events[2]["delta"]["signature"], "sig");
}

#[test]
fn free_text_of_a_call_becomes_an_object() {
    let events = written(&[
        start(),
        StreamEvent::tool_call_start(0, 0, Text::from("c"), Text::from("run"), ToolCallKind::Custom),
        more(0, "say \"hi\"\n"),
        more(0, "ü"),
        finish(FinishReason::ToolCalls, "tool_calls"),
    ]);
    let pieces = events
        .iter()
        .filter_map(|event| event["delta"]["partial_json"].as_str());
    let input: Value = serde_json::from_str(&pieces.collect::<String>()).expect("JSON");
    assert_eq!(input, json!({"input": "say \"hi\"\nü"}));
}

#[test]
fn sources_of_other_vendors_are_search_results() {
    let mut citation = Citation::default();
    citation.url = Some(Text::from("https://example.com"));
    citation.title = Some(Text::from("T"));
    let events = written(&[
        start(),
        StreamEvent::text("As found."),
        StreamEvent::Citation {
            choice: 0,
            citation: Box::new(citation),
        },
        finish(FinishReason::Stop, "stop"),
    ]);
    assert_eq!(events[3]["delta"]["citation"]["url"], "https://example.com");
    // Such a source has no mark of this vendor, and is not sent to it.
    let block = json!({"type": "text", "text": "As found.", "citations": [events[3]["delta"]["citation"]]});
    let body =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": [block]}]});
    let Operation::Chat(chat) = Messages.decode(&post(&body)).expect("a request").operation else {
        unreachable!("messages are a chat")
    };
    let router_core::ContentPart::Text(part) = &chat.messages[0].content.parts()[0] else {
        unreachable!("the block is text")
    };
    assert_eq!(part.citations[0].raw, None);
}

#[test]
fn reasons_are_told_in_the_words_of_the_wire() {
    let told = |reason, raw: &str| {
        let events = written(&[start(), finish(reason, raw)]);
        events[1]["delta"]["stop_reason"].clone()
    };
    assert_eq!(told(FinishReason::Stop, "stop"), "end_turn");
    assert_eq!(told(FinishReason::Stop, "stop_sequence"), "stop_sequence");
    assert_eq!(told(FinishReason::Length, "length"), "max_tokens");
    assert_eq!(
        told(FinishReason::Length, "model_context_window_exceeded"),
        "model_context_window_exceeded"
    );
    assert_eq!(told(FinishReason::ContentFilter, "content_filter"), "refusal");
    assert_eq!(
        told(FinishReason::Other(Text::from("pause_turn")), "pause_turn"),
        "pause_turn"
    );
    assert_eq!(told(FinishReason::Other(Text::from("odd")), "odd"), "end_turn");
}

#[test]
fn errors_have_the_form_of_the_wire() {
    let cases = [
        (
            Error::new(ErrorKind::Authentication, "no"),
            401,
            "authentication_error",
        ),
        (
            Error::new(ErrorKind::NotFound, "no").with_code("model_not_found"),
            404,
            "not_found_error",
        ),
        (Error::new(ErrorKind::RateLimited, "no"), 429, "rate_limit_error"),
        (
            Error::new(ErrorKind::Overloaded, "no").with_status(529),
            529,
            "overloaded_error",
        ),
        (Error::new(ErrorKind::Overloaded, "no"), 503, "overloaded_error"),
        (
            Error::new(ErrorKind::InvalidRequest, "no").with_status(413),
            413,
            "request_too_large",
        ),
        (
            Error::new(ErrorKind::ContextLengthExceeded, "no"),
            400,
            "invalid_request_error",
        ),
        (Error::new(ErrorKind::Truncated, "no"), 502, "api_error"),
    ];
    for (error, status, word) in cases {
        let response = Messages.error(&error);
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(
            (response.status, &body["error"]["type"]),
            (status, &Value::from(word))
        );
        assert_eq!(
            (&body["type"], &body["error"]["message"]),
            (&"error".into(), &"no".into())
        );
        let mut out = bytes::BytesMut::new();
        encoder().stream_error(&error, &mut out);
        assert_eq!(parsed(&out)[0]["error"]["type"], word);
    }
}

#[test]
fn bad_requests_name_the_field() {
    let message = json!({"role": "user", "content": "x"});
    let cases = [
        (json!({"max_tokens": 1, "messages": [message]}), "model"),
        (json!({"model": "m", "messages": [message]}), "max_tokens"),
        (json!({"model": "m", "max_tokens": 1}), "messages"),
        (json!({"model": "m", "max_tokens": 1, "messages": []}), "messages"),
        (
            json!({"model": "m", "max_tokens": 1, "temperature": 1.5, "messages": [message]}),
            "temperature",
        ),
        (
            json!({"model": "m", "max_tokens": "many", "messages": [message]}),
            "max_tokens",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [{"role": "robot", "content": "x"}]}),
            "messages[0].role",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user"}]}),
            "messages[0].content",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]}),
            "messages[0].content",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "?"}}]}]}),
            "messages[0].content[0].source.data",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [message], "tools": [{"name": "t"}]}),
            "tools[0].input_schema",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [message], "tool_choice": {"type": "maybe"}}),
            "tool_choice.type",
        ),
        (json!([1]), "the body"),
    ];
    for (body, field) in cases {
        let error = Messages.decode(&post(&body)).expect_err(field);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{field}");
        assert!(error.message().starts_with(field), "{field}: {}", error.message());
        assert_eq!(Messages.error(&error).status, 400);
    }
}

#[test]
fn heartbeats_are_pings() {
    let mut out = bytes::BytesMut::new();
    encoder().heartbeat(&mut out);
    assert_eq!(parsed(&out), [json!({"type": "ping"})]);
}

#[test]
fn counts_need_no_limit() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    let mut ingress = CountTokens.decode(&post(&body)).expect("a request");
    let output = Output::CountTokens(TokenCount::new(7));
    let response = ingress.reply.full(&Head::default(), &output).expect("a reply");
    assert_eq!(&response.body[..], br#"{"input_tokens":7}"#);
}

#[test]
fn models_are_listed_for_clients_of_this_wire() {
    let plain = HttpRequest::get("/v1/models");
    let version = HeaderName::from_static("anthropic-version");
    let ours = plain
        .clone()
        .with_header(version.clone(), HeaderValue::from_static("2023-06-01"));
    assert!(!Models.claims(&plain), "other wires have a list there too");
    assert!(Models.claims(&ours));
    assert!(!Models.matches(&Method::POST, "/v1/models"));
    let mut info = ModelInfo::new("a/b");
    info.created = Some(1_739_923_200);
    let output = Output::ListModels(ModelList::new(vec![info]));
    let list = |request: &HttpRequest| {
        let reply = Models
            .decode(request)
            .expect("a request")
            .reply
            .full(&Head::default(), &output);
        reply.map(|response| serde_json::from_slice::<Value>(&response.body).expect("JSON"))
    };
    let all = list(&ours).expect("a list");
    assert_eq!(all["data"][0]["id"], "a/b");
    assert_eq!(all["data"][0]["created_at"], "2025-02-19T00:00:00Z");
    assert_eq!(
        (&all["first_id"], &all["has_more"]),
        (&"a/b".into(), &false.into())
    );
    let one = list(&HttpRequest::get("/v1/models/a%2Fb")).expect("a model");
    assert_eq!(one["type"], "model");
    let none = list(&HttpRequest::get("/v1/models/c")).expect_err("no such model");
    assert_eq!(none.kind(), ErrorKind::NotFound);
}
