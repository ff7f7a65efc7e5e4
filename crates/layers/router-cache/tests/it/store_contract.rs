//! What every store keeps, in memory and in Redis.

use std::sync::Arc;
use std::time::Duration;

use router_cache::{
    CacheControl, CacheHandle, CacheKey, CacheLayer, CachePolicy, CacheStore, Entry, Lookup, MemoryStore,
};
use router_core::{
    Call, ChatRequest, ChatResponse, Context, EmbeddingResponse, FinishReason, Head, Output, Recording,
    StreamEvent, Usage,
};

/// How long a store may take to keep what was put.
const SOON: Duration = Duration::from_secs(5);

fn handle() -> CacheHandle {
    CacheLayer::new(CachePolicy::default())
        .expect("a policy")
        .handle()
}

fn key(prompt: &'static str, namespace: &'static str) -> CacheKey {
    let control = CacheControl::new().with_namespace(namespace);
    let call = Call::new("m", ChatRequest::user(prompt)).with_context(Context::new().with_extension(control));
    handle().key(&call, &"p".into()).expect("a key")
}

fn entry(text: &str, ttl: Duration) -> Arc<Entry> {
    let mut head = Head::default();
    head.provider = "vendor".into();
    head.model = "m-1".into();
    Arc::new(Entry::full(&head, ChatResponse::text_answer(text).into(), ttl))
}

async fn get(store: &dyn CacheStore, key: &CacheKey) -> Option<Arc<Entry>> {
    match store.get(key) {
        Lookup::Now(entry) => entry,
        Lookup::Later(entry) => entry.await,
    }
}

/// Waits until a store has, or has no longer, what is looked for.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = std::time::Instant::now();
    while !holds().await {
        assert!(started.elapsed() < SOON, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The contract.
pub(crate) async fn check(store: &dyn CacheStore) {
    let long = Duration::from_secs(600);
    let (one, other, elsewhere) = (key("one", ""), key("other", ""), key("one", "tests"));
    assert!(get(store, &one).await.is_none(), "nothing is there before");

    for (key, text) in [(one, "first"), (other, "second"), (elsewhere, "third")] {
        store.put(key, entry(text, long));
        until("what was put is there", async || get(store, &key).await.is_some()).await;
    }
    let found = get(store, &one).await.expect("it is there");
    assert_eq!(found.output(), Output::from(ChatResponse::text_answer("first")));
    assert_eq!(
        (found.provider().as_str(), found.model().as_str()),
        ("vendor", "m-1")
    );
    assert_eq!(found.ttl(), long);
    assert!(found.age() < SOON);

    store.put(one, entry("newer", long));
    until("the newer one replaces it", async || {
        let found = get(store, &one).await.expect("it is there");
        found.output() == Output::from(ChatResponse::text_answer("newer"))
    })
    .await;
    let size = store.size().await.expect("the store is there");
    assert_eq!(size.entries, 3);
    assert!(size.bytes > 0);

    assert!(store.remove(&other).await.expect("the store is there"));
    assert!(
        !store.remove(&other).await.expect("the store is there"),
        "it is gone"
    );
    assert!(get(store, &other).await.is_none());
    store.remove_namespace("tests").await.expect("the store is there");
    assert!(get(store, &elsewhere).await.is_none(), "the namespace is empty");
    assert!(get(store, &one).await.is_some(), "others stay");
    store.remove_namespace("").await.expect("the store is there");
    assert!(get(store, &one).await.is_none());

    everything_comes_back(store, long).await;
    store.clear().await.expect("the store is there");
    assert_eq!(store.size().await.expect("the store is there").entries, 0);

    let brief = Duration::from_millis(60);
    store.put(one, entry("brief", brief));
    tokio::time::sleep(brief + Duration::from_millis(5)).await;
    assert!(get(store, &one).await.is_none(), "its time is over");
}

/// Answers of every form, long ones too, come back as they were.
async fn everything_comes_back(store: &dyn CacheStore, ttl: Duration) {
    let mut long = ChatResponse::text_answer("a long answer ".repeat(1_000));
    long.usage = Some(Usage::new(1, 2));
    let vectors = EmbeddingResponse::new(vec![vec![0.1, -1.5e-7, 3.0]]);
    let outputs = [Output::from(long), Output::from(vectors)];
    for (place, output) in outputs.into_iter().enumerate() {
        let key = key(["a", "b"][place], "all");
        store.put(key, Arc::new(Entry::full(&Head::default(), output.clone(), ttl)));
        until("it is there", async || get(store, &key).await.is_some()).await;
        assert_eq!(get(store, &key).await.expect("it is there").output(), output);
    }
    let events: Recording = [
        StreamEvent::start(Some("id".into()), None),
        StreamEvent::text("Grüß"),
        StreamEvent::text(" Gott"),
        StreamEvent::finish(FinishReason::Stop, Some(Usage::new(1, 2))),
    ]
    .iter()
    .collect();
    let key = key("c", "all");
    let stream = Entry::stream(&Head::default(), Arc::new(events), ttl);
    let expected = stream.output();
    store.put(key, Arc::new(stream));
    until("it is there", async || get(store, &key).await.is_some()).await;
    assert_eq!(get(store, &key).await.expect("it is there").output(), expected);
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    check(&MemoryStore::new(1 << 20)).await;
}
