//! What xAI's answers have that others have not.

use router_core::image::ImageRequest;
use router_core::{Call, ErrorKind, FinishReason, Output, Usage};
use router_wire::FrameLimits;
use router_wire::reader::StreamReader;
use router_wire::{Codec as _, HttpResponse};
use router_xai::cost;
use serde_json::json;

use crate::{answer, codec};

/// The counts of an answer with 25 tokens besides 20 of reasoning.
fn counted(completion: u64, total: u64) -> Usage {
    answer(&json!({"id": "a", "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 120, "completion_tokens": completion, "total_tokens": total,
            "completion_tokens_details": {"reasoning_tokens": 20}, "cost_in_usd_ticks": 158_500}}))
    .expect("an answer")
    .usage
    .expect("counts")
}

#[test]
fn reasoning_is_counted_beside_the_answer_and_once() {
    assert_eq!(
        counted(25, 165).output_tokens,
        45,
        "the total says that it is beside"
    );
    assert_eq!(counted(45, 165).output_tokens, 45, "the total says that it is in");
    let cost = cost(&counted(25, 165)).expect("a price");
    assert!((cost - 0.000_015_85).abs() < 1e-12, "{cost}");
}

#[test]
fn a_call_without_a_reason_is_a_reason() {
    let answered = answer(
        &json!({"id": "a", "model": "m", "choices": [{"index": 0, "finish_reason": "", "message": {
        "role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function",
            "function": {"name": "get_weather", "arguments": "{}"}}]}}]}),
    )
    .expect("an answer");
    assert_eq!(answered.finish_reason(), Some(&FinishReason::ToolCalls));
}

#[test]
fn sources_are_kept() {
    let answered = answer(&json!({"id": "a", "model": "m", "citations": ["https://x.ai/news"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}))
    .expect("an answer");
    let kept = answered
        .extra
        .get("openai.chat", "citations")
        .map(|json| json.as_str());
    assert_eq!(kept, Some(r#"["https://x.ai/news"]"#));
}

#[test]
fn a_picture_that_the_filter_holds_back_is_counted() {
    let body = json!({"data": [{"url": "https://imgen.x.ai/a.jpeg", "mime_type": "image/jpeg", "respect_moderation": true},
        {"url": "", "respect_moderation": false}], "usage": {"cost_in_usd_ticks": 700_000_000}});
    let call = Call::new("grok-imagine-image", ImageRequest::new("x"));
    let output = codec().decode(&call, &HttpResponse::json(200, body.to_string()));
    let Ok(Output::GenerateImage(answer)) = output else {
        panic!("no pictures: {output:?}");
    };
    assert_eq!((answer.images.len(), answer.filtered), (1, 1));
}

/// Asked for a stream, the vendor may answer with an error in a body of its own, and status 200.
#[test]
fn an_error_instead_of_a_stream() {
    let call = Call::new("grok-4.6", router_core::ChatRequest::user("x")).streaming();
    let mut reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    reader.push(
        r#"{"code":"Client specified an invalid argument","error":"Live search is deprecated."}"#.into(),
    );
    let error = loop {
        match reader.next_event() {
            Ok(Some(_)) => {}
            Ok(None) => match reader.finish() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended well"),
                Err(error) => break error,
            },
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.message().contains("Live search"), "{error}");
}
