//! Time that all layers together add: to a call, whole and streamed, and to each chunk. Prints nanoseconds.
//!
//! `cargo bench -p llm-api-router --no-default-features --features config,hyper`

use std::sync::Arc;
use std::time::{Duration, Instant};

use llm_api_router::wire::vendor::Vendor;
use llm_api_router::{Body, Call, ChatRequest, Client, Config, Context, Entry, ModelId, Provider, Registry};

mod prompt;

use prompt::prompt;

const CALLS: u32 = 500;
const WORDS: usize = 1_000;
/// Of so many short runs the best counts: others use the machine as well.
const ROUNDS: usize = 300;

/// Limits, retry, a balancer over three targets, breakers and timeouts, with a cache or without: over short streams and a long one.
fn stack(cache: &str) -> Client {
    let mut registry = Registry::new();
    registry.add(Entry::new(
        Vendor::new("prompt", "Prompt", "http://127.0.0.1"),
        |settings| Ok(Arc::new(prompt(settings.id.clone()))),
    ));
    let text = format!(
        r#"
        limits = [ {{ per = "caller", requests = "1000M/s", concurrency = 1000 }} ]
        [providers.one]
        type = "prompt"
        [providers.two]
        type = "prompt"
        [providers.three]
        type = "prompt"
        [routes.smart]
        targets = ["one/5", "two/5", "three/5"]
        {cache}
        [routes.long]
        targets = ["one/{WORDS}", "two/{WORDS}", "three/{WORDS}"]
        {cache}
        "#
    );
    let config = Config::from_toml("router.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    let client = config.client_with(&registry, &|_| None);
    client.unwrap_or_else(|error| panic!("{error}"))
}

async fn ask(provider: &dyn Provider, call: &Call) {
    let reply = provider.call(call).await.expect("answered");
    if let Body::Stream(mut stream) = reply.body {
        while let Some(event) = stream.next().await {
            event.expect("no error");
        }
    }
}

/// Nanoseconds of a call, each with another prompt.
async fn calls(provider: &dyn Provider, model: &ModelId, is_stream: bool) -> f64 {
    let mut best = Duration::MAX;
    let mut number = 0;
    for _ in 0..ROUNDS {
        let calls: Vec<Call> = (0..CALLS)
            .map(|_| {
                number += 1;
                let call = Call::new(
                    model.clone(),
                    ChatRequest::user(format!("prompt {number} {is_stream}")),
                );
                let call = call.with_context(Context::new());
                if is_stream { call.streaming() } else { call }
            })
            .collect();
        let started = Instant::now();
        for call in &calls {
            ask(provider, call).await;
        }
        best = best.min(started.elapsed());
    }
    best.as_nanos() as f64 / f64::from(CALLS)
}

/// Nanoseconds of a chunk: of what a long stream takes more than a short one.
async fn chunks(provider: &dyn Provider, model: &ModelId, short: f64) -> f64 {
    let mut best = Duration::MAX;
    for number in 0..10 * ROUNDS {
        let call = Call::new(model.clone(), ChatRequest::user(format!("long {number}"))).streaming();
        let started = Instant::now();
        ask(provider, &call).await;
        best = best.min(started.elapsed());
    }
    (best.as_nanos() as f64 - short) / (WORDS - 5) as f64
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let bare = prompt(None);
        let (short, long) = (ModelId::from_static("5"), ModelId::from(WORDS.to_string()));
        let (smart, longer) = (ModelId::from_static("smart"), ModelId::from_static("long"));
        let (plain, streamed) = (
            calls(&bare, &short, false).await,
            calls(&bare, &short, true).await,
        );
        let chunk = chunks(&bare, &long, streamed).await;
        println!("{plain:7.0} ns  a whole call, bare; {streamed:.0} a stream of five; {chunk:.1} a chunk");
        for (what, cache) in [
            ("without a cache", ""),
            (
                "with a cache whose answers are kept",
                "cache = { ttl = \"10m\", max_entry_bytes = 60000000 }",
            ),
            (
                "the same without single-flight",
                "cache = { ttl = \"10m\", max_entry_bytes = 60000000, single_flight = false }",
            ),
        ] {
            let client = stack(cache);
            let whole = calls(&client, &smart, false).await - plain;
            let stream = calls(&client, &smart, true).await;
            let chunk = chunks(&client, &longer, stream).await - chunk;
            let stream = stream - streamed;
            println!(
                "{whole:7.0} ns more for a whole call, {stream:.0} a stream, {chunk:.1} a chunk: {what}"
            );
        }
    });
}
