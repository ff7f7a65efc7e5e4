//! Equal calls at the same time are one at the vendor, whole and streamed, whoever leaves.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use router_cache::{CachePolicy, LeaderError};
use router_core::{
    Body, Call, ChatResponse, Context, Error, ErrorKind, EventStream, FinishReason, Output, Provider as _,
    Result, StreamEvent,
};
use tokio::time::Instant;

use crate::hits::decisions;
use crate::vendor::Vendor;
use crate::{advance, cached, call, of, text_of};

#[tokio::test(start_paused = true)]
async fn a_thousand_equal_calls_are_one_at_the_vendor() {
    for is_stream in [false, true] {
        let vendor = Vendor::new().slow(100, 10);
        let (cache, handle) = cached(&vendor, CachePolicy::default());
        let one = |place: usize| {
            let cache = cache.clone();
            async move {
                // Some come while it is under way, and of a stream when it has begun.
                tokio::time::sleep(Duration::from_millis(place as u64 / 10)).await;
                let call = if is_stream {
                    call("Hi.").streaming()
                } else {
                    call("Hi.")
                };
                let reply = cache.call(&call).await.expect("answered");
                let made = reply.head.age.is_none();
                let output = reply.into_output().await.expect("whole");
                (made, output, decisions(&call.context))
            }
        };
        let tasks = (0..1_000).map(|place| tokio::spawn(one(place)));
        let answers: Vec<_> = join_all(tasks)
            .await
            .into_iter()
            .map(|task| task.expect("no panic"))
            .collect();
        assert_eq!(vendor.calls(), 1, "streamed: {is_stream}");
        assert_eq!(
            answers.iter().filter(|(made, ..)| *made).count(),
            1,
            "one of them pays"
        );
        assert!(answers.iter().all(|(_, output, _)| *output == answers[0].1));
        assert_eq!(answers.iter().filter(|(.., said)| *said == ["miss"]).count(), 1);
        let stats = handle.stats();
        assert_eq!(stats.misses, 1);
        assert_eq!(stats.collapsed + stats.hits, 999);
        assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn who_came_later_goes_on_when_the_first_one_leaves() {
    for is_stream in [false, true] {
        for leaves_after in [0, 50, 105, 125] {
            let vendor = Vendor::new().slow(100, 10);
            let (cache, handle) = cached(&vendor, CachePolicy::default());
            let ask = || {
                let cache = cache.clone();
                async move {
                    let call = if is_stream {
                        call("Hi.").streaming()
                    } else {
                        call("Hi.")
                    };
                    cache.call(&call).await.expect("answered").into_output().await
                }
            };
            let first = tokio::spawn(ask());
            tokio::task::yield_now().await;
            let others: Vec<_> = (0..3).map(|_| tokio::spawn(ask())).collect();
            tokio::task::yield_now().await;
            advance(leaves_after).await;
            first.abort();
            for other in others {
                other.await.expect("no panic").expect("whole");
            }
            assert_eq!(vendor.calls(), 1, "after {leaves_after}, streamed: {is_stream}");
            assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
            assert_eq!(handle.stats().kept, 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_to_leave_ends_the_call() {
    for is_stream in [false, true] {
        let vendor = Vendor::new().slow(100, 10);
        let (cache, handle) = cached(&vendor, CachePolicy::default());
        let call = if is_stream {
            call("Hi.").streaming()
        } else {
            call("Hi.")
        };
        let mut waiting: Vec<_> = (0..3).map(|_| cache.call(&call)).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert_eq!((vendor.living(), handle.in_flight()), (1, 1));
        waiting.pop();
        waiting.pop();
        assert_eq!(vendor.living(), 1, "one is left");
        waiting.pop();
        assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
        assert_eq!(handle.stats().kept, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn callers_share_no_flight() {
    let vendor = Vendor::new().slow(100, 0);
    let (cache, _) = cached(&vendor, CachePolicy::default());
    let (alice, bob) = (of("alice", call("Hi.")), of("bob", call("Hi.")));
    let (one, other) = tokio::join!(cache.call(&alice), cache.call(&bob));
    assert_ne!(text_of(one.expect("answered")), text_of(other.expect("answered")));
    assert_eq!(vendor.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_leaders_error_is_shared_or_asked_about_once_more() {
    for is_stream in [false, true] {
        for (rule, calls, failed) in [(LeaderError::Share, 1, 5), (LeaderError::Again, 2, 1)] {
            let error = || Error::new(ErrorKind::Overloaded, "busy").with_status(529);
            let vendor = Vendor::new()
                .slow(100, 0)
                .answering(move |number, _| match number {
                    1 => Err(error()),
                    _ => Ok(ChatResponse::text_answer("well").into()),
                })
                .streaming(move |number| match number {
                    1 => vec![Err(error())],
                    _ => vec![
                        Ok(StreamEvent::text("well")),
                        Ok(StreamEvent::finish(FinishReason::Stop, None)),
                    ],
                });
            let (cache, handle) = cached(&vendor, CachePolicy::default().with_leader_error(rule));
            let call = if is_stream {
                call("Hi.").streaming()
            } else {
                call("Hi.")
            };
            let answers = join_all((0..5).map(|_| {
                let call = call.with_context(Context::new());
                let cache = cache.clone();
                async move { cache.call(&call).await }
            }))
            .await;
            assert_eq!(vendor.calls(), calls, "{rule:?}, streamed: {is_stream}");
            let errors: Vec<_> = answers
                .iter()
                .filter_map(|answer| answer.as_ref().err())
                .collect();
            assert_eq!(errors.len(), failed, "{rule:?}");
            for error in errors {
                assert_eq!((error.kind(), error.status()), (ErrorKind::Overloaded, Some(529)));
                assert!(error.trail().is_some_and(|trail| trail.entries().len() >= 2));
            }
            drop(answers);
            assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn again_is_once_and_never_for_ever() {
    let vendor = Vendor::new()
        .slow(100, 0)
        .answering(|_, _| Err(Error::new(ErrorKind::Overloaded, "busy")));
    let (cache, _) = cached(
        &vendor,
        CachePolicy::default().with_leader_error(LeaderError::Again),
    );
    let call = call("Hi.");
    let answers = join_all((0..100).map(|_| cache.call(&call))).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(vendor.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_behind_the_first_content_is_every_readers() {
    let vendor = Vendor::new().slow(10, 10).streaming(|_| {
        vec![
            Ok(StreamEvent::text("Hel")),
            Err(Error::new(ErrorKind::Transport, "reset")),
        ]
    });
    let (cache, handle) = cached(&vendor, CachePolicy::default());
    let call = call("Hi.").streaming();
    let replies = join_all((0..3).map(|_| cache.call(&call))).await;
    let read = replies.into_iter().map(|reply| async {
        let Body::Stream(mut stream) = reply.expect("begun").body else {
            panic!("a stream");
        };
        assert_eq!(
            stream.next().await.expect("an event").expect("content"),
            StreamEvent::text("Hel")
        );
        let error = stream.next().await.expect("an event").expect_err("reset");
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(stream.next().await.is_none());
    });
    join_all(read).await;
    assert_eq!(
        (vendor.living(), handle.in_flight(), handle.stats().kept),
        (0, 0, 0)
    );
}

/// Beyond what may be recorded, the slowest reader sets the pace, and who leaves holds nobody up.
#[tokio::test(start_paused = true)]
async fn of_a_stream_too_large_to_be_kept_readers_go_in_step() {
    let many = || -> Vec<Result<StreamEvent>> {
        let words = (0..200).map(|number| Ok(StreamEvent::text(format!("word {number} "))));
        words
            .chain([Ok(StreamEvent::finish(FinishReason::Stop, None))])
            .collect()
    };
    let vendor = Vendor::new().slow(10, 1).streaming(move |_| many());
    let (cache, handle) = cached(&vendor, CachePolicy::default().with_bytes(1 << 20, 2_000));
    let call = call("Hi.").streaming();
    let mut streams: Vec<EventStream> = join_all((0..3).map(|_| cache.call(&call)))
        .await
        .into_iter()
        .map(|reply| match reply.expect("begun").body {
            Body::Stream(stream) => stream,
            Body::Full(_) => panic!("a stream"),
        })
        .collect();
    let (mut fast, mut slow, idle) = (streams.remove(0), streams.remove(0), streams.remove(0));
    let mut read = 0;
    let first = tokio::spawn(async move {
        let mut events = Vec::new();
        while let Some(event) = fast.next().await {
            events.push(event.expect("no error"));
        }
        events
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!first.is_finished(), "it waits for the others");
    drop(idle);
    let mut events = Vec::new();
    while let Some(event) = slow.next().await {
        events.push(event.expect("no error"));
        tokio::time::sleep(Duration::from_millis(5)).await;
        read += 1;
    }
    assert_eq!(read, 201);
    let expected: Vec<_> = many()
        .into_iter()
        .map(|event| event.expect("none fails"))
        .collect();
    assert_eq!(events, expected);
    assert_eq!(first.await.expect("no panic"), expected);
    assert_eq!(
        (vendor.living(), handle.in_flight(), handle.stats().kept),
        (0, 0, 0)
    );
}

/// A reader that has stopped reading, and one that never took the answer, hold the others up for a while and not for ever.
#[tokio::test(start_paused = true)]
async fn who_stops_reading_stops_nobody_else() {
    let many = || -> Vec<Result<StreamEvent>> {
        let words = (0..200).map(|number| Ok(StreamEvent::text(format!("word {number} "))));
        words
            .chain([Ok(StreamEvent::finish(FinishReason::Stop, None))])
            .collect()
    };
    for takes_the_answer in [true, false] {
        let vendor = Vendor::new().slow(10, 1).streaming(move |_| many());
        let (cache, handle) = cached(&vendor, CachePolicy::default().with_bytes(1 << 20, 2_000));
        let call = call("Hi.").streaming();
        let mut stuck = cache.call(&call);
        assert!((&mut stuck).now_or_never().is_none(), "it is under way");
        let [mut one, mut other] =
            [cache.call(&call).await, cache.call(&call).await].map(|reply| {
                match reply.expect("begun").body {
                    Body::Stream(stream) => stream,
                    Body::Full(_) => panic!("a stream"),
                }
            });
        let stuck = if takes_the_answer {
            futures_util::future::Either::Left(stuck.await.expect("begun"))
        } else {
            futures_util::future::Either::Right(stuck)
        };
        let began = Instant::now();
        let read = async |stream: &mut EventStream| {
            let mut count = 0;
            while let Some(event) = stream.next().await {
                event.expect("no error");
                count += 1;
            }
            count
        };
        assert_eq!(tokio::join!(read(&mut one), read(&mut other)), (201, 201));
        let held_up = began.elapsed();
        assert!(
            held_up > Duration::from_secs(30) && held_up < Duration::from_secs(31),
            "{held_up:?}"
        );
        let error = match stuck {
            futures_util::future::Either::Right(calling) => calling.await.expect_err("it is gone"),
            futures_util::future::Either::Left(reply) => {
                let Body::Stream(mut stream) = reply.body else {
                    panic!("a stream");
                };
                // What it had before is its own.
                let first = stream.next().await.expect("an event");
                assert_eq!(first.expect("content"), StreamEvent::text("word 0 "));
                let error = stream.next().await.expect("an end").expect_err("no clean end");
                assert!(stream.next().await.is_none());
                error
            }
        };
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(
            error.message().contains("30 s") || error.message().contains("30s"),
            "{error}"
        );
        drop((one, other));
        assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
    }
}

/// Readers that come, read and go at random: each gets the whole answer or leaves, and nothing stays behind.
#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_that_end_at_random_leave_nothing() {
    let mut random = fastrand::Rng::with_seed(11);
    let vendor = Vendor::new().slow(7, 3);
    let (cache, handle) = cached(
        &vendor,
        CachePolicy::new(Duration::from_millis(20)).with_bytes(1 << 20, 700),
    );
    let prompts = ["a", "b", "c", "d"];
    let mut tasks = Vec::new();
    for number in 0..10_000 {
        let call: Call = call(prompts[random.usize(0..prompts.len())]);
        let call = if random.bool() { call.streaming() } else { call };
        let (cache, give_up) = (cache.clone(), Duration::from_millis(random.u64(0..40)));
        tasks.push(tokio::spawn(tokio::time::timeout(give_up, async move {
            let reply = cache.call(&call).await.expect("answered");
            let output = reply.into_output().await.expect("whole");
            let Output::Chat(answer) = output else {
                panic!("a chat");
            };
            assert!(answer.text().starts_with("answer "), "{answer:?}");
        })));
        if number % 7 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    for task in tasks {
        // A call that was given up is no error here.
        let _ = task.await.expect("no panic");
    }
    assert_eq!((vendor.living(), handle.in_flight()), (0, 0));
    let stats = handle.stats();
    assert!(stats.collapsed > 100 && stats.hits > 100, "{stats:?}");
}
