//! Settings: each has an effect, and what is wrong is refused with a word about what is right.

use std::time::Duration;

use router_cache::{CacheLayer, CachePolicy, LeaderError, Scope};
use router_core::{Call, ChatRequest, EmbeddingRequest, ErrorKind, OperationKind, Provider as _};

use crate::cached;
use crate::vendor::Vendor;

#[tokio::test(start_paused = true)]
async fn only_named_operations_and_only_what_is_meant_to_repeat() {
    let chat = |temperature| {
        let mut request = ChatRequest::user("Hi.");
        request.settings.temperature = temperature;
        Call::new("m", request)
    };
    let seeded = || {
        let mut request = ChatRequest::user("Hi.");
        request.settings.seed = Some(7);
        Call::new("m", request)
    };
    let asked = async |policy: CachePolicy, call: Call| {
        let vendor = Vendor::new();
        let (cache, handle) = cached(&vendor, policy);
        for _ in 0..2 {
            cache.call(&call).await.expect("answered");
        }
        assert_eq!(handle.stats().bypassed, vendor.calls() as u64 / 2 * 2);
        vendor.calls()
    };
    let strict = CachePolicy::default().deterministic_only();
    assert_eq!(asked(CachePolicy::default(), chat(None)).await, 1);
    assert_eq!(asked(strict.clone(), chat(None)).await, 2);
    assert_eq!(asked(strict.clone(), chat(Some(0.7))).await, 2);
    assert_eq!(asked(strict.clone(), chat(Some(0.0))).await, 1);
    assert_eq!(asked(strict, seeded()).await, 1);
    let embeddings = CachePolicy::default().with_operations([OperationKind::Embed]);
    assert_eq!(asked(embeddings.clone(), chat(None)).await, 2);
    assert_eq!(
        asked(embeddings, Call::new("m", EmbeddingRequest::new(["a"]))).await,
        1
    );
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_by_weight() {
    let vendor = Vendor::new();
    let (cache, handle) = cached(&vendor, CachePolicy::default().with_bytes(20_000, 10_000));
    for number in 0..500 {
        let call = Call::new("m", ChatRequest::user(format!("prompt {number}")));
        cache.call(&call).await.expect("answered");
    }
    let size = handle.size().await.expect("memory");
    assert!(size.bytes <= 20_000 && size.entries >= 10, "{size:?}");
}

#[test]
fn what_is_wrong_is_refused_with_a_word_about_what_is_right() {
    for (json, word) in [
        (r#"{"ttl": "0s"}"#, "cache.ttl"),
        (r#"{"max_bytes": 0}"#, "cache.max_bytes"),
        (r#"{"max_bytes": 10}"#, "cache.max_entry_bytes"),
        (r#"{"operations": []}"#, "cache.operations"),
    ] {
        let policy: CachePolicy = serde_json::from_str(json).expect(json);
        let error = CacheLayer::new(policy).expect_err(json);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(word), "{error}");
    }
    for (json, word) in [
        (r#"{"tll": "1s"}"#, "ttl"),
        (r#"{"ttl": 5}"#, "invalid type"),
        (r#"{"scope": "everybody"}"#, "caller, all or tag:NAME"),
        (r#"{"leader_error": "hang"}"#, "again"),
    ] {
        let error = serde_json::from_str::<CachePolicy>(json)
            .expect_err(json)
            .to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn settings_read_as_they_are_written() {
    let policy = CachePolicy::new(Duration::from_secs(5))
        .with_scope(Scope::Tag("team".into()))
        .with_operations([OperationKind::Embed])
        .deterministic_only()
        .with_fallback_answers()
        .without_single_flight()
        .with_leader_error(LeaderError::Again);
    let json = serde_json::to_string(&policy).expect("JSON");
    assert_eq!(serde_json::from_str::<CachePolicy>(&json).expect(&json), policy);
}
