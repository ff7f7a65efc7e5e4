//! What is given again, to whom, and what is not.

use std::time::Duration;

use router_cache::{CachePolicy, Scope};
use router_core::context::TrailEntry;
use router_core::{
    ChatResponse, Context, EmbeddingRequest, Error, ErrorKind, FinishReason, Layer as _, Provider as _,
};

use crate::vendor::Vendor;
use crate::{advance, cached, call, layer, of, text_of};

#[tokio::test(start_paused = true)]
async fn an_equal_call_gets_the_same_answer_until_its_time_is_over() {
    let vendor = Vendor::new();
    let (cache, handle) = cached(&vendor, CachePolicy::new(Duration::from_secs(60)));
    let first = cache.call(&call("Hi.")).await.expect("answered");
    assert_eq!(first.head.age, None, "it was made for this call");
    assert_eq!(text_of(first), "answer 1");
    advance(59_000).await;
    let again = call("Hi.");
    let second = cache.call(&again).await.expect("answered");
    assert_eq!(
        second.head.age,
        Some(Duration::from_secs(59)),
        "its usage was paid for by another"
    );
    assert_eq!(second.head.provider, "vendor", "who said it");
    assert_eq!(second.head.model, "model-a");
    assert_eq!(text_of(second), "answer 1");
    assert_eq!(decisions(&again.context), ["hit"]);
    advance(1_000).await;
    let third = cache.call(&call("Hi.")).await.expect("answered");
    assert_eq!(text_of(third), "answer 2", "a minute is over");
    let stats = handle.stats();
    assert_eq!((stats.hits, stats.misses, stats.kept), (1, 2, 2));
    assert_eq!(stats.hit_ratio(), Some(1.0 / 3.0));
}

#[tokio::test(start_paused = true)]
async fn callers_share_nothing_unless_the_policy_says_so() {
    let vendor = Vendor::new();
    let (cache, _) = cached(&vendor, CachePolicy::default());
    for (caller, expected) in [("alice", "answer 1"), ("bob", "answer 2"), ("alice", "answer 1")] {
        let reply = cache.call(&of(caller, call("Hi."))).await.expect("answered");
        assert_eq!(text_of(reply), expected, "{caller}");
    }
    assert_eq!(
        text_of(cache.call(&call("Hi.")).await.expect("answered")),
        "answer 3"
    );

    let vendor = Vendor::new();
    let (cache, _) = cached(&vendor, CachePolicy::default().with_scope(Scope::All));
    for caller in ["alice", "bob"] {
        let reply = cache.call(&of(caller, call("Hi."))).await.expect("answered");
        assert_eq!(text_of(reply), "answer 1", "{caller}");
    }

    let vendor = Vendor::new();
    let (cache, _) = cached(
        &vendor,
        CachePolicy::default().with_scope(Scope::Tag("team".into())),
    );
    let of_team = |team: &'static str| {
        call("Hi.").with_context(Context::new().with_caller(team).with_tag("team", team))
    };
    for (team, expected) in [("red", "answer 1"), ("blue", "answer 2"), ("red", "answer 1")] {
        let reply = cache.call(&of_team(team)).await.expect("answered");
        assert_eq!(text_of(reply), expected, "{team}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_and_answers_that_are_none_are_not_kept() {
    let vendor = Vendor::new().answering(|number, _| match number {
        1 => Err(Error::new(ErrorKind::Overloaded, "busy")),
        2 => {
            let mut withheld = ChatResponse::text_answer("…");
            withheld.choices[0].finish_reason = FinishReason::ContentFilter;
            Ok(withheld.into())
        }
        3 => Ok(ChatResponse::default().into()),
        _ => Ok(ChatResponse::text_answer("well").into()),
    });
    let (cache, handle) = cached(&vendor, CachePolicy::default());
    assert!(cache.call(&call("Hi.")).await.is_err());
    for _ in 0..4 {
        cache.call(&call("Hi.")).await.expect("answered");
    }
    assert_eq!(vendor.calls(), 4);
    assert_eq!(handle.stats().kept, 1);
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_fallback_is_kept_only_if_the_policy_says_so() {
    for (policy, asked) in [
        (CachePolicy::default(), 2),
        (CachePolicy::default().with_fallback_answers(), 1),
        (CachePolicy::default().without_single_flight(), 2),
    ] {
        for is_stream in [false, true] {
            let vendor = Vendor::new().standing_in();
            let (cache, handle) = cached(&vendor, policy.clone());
            for _ in 0..2 {
                let call = if is_stream {
                    call("Hi.").streaming()
                } else {
                    call("Hi.")
                };
                let reply = cache.call(&call).await.expect("answered");
                reply.into_output().await.expect("whole");
            }
            assert_eq!(vendor.calls(), asked, "{policy:?}, streamed: {is_stream}");
            assert_eq!(handle.stats().kept, u64::from(asked == 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn providers_behind_one_layer_share_no_answers() {
    let layer = layer(CachePolicy::default());
    let one = layer.layer(Vendor::new().named("one"));
    let other = layer.layer(
        Vendor::new()
            .named("other")
            .answering(|_, _| Ok(ChatResponse::text_answer("the other's").into())),
    );
    assert_eq!(
        text_of(one.call(&call("Hi.")).await.expect("answered")),
        "answer 1"
    );
    assert_eq!(
        text_of(other.call(&call("Hi.")).await.expect("answered")),
        "the other's"
    );
    assert_eq!(
        text_of(one.call(&call("Hi.")).await.expect("answered")),
        "answer 1"
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_the_operation() {
    let vendor = Vendor::new().answering(|number, call| {
        assert_eq!(call.operation.name(), "embed");
        Ok(router_core::EmbeddingResponse::new(vec![vec![number as f32]]).into())
    });
    let (cache, _) = cached(&vendor, CachePolicy::default());
    let embed = router_core::Call::new("e", EmbeddingRequest::new(["one", "two"]));
    let first = cache.call(&embed).await.expect("answered").into_output().await;
    let second = cache.call(&embed).await.expect("answered").into_output().await;
    assert_eq!(first.expect("whole"), second.expect("whole"));
    assert_eq!(vendor.calls(), 1);
}

pub(crate) fn decisions(context: &Context) -> Vec<String> {
    let entries = context.trail().entries().into_iter();
    let decisions = entries.filter_map(|entry| match entry {
        TrailEntry::Decision { layer: "cache", what } => Some(what.to_string()),
        _ => None,
    });
    decisions.collect()
}
