//! The default stack: what a client does without a word, and how to say no.

use std::time::Duration;

use llm_api_router::retry::{BreakerPolicy, BreakerState, RetryPolicy, TimeoutPolicy};
use llm_api_router::sim::{SimModel, SimVendor};
use llm_api_router::{Client, ClientBuilder, ErrorKind, ProviderExt, Stack};
use tokio::time::Instant;

fn builder() -> ClientBuilder {
    Client::builder().provider(SimVendor::in_process().expect("its address is right"))
}

#[tokio::test(start_paused = true)]
async fn tries_again_without_a_word() {
    let client = builder().build().unwrap();
    let started = Instant::now();
    let answer = client
        .chat("sim/sim-fault-429-after1-x1-a", "Say only: pong")
        .await
        .unwrap();
    assert_eq!(answer.text(), "pong");
    let elapsed = started.elapsed().as_secs_f64();
    assert!((1.0..1.05).contains(&elapsed), "{elapsed} s");
    let mut stream = client
        .chat_stream("sim-fault-html-x2-b", "Say only: pong")
        .await
        .unwrap();
    assert!(stream.next().await.is_some_and(|event| event.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn cuts_off_and_leaves_alone_without_a_word() {
    let client = builder().build().unwrap();
    let started = Instant::now();
    let mut calls = 0;
    let handle = client.breakers().next().unwrap().clone();
    assert_eq!(handle.provider().as_str(), "sim");
    let model = "sim-fault-stall0".into();
    while handle.state(&model) == BreakerState::Closed {
        let error = client.chat_stream("sim-fault-stall0", "Hello").await.unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Timeout(_) | ErrorKind::Overloaded
        ));
        calls += 1;
        assert!(calls < 10);
    }
    assert!(
        started.elapsed() >= Duration::from_secs(600),
        "ten times a minute"
    );
    client
        .chat("sim-model", "Say only: pong")
        .await
        .expect("other models are as they were");
}

#[tokio::test(start_paused = true)]
async fn bare_is_bare() {
    let sim = SimModel::new();
    let client = Client::builder().provider(sim.clone()).bare().build().unwrap();
    let started = Instant::now();
    for _ in 0..50 {
        client.chat("sim-fault-503", "Hello").await.unwrap_err();
    }
    assert_eq!(sim.ledger().entries().len(), 50);
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(client.breakers().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_layer_can_be_set_or_left_out() {
    let calls = async |stack: Stack| {
        let sim = SimModel::new();
        let client = Client::builder()
            .provider(sim.clone())
            .stack(stack)
            .build()
            .unwrap();
        client.chat("sim-fault-503", "Hello").await.unwrap_err();
        sim.ledger().entries().len()
    };
    assert_eq!(calls(Stack::default()).await, 4);
    assert_eq!(calls(Stack::default().with_retry(None)).await, 1);
    let policy = RetryPolicy::default().with_attempts(2);
    assert_eq!(calls(Stack::default().with_retry(policy)).await, 2);
    let policy = BreakerPolicy::default()
        .with_consecutive(2)
        .with_open(Duration::from_secs(3600));
    assert_eq!(calls(Stack::default().with_breaker(policy)).await, 2);

    let policy = TimeoutPolicy::default().with_attempt(Duration::from_millis(100));
    let client = Client::builder()
        .provider(SimModel::new())
        .stack(Stack::none().with_timeouts(policy))
        .build()
        .unwrap();
    let error = client.chat("sim-fault-slow500", "Hello").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)), "{error}");
}

/// What a gateway's clients are told while a provider is left alone: when the next probe is, in whole seconds, and never sooner.
#[cfg(feature = "serve")]
#[tokio::test(start_paused = true)]
async fn clients_of_a_gateway_are_told_when_to_come_again() {
    use llm_api_router::serve::Service;
    use llm_api_router::wire::HttpRequest;

    let stack = Stack::default()
        .with_retry(None)
        .with_breaker(BreakerPolicy::default().with_consecutive(1));
    let service = Service::new(builder().stack(stack).build().unwrap());
    let ask = async || {
        let body = r#"{"model":"sim-fault-500","messages":[{"role":"user","content":"Hello"}]}"#;
        let request = HttpRequest::post_json("/v1/chat/completions", body);
        service.respond(request).await.into_whole().await
    };
    assert_eq!(ask().await.status, 500);
    tokio::time::sleep(Duration::from_millis(2700)).await;
    let refused = ask().await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("8"), "7.3 s are left");
}
