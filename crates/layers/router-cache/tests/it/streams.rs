//! Streams: recorded at their end, replayed with the same events; what did not come to its end is never kept.

use router_cache::CachePolicy;
use router_core::content::Riders;
use router_core::stream::PartKind;
use router_core::tool::ToolCallKind;
use router_core::{
    Body, ChatResponse, Error, ErrorKind, FinishReason, Provider as _, Result, Signature, StreamEvent, Usage,
};

use crate::vendor::Vendor;
use crate::{cached, call, events_of, text_of};

fn everything() -> Vec<Result<StreamEvent>> {
    let start = StreamEvent::start(Some("id-1".into()), Some("model-a-2025".into()));
    let events = vec![
        start,
        StreamEvent::ReasoningDelta {
            choice: 0,
            text: "Let me ".into(),
        },
        StreamEvent::ReasoningDelta {
            choice: 0,
            text: "think.".into(),
        },
        StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Reasoning,
            riders: Riders::new().with_signature(Signature::new("anthropic", "c2lnbmF0dXJl")),
        },
        StreamEvent::text("Größe"),
        StreamEvent::text(""),
        StreamEvent::text(" 世界"),
        StreamEvent::tool_call_start(0, 0, "call_1".into(), "weather".into(), ToolCallKind::default()),
        StreamEvent::ToolCallDelta {
            choice: 0,
            call: 0,
            arguments: "{\"city\":".into(),
        },
        StreamEvent::ToolCallDelta {
            choice: 0,
            call: 0,
            arguments: "\"Oslo\"}".into(),
        },
        StreamEvent::ToolCallEnd {
            choice: 0,
            call: 0,
            riders: Riders::new(),
        },
        StreamEvent::finish(FinishReason::ToolCalls, Some(Usage::new(11, 7))),
    ];
    events.into_iter().map(Ok).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_replayed_with_the_same_events() {
    for policy in [
        CachePolicy::default(),
        CachePolicy::default().without_single_flight(),
    ] {
        let vendor = Vendor::new().streaming(|_| everything());
        let (cache, handle) = cached(&vendor, policy);
        let first = cache.call(&call("Hi.").streaming()).await.expect("answered");
        assert_eq!(handle.stats().kept, 0, "not before its end");
        assert_eq!(first.head.age, None);
        assert_eq!(first.answer_id().map(AsRef::as_ref), Some("id-1"));
        let first = events_of(first).await;
        let expected: Vec<_> = everything()
            .into_iter()
            .map(|event| event.expect("none fails"))
            .collect();
        assert_eq!(first, expected);
        let second = cache.call(&call("Hi.").streaming()).await.expect("answered");
        assert!(second.head.age.is_some(), "marked, so that nobody pays twice");
        assert_eq!(second.answer_id().map(AsRef::as_ref), Some("id-1"));
        assert_eq!(events_of(second).await, expected, "usage and signature with it");
        assert_eq!(vendor.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn streams_and_whole_answers_stand_in_for_each_other() {
    let vendor = Vendor::new();
    let (cache, _) = cached(&vendor, CachePolicy::default());
    let streamed = cache.call(&call("Hi.").streaming()).await.expect("answered");
    events_of(streamed).await;
    let whole = cache.call(&call("Hi.")).await.expect("answered");
    assert_eq!(text_of(whole), "answer 1", "what the stream collects to");

    let whole = cache.call(&call("Bye.")).await.expect("answered");
    assert_eq!(text_of(whole), "answer 2");
    let streamed = cache.call(&call("Bye.").streaming()).await.expect("answered");
    let Body::Stream(stream) = streamed.body else {
        panic!("a call for a stream gets one");
    };
    let collected = stream.collect().await.expect("whole");
    assert_eq!(collected.text(), "answer 2");
    assert_eq!(collected.usage, Some(Usage::new(3, 5)));
    assert_eq!(vendor.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_did_not_come_to_its_end_is_never_kept() {
    let text = || Ok(StreamEvent::text("Hel"));
    let broken = || Err(Error::new(ErrorKind::Transport, "reset"));
    let withheld = || Ok(StreamEvent::finish(FinishReason::ContentFilter, None));
    type Tail = Box<dyn Fn() -> Vec<Result<StreamEvent>> + Send + Sync>;
    let tails: [(&str, Tail); 4] = [
        ("cut", Box::new(move || vec![text()])),
        ("failed", Box::new(move || vec![text(), broken()])),
        ("withheld", Box::new(move || vec![text(), withheld()])),
        ("failed at once", Box::new(move || vec![broken()])),
    ];
    for (name, tail) in tails {
        for policy in [
            CachePolicy::default(),
            CachePolicy::default().without_single_flight(),
        ] {
            let events = tail();
            let shared = std::sync::Mutex::new(Some(events));
            let vendor = Vendor::new().streaming(move |_| {
                let taken = shared.lock().expect("nobody panics").take();
                taken.unwrap_or_else(everything)
            });
            let (cache, handle) = cached(&vendor, policy);
            if let Ok(reply) = cache.call(&call("Hi.").streaming()).await {
                let _ = reply.into_output().await;
            }
            assert_eq!(handle.stats().kept, 0, "{name}");
            assert_eq!(vendor.living(), 0, "{name}");
            let again = cache.call(&call("Hi.").streaming()).await.expect("answered");
            assert_eq!(events_of(again).await.len(), everything().len(), "{name}");
            assert_eq!(vendor.calls(), 2, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_anywhere_is_never_kept() {
    for policy in [
        CachePolicy::default(),
        CachePolicy::default().without_single_flight(),
    ] {
        for read in 0..everything().len() {
            let vendor = Vendor::new().streaming(|_| everything());
            let (cache, handle) = cached(&vendor, policy.clone());
            let reply = cache.call(&call("Hi.").streaming()).await.expect("answered");
            let Body::Stream(mut stream) = reply.body else {
                panic!("a stream");
            };
            for _ in 0..read {
                stream.next().await.expect("an event").expect("no error");
            }
            drop(stream);
            assert_eq!(vendor.living(), 0, "after {read}: the vendor is told");
            assert_eq!(handle.in_flight(), 0, "after {read}");
            assert_eq!(handle.stats().kept, 0, "after {read}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_passes_and_is_not_kept() {
    for policy in [
        CachePolicy::default(),
        CachePolicy::default().without_single_flight(),
    ] {
        let policy = policy.with_bytes(1 << 20, 2_000);
        let vendor = Vendor::new()
            .streaming(|_| {
                let words = (0..100).map(|_| Ok(StreamEvent::text("a word of some length")));
                let finish = Ok(StreamEvent::finish(FinishReason::Stop, None));
                words.chain([finish]).collect()
            })
            .answering(|_, _| Ok(ChatResponse::text_answer("a word ".repeat(1_000)).into()));
        let (cache, handle) = cached(&vendor, policy);
        let streamed = cache.call(&call("Hi.").streaming()).await.expect("answered");
        assert_eq!(events_of(streamed).await.len(), 101);
        cache.call(&call("Hi.")).await.expect("answered");
        assert_eq!(handle.stats().kept, 0);
        assert_eq!(handle.size().await.expect("memory").entries, 0);
    }
}
