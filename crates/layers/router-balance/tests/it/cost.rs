//! What a balancer costs: allocations of a call, and none of a chunk.

use std::task::Poll;

use allocation_counter::measure;
use router_balance::{Balance, Strategy, Target};
use router_core::{Body, BoxFuture, Call, ChatRequest, Context, Provider};

use crate::light::Light;

/// The result of a future that is ready at once.
fn ready<T>(mut future: BoxFuture<'_, T>) -> T {
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut task) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it is ready at once"),
    }
}

fn call() -> Call {
    let context = Context::new().with_caller("team-a");
    Call::new("m", ChatRequest::user("Hello").with_system("Be nice.")).with_context(context)
}

/// Allocations of opening a reply: the fewest of several times, since the counter sees what the test's own harness does.
fn opening(provider: &dyn Provider, call: &Call) -> u64 {
    let open = || drop(ready(provider.call(call)).expect("an answer"));
    // What is made once is made before.
    open();
    let counts = (0..5).map(|_| measure(open).count_total);
    counts.min().unwrap_or_default()
}

#[tokio::test]
async fn a_whole_answer_costs_two_allocations_and_a_stream_four() {
    for strategy in Strategy::ALL {
        let builder = Balance::builder().strategy(*strategy);
        let builder = ["a", "b", "c"].into_iter().fold(builder, |builder, id| {
            builder.target(Target::new(Light::new(id)).with_model("a-model"))
        });
        let balance = builder.build().expect("it builds");
        for call in [call(), call().streaming()] {
            let (bare, balanced) = (opening(&Light::new("a"), &call), opening(&balance, &call));
            let more = balanced - bare;
            let most = if call.is_stream() { 4 } else { 2 };
            assert!(more <= most, "{strategy}, {:?}: {more} allocations", call.mode);
        }
    }
}

#[tokio::test]
async fn a_chunk_costs_no_allocation() {
    let builder = ["a", "b", "c"]
        .into_iter()
        .fold(Balance::builder(), |builder, id| {
            builder.target(Target::new(Light::new(id)))
        });
    let balance = builder.build().expect("it builds");
    let reply = balance.call(&call().streaming()).await.expect("an answer");
    let Body::Stream(mut stream) = reply.body else {
        panic!("a stream was asked for");
    };
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    let chunks = measure(|| {
        for _ in 0..90 {
            let event = futures_util::Stream::poll_next(std::pin::Pin::new(&mut stream), &mut task);
            assert!(matches!(event, Poll::Ready(Some(Ok(_)))));
        }
    });
    assert_eq!(chunks.count_total, 0);
}
