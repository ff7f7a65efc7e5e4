//! Errors of OpenRouter and of the vendors behind it, wherever they come.

use router_conformance::profile::error_of;
use router_core::ErrorKind;
use router_openrouter::OpenRouterCodec;
use serde_json::json;

use crate::answer;

#[test]
fn errors_in_replies_of_success() {
    let whole = answer(
        &json!({"error": {"code": 502, "message": "Upstream idle timeout exceeded",
        "metadata": {"error_type": "timeout"}}, "user_id": "user_1"}),
    )
    .expect_err("an error");
    assert!(matches!(whole.kind(), ErrorKind::Timeout(_)), "{whole}");
    assert!(whole.is_retryable());
    let of_choice = answer(
        &json!({"id": "gen-1", "model": "m", "choices": [{"index": 0, "finish_reason": "error",
        "message": {"role": "assistant", "content": ""},
        "error": {"code": 429, "message": "Too busy", "metadata": {"error_type": "provider_overloaded"}}}]}),
    )
    .expect_err("an error");
    assert_eq!(of_choice.kind(), ErrorKind::Overloaded, "{of_choice}");
    assert_eq!(of_choice.code(), Some("provider_overloaded"));
}

#[test]
fn the_vendor_behind_is_heard() {
    let error = error_of::<OpenRouterCodec>(
        400,
        r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long: 250000 tokens > 200000 maximum\"}}","provider_name":"Anthropic"}}}"#,
    );
    assert_eq!(error.kind(), ErrorKind::ContextLengthExceeded);
    assert!(error.message().contains("250000 tokens"), "{error}");
}

#[test]
fn words_and_statuses_of_the_reference() {
    let kind = |status, body: &str| {
        let error = error_of::<OpenRouterCodec>(status, body);
        (error.kind(), error.is_retryable())
    };
    let typed = |status: u16, word: &str| {
        let body = json!({"error": {"code": status, "message": "no", "metadata": {"error_type": word}}});
        kind(status, &body.to_string())
    };
    assert_eq!(typed(402, "payment_required"), (ErrorKind::QuotaExceeded, false));
    assert_eq!(
        typed(403, "permission_denied"),
        (ErrorKind::PermissionDenied, false)
    );
    assert_eq!(
        typed(403, "content_policy_violation"),
        (ErrorKind::ContentFiltered, false)
    );
    assert_eq!(typed(400, "invalid_prompt"), (ErrorKind::InvalidRequest, false));
    assert_eq!(typed(503, "provider_unavailable"), (ErrorKind::Overloaded, true));
    let flagged = r#"{"error":{"code":403,"message":"openai/gpt-4 requires moderation on OpenAI. Your input was flagged for \"violence\". No credits were charged.","metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"OpenAI"}}}"#;
    assert_eq!(kind(403, flagged), (ErrorKind::ContentFiltered, false));
    let poor =
        r#"{"error":{"message":"This request requires more credits, or fewer max_tokens.","code":402}}"#;
    assert_eq!(kind(402, poor), (ErrorKind::QuotaExceeded, false));
    assert!(kind(524, "{}").1, "the edge gave up");
}
