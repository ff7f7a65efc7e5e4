//! Each wait has its limit and its own error; what took too long is let go.

use std::future::Future as _;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::{Call, ErrorKind, Layer as _, Provider as _};
use router_retry::{TimeoutLayer, TimeoutPolicy};
use tokio::time::{Instant, sleep};

use crate::vendor::{Act, Step, Vendor, attempts, decisions, rest, seconds, stream, streamed, whole, within};

/// The kind of timeout that a call ends with before it has an answer, and after how many seconds.
async fn late(policy: TimeoutPolicy, vendor: &Vendor, call: &Call) -> (ErrorKind, f64) {
    let started = Instant::now();
    let provider = TimeoutLayer::new(policy).layer(vendor.clone());
    let error = provider.call(call).await.expect_err("it is late");
    assert_eq!(error.provider().map(|id| id.as_str()), Some("vendor"));
    assert_eq!(error.model().map(|model| model.as_str()), Some("a-model"));
    assert_eq!(error.operation(), Some("chat"));
    assert_eq!(vendor.living(), 0, "what took too long is let go");
    (error.kind(), started.elapsed().as_secs_f64())
}

/// The kind of timeout that a stream ends with, and how many seconds after its first content.
async fn cut_off(policy: TimeoutPolicy, steps: &[Step], call: &Call) -> (ErrorKind, f64) {
    let vendor = Vendor::streaming(steps);
    let provider = TimeoutLayer::new(policy).layer(vendor.clone());
    let mut stream = stream(provider.call(call).await.expect("it begins"));
    let started = Instant::now();
    let (_, error) = rest(&mut stream).await;
    let error = error.expect("it is cut off");
    assert_eq!(error.provider().map(|id| id.as_str()), Some("vendor"));
    assert_eq!(error.operation(), Some("chat"));
    assert_eq!(vendor.living(), 0, "the connection goes with the source");
    assert!(stream.next().await.is_none(), "nothing comes behind it");
    assert!(
        decisions(call)
            .iter()
            .any(|said| said.starts_with("timeout: cut off: ")),
        "{:?}",
        decisions(call)
    );
    (error.kind(), started.elapsed().as_secs_f64())
}

fn timeout(kind: TimeoutKind) -> ErrorKind {
    ErrorKind::Timeout(kind)
}

#[tokio::test(start_paused = true)]
async fn defaults_have_an_effect() {
    let silent = Vendor::new(|_, _| Act::Hang);
    let policy = TimeoutPolicy::default;
    let found = late(policy(), &silent, &streamed()).await;
    assert_eq!(found, (timeout(TimeoutKind::FirstContent), 60.0));
    let found = late(policy(), &silent, &whole()).await;
    assert_eq!(found, (timeout(TimeoutKind::Attempt), 600.0));
    let (kind, after) = cut_off(policy(), &[Step::Text, Step::Hang], &streamed()).await;
    assert_eq!(kind, timeout(TimeoutKind::BetweenContents));
    assert!((60.0..=66.0).contains(&after), "after {after} s");
}

#[tokio::test(start_paused = true)]
async fn each_setting_has_an_effect() {
    let silent = Vendor::new(|_, _| Act::Hang);
    let none = TimeoutPolicy::none;
    let found = late(none().with_first_content(seconds(3)), &silent, &streamed()).await;
    assert_eq!(found, (timeout(TimeoutKind::FirstContent), 3.0));
    let found = late(none().with_attempt(seconds(4)), &silent, &whole()).await;
    assert_eq!(found, (timeout(TimeoutKind::Attempt), 4.0));
    let found = late(none().with_stream_attempt(seconds(5)), &silent, &streamed()).await;
    assert_eq!(found, (timeout(TimeoutKind::Attempt), 5.0));
    for limit in [1, 7, 90] {
        let policy = none().with_between_contents(seconds(limit));
        let (kind, after) = cut_off(policy, &[Step::Text, Step::Hang], &streamed()).await;
        assert_eq!(kind, timeout(TimeoutKind::BetweenContents));
        let limit = limit as f64;
        assert!((limit..=limit * 1.1).contains(&after), "{after} s for {limit} s");
    }
    let endless: Vec<Step> = [Step::Text, Step::Wait(seconds(1))]
        .into_iter()
        .cycle()
        .take(100)
        .collect();
    let policy = none().with_stream_attempt(seconds(6));
    assert_eq!(
        cut_off(policy, &endless, &streamed()).await,
        (timeout(TimeoutKind::Attempt), 6.0)
    );
}

/// A limit for one kind of wait is none for the others.
#[tokio::test(start_paused = true)]
async fn limits_keep_to_their_own() {
    let slow = Vendor::new(|_, _| Act::After(seconds(500), Box::new(Act::Answer)));
    let policy = TimeoutPolicy::default();
    TimeoutLayer::new(policy)
        .layer(slow.clone())
        .call(&whole())
        .await
        .expect("a whole answer takes its time");
    let none = TimeoutLayer::new(TimeoutPolicy::none());
    none.layer(slow)
        .call(&streamed())
        .await
        .expect("there is no limit");
    let steps = [Step::Text, Step::Wait(seconds(5000)), Step::Text, Step::Finish];
    let mut stream = stream(
        none.layer(Vendor::streaming(steps))
            .call(&streamed())
            .await
            .unwrap(),
    );
    let (events, error) = rest(&mut stream).await;
    assert_eq!((events, error.map(|error| error.kind())), (3, None));
}

/// Events without content keep no stream alive, and bring no first content.
#[tokio::test(start_paused = true)]
async fn pings_are_no_content() {
    let pings = |before: &[Step]| -> Vec<Step> {
        let pings = [Step::Wait(seconds(1)), Step::Ping].into_iter().cycle();
        before.iter().cloned().chain(pings.take(1000)).collect()
    };
    let policy = TimeoutPolicy::default().with_between_contents(seconds(20));
    let (kind, after) = cut_off(policy, &pings(&[Step::Text]), &streamed()).await;
    assert_eq!(kind, timeout(TimeoutKind::BetweenContents));
    assert!((20.0..=22.0).contains(&after), "after {after} s");
    let vendor = Vendor::streaming(pings(&[]));
    let found = late(TimeoutPolicy::default(), &vendor, &streamed()).await;
    assert_eq!(found, (timeout(TimeoutKind::FirstContent), 60.0));
}

/// A task that has used up its turn is told to come again at once by everything that waits; a silence is noticed all the same.
#[tokio::test(start_paused = true)]
async fn busy_tasks_are_timed_as_well() {
    let provider = TimeoutLayer::default().layer(Vendor::streaming([Step::Text, Step::Hang]));
    let mut stream = stream(provider.call(&streamed()).await.unwrap());
    stream.next().await.unwrap().unwrap();
    std::future::poll_fn(|task| {
        // Each of these is over, and costs a part of the turn, until there is nothing left of it.
        while pin!(sleep(Duration::ZERO)).poll(task).is_ready() {}
        assert!(pin!(stream.next()).poll(task).is_pending());
        Poll::Ready(())
    })
    .await;
    let ended = tokio::time::timeout(seconds(70), stream.next()).await;
    let ended = ended.expect("it is noticed").expect("an end");
    assert_eq!(ended.unwrap_err().kind(), timeout(TimeoutKind::BetweenContents));
}

/// What the vendor sent in time is not late because nobody reads it.
#[tokio::test(start_paused = true)]
async fn slow_readers_are_not_late() {
    let mut steps: Vec<Step> = [Step::Text, Step::Wait(seconds(1))]
        .into_iter()
        .cycle()
        .take(20)
        .collect();
    steps.push(Step::Finish);
    let vendor = Vendor::streaming(steps);
    let policy = TimeoutPolicy::default().with_between_contents(seconds(2));
    let provider = TimeoutLayer::new(policy).layer(vendor);
    let mut stream = stream(provider.call(&streamed()).await.unwrap());
    let mut events = 0;
    while let Some(event) = stream.next().await {
        event.expect("nothing is late");
        events += 1;
        sleep(seconds(100)).await;
    }
    assert_eq!(events, 11);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_shrinks_every_attempt() {
    let silent = Vendor::new(|_, _| Act::Hang);
    for call in [whole(), streamed()] {
        let call = within(call, seconds(7));
        let found = late(TimeoutPolicy::default(), &silent, &call).await;
        assert_eq!(found, (timeout(TimeoutKind::Deadline), 7.0));
    }
    // A stream that goes on ends with it as well, whatever the settings are.
    let endless: Vec<Step> = [Step::Text, Step::Wait(seconds(1))]
        .into_iter()
        .cycle()
        .take(100)
        .collect();
    let call = within(streamed(), seconds(9));
    let found = cut_off(TimeoutPolicy::none(), &endless, &call).await;
    assert_eq!(found, (timeout(TimeoutKind::Deadline), 9.0));
    // One that is over is not begun.
    let vendor = Vendor::new(|_, _| Act::Answer);
    let call = within(whole(), Duration::ZERO);
    let found = late(TimeoutPolicy::default(), &vendor, &call).await;
    assert_eq!(found, (timeout(TimeoutKind::Deadline), 0.0));
    assert_eq!(vendor.calls(), 0);
}

/// With an open end the deadline is for the first content, and what has begun goes on for those who read along.
#[tokio::test(start_paused = true)]
async fn a_stream_with_an_open_end_goes_on_past_the_deadline() {
    let open = |seconds_left| {
        let call = within(streamed(), seconds(seconds_left));
        let context = call.context.clone().with_open_end();
        call.with_context(context)
    };
    let silent = Vendor::new(|_, _| Act::Hang);
    let found = late(TimeoutPolicy::default(), &silent, &open(7)).await;
    assert_eq!(found, (timeout(TimeoutKind::Deadline), 7.0));
    let goes_on = [Step::Text, Step::Wait(seconds(1))].into_iter().cycle().take(40);
    let steps: Vec<Step> = goes_on.chain([Step::Finish]).collect();
    let provider = TimeoutLayer::default().layer(Vendor::streaming(steps));
    let mut stream = stream(provider.call(&open(7)).await.expect("it begins"));
    let (_, error) = rest(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
}

/// An attempt that was cut off cannot record itself.
#[tokio::test(start_paused = true)]
async fn the_trail_has_what_was_cut_off() {
    let vendor = Vendor::new(|_, _| Act::Hang);
    let call = streamed();
    let provider = TimeoutLayer::default().layer(vendor);
    provider.call(&call).await.unwrap_err();
    assert_eq!(attempts(&call), [Some(timeout(TimeoutKind::FirstContent))]);
}

/// Errors say in one line what took how long.
#[tokio::test(start_paused = true)]
async fn errors_say_how_long() {
    let vendor = Vendor::new(|_, _| Act::Hang);
    let provider = TimeoutLayer::default().layer(vendor);
    let error = provider.call(&streamed()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timeout (first content) from vendor/a-model: no content came within 1m"
    );
    assert!(error.is_retryable());
    let error = provider.call(&within(whole(), seconds(1))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timeout (deadline) from vendor/a-model: the call's deadline passed"
    );
    assert!(!error.is_retryable());
}
