//! Tools in chats answered whole.

use router_core::{ChatRequest, FinishReason, ToolChoice};
use serde_json::{Value, json};

use super::check_calls;
use crate::exchange::{Exchange, chat};
use crate::requests::{self, TEXT};
use crate::subject::Subject;

pub(crate) async fn tool_call(subject: Subject) {
    let answer = chat(&subject, &["chat_tool_call"], requests::tools()).await;
    check_calls(
        "chat_tool_call",
        &answer,
        &[("get_weather", json!({"city": "Paris"}))],
    );
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));
}

pub(crate) async fn parallel_tool_calls(subject: Subject) {
    let answer = chat(
        &subject,
        &["chat_parallel_tool_calls"],
        requests::parallel_tools(),
    )
    .await;
    check_calls(
        "chat_parallel_tool_calls",
        &answer,
        &[
            ("get_weather", json!({"city": "Paris"})),
            ("get_weather", json!({"city": "Oslo"})),
        ],
    );
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));
}

/// Calls and results go back, a failed one among them, and an answer can be continued as it came.
pub(crate) async fn tool_result_round_trip(subject: Subject) {
    let cases = ["chat_tool_result_round_trip", "chat_text"];
    let answer = chat(&subject, &cases, requests::tool_results()).await;
    assert_eq!(answer.text(), TEXT);
    let called = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_tool_call"]))
        .chat(&subject, requests::tools())
        .await
        .unwrap_or_else(|error| panic!("chat_tool_call: {error}"));
    let call = called
        .tool_calls()
        .next()
        .expect("chat_tool_call has a call")
        .clone();
    let request =
        requests::tools()
            .with_message(called.to_message())
            .with_message(router_core::Message::tool([router_core::ToolResult::new(
                &call.id,
                "21 degrees",
            )
            .with_name(&call.name)]));
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_text"]));
    let answer = exchange
        .chat(&subject, request)
        .await
        .unwrap_or_else(|error| panic!("continuing after a call: {error}"));
    assert_eq!(answer.text(), TEXT);
    let body = String::from_utf8_lossy(&exchange.sent()[0].body).into_owned();
    assert!(
        body.contains("get_weather") && body.contains("21 degrees"),
        "the call or its result was lost"
    );
}

/// Each choice makes another request, or is warned of; `None` never turns into `Auto` unheard.
pub(crate) async fn tool_choice(subject: Subject) {
    let choices = [
        ToolChoice::Auto,
        ToolChoice::None,
        ToolChoice::Required,
        ToolChoice::Tool("get_weather".into()),
    ];
    let mut bodies: Vec<(String, Value)> = Vec::new();
    for choice in choices {
        let name = format!("{choice:?}");
        let (body, warned) = sent(&subject, requests::tools().with_tool_choice(choice)).await;
        if warned {
            continue;
        }
        for (other, known) in &bodies {
            assert_ne!(*known, body, "tool_choice: {name} is sent as {other}");
        }
        bodies.push((name, body));
    }
    assert!(bodies.len() > 1, "tool_choice: every choice is warned of");
    let cases = ["chat_tool_choice", "chat_tool_call"];
    chat(
        &subject,
        &cases,
        requests::tools().with_tool_choice(ToolChoice::Required),
    )
    .await;
}

async fn sent(subject: &Subject, request: ChatRequest) -> (Value, bool) {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(&["chat_text"]));
    let answer = exchange
        .chat(subject, request)
        .await
        .unwrap_or_else(|error| panic!("tool_choice: {error}"));
    let warned = answer
        .head
        .warnings
        .iter()
        .any(|warning| warning.setting.starts_with("tool_choice"));
    let body = serde_json::from_slice(&exchange.sent()[0].body).unwrap_or_default();
    (body, warned)
}
