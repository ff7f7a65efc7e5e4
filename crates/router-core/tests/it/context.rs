//! What goes with a call: deadlines only shrink, budgets are shared, forks stand alone.

use std::time::{Duration, Instant};

use router_core::context::{DEFAULT_ATTEMPTS, TrailEntry};
use router_core::{Call, ChatRequest, Context, ModelId};

#[test]
fn deadlines_only_shrink() {
    let now = Instant::now();
    let (soon, late) = (now + Duration::from_secs(1), now + Duration::from_secs(9));
    let context = Context::new().with_deadline(soon).with_deadline(late);
    assert_eq!(context.deadline(), Some(soon));
    assert_eq!(
        Context::new().with_deadline(late).with_deadline(soon).deadline(),
        Some(soon)
    );
    assert_eq!(context.time_left(now), Some(Duration::from_secs(1)));
    assert_eq!(context.time_left(late), Some(Duration::ZERO));
    assert_eq!(Context::new().time_left(now), None);
}

#[test]
fn budgets_are_shared_by_clones() {
    let context = Context::new().with_attempts(3);
    let clone = context.clone();
    assert!(context.budget().take() && clone.budget().take());
    assert!(!context.budget().take(), "a fourth attempt of three");
    assert_eq!(clone.budget().left(), 0);
    assert_eq!(Context::new().budget().left(), DEFAULT_ATTEMPTS - 1);
    assert!(!Context::new().with_attempts(1).budget().take());
    assert!(
        !Context::new().with_attempts(0).budget().take(),
        "the first is free"
    );
}

#[test]
fn the_caller_and_the_outermost_layer_set_the_budget() {
    let unset = Context::new();
    unset.budget().set_default(6);
    unset.budget().set_default(2);
    assert_eq!(unset.budget().left(), 5);
    let set = Context::new().with_attempts(2);
    set.budget().set_default(6);
    assert_eq!(set.budget().left(), 1);
    let begun = Context::new();
    assert!(begun.budget().take());
    begun.budget().set_default(9);
    assert_eq!(begun.budget().left(), DEFAULT_ATTEMPTS - 2);
}

#[test]
fn trails_stay_small() {
    let context = Context::new();
    for _ in 0..1000 {
        context.trail().decision("test", "again");
    }
    assert_eq!(
        (context.trail().entries().len(), context.trail().left_out()),
        (64, 936)
    );
    let shown = format!("{:?}", context.trail());
    assert!(shown.ends_with("and 936 more]"), "{shown}");
}

fn decision(what: &'static str) -> TrailEntry {
    TrailEntry::Decision {
        layer: "test",
        what: what.into(),
    }
}

#[test]
fn forks_have_a_trail_of_their_own() {
    let context = Context::new()
        .with_deadline(Instant::now())
        .with_request_id("r1")
        .with_caller("team-a")
        .with_tag("env", "prod");
    context.trail().push(decision("before"));
    let fork = context.fork();
    fork.trail().push(decision("inside"));
    assert_eq!(context.trail().entries(), [decision("before")]);
    assert_eq!(fork.trail().entries(), [decision("inside")]);
    assert_eq!(fork.deadline(), None);
    assert_eq!(fork.request_id().map(|id| id.as_str()), Some("r1"));
    assert_eq!(fork.caller().map(|caller| caller.as_str()), Some("team-a"));
    assert_eq!(fork.tags().len(), 1);
    assert!(fork.budget().take());
    assert_eq!(context.budget().left(), fork.budget().left(), "the budget is one");
}

#[test]
fn extensions_by_type() {
    #[derive(Debug, PartialEq)]
    struct Mark(u32);
    let context = Context::new()
        .with_extension(Mark(1))
        .with_extension(Mark(2))
        .with_extension("text");
    assert_eq!(context.extension::<Mark>(), Some(&Mark(2)));
    assert_eq!(context.extension::<&str>(), Some(&"text"));
    assert_eq!(context.extension::<u8>(), None);
    assert!(!context.may_fetch_media() && context.with_media_fetching().may_fetch_media());
}

/// A call is cloned and sent elsewhere without copying its messages.
#[test]
fn calls_share_their_request() {
    let call = Call::new("a", ChatRequest::user("Hi"));
    let other = call.with_model(ModelId::from("b")).with_context(Context::new());
    let (router_core::Operation::Chat(one), router_core::Operation::Chat(two)) =
        (&call.operation, &other.operation)
    else {
        panic!("a chat")
    };
    assert!(std::sync::Arc::ptr_eq(one, two));
    assert_eq!(other.model, "b");
    assert!(!call.is_stream() && call.streaming().is_stream());
}
