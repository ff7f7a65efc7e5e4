//! What the server side refuses, and how it says what the wire has no words for.

use router_core::chat::Choice;
use router_core::content::{Media, MediaKind};
use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{
    ChatResponse, Error, ErrorKind, FinishReason, Head, Operation, Output, StreamEvent, Text, ToolCall,
};
use router_wire::server::Ingress;
use router_wire::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

fn decode(path: &str, body: &str) -> Result<Ingress, (Error, HttpResponse)> {
    let http = HttpRequest::post_json(path, body.to_owned());
    let endpoints = router_ollama::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    endpoint.decode(&http).map_err(|error| {
        let response = endpoint.error(&error);
        (error, response)
    })
}

fn refusal(body: &Value) -> String {
    let (error, response) = decode("/api/chat", &body.to_string()).expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(response.status, 400);
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    body["error"].as_str().expect("a message").to_owned()
}

#[test]
fn bad_requests_are_told_by_their_fields() {
    let user = json!({"role": "user", "content": "x"});
    for (body, field) in [
        (json!({"messages": [user]}), "model"),
        (json!({"model": "m"}), "messages"),
        (json!({"model": "m", "messages": []}), "messages"),
        (json!({"model": "m", "messages": "x"}), "messages"),
        (
            json!({"model": "m", "messages": [{"content": "x"}]}),
            "messages[0].role",
        ),
        (
            json!({"model": "m", "messages": [{"role": "judge"}]}),
            "messages[0].role",
        ),
        (
            json!({"model": "m", "messages": [{"role": "user", "content": [1]}]}),
            "messages[0].content",
        ),
        (
            json!({"model": "m", "messages": [{"role": "user", "images": ["?"]}]}),
            "messages[0].images",
        ),
        (
            json!({"model": "m", "messages": [user, {"role": "tool", "content": "x"}]}),
            "messages[1].tool_call_id",
        ),
        (
            json!({"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}),
            "messages[0].tool_calls[0].function",
        ),
        (
            json!({"model": "m", "messages": [user], "tools": [{}]}),
            "tools[0].function",
        ),
        (
            json!({"model": "m", "messages": [user], "format": "yaml"}),
            "format",
        ),
        (json!({"model": "m", "messages": [user], "think": 3}), "think"),
        (
            json!({"model": "m", "messages": [user], "options": {"temperature": "hot"}}),
            "options.temperature",
        ),
        (
            json!({"model": "m", "messages": [user], "options": {"num_predict": "all"}}),
            "options.num_predict",
        ),
        (
            json!({"model": "m", "messages": [user], "options": []}),
            "options",
        ),
    ] {
        let message = refusal(&body);
        assert!(message.starts_with(&format!("{field}: ")), "{message}");
    }
    let (error, response) = decode("/api/chat", "{").expect_err("no JSON");
    assert_eq!((error.kind(), response.status), (ErrorKind::InvalidRequest, 400));
    assert!(decode("/api/embed", r#"{"model":"m"}"#).is_err());
    assert!(decode("/api/embed", r#"{"model":"m","input":[1]}"#).is_err());
}

#[test]
fn results_find_their_calls() {
    let body = json!({"model": "m", "messages": [
        {"role": "assistant", "tool_calls": [
            {"function": {"name": "f", "arguments": {"a": 1}}},
            {"function": {"name": "g", "arguments": "{\"b\": 2}"}},
            {"function": {"name": "f"}},
        ]},
        {"role": "tool", "content": "of g", "tool_name": "g"},
        {"role": "tool", "content": "of f"},
        {"role": "tool", "content": "of the other f", "tool_name": "f"},
    ]});
    let ingress = decode("/api/chat", &body.to_string())
        .map_err(|(error, _)| error)
        .expect("a request");
    let Operation::Chat(chat) = ingress.operation else {
        unreachable!("a chat")
    };
    let calls: Vec<&ToolCall> = router_core::tool::tool_calls(chat.messages[0].content.parts()).collect();
    assert_eq!(calls[1].arguments, "{\"b\": 2}");
    assert_eq!(calls[2].arguments, "{}");
    let answered = |at: usize| match &chat.messages[at].content.parts()[0] {
        router_core::ContentPart::ToolResult(result) => result.call_id.clone(),
        part => panic!("{part:?}"),
    };
    assert_eq!(
        [answered(1), answered(2), answered(3)],
        [&calls[1].id, &calls[0].id, &calls[2].id].map(Text::clone)
    );
}

fn lines(events: &[StreamEvent]) -> Vec<Value> {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
    let mut encoder = decode("/api/chat", body)
        .map_err(|(error, _)| error)
        .expect("a request")
        .reply;
    assert_eq!(
        encoder.stream_head(&Head::default()).header("content-type"),
        Some("application/x-ndjson")
    );
    let mut out = bytes::BytesMut::new();
    events.iter().for_each(|event| encoder.event(event, &mut out));
    encoder.heartbeat(&mut out);
    let text = String::from_utf8(out.to_vec()).expect("text");
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn finish(reason: FinishReason) -> StreamEvent {
    let mut finish = StreamFinish::default();
    finish.choices = vec![ChoiceFinish::new(0, reason, None)];
    StreamEvent::Finish(Box::new(finish))
}

/// Calls that come in pieces go out whole, on one line each, however the model wrote them.
#[test]
fn calls_are_gathered() {
    let start = |call, name: &'static str| {
        StreamEvent::tool_call_start(
            0,
            call,
            Text::from(format!("call_{call}")),
            Text::from_static(name),
            ToolCallKind::Function,
        )
    };
    let delta = |call, arguments: &'static str| StreamEvent::ToolCallDelta {
        choice: 0,
        call,
        arguments: Text::from_static(arguments),
    };
    let end = |call| StreamEvent::ToolCallEnd {
        choice: 0,
        call,
        riders: Default::default(),
    };
    let lines = lines(&[
        start(0, "f"),
        delta(0, "{\n  \"a\":"),
        start(1, "g"),
        delta(0, "\"x\\ny\"\r\n}"),
        end(0),
        // Not ended by its vendor.
        finish(FinishReason::ToolCalls),
    ]);
    let call = |at: usize| &lines[at]["message"]["tool_calls"][0];
    assert_eq!(
        *call(0),
        json!({"id": "call_0", "function": {"index": 0, "name": "f", "arguments": {"a": "x\ny"}}})
    );
    assert_eq!(
        *call(1),
        json!({"id": "call_1", "function": {"index": 1, "name": "g", "arguments": {}}})
    );
    assert_eq!(
        (lines.len(), &lines[2]["done"], &lines[2]["done_reason"]),
        (3, &json!(true), &json!("stop"))
    );
    assert_eq!(lines[2]["total_duration"], 0);
}

#[test]
fn a_filtered_answer_does_not_look_like_a_short_one() {
    assert_eq!(
        lines(&[finish(FinishReason::ContentFilter)])[0]["done_reason"],
        "content_filter"
    );
    assert_eq!(lines(&[finish(FinishReason::Length)])[0]["done_reason"], "length");
    assert_eq!(
        lines(&[finish(FinishReason::Other(Text::new()))])[0]["done_reason"],
        "stop"
    );
}

#[test]
fn pictures_and_refusals_go_out_too() {
    let image = || Media::bytes(MediaKind::Image, "image/png", b"png");
    let refused = || StreamEvent::RefusalDelta {
        choice: 0,
        text: Text::from_static("No."),
    };
    let streamed = lines(&[
        refused(),
        StreamEvent::Media {
            choice: 0,
            media: Box::new(image()),
        },
    ]);
    assert_eq!(streamed[0]["message"]["content"], "No.");
    assert_eq!(streamed[1]["message"]["images"], json!(["cG5n"]));
    let refusal = router_core::ContentPart::Refusal(router_core::content::Refusal::new("No."));
    let mut answer = ChatResponse::default();
    answer
        .choices
        .push(Choice::new(0, vec![refusal, image().into()], FinishReason::Stop));
    let body = r#"{"model":"m","stream":false,"messages":[{"role":"user","content":"x"}]}"#;
    let mut encoder = decode("/api/chat", body)
        .map_err(|(error, _)| error)
        .expect("a request")
        .reply;
    let whole = encoder
        .full(&Head::default(), &Output::Chat(answer))
        .expect("an answer");
    let whole: Value = serde_json::from_slice(&whole.body).expect("JSON");
    assert_eq!(
        whole["message"],
        json!({"role": "assistant", "content": "No.", "images": ["cG5n"]})
    );
    assert_eq!(whole["model"], "m", "the name that was asked for");
}

#[test]
fn an_error_in_a_stream_is_a_line() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
    let mut encoder = decode("/api/chat", body)
        .map_err(|(error, _)| error)
        .expect("a request")
        .reply;
    let mut out = bytes::BytesMut::new();
    encoder.stream_error(&Error::new(ErrorKind::Overloaded, "busy \"now\""), &mut out);
    assert_eq!(&out[..], b"{\"error\":\"busy \\\"now\\\"\"}\n");
}

#[test]
fn the_version_is_told() {
    let endpoints = router_ollama::endpoints();
    let http = HttpRequest::get("/api/version");
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    let mut encoder = endpoint.decode(&http).expect("a request").reply;
    let list = Output::ListModels(router_core::model::ModelList::new(Vec::new()));
    let response = encoder.full(&Head::default(), &list).expect("a version");
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert!(body["version"].is_string());
}

#[test]
fn a_prompt_is_a_chat_that_is_answered_by_a_text() {
    let body = json!({"model": "m", "system": "Be brief.", "prompt": "Hi", "options": {"num_predict": 3}});
    let mut ingress = decode("/api/generate", &body.to_string())
        .map_err(|(error, _)| error)
        .expect("a request");
    let Operation::Chat(chat) = &ingress.operation else {
        unreachable!("a chat")
    };
    let said: Vec<Text> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(said, ["Be brief.", "Hi"]);
    assert_eq!(chat.settings.max_output_tokens, Some(3));
    let mut out = bytes::BytesMut::new();
    let mut finish = StreamFinish::default();
    finish
        .choices
        .push(ChoiceFinish::new(0, FinishReason::Stop, None));
    for event in [StreamEvent::text("Hello"), StreamEvent::Finish(Box::new(finish))] {
        ingress.reply.event(&event, &mut out);
    }
    let text = String::from_utf8(out.to_vec()).expect("UTF-8");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        (&lines[0]["response"], &lines[0]["done"]),
        (&json!("Hello"), &json!(false))
    );
    assert_eq!(
        (&lines[1]["response"], &lines[1]["done"]),
        (&json!(""), &json!(true))
    );
    assert!(lines.iter().all(|line| line.get("message").is_none()));
    assert!(decode("/api/generate", r#"{"model":"m"}"#).is_err(), "no prompt");
}

#[test]
fn one_model_is_shown() {
    let mut model = router_core::model::ModelInfo::new("m");
    model.context_window = Some(4096);
    for (name, status) in [("m", 200), ("m:latest", 200), ("n", 404)] {
        let mut ingress = decode("/api/show", &json!({"model": name}).to_string())
            .map_err(|(error, _)| error)
            .expect("a request");
        let list = router_core::model::ModelList::new(vec![model.clone()]);
        let shown = ingress.reply.full(&Head::default(), &Output::ListModels(list));
        match shown {
            Ok(response) => {
                let body: Value = serde_json::from_slice(&response.body).expect("JSON");
                assert_eq!(body["model_info"]["llm.context_length"], 4096);
                assert_eq!(status, 200);
            }
            Err(error) => assert_eq!(error.status(), Some(status)),
        }
    }
}
