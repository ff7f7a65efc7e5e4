//! When a target is left alone, and how it comes back.

use std::sync::Arc;

use router_balance::{Balance, HealthConfig, Strategy, TargetState};
use router_core::{Call, Context, ErrorKind, Provider as _};
use tokio::time::{Instant, advance};

use crate::vendor::{
    Act, Vendor, answered, asking, came_to, decisions, error, millis, seconds, state, status, streamed,
    whole, with,
};

fn in_order(health: HealthConfig, vendors: &[&Vendor]) -> Balance {
    let builder = Balance::builder()
        .id("route")
        .strategy(Strategy::Failover)
        .health(health)
        .seed(5);
    let builder = vendors
        .iter()
        .fold(builder, |builder, vendor| builder.target(vendor.target()));
    builder.build().expect("it builds")
}

/// Check 6: a stream that fails behind its first content is a failure of the target, and no success.
#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_after_its_first_content_counts_as_a_failure() {
    for kind in [ErrorKind::Truncated, ErrorKind::Overloaded, ErrorKind::Transport] {
        let (breaking, other) = (
            Vendor::new("breaking", move |_| Act::Break(kind)),
            Vendor::well("other"),
        );
        let balance = in_order(HealthConfig::default(), &[&breaking, &other]);
        for failures in 1..=5 {
            let error = answered(&balance, &streamed())
                .await
                .expect_err("the stream breaks");
            assert_eq!(error.kind(), kind);
            assert_eq!(status(&balance, "breaking").failures, failures);
        }
        assert_eq!(state(&balance, "breaking"), TargetState::Unhealthy);
        assert_eq!(answered(&balance, &streamed()).await.expect("an answer"), "other");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_its_reader_leaves_says_nothing_of_the_target() {
    let vendor = Vendor::new("a", |_| Act::Stall);
    let balance = in_order(HealthConfig::default(), &[&vendor, &Vendor::well("b")]);
    for _ in 0..20 {
        let reply = balance.call(&streamed()).await.expect("the first content");
        assert_eq!(status(&balance, "a").in_flight, 1);
        drop(reply);
        assert_eq!(status(&balance, "a").in_flight, 0);
    }
    assert_eq!(
        (state(&balance, "a"), status(&balance, "a").failures),
        (TargetState::Healthy, 0)
    );
    assert_eq!(vendor.living(), 0);
}

#[tokio::test(start_paused = true)]
async fn mistakes_of_callers_never_eject() {
    for kind in [
        ErrorKind::InvalidRequest,
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::ContextLengthExceeded,
        ErrorKind::ContentFiltered,
        ErrorKind::Unsupported,
    ] {
        let vendor = Vendor::failing("a", kind);
        let balance = in_order(HealthConfig::default(), &[&vendor, &Vendor::failing("b", kind)]);
        for _ in 0..50 {
            answered(&balance, &whole()).await.expect_err("a mistake");
        }
        assert_eq!(
            (state(&balance, "a"), status(&balance, "a").failures),
            (TargetState::Healthy, 0),
            "{kind}"
        );
    }
}

/// A limit on this side of the wire, which may be one caller's, says nothing of the target: others are sent there all the same.
#[tokio::test(start_paused = true)]
async fn a_limit_on_this_side_leaves_the_target_to_others() {
    let refused = || asking(ErrorKind::RateLimited, seconds(3600)).unsent();
    let limited = Vendor::new("limited", move |number| match number {
        0..10 => Act::Fail(refused()),
        _ => Act::Answer,
    });
    let balance = in_order(HealthConfig::default(), &[&limited, &Vendor::well("other")]);
    for _ in 0..10 {
        assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "other");
    }
    assert_eq!(
        (state(&balance, "limited"), status(&balance, "limited").failures),
        (TargetState::Healthy, 0)
    );
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "limited");
    // Of those that are all limited, the soonest wait is the caller's.
    let all = in_order(
        HealthConfig::default(),
        &[
            &Vendor::new("a", move |_| Act::Fail(refused())),
            &Vendor::new("b", |_| {
                Act::Fail(asking(ErrorKind::RateLimited, seconds(7)).unsent())
            }),
        ],
    );
    let error = answered(&all, &whole()).await.expect_err("no room anywhere");
    assert_eq!(error.retry_after(), Some(seconds(7)));
}

/// Property 15: the wait that a vendor asks for is how long it is left alone.
#[tokio::test(start_paused = true)]
async fn a_vendors_wait_is_its_cooldown() {
    for kind in [ErrorKind::RateLimited, ErrorKind::Overloaded] {
        let limited = Vendor::new("limited", move |number| match number {
            0 => Act::Fail(asking(kind, seconds(7))),
            _ => Act::Answer,
        });
        let balance = in_order(HealthConfig::default(), &[&limited, &Vendor::well("other")]);
        assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "other");
        assert_eq!(status(&balance, "limited").cooldown_seconds, Some(7.0));
        advance(millis(6900)).await;
        answered(&balance, &whole()).await.expect("an answer");
        assert_eq!(limited.calls(), 1);
        advance(millis(200)).await;
        assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "limited");
    }
}

/// Check 11: a cooldown of zero is never one, for one target or for all.
#[tokio::test(start_paused = true)]
async fn a_cooldown_of_zero_leaves_nobody_alone() {
    let limited = Vendor::new("limited", |_| {
        Act::Fail(asking(ErrorKind::RateLimited, seconds(60)))
    });
    let never = limited.target().with_cooldown(seconds(0));
    let balance = Balance::builder()
        .strategy(Strategy::Failover)
        .target(never)
        .target(Vendor::well("other").target())
        .build()
        .expect("it builds");
    for _ in 0..20 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert_eq!(
        (limited.calls(), status(&balance, "limited").cooldown_seconds),
        (20, None)
    );
}

/// Checks 11 and 16: the last target is never removed, unless the settings say so.
#[tokio::test(start_paused = true)]
async fn the_last_target_is_never_removed() {
    let alone = Vendor::new("alone", |_| {
        Act::Fail(asking(ErrorKind::RateLimited, seconds(60)))
    });
    let balance = in_order(HealthConfig::default(), &[&alone]);
    for _ in 0..10 {
        let error = answered(&balance, &whole()).await.expect_err("limited");
        assert_eq!(error.retry_after(), Some(seconds(60)), "the vendor's own word");
    }
    assert_eq!(alone.calls(), 10);

    let vendors = ["a", "b"].map(|id| Vendor::failing(id, ErrorKind::Server));
    let balance = in_order(HealthConfig::default(), &[&vendors[0], &vendors[1]]);
    for _ in 0..20 {
        answered(&balance, &whole()).await.expect_err("both are dead");
    }
    assert!(
        vendors.iter().all(|vendor| vendor.calls() >= 10),
        "{:?}",
        vendors.each_ref().map(Vendor::calls)
    );
}

fn strict() -> HealthConfig {
    let mut health = HealthConfig::default();
    health.panic_threshold = 0.0;
    health
}

/// Check 10: an error of ours has the soonest recovery as its wait.
#[tokio::test(start_paused = true)]
async fn when_all_are_left_alone_the_error_tells_when_the_first_is_back() {
    let limited = |id: &'static str, wait| {
        Vendor::new(id, move |_| {
            Act::Fail(asking(ErrorKind::RateLimited, seconds(wait)))
        })
    };
    let (a, b) = (limited("a", 60), limited("b", 12));
    let balance = in_order(strict(), &[&a, &b]);
    answered(&balance, &whole()).await.expect_err("both are limited");
    advance(seconds(2)).await;
    let error = answered(&balance, &whole())
        .await
        .expect_err("both are left alone");
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::RateLimited, Some(seconds(10)))
    );
    assert_eq!(
        error.message(),
        "all targets of route are left alone for a while; the first is back in 10s"
    );
    assert_eq!((a.calls(), b.calls()), (1, 1), "nobody was asked");

    let broken = Vendor::failing("c", ErrorKind::Server);
    let balance = in_order(strict(), &[&limited("a", 60), &broken]);
    for _ in 0..5 {
        answered(&balance, &whole()).await.expect_err("both fail");
    }
    let error = answered(&balance, &whole())
        .await
        .expect_err("both are left alone");
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::Overloaded, Some(seconds(30)))
    );
}

/// Check 11: the option to wait for the first recovery.
#[tokio::test(start_paused = true)]
async fn a_call_can_wait_for_the_first_recovery() {
    let limited = |id: &'static str, wait| {
        Vendor::new(id, move |number| match number {
            0 => Act::Fail(asking(ErrorKind::RateLimited, seconds(wait))),
            _ => Act::Answer,
        })
    };
    let (a, b) = (limited("a", 60), limited("b", 12));
    let balance = Balance::builder()
        .strategy(Strategy::Failover)
        .target(a.target())
        .target(b.target())
        .wait(seconds(15))
        .build()
        .expect("it builds");
    answered(&balance, &whole()).await.expect_err("both are limited");
    let (start, call) = (Instant::now(), whole());
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "b");
    assert_eq!(start.elapsed(), seconds(12));
    assert_eq!(decisions(&call), ["waits up to 12s for a recovery"]);

    // A deadline that comes sooner, or a wait that is too long, is not waited for.
    let (a, b) = (limited("a", 60), limited("b", 60));
    let builder = Balance::builder()
        .target(a.target())
        .target(b.target())
        .health(strict());
    let balance = builder.wait(seconds(15)).build().expect("it builds");
    answered(&balance, &whole()).await.expect_err("both are limited");
    let start = Instant::now();
    let error = answered(&balance, &whole())
        .await
        .expect_err("the first is back too late");
    assert_eq!(
        (start.elapsed(), error.retry_after()),
        (seconds(0), Some(seconds(60)))
    );
}

/// Waiting calls do not fall upon the first that is back: one tries it.
#[tokio::test(start_paused = true)]
async fn those_that_wait_do_not_all_try_at_once() {
    let back = Instant::now() + seconds(30);
    let vendor = Vendor::new("a", move |_| {
        if Instant::now() < back {
            Act::Fail(asking(ErrorKind::Overloaded, seconds(10)))
        } else {
            Act::After(seconds(1), Box::new(Act::Answer))
        }
    });
    let builder = Balance::builder().target(vendor.target()).wait(seconds(60));
    let balance = builder.build().expect("it builds");
    answered(&balance, &whole()).await.expect_err("overloaded");
    let calls = (0..100).map(|_| {
        let balance = balance.clone();
        tokio::spawn(async move {
            let call = with(whole(), Context::new().with_attempts(1));
            answered(&balance, &call).await
        })
    });
    let calls: Vec<_> = calls.collect();
    tokio::time::sleep(seconds(29)).await;
    assert!(
        vendor.calls() <= 3,
        "one call each ten seconds, and not {}",
        vendor.calls()
    );
    let mut well = 0;
    for call in calls {
        well += usize::from(call.await.expect("no panic").is_ok());
    }
    assert!(well >= 97, "{well} of 100 were answered once it was back");
}

/// Old trap: recovery lets all traffic through at once.
#[tokio::test(start_paused = true)]
async fn recovery_does_not_let_all_traffic_through_at_once() {
    for strategy in [
        Strategy::RoundRobin,
        Strategy::Failover,
        Strategy::LeastLatency,
        Strategy::LeastBusy,
    ] {
        let start = Instant::now();
        let flapping = Vendor::new("flapping", move |_| {
            if start.elapsed() < seconds(10) {
                Act::Fail(error(ErrorKind::Server))
            } else {
                Act::After(millis(200), Box::new(Act::Answer))
            }
        });
        let steady = Vendor::taking("steady", millis(200));
        let balance = Balance::builder()
            .strategy(strategy)
            .seed(6)
            .target(flapping.target())
            .target(steady.target())
            .build()
            .expect("it builds");
        // Ten calls a second for two minutes.
        let calls = (0..1200).map(|number| {
            let balance = balance.clone();
            tokio::spawn(async move {
                tokio::time::sleep(millis(100 * number)).await;
                answered(&balance, &whole()).await
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.expect("no panic").expect("callers see no error");
        }
        let asked: Vec<f64> = flapping
            .asked()
            .into_iter()
            .map(|(at, _)| (at - start).as_secs_f64())
            .collect();
        let between = |from: f64, to: f64| asked.iter().filter(|at| (from..to).contains(*at)).count();
        let ejected = asked.iter().copied().filter(|at| *at < 30.0).fold(0.0, f64::max);
        let back = asked
            .iter()
            .copied()
            .find(|at| *at > ejected + 1.0)
            .expect("it is tried again");
        assert!(
            (29.9..31.0).contains(&(back - ejected)),
            "{strategy}: tried after {}",
            back - ejected
        );
        assert_eq!(between(back, back + 0.19), 1, "{strategy}: one call tries it");
        let (first, last) = (between(back + 0.2, back + 5.2), between(back + 40.0, back + 45.0));
        let whole_share = last.max(20);
        assert!(
            first * 2 < whole_share,
            "{strategy}: {first} calls in the first five seconds, {last} later"
        );
        assert!(last >= 15, "{strategy}: it gets its share again, and got {last}");
    }
}

/// Property 16: below the threshold, ejected targets are tried before their time, one call each.
#[tokio::test(start_paused = true)]
async fn in_panic_each_ejected_target_gets_one_call_at_a_time() {
    let slow_death = |id: &'static str| {
        Vendor::new(id, |number| {
            let time = if number < 5 { millis(0) } else { seconds(60) };
            Act::After(time, Box::new(Act::Fail(error(ErrorKind::Server))))
        })
    };
    let dead = ["a", "b"].map(slow_death);
    let well = Vendor::taking("well", millis(10));
    let build = |threshold| {
        let mut health = HealthConfig::default();
        health.panic_threshold = threshold;
        let builder = Balance::builder().strategy(Strategy::RoundRobin).health(health);
        let builder = dead
            .iter()
            .fold(builder, |builder, vendor| builder.target(vendor.target()));
        builder.target(well.target()).build().expect("it builds")
    };
    let balance = build(0.5);
    for _ in 0..30 {
        let balance = balance.clone();
        tokio::spawn(async move { answered(&balance, &whole()).await });
        tokio::time::sleep(millis(20)).await;
    }
    for vendor in &dead {
        assert_eq!(state(&balance, vendor.target().name()), TargetState::Unhealthy);
        assert_eq!(
            vendor.living(),
            1,
            "one call tries it before its time, and no more"
        );
    }
    assert!(well.calls() >= 20);
}

#[tokio::test(start_paused = true)]
async fn a_target_in_trouble_is_degraded_and_a_call_that_fails_is_in_the_state() {
    let flaky = Vendor::new("flaky", |number| match number {
        0 => Act::Fail(error(ErrorKind::Overloaded)),
        _ => Act::Answer,
    });
    let balance = in_order(HealthConfig::default(), &[&flaky, &Vendor::well("other")]);
    assert_eq!(state(&balance, "flaky"), TargetState::Healthy);
    answered(&balance, &whole()).await.expect("an answer");
    let shown = status(&balance, "flaky");
    assert_eq!(
        (shown.state, shown.last_error),
        (TargetState::Degraded, Some("overloaded"))
    );
    assert_eq!((shown.calls, shown.failures), (1, 1));
    answered(&balance, &whole()).await.expect("an answer");
    assert_eq!(state(&balance, "flaky"), TargetState::Healthy);
    let json = serde_json::to_value(balance.handle().status()).expect("it is data");
    assert_eq!(json["strategy"], "failover");
    assert_eq!(json["targets"][0]["state"], "healthy");
}

/// Property 24: what the wall clock says has no part in it; all is measured with the monotonic clock.
#[tokio::test(start_paused = true)]
async fn cooldowns_are_measured_with_the_monotonic_clock() {
    let limited = Vendor::new("a", |_| Act::Fail(asking(ErrorKind::RateLimited, seconds(3600))));
    let balance = in_order(HealthConfig::default(), &[&limited, &Vendor::well("b")]);
    answered(&balance, &whole()).await.expect("an answer");
    advance(seconds(3599)).await;
    assert_eq!(status(&balance, "a").cooldown_seconds, Some(1.0));
}

/// 10,000 calls that end in every way leave no call under way behind.
#[tokio::test(start_paused = true)]
async fn the_gauge_of_calls_under_way_does_not_leak() {
    let vendor = Arc::new(Vendor::new("a", |number| match number % 5 {
        0 => Act::Answer,
        1 => Act::Fail(error(ErrorKind::InvalidRequest)),
        2 => Act::Hang,
        3 => Act::Stall,
        _ => Act::Break(ErrorKind::Cancelled),
    }));
    let balance = in_order(HealthConfig::default(), &[&vendor]);
    for number in 0..10_000_u64 {
        let call: Call = if number % 2 == 0 { streamed() } else { whole() };
        let answer = tokio::time::timeout(millis(1), answered(&balance, &call)).await;
        drop(answer);
        drop(came_to(&call));
    }
    assert_eq!((status(&balance, "a").in_flight, vendor.living()), (0, 0));
}
