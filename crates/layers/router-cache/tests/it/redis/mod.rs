//! Answers in a Redis: shared by instances, and missing while it is away.

mod outages;

use std::time::Duration;

use router_cache::{CacheLayer, CachePolicy, RedisStore};
use router_conformance::redis::RedisServer;
use router_core::{ErrorKind, Layer as _, Provider as _};
use router_redis::{Redis, RedisConfig};

use crate::vendor::Vendor;
use crate::{call, events_of, store_contract, text_of};

/// A Redis at an address, with times that a busy machine keeps.
fn patient(url: String) -> Redis {
    let second = Duration::from_secs(1);
    Redis::new(&RedisConfig::new(url).with_times(second, second, second)).expect("an address of a Redis")
}

fn layer(redis: &Redis, name: &str) -> CacheLayer {
    CacheLayer::with_redis(CachePolicy::default(), redis, name).expect("a policy")
}

async fn until_kept(layer: &CacheLayer, entries: u64) {
    for _ in 0..500 {
        if layer.handle().size().await.expect("Redis is there").entries == entries {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not {entries} answers are kept");
}

#[tokio::test]
async fn redis_keeps_the_contract_of_stores() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    // Names that mean something in patterns mean nothing here.
    let redis = patient(server.url());
    let other = RedisStore::new(redis.clone(), "other", &CachePolicy::default());
    store_contract::check(&RedisStore::new(
        redis.clone(),
        "route[*]?",
        &CachePolicy::default(),
    ))
    .await;
    store_contract::check(&other).await;
}

#[tokio::test]
async fn instances_share_answers_and_other_names_do_not() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let (one, other) = (
        layer(&patient(server.url()), "route"),
        layer(&patient(server.url()), "route"),
    );
    let elsewhere = layer(&patient(server.url()), "another address");
    let vendor = Vendor::new();
    let whole = one
        .layer(vendor.clone())
        .call(&call("Hi."))
        .await
        .expect("answered");
    assert_eq!(text_of(whole), "answer 1");
    let streamed = one
        .layer(vendor.clone())
        .call(&call("Bye.").streaming())
        .await
        .expect("answered");
    let streamed = events_of(streamed).await;
    until_kept(&one, 2).await;

    let hit = other
        .layer(vendor.clone())
        .call(&call("Hi."))
        .await
        .expect("answered");
    assert!(hit.head.age.is_some());
    assert_eq!(hit.head.provider, "vendor");
    assert_eq!(text_of(hit), "answer 1");
    let hit = other
        .layer(vendor.clone())
        .call(&call("Bye.").streaming())
        .await
        .expect("answered");
    assert_eq!(events_of(hit).await, streamed);
    let miss = elsewhere
        .layer(vendor.clone())
        .call(&call("Hi."))
        .await
        .expect("answered");
    assert_eq!(
        text_of(miss),
        "answer 3",
        "what answers there may be something else"
    );
    assert_eq!(other.handle().stats().hits, 2);
}

#[tokio::test]
async fn a_redis_that_is_gone_is_a_miss_and_an_operator_is_told() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    let layer = layer(&patient(server.url()), "route");
    server.kill();
    let vendor = Vendor::new();
    let cache = layer.layer(vendor.clone());
    for _ in 0..10 {
        cache.call(&call("Hi.")).await.expect("answered");
    }
    assert_eq!(vendor.calls(), 10);
    let error = layer.handle().clear().await.expect_err("nothing was cleared");
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.message().contains("Redis"), "{error}");
}

#[tokio::test]
async fn what_is_no_answer_in_redis_is_a_miss() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let layer = layer(&patient(server.url()), "route");
    let vendor = Vendor::new();
    let cache = layer.layer(vendor.clone());
    cache.call(&call("Hi.")).await.expect("answered");
    until_kept(&layer, 1).await;
    let key = layer.handle().key(&call("Hi."), vendor.id()).expect("a key");
    let key = format!("llm-router:cache:route:{key}");
    let _ = server.command(&["SET", &key, "something else", "PX", "60000"]);
    let again = cache.call(&call("Hi.")).await.expect("answered");
    assert_eq!(text_of(again), "answer 2");
}
