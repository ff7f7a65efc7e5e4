//! Streams and whole answers are treated alike up to the first content.

use std::time::Duration;

use proptest::prelude::*;
use router_core::error::TimeoutKind;
use router_core::{Call, ErrorKind, Layer as _, Provider as _};
use router_retry::{
    BreakerLayer, BreakerPolicy, RetryLayer, RetryPolicy, RetryRule, TimeoutLayer, TimeoutPolicy,
};

use crate::vendor::{
    Act, Step, Vendor, attempts, decisions, error, rest, seconds, stream, streamed, whole, within,
};

/// Broken before the first content in each way there is: the reader sees one clean stream.
#[tokio::test(start_paused = true)]
async fn nothing_of_a_failed_attempt_is_seen() {
    let ways: [(Vec<Step>, ErrorKind); 5] = [
        (vec![Step::Ping, Step::Fail(ErrorKind::Server)], ErrorKind::Server),
        (
            vec![Step::Ping, Step::Fail(ErrorKind::Transport)],
            ErrorKind::Transport,
        ),
        (vec![Step::Ping, Step::Cut], ErrorKind::Truncated),
        (vec![Step::Cut], ErrorKind::Truncated),
        (
            vec![Step::Ping, Step::Hang],
            ErrorKind::Timeout(TimeoutKind::FirstContent),
        ),
    ];
    for (steps, kind) in ways {
        let vendor = Vendor::new(move |number, _| match number {
            0 => Act::Stream(steps.clone()),
            _ => Act::Stream(vec![Step::Text, Step::Text, Step::Finish]),
        });
        let provider = RetryLayer::with_seed(RetryPolicy::default(), 1)
            .layer(TimeoutLayer::default().layer(vendor.clone()));
        let call = streamed();
        let mut stream = stream(provider.call(&call).await.unwrap());
        let (events, error) = rest(&mut stream).await;
        assert_eq!((events, error.map(|error| error.kind())), (3, None), "{kind}");
        assert_eq!(attempts(&call), [Some(kind), None]);
        assert_eq!(vendor.living(), 0);
    }
}

/// The same after the first content: the error is the reader's, of its own kind, once, and nothing is asked again.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_begun_is_not_tried_again() {
    let ways = [
        (Step::Fail(ErrorKind::Overloaded), ErrorKind::Overloaded),
        (Step::Fail(ErrorKind::Decode), ErrorKind::Decode),
        (Step::Cut, ErrorKind::Truncated),
        (Step::Hang, ErrorKind::Timeout(TimeoutKind::BetweenContents)),
    ];
    for (step, kind) in ways {
        let vendor = Vendor::streaming([Step::Text, step]);
        let provider = RetryLayer::with_seed(RetryPolicy::default(), 1)
            .layer(TimeoutLayer::default().layer(vendor.clone()));
        let mut stream = stream(provider.call(&streamed()).await.unwrap());
        let (events, error) = rest(&mut stream).await;
        assert_eq!((events, error.map(|error| error.kind())), (1, Some(kind)));
        assert!(stream.next().await.is_none());
        assert_eq!((vendor.calls(), vendor.living()), (1, 0));
    }
}

/// What happens to one attempt, before any content.
#[derive(Clone, Debug)]
enum Fate {
    Answered,
    Failed(ErrorKind, Option<u64>),
    Late(u64),
    Never,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let kinds = prop::sample::select(vec![
        ErrorKind::RateLimited,
        ErrorKind::Overloaded,
        ErrorKind::Server,
        ErrorKind::Transport,
        ErrorKind::Truncated,
        ErrorKind::InvalidRequest,
        ErrorKind::Decode,
        ErrorKind::Authentication,
    ]);
    let fate = prop_oneof![
        1 => Just(Fate::Answered),
        6 => (kinds, prop::option::of(0..90_u64)).prop_map(|(kind, after)| Fate::Failed(kind, after)),
        1 => (1..50_u64).prop_map(Fate::Late),
        1 => Just(Fate::Never),
    ];
    prop::collection::vec(fate, 1..8)
}

/// The outcome of a call through the whole stack: attempts, decisions, and when the vendor was asked.
async fn outcome(
    call: Call,
    fates: Vec<Fate>,
    policy: RetryPolicy,
    time: Option<u64>,
) -> (Vec<Option<ErrorKind>>, Vec<String>, Vec<f64>, Option<ErrorKind>) {
    let vendor = Vendor::new(move |number, _| match &fates[number % fates.len()] {
        Fate::Answered => Act::Answer,
        Fate::Failed(kind, after) => Act::Fail(error(*kind).with_retry_after(after.map(seconds))),
        Fate::Late(after) => Act::After(seconds(*after), Box::new(Act::Answer)),
        Fate::Never => Act::Hang,
    });
    // The same limit for both, so that a vendor that never answers is the same to both.
    let limits = TimeoutPolicy::default()
        .with_first_content(seconds(20))
        .with_attempt(seconds(20));
    let breaker = BreakerLayer::new(BreakerPolicy::default().with_consecutive(3));
    let provider = RetryLayer::with_seed(policy, 11)
        .layer(breaker.layer(TimeoutLayer::new(limits).layer(vendor.clone())));
    let call = match time {
        Some(time) => within(call, seconds(time)),
        None => call,
    };
    let error = provider.call(&call).await.err().map(|error| error.kind());
    let same = |kind: ErrorKind| match kind {
        ErrorKind::Timeout(TimeoutKind::FirstContent) => ErrorKind::Timeout(TimeoutKind::Attempt),
        kind => kind,
    };
    let attempts = attempts(&call).into_iter().map(|kind| kind.map(same)).collect();
    let decisions = decisions(&call).into_iter();
    let decisions = decisions
        .map(|said| said.replace("first content", "attempt"))
        .collect();
    (attempts, decisions, vendor.gaps(), error.map(same))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The same policy on the same fates gives the same attempts, waits and result, whole or streamed.
    #[test]
    fn streamed_and_whole_are_tried_alike(
        fates in fates(),
        tries in 1..7_u32,
        of_kind in prop::option::of(1..5_u32),
        of_operation in prop::option::of(1..5_u32),
        time in prop::option::of(1..200_u64),
    ) {
        let mut policy = RetryPolicy::default().with_attempts(tries);
        if let Some(tries) = of_kind {
            policy = policy.with_kind(ErrorKind::Server, RetryRule::attempts(tries));
        }
        if let Some(tries) = of_operation {
            policy = policy.with_operation(router_core::OperationKind::Chat, RetryRule::attempts(tries));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let one = runtime.block_on(outcome(whole(), fates.clone(), policy.clone(), time));
        let other = runtime.block_on(outcome(streamed(), fates, policy, time));
        prop_assert_eq!(one, other);
    }
}

/// A stream that pauses for less than the limit, for as long as it likes, is fine.
#[tokio::test(start_paused = true)]
async fn long_streams_pass() {
    let mut steps = Vec::new();
    for _ in 0..200 {
        steps.extend([Step::Text, Step::Wait(Duration::from_secs(55))]);
    }
    steps.push(Step::Finish);
    let vendor = Vendor::streaming(steps);
    let provider = TimeoutLayer::default().layer(vendor);
    let mut stream = stream(provider.call(&streamed()).await.unwrap());
    let (events, error) = rest(&mut stream).await;
    assert_eq!((events, error.map(|error| error.kind())), (201, None));
}
