//! A second target beside a slow first one.

use router_balance::{Balance, HedgeConfig, Strategy};
use router_core::{Context, ErrorKind, Provider as _};
use tokio::time::Instant;

use crate::vendor::{
    Act, Vendor, answered, came_to, decisions, error, millis, seconds, streamed, whole, with,
};

fn hedging(first: &Vendor, second: &Vendor, change: impl FnOnce(&mut HedgeConfig)) -> Balance {
    let mut hedge = HedgeConfig::default();
    hedge.delay = Some(seconds(1));
    hedge.max_share = 1.0;
    change(&mut hedge);
    let builder = Balance::builder().strategy(Strategy::Failover).hedge(hedge);
    let builder = builder.target(first.target()).target(second.target());
    builder.build().expect("it builds")
}

#[tokio::test(start_paused = true)]
async fn the_faster_answer_is_the_answer_and_the_other_is_given_up() {
    for call in [whole(), streamed()] {
        let (slow, fast) = (
            Vendor::taking("slow", seconds(10)),
            Vendor::taking("fast", millis(100)),
        );
        let balance = hedging(&slow, &fast, |_| {});
        let start = Instant::now();
        assert_eq!(answered(&balance, &call).await.expect("an answer"), "fast");
        assert_eq!(start.elapsed(), millis(1100));
        assert_eq!((slow.living(), fast.living()), (0, 0));
        assert_eq!(
            came_to(&call),
            ["fast"],
            "the attempt beside the call is in its trail"
        );
        assert_eq!(
            decisions(&call),
            ["asked fast as well after 1s; fast answered first"]
        );
        assert_eq!(call.context.budget().left(), 2, "it is an attempt like others");
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_that_is_not_slow_stays_alone() {
    let (first, second) = (Vendor::taking("first", millis(900)), Vendor::well("second"));
    let balance = hedging(&first, &second, |_| {});
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "first");
    assert_eq!(second.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_first_that_answers_after_all_wins() {
    let (first, second) = (
        Vendor::taking("first", millis(1500)),
        Vendor::taking("second", seconds(5)),
    );
    let balance = hedging(&first, &second, |_| {});
    let call = whole();
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "first");
    assert_eq!((second.calls(), second.living()), (1, 0));
    assert_eq!(
        decisions(&call),
        ["asked second as well after 1s; first answered first"]
    );
}

#[tokio::test(start_paused = true)]
async fn one_of_two_that_fails_leaves_the_other() {
    let failing = |id: &'static str, after| {
        Vendor::new(id, move |_| {
            Act::After(after, Box::new(Act::Fail(error(ErrorKind::Server))))
        })
    };
    let second = Vendor::taking("second", seconds(3));
    let balance = hedging(&failing("first", seconds(2)), &second, |_| {});
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "second");
    let balance = hedging(
        &Vendor::taking("first", seconds(3)),
        &failing("second", millis(1)),
        |_| {},
    );
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "first");
    let balance = hedging(
        &failing("first", seconds(2)),
        &failing("second", seconds(2)),
        |_| {},
    );
    let call = whole();
    let error = answered(&balance, &call).await.expect_err("both fail");
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(came_to(&call).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn second_calls_stay_within_their_share_and_the_budget_of_attempts() {
    let (slow, fast) = (
        Vendor::taking("slow", seconds(10)),
        Vendor::taking("fast", millis(1)),
    );
    let balance = hedging(&slow, &fast, |hedge| hedge.max_share = 0.1);
    for _ in 0..200 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    assert!((18..=20).contains(&fast.calls()), "{} of 200", fast.calls());

    let fast = Vendor::well("fast");
    let balance = hedging(&slow, &fast, |_| {});
    let once = with(whole(), Context::new().with_attempts(1));
    assert_eq!(answered(&balance, &once).await.expect("an answer"), "slow");
    assert_eq!(fast.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_a_percentile_of_the_latest_calls() {
    let first = Vendor::new("first", |number| {
        let time = if number == 100 {
            seconds(10)
        } else {
            millis(10 * (number as u64 % 10 + 1))
        };
        Act::After(time, Box::new(Act::Answer))
    });
    let second = Vendor::well("second");
    let balance = hedging(&first, &second, |hedge| hedge.delay = None);
    for _ in 0..100 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    let (before, start) = (second.calls(), Instant::now());
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "second");
    let (waited, more) = (start.elapsed(), second.calls() - before);
    assert!(
        (millis(100)..=millis(101)).contains(&waited) && more == 1,
        "{waited:?}, {more}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_call_keeps_the_callers_deadline() {
    let (slow, second) = (
        Vendor::taking("slow", seconds(10)),
        Vendor::taking("second", seconds(10)),
    );
    let balance = hedging(&slow, &second, |_| {});
    let deadline = (Instant::now() + seconds(30)).into_std();
    let call = with(whole(), Context::new().with_deadline(deadline));
    balance.call(&call).await.map(drop).expect("an answer");
    assert_eq!(second.asked()[0].1.context.deadline(), Some(deadline));
}

/// Who stands in for another is told only when it has answered, and a second target of the same tier stands in for nobody.
#[tokio::test(start_paused = true)]
async fn a_second_target_is_a_fallback_only_of_a_later_tier_and_when_it_wins() {
    for (first, second, tier, stands_in) in [
        (seconds(10), millis(100), 0, false),
        (seconds(10), millis(100), 1, true),
        (millis(1500), seconds(5), 0, false),
        (millis(1500), seconds(5), 1, false),
    ] {
        for call in [whole(), streamed()] {
            let (first, second) = (Vendor::taking("first", first), Vendor::taking("second", second));
            let mut hedge = HedgeConfig::default();
            hedge.delay = Some(seconds(1));
            hedge.max_share = 1.0;
            let builder = Balance::builder().strategy(Strategy::Failover).hedge(hedge);
            let builder = builder.target(first.target());
            let balance = builder.target(second.target().with_priority(tier)).build();
            answered(&balance.expect("it builds"), &call)
                .await
                .expect("an answer");
            assert_eq!(second.calls(), 1, "it was asked");
            let case = format!("tier {tier}, {:?}", call.context.trail());
            assert_eq!(call.context.trail().has_fallback(), stands_in, "{case}");
        }
    }
}
