//! Opens for what is the vendor's failure and for nothing else; half open, one call at a time finds out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::{Call, ChatRequest, ErrorKind, Layer as _, Provider as _};
use router_retry::{
    Breaker, BreakerLayer, BreakerPolicy, BreakerState, RetryLayer, RetryPolicy, TimeoutLayer,
};
use tokio::time::{advance, sleep};

use crate::vendor::{Act, Step, Vendor, attempts, decisions, error, rest, seconds, stream, streamed, whole};

fn policy() -> BreakerPolicy {
    BreakerPolicy::default().with_consecutive(3)
}

fn around(vendor: &Vendor) -> Breaker<Vendor> {
    BreakerLayer::new(policy()).layer(vendor.clone())
}

fn state(breaker: &Breaker<Vendor>) -> BreakerState {
    breaker.handle().state(&"a-model".into())
}

async fn fail(breaker: &Breaker<Vendor>, times: usize) {
    for _ in 0..times {
        breaker.call(&whole()).await.expect_err("the vendor fails");
    }
}

/// A vendor that fails so often, and then is well.
fn recovering(failures: usize) -> Vendor {
    Vendor::failing_times(failures, ErrorKind::Server)
}

#[tokio::test(start_paused = true)]
async fn opens_after_failures_in_a_row() {
    let vendor = Vendor::failing(ErrorKind::Server);
    let breaker = around(&vendor);
    fail(&breaker, 2).await;
    assert_eq!(state(&breaker), BreakerState::Closed);
    fail(&breaker, 1).await;
    assert_eq!(state(&breaker), BreakerState::Open);
    let call = whole();
    let error = breaker.call(&call).await.unwrap_err();
    assert_eq!(vendor.calls(), 3, "the vendor is left alone");
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(error.code(), Some("breaker_open"));
    assert_eq!(error.retry_after(), Some(seconds(10)), "the soonest probe");
    assert_eq!(breaker.handle().wait(&call.model), Some(seconds(10)));
    assert!(error.is_retryable());
    assert_eq!(decisions(&call), ["breaker: open for vendor: asks again in 10s"]);
    assert!(attempts(&call).is_empty(), "nothing was tried");
    sleep(Duration::from_millis(2500)).await;
    let error = breaker.call(&whole()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_millis(7500)));
    assert!(error.message().contains("8s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_success_between_breaks_the_row() {
    let vendor = Vendor::new(|number, _| match number % 3 {
        2 => Act::Answer,
        _ => Act::Fail(error(ErrorKind::Server)),
    });
    let mut policy = policy();
    policy.percent = 0;
    let breaker = BreakerLayer::new(policy).layer(vendor);
    for _ in 0..60 {
        let _ = breaker.call(&whole()).await;
        assert_eq!(state(&breaker), BreakerState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn opens_at_a_part_of_the_calls_in_the_window() {
    let every_other = || {
        Vendor::new(|number, _| match number % 2 {
            0 => Act::Answer,
            _ => Act::Fail(error(ErrorKind::Overloaded)),
        })
    };
    let policy = BreakerPolicy::default()
        .with_consecutive(0)
        .with_percent(40, 20, seconds(10));
    // Successes before the first failure are not remembered, so the window begins with it.
    let breaker = BreakerLayer::new(policy.clone()).layer(every_other());
    let mut calls = 0;
    while state(&breaker) == BreakerState::Closed {
        let _ = breaker.call(&whole()).await;
        calls += 1;
        assert!(calls < 100);
    }
    assert!((20..=23).contains(&calls), "after {calls} calls");
    // The same calls over a longer time never fill the window.
    let breaker = BreakerLayer::new(policy).layer(every_other());
    for _ in 0..200 {
        let _ = breaker.call(&whole()).await;
        sleep(seconds(1)).await;
        assert_eq!(state(&breaker), BreakerState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn closes_when_the_probe_succeeds() {
    let vendor = recovering(3);
    let breaker = around(&vendor);
    fail(&breaker, 3).await;
    sleep(seconds(10)).await;
    assert_eq!(state(&breaker), BreakerState::HalfOpen);
    breaker.call(&whole()).await.unwrap();
    assert_eq!(state(&breaker), BreakerState::Closed);
    assert!(breaker.handle().tripped().is_empty());
    breaker.call(&whole()).await.unwrap();
    assert_eq!(vendor.calls(), 5);
}

#[tokio::test(start_paused = true)]
async fn opens_again_when_the_probe_fails() {
    let vendor = recovering(4);
    let breaker = around(&vendor);
    fail(&breaker, 3).await;
    sleep(seconds(10)).await;
    fail(&breaker, 1).await;
    assert_eq!((state(&breaker), vendor.calls()), (BreakerState::Open, 4));
    assert_eq!(breaker.handle().wait(&"a-model".into()), Some(seconds(10)));
    sleep(seconds(10)).await;
    breaker.call(&whole()).await.unwrap();
    assert_eq!(state(&breaker), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time() {
    let vendor = Vendor::new(|number, _| match number {
        0..3 => Act::Fail(error(ErrorKind::Server)),
        _ => Act::After(seconds(5), Box::new(Act::Answer)),
    });
    let breaker = around(&vendor);
    fail(&breaker, 3).await;
    sleep(seconds(10)).await;
    let calls: Vec<_> = (0..100).map(|_| whole()).collect();
    let results = futures_util::future::join_all(calls.iter().map(|call| breaker.call(call))).await;
    assert_eq!(vendor.calls(), 4, "of a hundred, one asks the vendor");
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 99);
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        assert_eq!(error.retry_after(), Some(seconds(1)));
    }
    assert_eq!(state(&breaker), BreakerState::Closed);
}

/// A probe that its caller gives up makes way at once; one that hangs, when its time is up.
#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_makes_way() {
    let vendor = Vendor::new(|number, _| match number {
        0..3 => Act::Fail(error(ErrorKind::Server)),
        3 | 4 => Act::Hang,
        _ => Act::Answer,
    });
    let breaker = around(&vendor);
    fail(&breaker, 3).await;
    sleep(seconds(10)).await;
    let call = whole();
    let given_up = tokio::time::timeout(seconds(2), breaker.call(&call)).await;
    assert!(given_up.is_err());
    assert_eq!(state(&breaker), BreakerState::HalfOpen);
    let hanging = whole();
    let mut hangs = breaker.call(&hanging);
    let hung = tokio::time::timeout(Duration::ZERO, &mut hangs).await;
    assert!(hung.is_err());
    assert_eq!(vendor.calls(), 5);
    breaker.call(&whole()).await.expect_err("one probe at a time");
    advance(seconds(10)).await;
    breaker.call(&whole()).await.unwrap();
    assert_eq!(state(&breaker), BreakerState::Closed);
    drop(hangs);
    assert_eq!(state(&breaker), BreakerState::Closed, "it has no say any more");
}

/// A probe whose time was up has no say in who may probe next.
#[tokio::test(start_paused = true)]
async fn a_late_probe_frees_no_place() {
    let vendor = Vendor::new(|number, _| match number {
        0..3 => Act::Fail(error(ErrorKind::Server)),
        _ => Act::Hang,
    });
    let breaker = around(&vendor);
    fail(&breaker, 3).await;
    sleep(seconds(10)).await;
    let (one, other) = (whole(), whole());
    let (mut late, mut probe) = (breaker.call(&one), breaker.call(&other));
    assert!(tokio::time::timeout(seconds(10), &mut late).await.is_err());
    assert!(tokio::time::timeout(seconds(1), &mut probe).await.is_err());
    assert_eq!(vendor.calls(), 5);
    drop(late);
    breaker.call(&whole()).await.expect_err("one probe at a time");
    drop(probe);
    assert!(breaker.handle().wait(&"a-model".into()).is_none());
}

/// Wrong requests, keys and quotas, limits that were hit, and callers who went away say nothing about the vendor.
#[tokio::test(start_paused = true)]
async fn callers_mistakes_never_open_it() {
    for kind in [
        ErrorKind::InvalidRequest,
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::ContextLengthExceeded,
        ErrorKind::ContentFiltered,
        ErrorKind::QuotaExceeded,
        ErrorKind::RateLimited,
        ErrorKind::Unsupported,
        ErrorKind::Config,
        ErrorKind::Cancelled,
        ErrorKind::Timeout(TimeoutKind::Deadline),
        ErrorKind::Timeout(TimeoutKind::Pool),
    ] {
        let vendor = Vendor::failing(kind);
        let breaker = around(&vendor);
        fail(&breaker, 100).await;
        assert_eq!(
            (state(&breaker), vendor.calls()),
            (BreakerState::Closed, 100),
            "{kind}"
        );
    }
    // Nor do they break a row, or close what is open.
    let vendor = Vendor::new(|number, _| {
        Act::Fail(error(match number {
            1 | 4 => ErrorKind::InvalidRequest,
            _ => ErrorKind::Server,
        }))
    });
    let breaker = around(&vendor);
    fail(&breaker, 4).await;
    assert_eq!(state(&breaker), BreakerState::Open);
    sleep(seconds(10)).await;
    fail(&breaker, 1).await;
    assert_eq!(
        state(&breaker),
        BreakerState::HalfOpen,
        "the next call is the probe"
    );
    fail(&breaker, 1).await;
    assert_eq!((state(&breaker), vendor.calls()), (BreakerState::Open, 6));
}

#[tokio::test(start_paused = true)]
async fn vendors_failures_open_it() {
    for kind in [
        ErrorKind::Server,
        ErrorKind::Overloaded,
        ErrorKind::Transport,
        ErrorKind::Decode,
        ErrorKind::Truncated,
        ErrorKind::Timeout(TimeoutKind::Connect),
        ErrorKind::Timeout(TimeoutKind::FirstContent),
        ErrorKind::Timeout(TimeoutKind::BetweenContents),
        ErrorKind::Timeout(TimeoutKind::Attempt),
        ErrorKind::Timeout(TimeoutKind::Vendor),
    ] {
        let vendor = Vendor::failing(kind);
        let breaker = around(&vendor);
        fail(&breaker, 10).await;
        assert_eq!(
            (state(&breaker), vendor.calls()),
            (BreakerState::Open, 3),
            "{kind}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_say_nothing() {
    let vendor = Vendor::new(|_, _| Act::Hang);
    let breaker = around(&vendor);
    for _ in 0..100 {
        let call = whole();
        let _ = tokio::time::timeout(seconds(1), breaker.call(&call)).await;
    }
    assert_eq!((state(&breaker), vendor.living()), (BreakerState::Closed, 0));
}

/// An error inside an answer that began well is a failure, and an answer is a success only at its end.
#[tokio::test(start_paused = true)]
async fn streams_count_at_their_end() {
    let vendor = Vendor::streaming([Step::Text, Step::Text, Step::Fail(ErrorKind::Overloaded)]);
    let breaker = around(&vendor);
    for _ in 0..3 {
        assert_eq!(state(&breaker), BreakerState::Closed);
        let mut stream = stream(breaker.call(&streamed()).await.unwrap());
        let (_, error) = rest(&mut stream).await;
        assert!(error.is_some());
    }
    assert_eq!(state(&breaker), BreakerState::Open);

    // Two failures, a stream that has begun, a third: the beginning was no success.
    let vendor = Vendor::new(|number, _| match number {
        2 => Act::Stream(vec![Step::Text, Step::Finish]),
        _ => Act::Fail(error(ErrorKind::Server)),
    });
    let breaker = around(&vendor);
    fail(&breaker, 2).await;
    let begun = breaker.call(&streamed()).await.unwrap();
    fail(&breaker, 1).await;
    assert_eq!(state(&breaker), BreakerState::Open);
    drop(begun);

    // A stream that is dropped says nothing.
    let vendor = Vendor::streaming([Step::Text, Step::Hang]);
    let breaker = around(&vendor);
    for _ in 0..10 {
        let mut stream = stream(breaker.call(&streamed()).await.unwrap());
        assert!(stream.next().await.is_some_and(|event| event.is_ok()));
    }
    assert_eq!((state(&breaker), vendor.living()), (BreakerState::Closed, 0));
}

/// A probe that is a stream decides at its end, and no other is sent meanwhile.
#[tokio::test(start_paused = true)]
async fn a_probe_may_be_a_stream() {
    for (last, expected) in [
        (Step::Finish, BreakerState::Closed),
        (Step::Cut, BreakerState::Open),
    ] {
        let vendor = Vendor::new(move |number, _| match number {
            0..3 => Act::Fail(error(ErrorKind::Server)),
            _ => Act::Stream(vec![Step::Text, Step::Text, last.clone()]),
        });
        let breaker = around(&vendor);
        fail(&breaker, 3).await;
        sleep(seconds(10)).await;
        let mut stream = stream(breaker.call(&streamed()).await.unwrap());
        assert!(stream.next().await.is_some_and(|event| event.is_ok()));
        breaker.call(&streamed()).await.expect_err("one probe at a time");
        assert_eq!(state(&breaker), BreakerState::HalfOpen);
        rest(&mut stream).await;
        assert_eq!(state(&breaker), expected);
    }
}

/// Deadlines count when the vendor had its time.
#[tokio::test(start_paused = true)]
async fn deadlines_count_for_those_who_waited() {
    for (time, expected) in [(3, BreakerState::Closed), (30, BreakerState::Open)] {
        let vendor = Vendor::new(|_, _| Act::Hang);
        let breaker = BreakerLayer::new(policy()).layer(TimeoutLayer::default().layer(vendor.clone()));
        for _ in 0..3 {
            let call = crate::vendor::within(whole(), seconds(time));
            let error = breaker.call(&call).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
        }
        assert_eq!(breaker.handle().state(&"a-model".into()), expected);
    }
}

/// A vendor that is short of one model still serves the others.
#[tokio::test(start_paused = true)]
async fn each_model_has_its_own() {
    let vendor = Vendor::new(|_, call| match call.model.as_str() {
        "short" => Act::Fail(error(ErrorKind::Overloaded)),
        _ => Act::Answer,
    });
    let breaker = around(&vendor);
    let of = |model: &'static str| Call::new(model, ChatRequest::user("Hello"));
    for _ in 0..5 {
        breaker.call(&of("short")).await.unwrap_err();
        breaker.call(&of("ample")).await.unwrap();
    }
    assert_eq!(vendor.calls(), 8);
    assert_eq!(breaker.handle().tripped(), [("short".into(), BreakerState::Open)]);
}

/// Callers name models: what is remembered of them is bounded, and a vendor that is well is not remembered at all.
#[tokio::test(start_paused = true)]
async fn memory_does_not_grow_with_models() {
    let vendor = Vendor::new(|_, call| match call.model.as_str().ends_with('9') {
        true => Act::Fail(error(ErrorKind::Server)),
        false => Act::Fail(error(ErrorKind::NotFound)),
    });
    let breaker = BreakerLayer::new(policy().with_consecutive(1)).layer(vendor);
    for number in 0..30_000 {
        let model = format!("model-{number}");
        breaker
            .call(&Call::new(model, ChatRequest::user("Hello")))
            .await
            .unwrap_err();
    }
    assert_eq!(breaker.handle().tripped().len(), 1024);
}

#[tokio::test(start_paused = true)]
async fn changes_are_told() {
    let changes = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&changes);
    let layer = BreakerLayer::new(policy()).on_change(move |change| {
        assert_eq!(change.provider, "vendor");
        told.lock().unwrap().push(format!(
            "{}: {} to {}",
            change.model,
            change.from.as_str(),
            change.to.as_str()
        ));
    });
    let breaker = layer.layer(recovering(4));
    fail(&breaker, 3).await;
    sleep(seconds(10)).await;
    fail(&breaker, 1).await;
    sleep(seconds(10)).await;
    breaker.call(&whole()).await.unwrap();
    assert_eq!(
        *changes.lock().unwrap(),
        [
            "a-model: closed to open",
            "a-model: open to half_open",
            "a-model: half_open to open",
            "a-model: open to half_open",
            "a-model: half_open to closed",
        ]
    );
}

/// A watcher may look at the breaker that it is told about.
#[tokio::test(start_paused = true)]
async fn watchers_are_told_outside_of_locks() {
    let seen = Arc::new(Mutex::new(None));
    let handle: Arc<Mutex<Option<router_retry::BreakerHandle>>> = Arc::default();
    let (sees, of) = (Arc::clone(&seen), Arc::clone(&handle));
    let layer = BreakerLayer::new(policy()).on_change(move |change| {
        let handle = of.lock().unwrap().clone().expect("it is set");
        *sees.lock().unwrap() = Some(handle.state(&change.model));
    });
    let breaker = layer.layer(Vendor::failing(ErrorKind::Server));
    *handle.lock().unwrap() = Some(breaker.handle().clone());
    fail(&breaker, 3).await;
    assert_eq!(*seen.lock().unwrap(), Some(BreakerState::Open));
}

/// In a stack: retries wait until the breaker asks again, and the vendor is left alone until then.
#[tokio::test(start_paused = true)]
async fn retries_wait_for_the_next_probe() {
    let vendor = recovering(3);
    let layer = RetryLayer::with_seed(RetryPolicy::default().with_attempts(5), 1);
    let provider = layer.layer(around(&vendor));
    let call = whole();
    provider.call(&call).await.unwrap();
    assert_eq!(vendor.calls(), 4);
    let gap = vendor.gaps()[2];
    assert!((10.0..=10.5).contains(&gap), "after {gap} s");
    assert!(
        decisions(&call)
            .iter()
            .any(|said| said.starts_with("breaker: open for vendor"))
    );
}
