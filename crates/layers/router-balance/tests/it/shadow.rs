//! A shadow target never delays and never fails a caller.

use router_balance::{Balance, Mirror, MirrorStatus};
use router_core::{Context, ErrorKind};
use tokio::time::Instant;

use crate::vendor::{Act, Vendor, answered, came_to, error, millis, seconds, streamed, whole, with};

fn mirrored(vendor: &Vendor, mirror: Mirror) -> Balance {
    let builder = Balance::builder().seed(8).target(vendor.target()).mirror(mirror);
    builder.build().expect("it builds")
}

fn shown(balance: &Balance) -> MirrorStatus {
    balance.handle().status().mirror.expect("there is one")
}

#[tokio::test(start_paused = true)]
async fn the_shadow_gets_its_share_and_the_caller_sees_nothing_of_it() {
    for act in [
        |_| Act::Hang,
        |_| Act::Fail(error(ErrorKind::Server)),
        |_| Act::Stall,
    ] {
        let (vendor, shadow) = (Vendor::taking("a", millis(10)), Vendor::new("shadow", act));
        let mirror = Mirror::new(shadow.target().with_model("new-model")).with_share(0.25);
        let balance = mirrored(&vendor, mirror.with_max_concurrent(1000));
        for number in 0..400 {
            let call = if number % 2 == 0 { whole() } else { streamed() };
            let call = with(call, Context::new().with_caller("team-a").with_attempts(1));
            let start = Instant::now();
            assert_eq!(answered(&balance, &call).await.expect("an answer"), "a");
            assert_eq!(start.elapsed(), millis(10));
            assert_eq!(came_to(&call), ["a"]);
        }
        assert!((70..130).contains(&shadow.calls()), "{}", shadow.calls());
        let (_, call) = shadow.asked().remove(0);
        assert_eq!(call.model, "new-model");
        assert_eq!(call.context.caller().map(AsRef::as_ref), Some("team-a"));
        assert_eq!(
            call.context.budget().left(),
            0,
            "one attempt, and none of the caller's"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn shadow_calls_are_bounded_in_number_and_time() {
    let (vendor, shadow) = (Vendor::well("a"), Vendor::new("shadow", |_| Act::Hang));
    let mirror = Mirror::new(shadow.target())
        .with_max_concurrent(3)
        .with_timeout(seconds(5));
    let balance = mirrored(&vendor, mirror);
    for _ in 0..10 {
        answered(&balance, &whole()).await.expect("an answer");
    }
    tokio::task::yield_now().await;
    assert_eq!(shadow.living(), 3);
    let status = shown(&balance);
    assert_eq!((status.sent, status.left_out, status.under_way), (3, 7, 3));
    tokio::time::sleep(seconds(6)).await;
    let status = shown(&balance);
    assert_eq!((status.failed, status.under_way, shadow.living()), (3, 0, 0));
    answered(&balance, &whole()).await.expect("an answer");
    assert_eq!(shown(&balance).sent, 4);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_shadow_call_is_read_to_its_end() {
    let (vendor, shadow) = (Vendor::well("a"), Vendor::well("shadow"));
    let balance = mirrored(&vendor, Mirror::new(shadow.target()));
    answered(&balance, &streamed()).await.expect("an answer");
    tokio::time::sleep(millis(1)).await;
    let status = shown(&balance);
    assert_eq!((status.sent, status.failed, status.under_way), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_tried_again_is_mirrored_once() {
    let (vendor, shadow) = (
        Vendor::failing("a", ErrorKind::Overloaded),
        Vendor::well("shadow"),
    );
    let balance = mirrored(&vendor, Mirror::new(shadow.target()));
    let call = whole();
    for _ in 0..3 {
        answered(&balance, &call).await.expect_err("a is overloaded");
    }
    tokio::time::sleep(millis(1)).await;
    assert_eq!(shadow.calls(), 1);
}
