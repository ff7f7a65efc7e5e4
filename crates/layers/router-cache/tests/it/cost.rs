//! What the cache costs: allocations, which are exact.

use std::sync::Arc;

use router_cache::CachePolicy;
use router_core::{
    BoxFuture, Call, Capabilities, ChatResponse, EventStream, FinishReason, Layer as _, Provider, ProviderId,
    Reply, Result, StreamEvent,
};

use crate::{call, layer};

/// Answers at once, its streams in so many words.
struct Prompt(usize, ProviderId, Arc<Capabilities>);

fn prompt(words: usize) -> Prompt {
    Prompt(words, ProviderId::from_static("vendor"), Arc::default())
}

impl Provider for Prompt {
    fn id(&self) -> &ProviderId {
        &self.1
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.2)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            if !call.is_stream() {
                return Ok(Reply::full(ChatResponse::text_answer("word ".repeat(200))));
            }
            let words = (0..self.0).map(|_| StreamEvent::text(router_core::Text::from_static("word ")));
            let events: Vec<_> = words
                .chain([StreamEvent::finish(FinishReason::Stop, None)])
                .collect();
            Ok(Reply::stream(EventStream::from_events(events).committed().await?))
        })
    }
}

/// Allocations of a call and of reading its answer.
fn allocations(provider: &impl Provider, call: &Call) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    allocation_counter::measure(|| {
        runtime.block_on(async {
            let reply = provider.call(call).await.expect("answered");
            if let router_core::Body::Stream(mut stream) = reply.body {
                while let Some(event) = stream.next().await {
                    event.expect("no error");
                }
            }
        });
    })
    .count_total
}

#[test]
fn a_hit_and_a_miss_cost_few_allocations() {
    let policy = CachePolicy::default();
    let cache = layer(policy.clone()).layer(prompt(0));
    // What grows once has grown.
    for text in ["one", "two", "three"] {
        allocations(&cache, &call(text));
    }
    let bare = allocations(&prompt(0), &call("a"));
    let miss = allocations(&cache, &call("a")) - bare;
    let hit = allocations(&cache, &call("a"));
    println!("a miss costs {miss} allocations more than the call, a hit {hit} in all");
    assert!(hit <= 4, "{hit}");
    assert!(miss <= 22, "{miss}");
}

#[test]
fn a_chunk_costs_none() {
    let added = |words: usize| {
        let cache = layer(CachePolicy::default()).layer(prompt(words));
        let call = call("Hi.").streaming();
        allocations(&cache, &call) - allocations(&prompt(words), &call)
    };
    let (few, many) = (added(10), added(4_010));
    println!(
        "a stream costs {few} allocations more, and {} for 4000 more chunks",
        many - few
    );
    // Only the buffers grow, each time to twice what they were.
    assert!(many - few <= 24, "{few} {many}");
}
