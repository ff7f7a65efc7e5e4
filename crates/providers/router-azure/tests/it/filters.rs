//! What Azure's filters tell, in answers, streams and errors.

use router_azure::{AzureCodec, Finding, filters};
use router_conformance::profile::error_of;
use router_core::{Call, ChatRequest, ChatResponse, ErrorKind, FinishReason, Output, ProviderId};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, HttpResponse, StreamReader};
use serde_json::json;

fn codec() -> AzureCodec {
    AzureCodec::new(ProviderId::from_static("azure"))
}

fn held_back(findings: &[Finding]) -> Vec<&str> {
    let held = findings.iter().filter(|finding| finding.filtered);
    held.map(|finding| finding.category.as_str()).collect()
}

#[test]
fn findings_of_a_whole_answer() {
    let body = json!({"id": "a", "model": "gpt-35-turbo", "object": "chat.completion", "created": 1,
        "choices": [{"index": 0, "finish_reason": "content_filter", "logprobs": null, "content_filter_results": {
            "hate": {"filtered": true, "severity": "high"}, "violence": {"filtered": false, "severity": "safe"},
            "protected_material_text": {"filtered": false, "detected": true}}}],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {
            "jailbreak": {"filtered": false, "detected": false}, "sexual": {"filtered": false, "severity": "low"}}}],
        "usage": {"prompt_tokens": 15, "completion_tokens": 19, "total_tokens": 34}});
    let call = Call::new("d", ChatRequest::user("x"));
    let output = codec().decode(&call, &HttpResponse::json(200, body.to_string()));
    let Ok(Output::Chat(answer)) = output else {
        panic!("no chat: {output:?}");
    };
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ContentFilter));
    let choice = answer.first().expect("a choice");
    let found = filters::in_choice(choice);
    assert_eq!(held_back(&found), ["hate"]);
    assert_eq!(found.len(), 3);
    let material = found
        .iter()
        .find(|finding| finding.category == "protected_material_text");
    assert_eq!(material.and_then(|finding| finding.detected), Some(true));
    let prompt = filters::in_prompt(&answer);
    assert_eq!(prompt.len(), 2);
    assert!(
        prompt
            .iter()
            .any(|finding| finding.severity.as_deref() == Some("low"))
    );
}

/// The first chunk has no choice, later ones have no delta, and each tells what the filters saw of it.
#[test]
fn findings_of_a_stream_are_the_worst_of_its_pieces() {
    let chunk = |choices: serde_json::Value| {
        let chunk = json!({"id": "a", "model": "gpt-4o-2024-08-06", "object": "chat.completion.chunk", "created": 1,
            "choices": choices});
        format!("data: {chunk}\n\n")
    };
    let seen = |severity: &str| json!({"violence": {"filtered": false, "severity": severity}, "hate": {"filtered": false, "severity": "safe"}});
    let text = format!(
        "data: {}\n\n{}{}{}{}{}data: [DONE]\n\n",
        json!({"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": [
            {"prompt_index": 0, "content_filter_results": {"hate": {"filtered": false, "severity": "safe"}}}]}),
        chunk(json!([{"index": 0, "finish_reason": null, "content_filter_results": {}}])),
        chunk(
            json!([{"index": 0, "finish_reason": null, "delta": {"content": "One"}, "content_filter_results": seen("medium")}])
        ),
        chunk(
            json!([{"index": 0, "finish_reason": null, "content_filter_results": seen("low"),
            "content_filter_offsets": {"check_offset": 1, "start_offset": 1, "end_offset": 9}}])
        ),
        chunk(
            json!([{"index": 0, "finish_reason": null, "delta": {"content": " two"}, "content_filter_results": seen("safe")}])
        ),
        chunk(json!([{"index": 0, "finish_reason": "stop", "delta": {}, "content_filter_results": {}}])),
    );
    let call = Call::new("d", ChatRequest::user("x")).streaming();
    let mut reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    reader.push(text.into());
    let mut events = Vec::new();
    while let Some(event) = reader.next_event().expect("a good stream") {
        events.push(event);
    }
    let answer: ChatResponse = match futures_of(events) {
        Output::Chat(answer) => answer,
        other => panic!("no chat: {other:?}"),
    };
    assert_eq!(answer.text(), "One two");
    assert_eq!(
        answer.model.as_deref(),
        Some("gpt-4o-2024-08-06"),
        "not that of the first chunk"
    );
    let found = filters::in_choice(answer.first().expect("a choice"));
    let violence = found.iter().find(|finding| finding.category == "violence");
    assert_eq!(
        violence.and_then(|finding| finding.severity.as_deref()),
        Some("medium")
    );
    assert_eq!(filters::in_prompt(&answer).len(), 1);
}

fn futures_of(events: Vec<router_core::StreamEvent>) -> Output {
    let stream = router_core::EventStream::from_events(events);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(stream.into_output()).expect("an answer")
}

#[test]
fn a_refused_prompt_tells_why_in_all_its_spellings() {
    let result = json!({"hate": {"filtered": true, "severity": "high"}, "jailbreak": {"filtered": true, "detected": true},
        "violence": {"filtered": false, "severity": "safe"}});
    let inner = json!({"code": "ResponsibleAIPolicyViolation", "content_filter_result": result});
    let message =
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.";
    let spellings = [
        json!({"error": {"code": "content_filter", "message": message, "param": "prompt", "type": null, "status": 400, "innererror": inner}}),
        json!({"error": {"code": "content_filter", "message": message, "inner_error": inner}}),
        json!({"error": {"code": "BadRequest", "message": "Bad."}, "innererror": inner}),
        json!({"error": {"code": "content_filter", "message": message, "innererror": {"code": "ResponsibleAIPolicyViolation",
            "content_filter_results": result}}}),
    ];
    for body in spellings {
        let error = error_of::<AzureCodec>(400, &body.to_string());
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::ContentFiltered, false),
            "{body}"
        );
        let found = filters::in_error(&error);
        assert_eq!(held_back(&found), ["hate", "jailbreak"], "{body}");
        assert_eq!(found.len(), 3, "{body}");
    }
    let other = error_of::<AzureCodec>(404, r#"{"error":{"code":"DeploymentNotFound","message":"no"}}"#);
    assert!(filters::in_error(&other).is_empty());
}
