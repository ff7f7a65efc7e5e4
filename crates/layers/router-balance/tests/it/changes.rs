//! What changes while a balancer works.

use std::sync::Arc;

use router_balance::{Balance, CooldownStore, Probe, ProbeConfig, Strategy, TargetState};
use router_core::model::ListModelsRequest;
use router_core::{BoxFuture, ErrorKind, OperationKind, ProviderId, Result, Text};
use tokio::time::{Duration, Instant, advance, sleep};

use crate::vendor::{Act, Vendor, answered, asking, error, millis, seconds, state, status, streamed, whole};

fn two() -> (Vendor, Vendor, Balance) {
    let (a, b) = (Vendor::taking("a", seconds(1)), Vendor::taking("b", seconds(1)));
    let balance = Balance::builder()
        .strategy(Strategy::Weighted)
        .target(a.target())
        .target(b.target())
        .build()
        .expect("it builds");
    (a, b, balance)
}

#[tokio::test(start_paused = true)]
async fn targets_come_and_go() {
    let (a, b, balance) = two();
    let handle = balance.handle();
    let c = Vendor::well("c");
    handle.add(c.target().with_weight(2)).expect("it fits");
    for _ in 0..8 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert_eq!([&a, &b, &c].map(Vendor::calls), [2, 2, 4]);
    handle.remove("c").expect("it is there");
    handle.set_weight("a", 3).expect("it is there");
    for _ in 0..8 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert_eq!([&a, &b, &c].map(Vendor::calls), [8, 4, 4]);
    handle.set_weight("a", 1).expect("it is there");
    handle
        .set_strategy(Strategy::Failover)
        .expect("no weights are left");
    for _ in 0..4 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert_eq!([&a, &b, &c].map(Vendor::calls), [12, 4, 4]);
    assert_eq!(
        status(&balance, "a").calls,
        12,
        "what is known stays through all changes"
    );

    let message = |result: Result<()>| result.expect_err("it is refused").message().to_owned();
    assert_eq!(
        message(handle.remove("x")),
        "there is no target `x`; there are: a, b"
    );
    assert_eq!(
        message(handle.set_weight("x", 1)),
        "there is no target `x`; there are: a, b"
    );
    assert!(message(handle.add(a.target())).contains("another target `a`"));
    assert!(message(handle.set_weight("a", 2)).contains("means nothing to the strategy failover"));
    handle.remove("a").expect("it is there");
    assert_eq!(message(handle.remove("b")), "targets: there are none");
    assert_eq!(
        handle.status().targets.len(),
        1,
        "what is refused changes nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_is_drained_and_calls_under_way_finish() {
    let (a, b, balance) = two();
    let calls = (0..4).map(|_| {
        let balance = balance.clone();
        tokio::spawn(async move { answered(&balance, &streamed()).await })
    });
    let calls: Vec<_> = calls.collect();
    sleep(millis(500)).await;
    let start = Instant::now();
    balance.handle().drain("a").await.expect("it is there");
    assert_eq!(
        start.elapsed(),
        millis(500),
        "as long as the calls under way took"
    );
    for call in calls {
        call.await.expect("no panic").expect("no call is broken off");
    }
    assert!(status(&balance, "a").draining);
    for _ in 0..4 {
        assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "b");
    }
    balance.handle().resume("a").expect("it is there");
    answered(&balance, &whole()).await.expect("an answer");
    answered(&balance, &whole()).await.expect("an answer");
    assert_eq!((a.calls(), b.calls()), (3, 7));

    balance.handle().drain("a").await.expect("it is there");
    balance.handle().drain("b").await.expect("it is there");
    let error = answered(&balance, &whole())
        .await
        .expect_err("nobody takes calls");
    assert!(error.message().contains("being drained"), "{error}");
}

/// A call that began before fails over after: it sees what has changed since.
#[tokio::test(start_paused = true)]
async fn a_drained_target_gets_no_call_that_began_before() {
    let slow = Vendor::new("slow", |_| {
        Act::After(seconds(5), Box::new(Act::Fail(error(ErrorKind::Server))))
    });
    let other = Vendor::well("other");
    let builder = Balance::builder()
        .strategy(Strategy::Failover)
        .target(slow.target());
    let balance = builder.target(other.target()).build().expect("it builds");
    let calling = balance.clone();
    let call = tokio::spawn(async move { answered(&calling, &whole()).await });
    sleep(seconds(1)).await;
    balance.handle().drain("other").await.expect("it is there");
    call.await
        .expect("no panic")
        .expect_err("nobody else takes calls");
    assert_eq!(other.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_new_configuration_keeps_what_is_known() {
    let (dead, b) = (Vendor::failing("dead", ErrorKind::Server), Vendor::well("b"));
    let build = || {
        Balance::builder()
            .strategy(Strategy::Failover)
            .target(dead.target())
            .target(b.target())
    };
    let balance = build().build().expect("it builds");
    for _ in 0..6 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert_eq!(dead.calls(), 5);
    let handle = balance.handle();
    handle
        .replace(build().target(Vendor::well("c").target()))
        .expect("it fits");
    answered(&balance, &whole()).await.expect("an answer");
    assert_eq!(
        (dead.calls(), state(&balance, "dead")),
        (5, TargetState::Unhealthy)
    );
    assert_eq!(handle.status().targets.len(), 3);
    handle.replace(Balance::builder()).expect_err("no targets");
    assert_eq!(handle.status().targets.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_target_is_set_aside_and_recovered_by_hand() {
    let (a, _, balance) = two();
    let handle = balance.handle();
    handle.set_aside("a", seconds(600)).expect("it is there");
    for _ in 0..4 {
        assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "b");
    }
    handle.recover("a").expect("it is there");
    advance(seconds(30)).await;
    for _ in 0..4 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert_eq!(a.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn probes_find_out_who_is_there() {
    let dead = Vendor::failing_for("dead", ErrorKind::Transport, seconds(100));
    let balance = Balance::builder()
        .strategy(Strategy::Failover)
        .target(dead.target().with_model("m"))
        .target(Vendor::well("b").target())
        .probe(Probe::new(seconds(10), ListModelsRequest::default()))
        .build()
        .expect("it builds");
    sleep(seconds(59)).await;
    assert_eq!(
        state(&balance, "dead/m"),
        TargetState::Unhealthy,
        "without a call of anybody"
    );
    let probes = dead.calls();
    assert!((5..=6).contains(&probes), "{probes}");
    let (_, probe) = dead.asked().remove(0);
    assert_eq!(probe.operation.kind(), OperationKind::ListModels);
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "b");
    // It is found again before its cooldown, which has grown by then, would be over.
    sleep(seconds(56)).await;
    assert_eq!(
        state(&balance, "dead/m"),
        TargetState::Degraded,
        "it comes back little by little"
    );
    sleep(seconds(30)).await;
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "dead");
    drop(balance);
    let probes = dead.calls();
    sleep(seconds(100)).await;
    assert_eq!(dead.calls(), probes, "probes end with the balancer");
}

#[tokio::test(start_paused = true)]
async fn a_probe_does_not_end_what_a_vendor_asked_for() {
    let limited = Vendor::new("limited", |number| match number {
        0 => Act::Fail(asking(ErrorKind::RateLimited, seconds(60))),
        _ => Act::Answer,
    });
    let slow = Vendor::new("slow", |_| Act::Hang);
    let mut probe = ProbeConfig::default();
    (probe.interval, probe.timeout) = (seconds(5), seconds(1));
    let builder = Balance::builder()
        .strategy(Strategy::Failover)
        .target(limited.target());
    let builder = builder.target(Vendor::well("b").target()).target(slow.target());
    let balance = builder.probe(probe).build().expect("it builds");
    answered(&balance, &whole()).await.expect("an answer");
    sleep(seconds(40)).await;
    assert!(limited.calls() > 5);
    assert_eq!(state(&balance, "limited"), TargetState::Unhealthy);
    assert_eq!(
        state(&balance, "slow"),
        TargetState::Unhealthy,
        "no answer in time is one too late"
    );
}

#[test]
fn probes_need_a_runtime() {
    let builder = Balance::builder()
        .target(Vendor::well("a").target())
        .probe(ProbeConfig::default());
    let error = builder.build().expect_err("there is none");
    assert!(error.message().contains("needs a tokio runtime"), "{error}");
}

/// A store in memory, as another process would see it.
#[derive(Clone, Default)]
struct Shelf(Arc<std::sync::Mutex<Vec<(Text, Instant)>>>);

impl CooldownStore for Shelf {
    fn put<'a>(
        &'a self,
        _balancer: &'a ProviderId,
        target: &'a Text,
        left: Duration,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut known = self.0.lock().expect("no panic");
            known.push((target.clone(), Instant::now() + left));
            Ok(())
        })
    }

    fn left<'a>(
        &'a self,
        _balancer: &'a ProviderId,
        targets: &'a [Text],
    ) -> BoxFuture<'a, Result<Vec<Duration>>> {
        Box::pin(async move {
            let known = self.0.lock().expect("no panic");
            let left = targets.iter().map(|target| {
                let ends = known
                    .iter()
                    .filter(|(name, _)| name == target)
                    .map(|(_, until)| *until);
                let until = ends.max().unwrap_or_else(Instant::now);
                until.saturating_duration_since(Instant::now())
            });
            Ok(left.collect())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn instances_share_cooldowns() {
    let shelf = Shelf::default();
    let limited = Vendor::new("limited", |number| match number {
        0 => Act::Fail(asking(ErrorKind::RateLimited, seconds(60))),
        _ => Act::Answer,
    });
    let build = || {
        let builder = Balance::builder()
            .strategy(Strategy::Failover)
            .target(limited.target());
        builder
            .target(Vendor::well("b").target())
            .store(shelf.clone())
            .build()
            .expect("it builds")
    };
    let instances = [build(), build()];
    answered(&instances[0], &whole()).await.expect("an answer");
    sleep(seconds(2)).await;
    assert_eq!(answered(&instances[1], &whole()).await.expect("an answer"), "b");
    assert_eq!(limited.calls(), 1, "the other instance need not learn it again");
    sleep(seconds(59)).await;
    for instance in &instances {
        assert_eq!(answered(instance, &whole()).await.expect("an answer"), "limited");
    }
    // What an instance has tried for itself, it knows better.
    instances[1]
        .handle()
        .set_aside("limited", seconds(100))
        .expect("it is there");
    sleep(seconds(2)).await;
    assert_eq!(state(&instances[0], "limited"), TargetState::Unhealthy);
    instances[0].handle().recover("limited").expect("it is there");
    sleep(seconds(5)).await;
    assert_eq!(state(&instances[0], "limited"), TargetState::Degraded);
    assert_eq!(state(&instances[1], "limited"), TargetState::Unhealthy);
}

/// A store that hangs or fails is no matter to calls.
#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_reached_harms_nobody() {
    struct Broken;

    impl CooldownStore for Broken {
        fn put<'a>(&'a self, _: &'a ProviderId, _: &'a Text, _: Duration) -> BoxFuture<'a, Result<()>> {
            Box::pin(std::future::pending())
        }

        fn left<'a>(&'a self, _: &'a ProviderId, _: &'a [Text]) -> BoxFuture<'a, Result<Vec<Duration>>> {
            Box::pin(async { Err(error(ErrorKind::Transport)) })
        }
    }

    let dead = Vendor::failing("dead", ErrorKind::Server);
    let builder = Balance::builder()
        .strategy(Strategy::Failover)
        .target(dead.target());
    let balance = builder
        .target(Vendor::well("b").target())
        .store(Broken)
        .build()
        .expect("it builds");
    for _ in 0..50 {
        let start = Instant::now();
        answered(&balance, &whole()).await.expect("an answer");
        assert_eq!(start.elapsed(), seconds(0));
    }
    assert_eq!(dead.calls(), 5);
}
