//! Where a call goes after a failure, and where it does not.

use router_balance::{Balance, BalanceOptions, Fallbacks, HealthConfig, Strategy, Target};
use router_core::error::TimeoutKind;
use router_core::{
    ChatRequest, Context, Error, ErrorKind, Feature, Json, Media, Message, Provider as _, ToolDefinition,
};

use crate::vendor::{
    Act, Vendor, answered, asking, attempts, came_to, decisions, error, seconds, streamed, whole, with,
};

/// Asked in this order.
fn in_order(targets: impl IntoIterator<Item = Target>) -> Balance {
    let builder = Balance::builder().id("route").strategy(Strategy::Failover);
    let builder = targets
        .into_iter()
        .fold(builder, |builder, target| builder.target(target));
    builder.build().expect("it builds")
}

fn fallbacks(
    context_length: impl IntoIterator<Item = Target>,
    content_filtered: impl IntoIterator<Item = Target>,
    any: impl IntoIterator<Item = Target>,
) -> Fallbacks<Target> {
    let mut fallbacks = Fallbacks::default();
    fallbacks.context_length.extend(context_length);
    fallbacks.content_filtered.extend(content_filtered);
    fallbacks.any.extend(any);
    fallbacks
}

/// With one of three targets dead, callers see no error, whatever the strategy and the way it is dead.
#[tokio::test(start_paused = true)]
async fn one_dead_target_is_no_error_for_anybody() {
    for strategy in Strategy::ALL {
        for kind in [
            ErrorKind::Server,
            ErrorKind::Overloaded,
            ErrorKind::Transport,
            ErrorKind::RateLimited,
            ErrorKind::Authentication,
            ErrorKind::Timeout(TimeoutKind::FirstContent),
            ErrorKind::Truncated,
            ErrorKind::Decode,
        ] {
            let dead = Vendor::failing("dead", kind);
            let balance = Balance::builder()
                .strategy(*strategy)
                .seed(4)
                .target(dead.target())
                .target(Vendor::well("a").target())
                .target(Vendor::well("b").target())
                .build()
                .expect("it builds");
            for number in 0..200 {
                let call = if number % 2 == 0 { whole() } else { streamed() };
                let answer = answered(&balance, &call).await;
                assert!(answer.is_ok(), "{strategy}, {kind}: {answer:?}");
            }
            assert!(
                dead.calls() <= 5,
                "{strategy}, {kind}: it is left alone soon, after {}",
                dead.calls()
            );
        }
    }
}

#[tokio::test]
async fn a_callers_own_mistake_goes_nowhere_else() {
    for kind in [
        ErrorKind::InvalidRequest,
        ErrorKind::Cancelled,
        ErrorKind::NotFound,
        ErrorKind::ContentFiltered,
    ] {
        let other = Vendor::well("other");
        let balance = in_order([Vendor::failing("first", kind).target(), other.target()]);
        let error = answered(&balance, &whole()).await.expect_err("the first's error");
        assert_eq!((error.kind(), other.calls()), (kind, 0));
    }
}

#[tokio::test]
async fn a_model_that_a_target_names_and_its_vendor_lost_is_the_targets_fault() {
    let gone = Vendor::failing("first", ErrorKind::NotFound);
    let balance = in_order([
        gone.target().with_model("old-model"),
        Vendor::well("other").target(),
    ]);
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "other");
    assert_eq!(gone.asked()[0].1.model, "old-model");
}

#[tokio::test]
async fn a_stream_that_breaks_before_its_first_content_goes_elsewhere_and_after_it_does_not() {
    for kind in [ErrorKind::Truncated, ErrorKind::Decode, ErrorKind::Overloaded] {
        let balance = in_order([
            Vendor::failing("first", kind).target(),
            Vendor::well("other").target(),
        ]);
        assert_eq!(answered(&balance, &streamed()).await.expect("an answer"), "other");
        let (first, other) = (
            Vendor::new("first", move |_| Act::Break(kind)),
            Vendor::well("other"),
        );
        let balance = in_order([first.target(), other.target()]);
        let error = answered(&balance, &streamed())
            .await
            .expect_err("the stream breaks");
        assert_eq!(
            (error.kind(), other.calls()),
            (kind, 0),
            "what was begun is not begun again"
        );
    }
}

/// Check 13 of the list of bugs in the wild.
#[tokio::test]
async fn what_a_target_lacks_is_in_the_trail_and_it_is_not_asked() {
    let plain = Vendor::well("plain").with_features(&[Feature::Streaming]);
    let able = Vendor::well("able");
    let balance = in_order([plain.target(), able.target()]);
    let tool = ToolDefinition::function("f", "d", Json::empty_object());
    let picture = Message::user([Media::image_url("https://example.com/a.png").into()]);
    let request = ChatRequest::new(vec![picture]).with_tools([tool]);
    let call = router_core::Call::new("m", request);
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "able");
    assert_eq!(plain.calls(), 0);
    assert_eq!(decisions(&call), ["skipped plain: tools, image_url_input"]);
    assert_eq!(answered(&balance, &streamed()).await.expect("an answer"), "plain");
}

#[tokio::test]
async fn when_nobody_can_take_it_the_error_says_who_lacks_what() {
    let targets = ["a", "b"].map(|id| Vendor::well(id).with_features(&[]).target());
    let balance = in_order(targets);
    let error = answered(&balance, &streamed()).await.expect_err("no streams");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.message(),
        "no target of route can take this call: a lacks streaming; b lacks streaming"
    );
}

fn long(tokens: usize) -> router_core::Call {
    router_core::Call::new("m", ChatRequest::user("word".repeat(tokens)))
}

#[tokio::test]
async fn a_prompt_that_is_too_long_goes_to_a_longer_window() {
    // The first knows no window, so that only its vendor can say that the prompt is too long.
    let first = Vendor::failing("first", ErrorKind::ContextLengthExceeded);
    let small = Vendor::well("small");
    let large = Vendor::well("large").with_window("large-model", 1_000_000);
    let known = first.target().with_context_window(100_000);
    let balance = in_order([
        known.clone(),
        small.target().with_context_window(100_000),
        large.target().with_model("large-model"),
    ]);
    let call = long(10);
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "large");
    assert_eq!(
        came_to(&call),
        ["first", "large"],
        "one of the same size is not asked"
    );

    // Without a longer one among the targets, the list that is named for it is asked.
    let builder = Balance::builder()
        .strategy(Strategy::Failover)
        .target(first.target())
        .target(small.target());
    let other = Vendor::well("other");
    let balance = builder
        .fallbacks(fallbacks([large.target()], [], [other.target()]))
        .build()
        .expect("it builds");
    assert_eq!(answered(&balance, &long(10)).await.expect("an answer"), "large");
    assert_eq!(
        (small.calls(), other.calls()),
        (0, 0),
        "no window is known that is longer"
    );
}

#[tokio::test]
async fn a_prompt_that_is_estimated_too_long_is_not_sent_to_a_short_window() {
    let short = Vendor::well("short");
    let longer = Vendor::well("longer");
    let targets = [
        short.target().with_context_window(1000),
        longer.target().with_context_window(100_000),
    ];
    let balance = in_order(targets.clone());
    let call = long(5000);
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "longer");
    assert_eq!(
        decisions(&call),
        ["skipped short: 5007 tokens of context (has 1000)"]
    );
    // An estimate may be wrong: when all are too short, the longest is asked, after what is named for it.
    let call = long(200_000);
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "longer");
    assert_eq!(short.calls(), 0);
    let builder = Balance::builder().strategy(Strategy::Failover);
    let builder = targets
        .into_iter()
        .fold(builder, |builder, target| builder.target(target));
    let balance = builder
        .fallbacks(fallbacks([Vendor::well("longest").target()], [], []))
        .build()
        .expect("it builds");
    assert_eq!(
        answered(&balance, &long(200_000)).await.expect("an answer"),
        "longest"
    );
}

#[tokio::test]
async fn refused_content_goes_to_another_vendor_only_where_one_is_named_for_it() {
    let first = Vendor::failing("first", ErrorKind::ContentFiltered);
    let (second, any, named) = (Vendor::well("second"), Vendor::well("any"), Vendor::well("named"));
    let build = |lists| {
        let builder = Balance::builder()
            .strategy(Strategy::Failover)
            .target(first.target());
        builder
            .target(second.target())
            .fallbacks(lists)
            .build()
            .expect("it builds")
    };
    let error = answered(&build(fallbacks([], [], [any.target()])), &whole())
        .await
        .expect_err("final");
    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    let balance = build(fallbacks([], [named.target()], [any.target()]));
    assert_eq!(answered(&balance, &whole()).await.expect("an answer"), "named");
    assert_eq!((second.calls(), any.calls()), (0, 0));
}

#[tokio::test]
async fn fallbacks_for_anything_come_when_no_target_is_left_and_in_their_order() {
    let dead = ["a", "b"].map(|id| Vendor::failing(id, ErrorKind::Server));
    let broken = Vendor::failing("broken", ErrorKind::Overloaded);
    let builder = dead.iter().fold(Balance::builder(), |builder, vendor| {
        builder.target(vendor.target())
    });
    let last = [broken.target(), Vendor::well("last").target()];
    let balance = builder
        .fallbacks(fallbacks([], [], last))
        .build()
        .expect("it builds");
    let call = whole();
    assert_eq!(answered(&balance, &call).await.expect("an answer"), "last");
    let mut came = came_to(&call);
    came[..2].sort();
    assert_eq!(came, ["a", "b", "broken", "last"]);
}

#[tokio::test]
async fn a_target_that_is_a_fallback_too_is_asked_once() {
    let dead = ["a", "b"].map(|id| Vendor::failing(id, ErrorKind::Server));
    let builder = dead.iter().fold(Balance::builder(), |builder, vendor| {
        builder.target(vendor.target())
    });
    let again = dead.each_ref().map(Vendor::target);
    let balance = builder
        .fallbacks(fallbacks([], [], again))
        .build()
        .expect("it builds");
    answered(&balance, &whole()).await.expect_err("both are dead");
    assert_eq!(dead.each_ref().map(Vendor::calls), [1, 1]);
}

/// So that three retries over three targets are not nine calls.
#[tokio::test]
async fn one_budget_of_attempts_for_all() {
    let vendors = ["a", "b", "c", "d", "e"].map(|id| Vendor::failing(id, ErrorKind::Server));
    let balance = in_order(vendors.each_ref().map(Vendor::target));
    let call = with(whole(), Context::new().with_attempts(3));
    answered(&balance, &call).await.expect_err("all are dead");
    assert_eq!(came_to(&call), ["a", "b", "c"]);
    assert!(decisions(&call).contains(&"gives up: no attempts are left".to_owned()));
    answered(&balance, &call).await.expect_err("all are dead");
    assert_eq!(
        came_to(&call).len(),
        4,
        "the first attempt of each pass is whose who makes it"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_after_the_deadline() {
    let slow = Vendor::new("slow", |_| {
        Act::After(seconds(5), Box::new(Act::Fail(error(ErrorKind::Server))))
    });
    let other = Vendor::well("other");
    let balance = in_order([slow.target(), other.target()]);
    let deadline = (tokio::time::Instant::now() + seconds(3)).into_std();
    let call = with(whole(), Context::new().with_deadline(deadline));
    answered(&balance, &call).await.expect_err("the time is over");
    assert_eq!(other.calls(), 0);
}

/// Whoever tries again gets another target, by what the trail says.
#[tokio::test]
async fn what_failed_before_is_avoided_by_later_attempts() {
    let vendors = ["a", "b", "c"].map(|id| Vendor::failing(id, ErrorKind::Server));
    let balance = in_order(vendors.each_ref().map(Vendor::target));
    let call = with(whole(), Context::new().with_attempts(1));
    for _ in 0..4 {
        answered(&balance, &call).await.expect_err("all are dead");
    }
    assert_eq!(
        came_to(&call),
        ["a", "b", "c", "a"],
        "and the first again when no other is left"
    );
}

#[tokio::test]
async fn a_call_without_fallbacks_goes_to_one_target_however_often_it_is_tried() {
    let vendors = ["a", "b", "c"].map(|id| Vendor::failing(id, ErrorKind::Server));
    let builder = Balance::builder().strategy(Strategy::RoundRobin);
    let builder = vendors
        .iter()
        .fold(builder, |builder, vendor| builder.target(vendor.target()));
    let balance = builder
        .fallbacks(fallbacks([], [], [Vendor::well("last").target()]))
        .build()
        .expect("it builds");
    for call in [whole(), streamed()] {
        let call = with(
            call,
            Context::new().with_extension(BalanceOptions::new().without_fallbacks()),
        );
        for _ in 0..3 {
            answered(&balance, &call).await.expect_err("no other is asked");
        }
        let came = came_to(&call);
        assert_eq!(came.len(), 3);
        assert!(came.iter().all(|vendor| *vendor == came[0]), "{came:?}");
    }
}

#[tokio::test]
async fn a_call_can_name_its_target() {
    let vendors = ["a", "b"].map(Vendor::well);
    let balance = in_order(vendors.each_ref().map(Vendor::target));
    let at = |name: &'static str| Context::new().with_extension(BalanceOptions::new().to_target(name));
    assert_eq!(
        answered(&balance, &with(whole(), at("b")))
            .await
            .expect("an answer"),
        "b"
    );
    let inner = vendors[1].asked().remove(0).1;
    let options = inner.context.extension::<BalanceOptions>().expect("options");
    assert_eq!(options.target, None, "the name means nothing further in");
    let error = answered(&balance, &with(whole(), at("x")))
        .await
        .expect_err("no such target");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.message(), "there is no target `x`; there are: a, b");
}

/// The error of several failures is the one that may pass, with the wait until anybody can be asked again.
#[tokio::test(start_paused = true)]
async fn the_wait_is_the_soonest_recovery_over_all_targets() {
    let limited = |id: &'static str, wait| {
        Vendor::new(id, move |_| {
            Act::Fail(asking(ErrorKind::RateLimited, seconds(wait)))
        })
        .target()
    };
    let balance = in_order([limited("a", 40), limited("b", 7), limited("c", 20)]);
    let error = answered(&balance, &whole()).await.expect_err("all are limited");
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::RateLimited, Some(seconds(7)))
    );

    // One that was not reached is back sooner.
    let balance = in_order([limited("a", 3), limited("b", 40), limited("c", 30)]);
    let once = with(whole(), Context::new().with_attempts(1));
    answered(&balance, &once).await.expect_err("a is limited");
    let twice = with(whole(), Context::new().with_attempts(2));
    let error = answered(&balance, &twice).await.expect_err("b and c are limited");
    assert_eq!(error.retry_after(), Some(seconds(3)));

    // Another one can be asked at once.
    let balance = in_order([limited("a", 40), Vendor::failing("b", ErrorKind::Server).target()]);
    let error = answered(&balance, &whole()).await.expect_err("both fail");
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Server, None));

    let hopeless = Vendor::failing("b", ErrorKind::Authentication).target();
    let balance = in_order([Vendor::failing("a", ErrorKind::Overloaded).target(), hopeless]);
    let error = answered(&balance, &whole()).await.expect_err("both fail");
    assert_eq!(error.kind(), ErrorKind::Overloaded, "the one that may pass");
}

#[tokio::test]
async fn balancers_stand_in_each_other() {
    let inner = in_order(["x", "y"].map(|id| Vendor::failing(id, ErrorKind::Server).target()));
    let outer = Balance::builder()
        .id("outer")
        .strategy(Strategy::Failover)
        .target(Target::new(inner).with_name("pool"))
        .target(Vendor::well("z").target())
        .build()
        .expect("it builds");
    let call = whole();
    assert_eq!(answered(&outer, &call).await.expect("an answer"), "z");
    assert_eq!(came_to(&call), ["x", "y", "z"]);
}

#[tokio::test]
async fn a_wrong_set_of_targets_is_refused() {
    let a = || Vendor::well("a").target();
    let message = |builder: router_balance::BalanceBuilder| {
        let error: Error = builder.build().expect_err("it is wrong");
        assert_eq!(error.kind(), ErrorKind::Config);
        error.message().to_owned()
    };
    assert_eq!(message(Balance::builder()), "targets: there are none");
    assert!(message(Balance::builder().target(a()).target(a())).contains("another target `a`"));
    assert!(message(Balance::builder().target(a().with_weight(0))).contains("every weight is 0"));
    let builder = Balance::builder()
        .strategy(Strategy::Failover)
        .target(a().with_weight(2));
    assert!(message(builder).starts_with("targets[0].weight: means nothing to the strategy failover"));
    let mut health = HealthConfig::default();
    health.error_ratio = 1.5;
    let builder = Balance::builder().target(a()).health(health);
    assert_eq!(
        message(builder),
        "health.error_ratio: 1.5 is no share between 0 and 1"
    );
}

#[tokio::test]
async fn its_capabilities_are_those_of_any_target() {
    let plain = Vendor::well("plain").with_features(&[Feature::Streaming]);
    let able = Vendor::well("able")
        .with_features(&[Feature::Tools])
        .with_window("m", 10);
    let balance = in_order([plain.target(), able.target()]);
    let capabilities = balance.capabilities();
    assert!(
        capabilities.features.contains(Feature::Streaming) && capabilities.features.contains(Feature::Tools)
    );
    assert_eq!(capabilities.models.len(), 1, "callers name models here");
    let balance = in_order([able.target().with_model("m")]);
    assert!(balance.capabilities().models.is_empty(), "callers name the route");
    assert_eq!(balance.id(), "route");
    assert!(attempts(&whole()).is_empty());
}

/// A cache must not pass off the answer of a stand-in as that of the model that was meant.
#[tokio::test(start_paused = true)]
async fn who_stands_in_for_another_is_in_the_trail() {
    let said = async |balance: &Balance| {
        let call = whole();
        balance.call(&call).await.expect("answered");
        call.context.trail().has_fallback()
    };
    let dead = || Target::new(Vendor::failing("dead", ErrorKind::Server));
    let well = |name| Target::new(Vendor::new(name, |_| Act::Answer));
    let balance = in_order([well("one"), well("two")]);
    assert!(!said(&balance).await, "the first is meant");
    let balance = in_order([dead(), well("two")]);
    for _ in 0..10 {
        assert!(
            said(&balance).await,
            "the second stands in, also while the first is left alone"
        );
    }
    let builder = Balance::builder().id("route").strategy(Strategy::RoundRobin);
    let peers = builder
        .target(dead())
        .target(well("two"))
        .build()
        .expect("it builds");
    assert!(!said(&peers).await, "of equals any is meant");
    let builder = Balance::builder().id("route").target(dead());
    let tiers = builder
        .target(well("two").with_priority(1))
        .build()
        .expect("it builds");
    assert!(said(&tiers).await, "a later tier");
    let builder = Balance::builder().id("route").target(dead());
    let listed = builder
        .fallbacks(fallbacks([], [], [well("two")]))
        .build()
        .expect("it builds");
    assert!(said(&listed).await, "a list of fallbacks");
}

/// What stood in was asked in vain, and the one that was meant answers after all.
#[tokio::test]
async fn a_fallback_that_failed_stands_in_for_nobody() {
    let flaky = |name| {
        Vendor::new(name, |number| match number {
            0 => Act::Fail(error(ErrorKind::Server)),
            _ => Act::Answer,
        })
    };
    let balance = in_order([Target::new(flaky("one")), Target::new(flaky("two"))]);
    let call = whole();
    balance.call(&call).await.expect_err("both fail once");
    balance.call(&call).await.expect("the first, as both have failed");
    assert!(!call.context.trail().has_fallback(), "{:?}", call.context.trail());
}

/// It is the same whether a target said that the prompt is too long, or an estimate did.
#[tokio::test]
async fn who_takes_a_prompt_that_is_estimated_too_long_stands_in() {
    let short = Target::new(Vendor::new("short", |_| Act::Answer)).with_context_window(1);
    let long = Target::new(Vendor::new("long", |_| Act::Answer)).with_context_window(1_000_000);
    let builder = Balance::builder().id("route").target(short);
    let balance = builder
        .fallbacks(fallbacks([long], [], []))
        .build()
        .expect("it builds");
    let call = whole();
    balance.call(&call).await.expect("answered");
    assert!(call.context.trail().has_fallback(), "{:?}", call.context.trail());
}

/// Check 7: who wants no fallback gets none, also where nothing of the route can be asked or takes the call.
#[tokio::test(start_paused = true)]
async fn without_fallbacks_lists_are_not_asked_when_the_route_cannot_be() {
    for call in [whole, streamed] {
        let alone = || {
            let context = Context::new().with_extension(BalanceOptions::new().without_fallbacks());
            with(call(), context)
        };
        let listed = Vendor::well("listed");
        let build = |target: Target| {
            let lists = fallbacks([listed.target()], [listed.target()], [listed.target()]);
            let builder = Balance::builder().id("route").target(target).fallbacks(lists);
            builder.build().expect("it builds")
        };
        let limited = Vendor::new("limited", |_| {
            Act::Fail(asking(ErrorKind::RateLimited, seconds(60)))
        });
        let balance = build(limited.target());
        for _ in 0..3 {
            let error = answered(&balance, &alone()).await.expect_err("it is limited");
            assert_eq!(error.kind(), ErrorKind::RateLimited);
        }
        let short = Vendor::well("short");
        let balance = build(short.target().with_context_window(1));
        assert_eq!(answered(&balance, &alone()).await.expect("an answer"), "short");
        assert_eq!(listed.calls(), 0);
    }
}
