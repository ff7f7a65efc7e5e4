//! Awkward replies, one test each, to every provider with a wire of its own and one dialect, over a socket.

use std::sync::Arc;

use llm_api_router::chat::FinishReason;
use llm_api_router::collect::Collector;
use llm_api_router::{
    ChatResponse, Error, ErrorKind, Provider, ProviderExt as _, ProviderSettings, Registry, StreamEvent,
};
use serde_json::{Value, json};

use crate::loopback::{Then, Vendor, answer, head};

/// How a provider's wire says things.
struct Form {
    id: &'static str,
    /// A whole answer, `Hello` with the finish word `WORD`.
    whole: Value,
    /// An answer with nothing but its text.
    sparse: Value,
    /// The events of `Hé😀llo`, with the usage 3 and 2; the last ones hold the finish and the terminal marker.
    events: Vec<String>,
    /// How many of them are sent before the finish.
    before: usize,
    /// An error between events.
    error: String,
    /// Two calls whose pieces come in turns, where the wire has pieces.
    calls: Vec<String>,
    /// An error body with more than the wire has.
    refusal: Value,
}

fn sse(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

fn openai(id: &'static str) -> Form {
    let delta = |delta: Value, finish: Value| json!({"id": "1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let call = |index: u32, more: Value| {
        let mut call = more;
        call["index"] = json!(index);
        delta(json!({"tool_calls": [call]}), Value::Null)
    };
    let start = |index: u32, name: &str| {
        call(
            index,
            json!({"id": format!("c{index}"), "type": "function", "function": {"name": name, "arguments": ""}}),
        )
    };
    let more = |index: u32, text: &str| call(index, json!({"function": {"arguments": text}}));
    // The usage stands beside a choice.
    let mut last = delta(json!({}), json!("stop"));
    last["usage"] = json!({"prompt_tokens": 3, "completion_tokens": 2});
    let mut events = sse(&[
        delta(json!({"role": "assistant", "content": "Hé"}), Value::Null),
        delta(json!({"content": "😀llo"}), Value::Null),
        last,
    ]);
    events.push("data: [DONE]\n\n".to_owned());
    let mut calls = sse(&[
        start(0, "first"),
        start(1, "second"),
        more(0, "{\"a\":"),
        more(1, "{\"b\":"),
        more(0, "1}"),
        more(1, "2}"),
        delta(json!({}), json!("tool_calls")),
    ]);
    calls.push("data: [DONE]\n\n".to_owned());
    Form {
        id,
        whole: json!({"id": "1", "model": "m", "service_tier": "platinum", "usage": {"prompt_tokens": 3, "completion_tokens": 2},
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "WORD"}]}),
        sparse: json!({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
        events,
        before: 2,
        error: format!(
            "data: {}\n\n",
            json!({"error": {"message": "Too busy.", "type": "server_error", "code": "server_error"}})
        ),
        calls,
        refusal: json!({"error": {"message": "No such thing.", "type": "invalid_request_error", "code": "no_thing", "param": "x"}, "hint": "y"}),
    }
}

fn anthropic() -> Form {
    let event = |value: Value| {
        format!(
            "event: {}\ndata: {value}\n\n",
            value["type"].as_str().unwrap_or_default()
        )
    };
    let start = event(
        json!({"type": "message_start", "message": {"id": "1", "type": "message", "role": "assistant", "model": "m",
        "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}}}),
    );
    let block = |index: u32, block: Value| {
        event(json!({"type": "content_block_start", "index": index, "content_block": block}))
    };
    let text = |text: &str| {
        event(
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
        )
    };
    let input = |index: u32, text: &str| {
        event(
            json!({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": text}}),
        )
    };
    let stop = |index: u32| event(json!({"type": "content_block_stop", "index": index}));
    let end = |word: &str| {
        event(
            json!({"type": "message_delta", "delta": {"stop_reason": word, "stop_sequence": null}, "usage": {"output_tokens": 2}}),
        ) + &event(json!({"type": "message_stop"}))
    };
    let tool = |index: u32, name: &str| json!({"type": "tool_use", "id": format!("t{index}"), "name": name, "input": {}});
    Form {
        id: "anthropic",
        whole: json!({"id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "WORD",
            "content": [{"type": "text", "text": "Hello"}],
            "usage": {"input_tokens": 3, "output_tokens": 2, "service_tier": "platinum"}}),
        sparse: json!({"content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"}),
        events: vec![
            start.clone() + &block(0, json!({"type": "text", "text": ""})),
            text("Hé"),
            text("😀llo"),
            stop(0) + &end("end_turn"),
        ],
        before: 3,
        error: event(json!({"type": "error", "error": {"type": "api_error", "message": "Too busy."}})),
        calls: vec![
            start,
            block(0, tool(0, "first")),
            block(1, tool(1, "second")),
            input(0, "{\"a\":"),
            input(1, "{\"b\":"),
            input(0, "1}"),
            input(1, "2}"),
            stop(0),
            stop(1),
            end("tool_use"),
        ],
        refusal: json!({"type": "error", "error": {"type": "invalid_request_error", "message": "No such thing.", "hint": "y"}}),
    }
}

fn gemini() -> Form {
    let piece = |parts: Value, finish: Value| {
        let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
        if !finish.is_null() {
            candidate["finishReason"] = finish;
        }
        json!({"candidates": [candidate], "modelVersion": "m", "responseId": "1",
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}})
    };
    let call = |name: &str, args: Value| json!({"functionCall": {"name": name, "args": args}});
    Form {
        id: "gemini",
        whole: piece(json!([{"text": "Hello"}]), json!("WORD")),
        sparse: json!({"candidates": [{"content": {"parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}),
        events: sse(&[
            piece(json!([{"text": "Hé"}]), Value::Null),
            piece(json!([{"text": "😀llo"}]), Value::Null),
            piece(json!([]), json!("STOP")),
        ]),
        before: 2,
        error: format!(
            "data: {}\n\n",
            json!({"error": {"code": 500, "message": "Too busy.", "status": "INTERNAL"}})
        ),
        calls: sse(&[
            piece(
                json!([call("first", json!({"a": 1})), call("second", json!({"b": 2}))]),
                Value::Null,
            ),
            piece(json!([]), json!("STOP")),
        ]),
        refusal: json!({"error": {"code": 400, "message": "No such thing.", "status": "INVALID_ARGUMENT", "hint": "y"}}),
    }
}

fn ollama() -> Form {
    let line = |message: Value| format!("{}\n", json!({"model": "m", "message": message, "done": false}));
    let text = |text: &str| line(json!({"role": "assistant", "content": text}));
    let end =
        json!({"model": "m", "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2});
    let end = format!("{end}\n");
    let call = |name: &str, arguments: Value| {
        line(
            json!({"role": "assistant", "content": "", "tool_calls": [{"function": {"name": name, "arguments": arguments}}]}),
        )
    };
    Form {
        id: "ollama",
        whole: json!({"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done": true, "done_reason": "WORD",
            "prompt_eval_count": 3, "eval_count": 2}),
        sparse: json!({"message": {"content": "Hello"}, "done": true}),
        events: vec![text("Hé"), text("😀llo"), end.clone()],
        before: 2,
        error: "{\"error\":\"Too busy.\"}\n".to_owned(),
        calls: vec![
            call("first", json!({"a": 1})),
            call("second", json!({"b": 2})),
            end,
        ],
        refusal: json!({"error": "No such thing.", "hint": "y"}),
    }
}

fn forms() -> [Form; 5] {
    [
        openai("openai"),
        openai("deepseek"),
        anthropic(),
        gemini(),
        ollama(),
    ]
}

impl Form {
    fn provider(&self, vendor: &Vendor) -> Arc<dyn Provider> {
        let settings = ProviderSettings::default()
            .with_api_key("sk-canary")
            .with_base_url(vendor.url());
        Registry::builtin().build(self.id, &settings).expect("a provider")
    }

    fn is_lines(&self) -> bool {
        self.id == "ollama"
    }

    fn streams_as(&self) -> Vec<u8> {
        head(if self.is_lines() {
            "application/x-ndjson"
        } else {
            "text/event-stream"
        })
    }

    async fn chat(&self, pieces: Vec<Vec<u8>>) -> Result<ChatResponse, Error> {
        let vendor = Vendor::start(pieces, Then::Close).await;
        let answer = self.provider(&vendor).chat("m", "Hi").await;
        answer.map(|answer| answer.into_value())
    }

    async fn whole(&self, body: &Value) -> ChatResponse {
        let answer = self
            .chat(answer(200, "application/json", "", &body.to_string()))
            .await;
        answer.unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }

    /// What is made of a stream; an error of the call is one of the stream without events.
    async fn stream(&self, body: Vec<Vec<u8>>, then: Then) -> (ChatResponse, Option<Error>) {
        let pieces = [self.streams_as()].into_iter().chain(body).collect();
        let vendor = Vendor::start(pieces, then).await;
        let mut collector = Collector::new();
        let mut stream = match self.provider(&vendor).chat_stream("m", "Hi").await {
            Ok(answer) => answer.into_value(),
            Err(error) => return (collector.finish(), Some(error)),
        };
        let mut finished = false;
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => {
                    assert!(!finished, "{}: something came behind the end", self.id);
                    finished = matches!(event, StreamEvent::Finish(_));
                    collector.push(event);
                }
                Err(error) => {
                    assert!(!finished, "{}: two ends", self.id);
                    assert!(
                        stream.next().await.is_none(),
                        "{}: something came behind the error",
                        self.id
                    );
                    return (collector.finish(), Some(error));
                }
            }
        }
        assert!(finished, "{}: a silent end", self.id);
        (collector.finish(), None)
    }

    async fn complete(&self, body: Vec<Vec<u8>>) -> ChatResponse {
        let (answer, error) = self.stream(body, Then::Close).await;
        assert!(error.is_none(), "{}: {error:?}", self.id);
        answer
    }
}

fn bytes(events: &[String]) -> Vec<Vec<u8>> {
    events.iter().map(|event| event.clone().into_bytes()).collect()
}

fn check_hello(form: &Form, answer: &ChatResponse) {
    assert_eq!(answer.text(), "Hé😀llo", "{}", form.id);
    assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop), "{}", form.id);
    let usage = answer
        .usage
        .as_ref()
        .unwrap_or_else(|| panic!("{}: no usage", form.id));
    assert_eq!((usage.input_tokens, usage.output_tokens), (3, 2), "{}", form.id);
}

#[tokio::test]
async fn unknown_finish_reason() {
    for form in forms() {
        let body = form.whole.to_string().replace("WORD", "out_of_ideas");
        let answer = form.whole(&serde_json::from_str(&body).expect("JSON")).await;
        assert_eq!(answer.text(), "Hello", "{}", form.id);
        assert_eq!(
            answer.finish_reason(),
            Some(&FinishReason::Other("out_of_ideas".into())),
            "{}",
            form.id
        );
        assert_eq!(
            answer.choices[0].finish_reason_raw.as_deref(),
            Some("out_of_ideas"),
            "{}",
            form.id
        );
    }
}

#[tokio::test]
async fn unknown_service_tier() {
    for form in forms() {
        let answer = form.whole(&form.whole).await;
        assert_eq!(answer.text(), "Hello", "{}", form.id);
        if form.whole.to_string().contains("platinum") {
            assert_eq!(answer.service_tier.as_deref(), Some("platinum"), "{}", form.id);
        }
    }
}

#[tokio::test]
async fn sparse_body() {
    for form in forms() {
        let answer = form.whole(&form.sparse).await;
        assert_eq!(answer.text(), "Hello", "{}", form.id);
        assert_eq!(
            answer.usage, None,
            "{}: counts that were not sent are no zeros",
            form.id
        );
        assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop), "{}", form.id);
    }
}

#[tokio::test]
async fn html_body_with_502() {
    let page = format!("<html><body>{}</body></html>", "Bad Gateway ".repeat(20_000));
    for form in forms() {
        let pieces = answer(502, "text/html", "x-request-id: req-1\r\n", &page);
        let error = form.chat(pieces).await.expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Server, "{}", form.id);
        assert!(error.is_retryable(), "{}", form.id);
        let raw = error.raw().expect("the reply");
        assert_eq!(raw.status, 502, "{}", form.id);
        assert!(
            raw.body.len() < page.len(),
            "{}: {} bytes of a page are kept",
            form.id,
            raw.body.len()
        );
        assert!(
            error.to_string().len() < 600 && !error.to_string().contains('\n'),
            "{}: {error}",
            form.id
        );
    }
}

#[tokio::test]
async fn error_with_extra_fields_and_request_id() {
    for form in forms() {
        let header = if form.id == "anthropic" {
            "request-id"
        } else {
            "x-request-id"
        };
        let more = format!("{header}: req-1\r\n");
        let pieces = answer(400, "application/json", &more, &form.refusal.to_string());
        let error = form.chat(pieces).await.expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{}", form.id);
        assert_eq!(error.status(), Some(400), "{}", form.id);
        assert_eq!(error.request_id(), Some("req-1"), "{}", form.id);
        assert!(error.message().contains("No such thing."), "{}: {error}", form.id);
        let raw = error.raw().expect("the reply");
        assert!(String::from_utf8_lossy(&raw.body).contains("hint"), "{}", form.id);
    }
}

/// In the forms of the OpenAI family the counts stand beside a choice.
#[tokio::test]
async fn usage_beside_a_choice() {
    for form in forms() {
        check_hello(&form, &form.complete(bytes(&form.events)).await);
    }
}

#[tokio::test]
async fn carriage_returns_pings_and_data_without_space() {
    for form in forms() {
        let body = form.events.concat();
        let body = if form.is_lines() {
            body.replace('\n', "\r\n\r\n")
        } else {
            format!(
                ": ping\n\n{}",
                body.replace("data: ", "data:").replace("\n\n", "\n\n: ping\n\n")
            )
            .replace('\n', "\r\n")
        };
        check_hello(&form, &form.complete(vec![body.into_bytes()]).await);
    }
}

#[tokio::test]
async fn characters_split_across_pieces() {
    for form in forms() {
        let body = form.events.concat().into_bytes();
        check_hello(
            &form,
            &form
                .complete(body.into_iter().map(|byte| vec![byte]).collect())
                .await,
        );
    }
}

#[tokio::test]
async fn end_without_finish() {
    for form in forms() {
        for count in 0..=form.before {
            let (answer, error) = form.stream(bytes(&form.events[..count]), Then::Close).await;
            let error = error.unwrap_or_else(|| panic!("{}: a clean end after {count}", form.id));
            assert_eq!(
                error.kind(),
                ErrorKind::Truncated,
                "{} after {count}: {error}",
                form.id
            );
            assert!("Hé😀llo".starts_with(answer.text().as_str()), "{}", form.id);
        }
    }
}

#[tokio::test]
async fn connection_reset_inside_a_stream() {
    for form in forms() {
        let (_, error) = form.stream(bytes(&form.events[..form.before]), Then::Reset).await;
        let error = error.unwrap_or_else(|| panic!("{}: a clean end", form.id));
        assert_eq!(error.kind(), ErrorKind::Transport, "{}: {error}", form.id);
    }
}

#[tokio::test]
async fn error_inside_a_stream() {
    for form in forms() {
        let mut events = form.events[..form.before].to_vec();
        events.push(form.error.clone());
        events.extend_from_slice(&form.events[form.before..]);
        let (answer, error) = form.stream(bytes(&events), Then::Close).await;
        let error = error.unwrap_or_else(|| panic!("{}: a clean end", form.id));
        assert_eq!(error.message(), "Too busy.", "{}", form.id);
        assert_eq!(answer.text(), "Hé😀llo", "{}", form.id);
    }
}

#[tokio::test]
async fn one_malformed_frame() {
    for form in forms() {
        let mut events = form.events[..form.before].to_vec();
        events.push(if form.is_lines() {
            "{\"message\": \n".to_owned()
        } else {
            "data: {\"broken\": [\n\n".to_owned()
        });
        events.extend_from_slice(&form.events[form.before..]);
        let (answer, error) = form.stream(bytes(&events), Then::Close).await;
        let error = error.unwrap_or_else(|| panic!("{}: a clean end", form.id));
        assert_eq!(error.kind(), ErrorKind::Decode, "{}: {error}", form.id);
        assert_eq!(answer.text(), "Hé😀llo", "{}", form.id);
    }
}

#[tokio::test]
async fn two_interleaved_calls() {
    for form in forms() {
        let answer = form.complete(bytes(&form.calls)).await;
        let choice = answer.first().expect("a choice");
        let calls: Vec<(String, Value)> = choice
            .tool_calls()
            .map(|call| (call.name.to_string(), call.arguments().expect("JSON")))
            .collect();
        let want = [
            ("first".to_owned(), json!({"a": 1})),
            ("second".to_owned(), json!({"b": 2})),
        ];
        assert_eq!(calls, want, "{}", form.id);
        let ids: Vec<&str> = choice.tool_calls().map(|call| call.id.as_str()).collect();
        assert!(
            ids[0] != ids[1] && ids.iter().all(|id| !id.is_empty()),
            "{}: {ids:?}",
            form.id
        );
        assert_eq!(
            answer.finish_reason(),
            Some(&FinishReason::ToolCalls),
            "{}",
            form.id
        );
    }
}
