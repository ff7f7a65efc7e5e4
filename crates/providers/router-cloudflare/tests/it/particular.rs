//! The account in the address, the envelope of errors, and calls without ids.

use std::sync::Arc;

use router_cloudflare::{CloudflareCodec, build};
use router_conformance::profile::error_of;
use router_core::{ErrorKind, ProviderExt as _};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;

#[tokio::test]
async fn the_account_is_part_of_the_address_and_calls_get_ids() {
    let answer = r#"{"id":"a","model":"m","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":null,
        "tool_calls":[{"type":"function","function":{"name":"get_weather","arguments":{"city":"Paris"}}}]}}]}"#;
    let transport = Arc::new(ReplayTransport::new().json(200, answer));
    let settings = ProviderSettings::default()
        .with_api_key("t-1")
        .with_option("account", "0f1e2d")
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    let answer = provider
        .chat("@cf/zai-org/glm-5.2", "x")
        .await
        .expect("an answer");
    let call = answer.tool_calls().next().expect("a call");
    assert!(!call.id.is_empty());
    assert_eq!(call.arguments.replace(' ', ""), r#"{"city":"Paris"}"#);
    assert_eq!(
        answer.finish_reason(),
        Some(&router_core::FinishReason::ToolCalls)
    );
    assert_eq!(answer.usage, None, "no counts came");
    let sent = &transport.requests()[0];
    assert_eq!(
        sent.url,
        "https://api.cloudflare.com/client/v4/accounts/0f1e2d/ai/v1/chat/completions"
    );
    let body: serde_json::Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["model"], "@cf/zai-org/glm-5.2");
}

#[test]
fn what_is_missing_is_named() {
    let error = build(&ProviderSettings::default().with_api_key("t-1"))
        .map(|_| ())
        .expect_err("no account");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("CLOUDFLARE_ACCOUNT_ID"), "{error}");
}

#[test]
fn numbers_in_both_envelopes() {
    let kind = |status, body: &str| {
        let error = error_of::<CloudflareCodec>(status, body);
        (error.kind(), error.is_retryable())
    };
    let native = |code: u32| {
        format!(
            r#"{{"success":false,"errors":[{{"code":{code},"message":"no"}}],"result":null,"messages":[]}}"#
        )
    };
    assert_eq!(kind(400, &native(5006)), (ErrorKind::InvalidRequest, false));
    assert_eq!(kind(400, &native(5007)), (ErrorKind::NotFound, false));
    assert_eq!(
        kind(429, &native(3036)),
        (ErrorKind::QuotaExceeded, false),
        "the day's neurons are used up"
    );
    assert_eq!(kind(429, &native(3040)), (ErrorKind::Overloaded, true));
    assert_eq!(kind(429, &native(971)), (ErrorKind::RateLimited, true));
    assert!(matches!(kind(408, &native(3046)), (ErrorKind::Timeout(_), true)));
    assert_eq!(kind(403, &native(9109)), (ErrorKind::Authentication, false));
    let gateway = |code: u32| {
        format!(r#"{{"success":false,"result":[],"messages":[],"error":[{{"code":{code},"message":"no"}}]}}"#)
    };
    assert_eq!(kind(401, &gateway(2009)), (ErrorKind::Authentication, false));
    assert_eq!(kind(424, &gateway(2016)), (ErrorKind::ContentFiltered, false));
    assert_eq!(kind(429, &gateway(2003)), (ErrorKind::RateLimited, true));
}
