//! What OpenRouter tells beside the answer.

use router_core::ContentPart;
use router_openrouter::cost;
use serde_json::json;

use crate::answer;

#[test]
fn who_answered_and_what_it_cost() {
    let answered = answer(&json!({
        "id": "gen-1", "provider": "Amazon Bedrock", "model": "anthropic/claude-sonnet-4.5", "created": 1,
        "choices": [{"index": 0, "finish_reason": "stop", "native_finish_reason": "end_turn",
            "message": {"role": "assistant", "content": "Hi"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost": 0.25, "is_byok": true,
            "cost_details": {"upstream_inference_cost": 1.5}}
    }))
    .expect("an answer");
    assert_eq!(
        answered
            .extra
            .get("openai.chat", "provider")
            .map(|json| json.as_str()),
        Some(r#""Amazon Bedrock""#)
    );
    let choice = answered.first().expect("a choice");
    assert_eq!(
        choice
            .extra
            .get("openai.chat.choice", "native_finish_reason")
            .map(|json| json.as_str()),
        Some(r#""end_turn""#)
    );
    assert_eq!(cost(answered.usage.as_ref().expect("counts")), Some(1.75));
    let mut own = answered.usage.expect("counts");
    own.raw = Some(
        router_core::Json::parse(r#"{"cost":0.25,"cost_details":{"upstream_inference_cost":1.5}}"#)
            .expect("JSON"),
    );
    assert_eq!(cost(&own), Some(0.25), "what is behind is in the price");
    own.raw = None;
    assert_eq!(cost(&own), None);
}

/// What is told of a choice is not said in the conversation.
#[test]
fn words_beside_a_choice_do_not_go_back() {
    let answered = answer(
        &json!({"id": "gen-1", "model": "m", "choices": [{"index": 0, "finish_reason": "stop",
        "native_finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}]}),
    )
    .expect("an answer");
    let request = router_core::ChatRequest::new(vec![answered.to_message()]);
    let sent = crate::body(&router_core::Call::new("m", request));
    assert_eq!(sent["messages"], json!([{"role": "assistant", "content": "Hi"}]));
}

#[test]
fn pictures_in_answers() {
    let answered = answer(&json!({"id": "gen-1", "model": "m", "choices": [{"index": 0, "finish_reason": "stop", "message": {
        "role": "assistant", "content": "Here.",
        "images": [{"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}}]}))
    .expect("an answer");
    let pictures: Vec<_> = answered.choices[0]
        .content
        .iter()
        .filter_map(|part| match part {
            ContentPart::Media(media) => media.media_type.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(pictures, ["image/png"]);
}

#[test]
fn spaces_before_the_body_are_no_part_of_it() {
    let call = router_core::Call::new("m", router_core::ChatRequest::user("x"));
    let body = "\n         \n\n         \n{\"id\":\"gen-1\",\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
    let output = router_wire::Codec::decode(
        &crate::codec(),
        &call,
        &router_wire::HttpResponse::json(200, body),
    );
    assert!(matches!(output, Ok(router_core::Output::Chat(answer)) if answer.text() == *"Hi"));
}
