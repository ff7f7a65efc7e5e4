//! What one call wants, and what an operator does.

use std::time::Duration;

use router_cache::{CacheControl, CachePolicy};
use router_core::{Call, Context, Provider as _};

use crate::vendor::Vendor;
use crate::{advance, cached, call, layer, text_of};
use router_core::Layer as _;

fn wanting(control: CacheControl) -> Call {
    call("Hi.").with_context(Context::new().with_extension(control))
}

#[tokio::test(start_paused = true)]
async fn a_call_passes_by_refreshes_and_leaves_no_trace() {
    for policy in [
        CachePolicy::default(),
        CachePolicy::default().without_single_flight(),
    ] {
        let vendor = Vendor::new();
        let (cache, handle) = cached(&vendor, policy);
        let steps = [
            (CacheControl::new().no_store(), "answer 1"),
            (CacheControl::bypass(), "answer 2"),
            (CacheControl::new(), "answer 3"),
            (CacheControl::new(), "answer 3"),
            (CacheControl::bypass(), "answer 4"),
            (CacheControl::new().no_store(), "answer 3"),
            (CacheControl::new().refresh(), "answer 5"),
            (CacheControl::new(), "answer 5"),
            (CacheControl::new().refresh().no_store(), "answer 6"),
            (CacheControl::new(), "answer 5"),
        ];
        for (step, (control, expected)) in steps.into_iter().enumerate() {
            let reply = cache.call(&wanting(control)).await.expect("answered");
            assert_eq!(text_of(reply), expected, "step {step}");
        }
        let stats = handle.stats();
        assert_eq!(
            (stats.hits, stats.misses, stats.bypassed, stats.kept),
            (4, 4, 2, 2)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_says_how_long_and_where() {
    let vendor = Vendor::new();
    let (cache, handle) = cached(&vendor, CachePolicy::default());
    let ask = async |control| text_of(cache.call(&wanting(control)).await.expect("answered"));
    let short = || {
        CacheControl::new()
            .with_ttl(Duration::from_secs(1))
            .with_namespace("short")
    };
    assert_eq!(ask(short()).await, "answer 1");
    assert_eq!(ask(CacheControl::new()).await, "answer 2", "another namespace");
    assert_eq!(ask(CacheControl::new().with_namespace("tests")).await, "answer 3");
    advance(999).await;
    assert_eq!(ask(short()).await, "answer 1");
    advance(1).await;
    assert_eq!(ask(short()).await, "answer 4", "a second is over");

    handle.remove_namespace("tests").await.expect("memory");
    assert_eq!(ask(CacheControl::new().with_namespace("tests")).await, "answer 5");
    assert_eq!(ask(CacheControl::new()).await, "answer 2", "others stay");

    let key = handle.key(&call("Hi."), &"vendor".into()).expect("a key");
    assert_eq!(key.to_string().parse(), Ok(key), "a key reads as it is written");
    assert_eq!(handle.get(&key).await.expect("kept").provider(), "vendor");
    assert!(handle.remove(&key).await.expect("memory"));
    assert!(!handle.remove(&key).await.expect("memory"));
    assert_eq!(ask(CacheControl::new()).await, "answer 6");

    let size = handle.size().await.expect("memory");
    assert_eq!(size.entries, 3);
    assert!(size.bytes > 300, "{size:?}");
    handle.clear().await.expect("memory");
    assert_eq!(handle.size().await.expect("memory").entries, 0);
    assert_eq!(ask(CacheControl::new()).await, "answer 7");
}

#[tokio::test(start_paused = true)]
async fn extensions_that_the_answer_depends_on_tell_calls_apart() {
    #[derive(Debug)]
    struct Target(&'static str);

    let vendor = Vendor::new();
    let layer = layer(CachePolicy::default()).told_apart_by(|call, add| {
        if let Some(target) = call.context.extension::<Target>() {
            add(target.0.as_bytes());
        }
    });
    let cache = layer.layer(vendor.clone());
    let to = |target| call("Hi.").with_context(Context::new().with_extension(Target(target)));
    for (call, expected) in [
        (call("Hi."), "answer 1"),
        (to("one"), "answer 2"),
        (to("other"), "answer 3"),
        (to("one"), "answer 2"),
        (call("Hi."), "answer 1"),
    ] {
        assert_eq!(text_of(cache.call(&call).await.expect("answered")), expected);
    }
}
