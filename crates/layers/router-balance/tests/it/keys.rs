//! Several keys of one vendor.

use router_balance::{Balance, BalanceOptions, KeyPool, Strategy, Target, TargetState};
use router_core::{Context, ErrorKind, Provider as _};
use tokio::time::advance;

use crate::vendor::{Act, Vendor, answered, asking, came_to, error, seconds, streamed, whole, with};

fn pool(keys: &[&Vendor]) -> KeyPool {
    KeyPool::new(keys.iter().map(|key| (*key).clone())).expect("there are keys")
}

fn state(pool: &KeyPool, key: &str) -> TargetState {
    let targets = pool.handle().status().targets;
    targets
        .iter()
        .find(|target| target.name == *key)
        .expect("a key")
        .state
}

#[tokio::test]
async fn keys_take_turns() {
    let keys = [
        Vendor::well("vendor"),
        Vendor::well("vendor"),
        Vendor::well("vendor"),
    ];
    let pool = pool(&keys.each_ref());
    assert_eq!(pool.id(), "vendor", "for everybody else it is the vendor");
    for _ in 0..9 {
        answered(&pool, &whole()).await.expect("an answer");
    }
    assert_eq!(keys.each_ref().map(Vendor::calls), [3, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_key_is_set_aside() {
    for kind in [
        ErrorKind::Authentication,
        ErrorKind::QuotaExceeded,
        ErrorKind::PermissionDenied,
    ] {
        let (dead, good) = (Vendor::failing("vendor", kind), Vendor::well("vendor"));
        let pool = pool(&[&dead, &good]);
        for number in 0..20 {
            let call = if number % 2 == 0 { whole() } else { streamed() };
            answered(&pool, &call).await.expect("an answer");
        }
        assert_eq!((dead.calls(), good.calls()), (1, 20), "{kind}");
        assert_eq!(state(&pool, "key-1"), TargetState::Unhealthy);
        // It may have got credit in the meantime; one call tries it.
        advance(seconds(301)).await;
        for _ in 0..20 {
            answered(&pool, &whole()).await.expect("an answer");
        }
        assert_eq!(dead.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn after_too_many_requests_the_next_key_is_used_at_once() {
    let limited = Vendor::new("vendor", |number| match number {
        0 => Act::Fail(asking(ErrorKind::RateLimited, seconds(20))),
        _ => Act::Answer,
    });
    let unnamed = Vendor::new("vendor", |number| match number {
        0 => Act::Fail(error(ErrorKind::RateLimited)),
        _ => Act::Answer,
    });
    let good = Vendor::well("vendor");
    let pool = pool(&[&limited, &unnamed, &good]);
    let call = whole();
    answered(&pool, &call).await.expect("an answer");
    assert_eq!(came_to(&call).len(), 3);
    for _ in 0..10 {
        answered(&pool, &whole()).await.expect("an answer");
    }
    assert_eq!((limited.calls(), unnamed.calls()), (1, 1));
    advance(seconds(6)).await;
    for _ in 0..2 {
        answered(&pool, &whole()).await.expect("an answer");
    }
    assert_eq!(
        (limited.calls(), unnamed.calls()),
        (1, 2),
        "without a time it is five seconds"
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_vendor_is_no_keys_fault() {
    for kind in [
        ErrorKind::Server,
        ErrorKind::Overloaded,
        ErrorKind::InvalidRequest,
        ErrorKind::NotFound,
    ] {
        let keys = [Vendor::failing("vendor", kind), Vendor::failing("vendor", kind)];
        let pool = pool(&keys.each_ref());
        for _ in 0..10 {
            let error = answered(&pool, &whole()).await.expect_err("the vendor fails");
            assert_eq!(error.kind(), kind);
        }
        assert_eq!(keys.each_ref().map(Vendor::calls), [5, 5], "one key a call");
        assert_eq!(state(&pool, "key-1"), TargetState::Healthy);
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_keys_are_limited_the_error_tells_when_the_first_is_back() {
    let limited = |wait| {
        Vendor::new("vendor", move |_| {
            Act::Fail(asking(ErrorKind::RateLimited, seconds(wait)))
        })
    };
    let pool = pool(&[&limited(30), &limited(8)]);
    let error = answered(&pool, &whole()).await.expect_err("both are limited");
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::RateLimited, Some(seconds(8)))
    );
}

/// Keys are changed within a target, also where no other target may be asked; and all draw on one budget.
#[tokio::test]
async fn a_pool_of_keys_is_a_target_like_others() {
    let dead = [1, 2].map(|_| Vendor::failing("openai", ErrorKind::Authentication));
    let other = Vendor::well("other");
    let build = |pool: KeyPool| {
        let builder = Balance::builder()
            .strategy(Strategy::Failover)
            .target(Target::new(pool));
        builder.target(other.target()).build().expect("it builds")
    };
    let balance = build(pool(&dead.each_ref()));
    let call = whole();
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "other");
    assert_eq!(came_to(&call), ["openai", "openai", "other"]);
    assert_eq!(call.context.budget().left(), 1);

    let good = Vendor::well("openai");
    let balance = build(pool(&[&dead[0], &good]));
    let alone = Context::new().with_extension(BalanceOptions::new().without_fallbacks());
    let call = with(whole(), alone);
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "openai");
    assert_eq!(came_to(&call).len(), 2);
}
