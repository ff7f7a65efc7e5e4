//! Answers by InvokeModel, in the forms of makers that Converse does not join.

use router_bedrock::{Api, BedrockOptions};
use router_core::{Call, ChatRequest, ChatResponse, FinishReason, Output, Usage};
use router_wire::{Codec as _, Frame, HttpResponse};
use serde_json::{Value, json};

use crate::side::codec;

fn call() -> Call {
    let mut options = BedrockOptions::default();
    options.api = Some(Api::Invoke);
    let chat = ChatRequest::user("x").with_provider_options("bedrock", &options);
    Call::new("m", chat.expect("JSON"))
}

fn whole(answer: &Value) -> ChatResponse {
    let response = HttpResponse::json(200, answer.to_string());
    let Output::Chat(answer) = codec().decode(&call(), &response).expect("an answer") else {
        unreachable!("a chat")
    };
    answer
}

fn streamed(chunks: &[Value]) -> ChatResponse {
    use base64::Engine as _;
    let (_, mut decoder) = codec().stream_decoder(&call().streaming());
    let (mut events, mut collector) = (Default::default(), router_core::collect::Collector::new());
    for chunk in chunks {
        let bytes = base64::engine::general_purpose::STANDARD.encode(chunk.to_string());
        let mut frame = Frame::new(json!({ "bytes": bytes }).to_string());
        frame.event = Some("chunk".into());
        decoder.decode(&frame, &mut events).expect("a chunk");
    }
    decoder.finish(&mut events).expect("an end");
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}

#[test]
fn counts_of_a_streamed_titan_are_whole() {
    let piece = json!({"outputText": "Hello", "index": 0, "inputTextTokenCount": 5});
    let mut last = json!({"outputText": "!", "index": 0, "totalOutputTextTokenCount": 10,
        "completionReason": "LENGTH", "inputTextTokenCount": 5});
    let answer = streamed(&[piece.clone(), last.clone()]);
    assert_eq!(answer.choices[0].text(), "Hello!");
    assert_eq!(answer.usage, Some(Usage::new(5, 10)));
    // Where it counts the prompt alone, the service has counted the rest.
    last["totalOutputTextTokenCount"] = Value::Null;
    last["amazon-bedrock-invocationMetrics"] = json!({"inputTokenCount": 5, "outputTokenCount": 11});
    assert_eq!(streamed(&[piece, last]).usage, Some(Usage::new(5, 11)));
}

#[test]
fn the_text_of_a_jurassic_is_found() {
    let answer = whole(
        &json!({"id": 1234, "prompt": {"text": "Why?", "tokens": []}, "completions": [
        {"data": {"text": "\nBecause.", "tokens": []}, "finishReason": {"reason": "length", "length": 10}}]}),
    );
    let choice = &answer.choices[0];
    assert_eq!(
        (choice.text().as_str(), &choice.finish_reason),
        ("\nBecause.", &FinishReason::Length)
    );
}
