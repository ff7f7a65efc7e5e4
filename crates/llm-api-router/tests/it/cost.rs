//! What the whole stack costs beside a bare call: allocations, which are exact.

use std::sync::Arc;

use llm_api_router::wire::vendor::Vendor;
use llm_api_router::{Body, Call, ChatRequest, Client, Config, Entry, Provider, Registry};

#[path = "../../benches/prompt/mod.rs"]
mod prompt;

use prompt::prompt;

/// Limits, retry, a balancer over three targets, breakers and timeouts; with a cache or without.
fn stack(cache: &str, words: usize) -> Client {
    let mut registry = Registry::new();
    registry.add(Entry::new(
        Vendor::new("prompt", "Prompt", "http://127.0.0.1"),
        |settings| Ok(Arc::new(prompt(settings.id.clone()))),
    ));
    let text = format!(
        r#"
        limits = [ {{ per = "caller", requests = "1M/s", concurrency = 1000 }} ]
        [providers.one]
        type = "prompt"
        [providers.two]
        type = "prompt"
        [providers.three]
        type = "prompt"
        [routes.smart]
        targets = ["one/{words}", "two/{words}", "three/{words}"]
        {cache}
        "#
    );
    let config = Config::from_toml("router.toml", &text).expect("a configuration");
    config.client_with(&registry, &|_| None).expect("it can be built")
}

/// Allocations of a call and of reading its answer.
fn allocations(provider: &impl Provider, call: &Call) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let measured = allocation_counter::measure(|| {
        runtime.block_on(async {
            let reply = provider.call(call).await.expect("answered");
            if let Body::Stream(mut stream) = reply.body {
                while let Some(event) = stream.next().await {
                    event.expect("no error");
                }
            }
        });
    });
    measured.count_total
}

/// What a stack adds to a call: whole, streamed, and streamed with 1,000 more chunks.
fn added(cache: &str) -> (u64, u64, u64) {
    let one = |words: usize, is_stream: bool| {
        let client = stack(cache, words);
        let ask = |name: &str, text: String| {
            let call = Call::new(name, ChatRequest::user(text));
            if is_stream { call.streaming() } else { call }
        };
        // What grows once has grown.
        for number in 0..100 {
            allocations(&client, &ask("smart", format!("{number}")));
        }
        let bare = allocations(&prompt(None), &ask(&words.to_string(), "e".to_owned()));
        // What grows now and then has not grown in one of several.
        let costs = (0..8).map(|number| allocations(&client, &ask("smart", format!("e{number}"))));
        costs.min().unwrap_or_default().saturating_sub(bare)
    };
    let (whole, streamed, long) = (one(10, false), one(10, true), one(1_010, true));
    (whole, streamed, long.saturating_sub(streamed))
}

#[test]
fn the_stack_adds_few_allocations_to_a_call() {
    let (whole, streamed, chunks) = added("");
    println!(
        "without a cache: {whole} allocations a whole call, {streamed} a stream, {chunks} for 1000 chunks more"
    );
    assert!(whole <= 6, "{whole}");
    assert!(streamed <= 13, "{streamed}");
    assert_eq!(chunks, 0, "none for a chunk");
    let (whole, streamed, chunks) = added("cache = { ttl = \"10m\" }");
    println!(
        "with a cache: {whole} allocations a whole call, {streamed} a stream, {chunks} for 1000 chunks more"
    );
    assert!(whole <= 19, "{whole}");
    assert!(streamed <= 32, "{streamed}");
    // Buffers that grow.
    assert!(chunks <= 24, "for a thousand chunks: {chunks}");
    let (whole, streamed, _) = added("cache = { ttl = \"10m\", single_flight = false }");
    println!("without single-flight: {whole} allocations a whole call, {streamed} a stream");
    assert!(whole <= 16, "{whole}");
    assert!(streamed <= 29, "{streamed}");
}
