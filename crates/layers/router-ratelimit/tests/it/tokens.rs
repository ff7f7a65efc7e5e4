//! Tokens: reserved before, settled after, whatever becomes of the call.

use std::time::Duration;

use futures_util::StreamExt as _;
use router_core::{
    Body, Call, ChatRequest, EmbeddingRequest, EmbeddingResponse, Error, ErrorKind, Layer as _,
    Provider as _, Scripted, Usage,
};
use router_ratelimit::{Limit, Quota, Rate, RateLimitLayer, Subject};

use crate::{Slow, acquire, advance, limiter, refusal};

/// Tokens that count now, of a limit of 1000 a day that nothing runs out of in a test.
async fn counted(layer: &RateLimitLayer) -> u64 {
    let quotas: Vec<Quota> = layer.limiter().quotas(&Subject::new()).await;
    quotas[0].most - quotas[0].left
}

fn layer() -> RateLimitLayer {
    RateLimitLayer::new([Limit::tokens(Rate::new(
        1_000,
        Duration::from_secs(1_000_000_000),
    ))])
    .expect("a limit")
}

/// Nine words: a prompt of nine tokens or so.
fn request() -> ChatRequest {
    ChatRequest::user("one two three four five six").with_max_output_tokens(100)
}

fn prompt() -> u64 {
    Call::new("m", request()).operation.token_estimate()
}

#[tokio::test(start_paused = true)]
async fn the_estimate_stands_while_the_call_is_under_way() {
    let layer = layer();
    let provider = layer.layer(Slow::new(50, 0, 3).counting(Usage::new(20, 7)));
    let call = Call::new("m", request());
    let answer = tokio::spawn(async move { provider.call(&call).await.map(|_| ()) });
    advance(10).await;
    assert_eq!(counted(&layer).await, prompt() + 100);
    advance(50).await;
    answer.await.expect("no panic").expect("an answer");
    assert_eq!(counted(&layer).await, 27, "what the vendor counted");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_settled_at_its_end() {
    let layer = layer();
    let provider = layer.layer(Slow::new(0, 10, 5).counting(Usage::new(20, 5)));
    let reply = provider
        .call(&Call::new("m", request()).streaming())
        .await
        .expect("a stream");
    assert_eq!(counted(&layer).await, prompt() + 100);
    let Body::Stream(mut stream) = reply.body else {
        panic!("a stream")
    };
    while let Some(event) = stream.next().await {
        event.expect("no error");
    }
    assert_eq!(
        counted(&layer).await,
        25,
        "with its last event, before it is dropped"
    );
    drop(stream);
    assert_eq!(counted(&layer).await, 25, "and once");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_to_its_end_costs_what_was_seen() {
    let layer = layer();
    let provider = layer.layer(Slow::new(0, 10, 50).counting(Usage::new(20, 50)));
    let reply = provider
        .call(&Call::new("m", request()).streaming())
        .await
        .expect("a stream");
    let Body::Stream(mut stream) = reply.body else {
        panic!("a stream")
    };
    for _ in 0..7 {
        stream.next().await.expect("an event").expect("no error");
    }
    drop(stream);
    assert_eq!(counted(&layer).await, prompt() + 7);
}

#[tokio::test(start_paused = true)]
async fn what_failed_costs_what_the_vendor_says() {
    let layer = layer();
    let broken = || Error::new(ErrorKind::Server, "no");
    let provider = layer.layer(
        Scripted::new()
            .error(broken())
            .error(broken().with_usage(Usage::new(11, 2)))
            .error(Error::new(
                ErrorKind::Timeout(router_core::error::TimeoutKind::Attempt),
                "late",
            )),
    );
    let call = Call::new("m", request());
    assert!(provider.call(&call).await.is_err());
    assert_eq!(counted(&layer).await, 0, "nothing, where it says nothing");
    assert!(provider.call(&call).await.is_err());
    assert_eq!(counted(&layer).await, 13);
    assert!(provider.call(&call).await.is_err());
    assert_eq!(
        counted(&layer).await,
        13 + prompt(),
        "a prompt that was sent and given up"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_costs_its_prompt() {
    let layer = layer();
    let provider = layer.layer(Slow::new(1_000, 0, 3));
    let call = Call::new("m", request());
    let given_up = tokio::time::timeout(Duration::from_millis(10), provider.call(&call)).await;
    assert!(given_up.is_err());
    assert_eq!(counted(&layer).await, prompt());
}

/// A call is settled at the moment when it ends: what ran out while it was under way is gone, and nothing else.
#[tokio::test(start_paused = true)]
async fn what_runs_out_does_so_up_to_the_moment_of_settling() {
    let limiter = limiter([Limit::tokens(Rate::per_minute(600)).with_requests(Rate::per_minute(60))]);
    let call = Call::new("m", request());
    let left = async || {
        let quotas = limiter.quotas(&Subject::new()).await;
        [quotas[0].left, quotas[1].left]
    };
    advance(1_000_000).await;
    let permit = acquire(&limiter, &call).await.expect("room");
    let reserved = prompt() + 100;
    assert_eq!(left().await, [59, 600 - reserved]);
    // Ten tokens run out in a second.
    advance(2_000).await;
    permit.settle(router_ratelimit::Spent::Counted(70));
    assert_eq!(left().await, [60, 600 - 50]);
    advance(3_000).await;
    assert_eq!(left().await, [60, 600 - 20]);
    // Of a limit without tokens as well: calls that are over still count among those of a minute.
    let limiter = crate::limiter([Limit::requests(Rate::per_minute(60)).with_concurrency(5)]);
    advance(1_000_000).await;
    for _ in 0..60 {
        drop(acquire(&limiter, &call).await.expect("room"));
    }
    let quotas = limiter.quotas(&Subject::new()).await;
    assert_eq!([quotas[0].left, quotas[1].left], [0, 5]);
}

#[tokio::test(start_paused = true)]
async fn without_counts_the_reservation_stands() {
    let layer = layer();
    let provider = layer.layer(Slow::new(0, 0, 3));
    provider
        .call(&Call::new("m", request()))
        .await
        .expect("an answer");
    assert_eq!(counted(&layer).await, prompt() + 100);
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_tokens_reserve_none() {
    let layer = layer();
    let provider = layer.layer(Scripted::new().output(EmbeddingResponse::new(vec![vec![0.5]])));
    let call = Call::new("m", EmbeddingRequest::new(["one two three four"]));
    provider.call(&call).await.expect("vectors");
    assert_eq!(counted(&layer).await, call.operation.token_estimate());
}

#[tokio::test(start_paused = true)]
async fn an_unbounded_answer_reserves_the_estimate_of_the_limit() {
    let mut limit = Limit::tokens(Rate::per_day(1_000));
    limit.output_estimate = 300;
    let limiter = limiter([limit]);
    let call = Call::new("m", ChatRequest::user("Hi."));
    let _permits = [
        acquire(&limiter, &call).await,
        acquire(&limiter, &call).await,
        acquire(&limiter, &call).await,
    ];
    refusal(&limiter, &call).await;
    let left = limiter.quotas(&Subject::new()).await[0].left;
    assert_eq!(left, 1_000 - 3 * (300 + call.operation.token_estimate()));
}

/// A bound that is far more than an answer needs makes a call wait for an empty count, and never for ever.
#[tokio::test(start_paused = true)]
async fn a_bound_beyond_the_limit_reserves_all_of_it() {
    let limiter = limiter([Limit::tokens(Rate::per_minute(1_000))]);
    let call = Call::new("m", ChatRequest::user("Hi.").with_max_output_tokens(1_000_000));
    let permit = acquire(&limiter, &call).await.expect("it fits in an empty count");
    refusal(&limiter, &call).await;
    permit.settle(router_ratelimit::Spent::Counted(1_500));
    let wait = refusal(&limiter, &call).await.retry_after();
    assert_eq!(
        wait,
        Some(Duration::from_secs(90)),
        "what went beyond the limit is owed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_prompt_beyond_the_limit_is_never_let_through() {
    let limiter = limiter([Limit::tokens(Rate::per_minute(10)).with_wait(Duration::from_secs(60))]);
    let error = refusal(&limiter, &Call::new("m", ChatRequest::user("word ".repeat(100)))).await;
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.code(), Some("limit_too_small"));
    assert!(!error.is_retryable() && error.retry_after().is_none());
    assert!(error.to_string().contains("tokens 10/min"), "{error}");
}

/// Two hundred calls at once against a budget for ten: no more than that and one estimate.
#[tokio::test(start_paused = true)]
async fn a_budget_is_not_passed_by_being_quick() {
    let estimate = prompt() + 100;
    let rate = Rate::new(estimate * 10, Duration::from_secs(1_000_000_000));
    let layer = RateLimitLayer::new([Limit::tokens(rate)]).expect("a limit");
    let provider = std::sync::Arc::new(layer.layer(Slow::new(10, 0, 3).counting(Usage::new(prompt(), 100))));
    let calls = (0..200).map(|_| {
        let provider = std::sync::Arc::clone(&provider);
        tokio::spawn(async move { provider.call(&Call::new("m", request())).await.is_ok() })
    });
    let mut passed = 0;
    for call in calls.collect::<Vec<_>>() {
        passed += u64::from(call.await.expect("no panic"));
    }
    assert_eq!(passed, 10);
    assert_eq!(counted(&layer).await, estimate * 10);
}

/// However calls end, the count is what a ledger of them says, to the token.
#[tokio::test(start_paused = true)]
async fn the_count_is_the_ledger_after_any_run() {
    for seed in 0..200 {
        let mut random = fastrand::Rng::with_seed(seed);
        let limit = 5_000;
        let rate = Rate::new(limit, Duration::from_secs(1_000_000_000));
        let layer = RateLimitLayer::new([Limit::tokens(rate).with_concurrency(20)]).expect("a limit");
        let mut ledger = 0;
        let mut worst_overshoot = 0;
        for _ in 0..60 {
            let words = random.usize(0..40);
            let counted = random
                .bool()
                .then(|| Usage::new(random.u64(0..30), random.u64(0..160)));
            let mut slow = Slow::new(5, 5, words);
            slow.usage = counted.clone();
            let provider = layer.layer(slow);
            let call = match random.bool() {
                true => Call::new("m", request()).streaming(),
                false => Call::new("m", request()),
            };
            let estimate = prompt() + 100;
            let patience = Duration::from_millis(random.u64(1..300));
            let outcome = tokio::time::timeout(patience, async {
                let reply = match provider.call(&call).await {
                    Ok(reply) => reply,
                    Err(error) => return Some(Err(error)),
                };
                let Body::Stream(mut stream) = reply.body else {
                    return Some(Ok(0));
                };
                let most = random.usize(0..45);
                let seen = stream.by_ref().take(most).count().await as u64;
                (seen < words as u64 + 1).then_some(Ok(seen))
            })
            .await;
            let used = match outcome {
                // Refused: the limit is reached, and nothing is taken.
                Ok(Some(Err(error))) => {
                    assert_eq!(error.kind(), ErrorKind::RateLimited);
                    assert!(ledger + estimate > limit, "no false refusal at {ledger}");
                    0
                }
                // Read to its end, or whole: what the vendor counted, else what was seen or reserved.
                Ok(None) => counted.map_or(prompt() + words as u64, |usage| usage.total_tokens()),
                Ok(Some(Ok(_))) if !call.is_stream() => {
                    counted.map_or(estimate, |usage| usage.total_tokens())
                }
                Ok(Some(Ok(seen))) => prompt() + seen,
                // Given up: what was seen is what the clock let through.
                Err(_) => {
                    let after = crate::tokens::counted(&layer).await;
                    assert!((ledger + prompt()..=ledger + prompt() + words as u64).contains(&after));
                    after - ledger
                }
            };
            worst_overshoot = worst_overshoot.max(used.saturating_sub(estimate));
            ledger += used;
            assert_eq!(
                crate::tokens::counted(&layer).await,
                ledger.min(limit),
                "seed {seed}"
            );
            assert!(ledger <= limit + worst_overshoot.max(1), "seed {seed}: {ledger}");
        }
        let quotas = layer.limiter().quotas(&Subject::new()).await;
        assert_eq!(quotas[1].left, 20, "nobody is under way: {quotas:?}");
    }
}

/// A thousand streams of the simulated vendor, each given up at a random place: what is counted is what was sent.
#[tokio::test(start_paused = true)]
async fn given_up_streams_cost_what_the_vendor_sent() {
    let rate = Rate::new(100_000_000, Duration::from_secs(1_000_000_000));
    let layer = RateLimitLayer::new([Limit::tokens(rate)]).expect("a limit");
    let provider = layer.layer(router_sim::SimModel::new());
    let mut random = fastrand::Rng::with_seed(21);
    let mut sent = 0;
    for _ in 0..1_000 {
        let last = random.u64(20..200);
        let request = ChatRequest::user(format!("Count from 1 to {last}"));
        let call = Call::new("sim-model", request).streaming();
        let reply = provider.call(&call).await.expect("a stream");
        let Body::Stream(stream) = reply.body else {
            panic!("a stream")
        };
        // A token is an event; the first is `Start`.
        let most = random.u64(2..last);
        let events = stream.take(most as usize).collect::<Vec<_>>().await;
        let texts = events
            .iter()
            .filter(|event| matches!(event, Ok(event) if event.commits()))
            .count();
        sent += texts as u64 + call.operation.token_estimate();
    }
    let counted = counted(&layer).await;
    let off = counted.abs_diff(sent) as f64 / sent as f64;
    assert!(
        off < 0.02,
        "counted {counted} of {sent}: {:.1} % off",
        off * 100.0
    );
}
