//! Answers of the vendor's older addresses, which recordings and servers of one's own still give.

use router_core::{ChatRequest, EmbeddingRequest, FinishReason, Output};
use router_wire::HttpResponse;

use crate::side::decoded;

fn json(body: &str) -> HttpResponse {
    HttpResponse::json(200, body.to_owned())
}

#[test]
fn a_chat_of_the_first_version_is_read() {
    let body = r#"{"response_id":"r","generation_id":"g","text":"I look.","finish_reason":"COMPLETE",
        "tool_calls":[{"name":"look","parameters":{"at":1}}],"meta":{"tokens":{"input_tokens":7,"output_tokens":3}}}"#;
    let Output::Chat(answer) = decoded(ChatRequest::user("x"), &json(body)) else {
        unreachable!("a chat was asked for")
    };
    assert_eq!(
        (answer.text().as_str(), answer.id.as_deref()),
        ("I look.", Some("g"))
    );
    let call = answer.tool_calls().next().expect("a call");
    assert_eq!(
        (call.name.as_str(), call.arguments.as_str()),
        ("look", r#"{"at":1}"#)
    );
    assert!(!call.id.is_empty());
    assert_eq!(
        answer.first().map(|choice| &choice.finish_reason),
        Some(&FinishReason::ToolCalls)
    );
    let usage = answer.usage.expect("counts");
    assert_eq!((usage.input_tokens, usage.output_tokens), (7, 3));
}

#[test]
fn each_generation_is_a_choice() {
    let body = r#"{"id":"a","generations":[{"id":"b","text":"one"},{"id":"c","text":"two","finish_reason":"MAX_TOKENS"}],
        "meta":{"billed_units":{"input_tokens":1,"output_tokens":2}}}"#;
    let Output::Chat(answer) = decoded(ChatRequest::user("x"), &json(body)) else {
        unreachable!("a chat was asked for")
    };
    let texts: Vec<_> = answer.choices.iter().map(|choice| choice.text()).collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(answer.choices[1].finish_reason, FinishReason::Length);
    assert_eq!(answer.usage.map(|usage| usage.total_tokens()), Some(3));
}

#[test]
fn vectors_without_kinds_are_read() {
    let Output::Embed(answer) = decoded(EmbeddingRequest::new(["x"]), &json(r#"{"embeddings":[[0.5,1]]}"#))
    else {
        unreachable!("vectors were asked for")
    };
    assert_eq!(answer.embeddings, [[0.5, 1.0]]);
}
