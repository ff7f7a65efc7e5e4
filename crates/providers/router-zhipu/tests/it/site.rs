//! Which site a key goes to, and what is made of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use router_core::{Call, ChatRequest, ErrorKind, Secret};
use router_http::replay::ReplayTransport;
use router_http::{ProviderSettings, TransportRequest};
use router_zhipu::build;
use router_zhipu::token::SignedTokens;
use serde_json::{Value, json};

const ANSWER: &str = r#"{"choices":[{"message":{"content":"Hello!"},"finish_reason":"stop"}]}"#;

async fn sent(options: &[(&str, &str)]) -> TransportRequest {
    let transport = Arc::new(ReplayTransport::new().json(200, ANSWER));
    let shared: Arc<dyn router_http::Transport> = Arc::<ReplayTransport>::clone(&transport);
    let mut settings = ProviderSettings::default()
        .with_api_key("the-id.the-secret")
        .with_transport(shared);
    for (name, value) in options {
        settings = settings.with_option(*name, *value);
    }
    let provider = build(&settings).expect("the provider builds");
    let call = Call::new("glm-5.3", ChatRequest::user("Hi"));
    provider.call(&call).await.expect("an answer");
    transport.requests().remove(0)
}

#[tokio::test]
async fn sites_and_plans() {
    for (options, url, language) in [
        (
            &[][..],
            "https://open.bigmodel.cn/api/paas/v4/chat/completions",
            None,
        ),
        (
            &[("plan", "coding")],
            "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions",
            None,
        ),
        (
            &[("site", "international")],
            "https://api.z.ai/api/paas/v4/chat/completions",
            Some("en-US,en"),
        ),
        (
            &[("site", "international"), ("plan", "coding")],
            "https://api.z.ai/api/coding/paas/v4/chat/completions",
            Some("en-US,en"),
        ),
    ] {
        let request = sent(options).await;
        assert_eq!(request.url, url);
        let sent = request.headers.get("accept-language");
        assert_eq!(sent.and_then(|value| value.to_str().ok()), language);
        assert_eq!(request.headers["authorization"], "Bearer the-id.the-secret");
    }
}

#[test]
fn what_is_not_known_is_named() {
    for (name, value, named) in [
        ("site", "mars", "china, international"),
        ("plan", "free", "usage, coding"),
        ("auth", "magic", "key, token"),
        ("region", "x", "site, plan, auth"),
    ] {
        let settings = ProviderSettings::default()
            .with_api_key("a.b")
            .with_option(name, value);
        let error = build(&settings).err().expect("it is not known");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(named), "{error}");
    }
    let keyless = ProviderSettings::default();
    let error = build(&keyless).err().expect("no key");
    assert!(error.to_string().contains("BIGMODEL_API_KEY"), "{error}");
    let plain = ProviderSettings::default()
        .with_api_key("nodots-secret")
        .with_option("auth", "token");
    let error = build(&plain).err().expect("a key of another form");
    assert!(error.to_string().contains("id.secret"), "{error}");
    assert!(!format!("{error:?}").contains("nodots-secret"));
}

fn decoded(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The vendor's SDK (zai-sdk 0.2.3) writes milliseconds and `sign_type`; the signature was computed with Python's hmac.
#[test]
fn tokens_are_signed_as_the_vendor_does() {
    fn clock() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
    }
    let tokens = SignedTokens::new(&Secret::from("the-id.the-secret"))
        .expect("a key")
        .with_clock(clock);
    assert!(!format!("{tokens:?}").contains("the-secret"));
    let token = tokens.sign();
    let parts: Vec<&str> = token.split('.').collect();
    let [head, claims, tag] = parts[..] else {
        panic!("three parts: {token}");
    };
    assert_eq!(
        decoded(head),
        json!({"alg": "HS256", "sign_type": "SIGN", "typ": "JWT"})
    );
    assert_eq!(
        decoded(claims),
        json!({"api_key": "the-id", "exp": 1_700_000_210_123_u64, "timestamp": 1_700_000_000_123_u64})
    );
    assert_eq!(tag, TAG);
}

const TAG: &str = "RxU0tD7e-QWZusoqTrvcMfAOzYIVu53H8zY7QXgThIA";

#[tokio::test]
async fn tokens_go_in_the_place_of_the_key() {
    let request = sent(&[("auth", "token")]).await;
    let header = request.headers["authorization"].to_str().expect("text");
    let token = header.strip_prefix("Bearer ").expect("a bearer token");
    assert_eq!(token.split('.').count(), 3);
    assert!(!header.contains("the-secret"));
}
