//! What every provider around a provider keeps: it forwards what it does not change, streams stay lazy, drop cancels.

mod operations;
mod watched;

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use router_core::context::TrailEntry;
use router_core::stream::End;
use router_core::{
    Body, Call, ChatRequest, Context, Error, ErrorKind, FinishReason, Provider, Reply, Result, StreamEvent,
};

use tokio::task::yield_now;

use operations::exchanges;
use watched::Watched;

/// How often tasks that a layer may have started get their turn.
const TURNS: usize = 8;

/// Runs the contract over a layer, given how it wraps a provider. The layer is set up so that it changes nothing: no limit
/// is reached, nothing is in its cache.
///
/// # Panics
/// When the layer does not keep it.
pub async fn check<P: Provider>(wrap: impl Fn(Arc<dyn Provider>) -> P) {
    let inner = Watched::nothing();
    let provider = wrap(inner.clone());
    assert_eq!(provider.id(), inner.id(), "the id is the inner provider's");
    assert_eq!(
        provider.capabilities(),
        inner.capabilities(),
        "the capabilities are the inner provider's"
    );
    check_calls(wrap).await;
}

/// The contract of calls alone: for a provider with a name and capabilities of its own, such as a balancer over one target.
///
/// # Panics
/// When the provider does not keep it.
pub async fn check_calls<P: Provider>(wrap: impl Fn(Arc<dyn Provider>) -> P) {
    every_operation_passes(&wrap).await;
    the_context_goes_along(&wrap).await;
    the_head_and_the_trail_come_back(&wrap).await;
    every_event_passes(&wrap).await;
    streams_are_lazy(&wrap).await;
    errors_pass(&wrap).await;
    errors_behind_content_are_the_streams(&wrap).await;
    drop_cancels(&wrap).await;
}

/// Operations of every kind pass untouched, also those that the layer has never heard of.
async fn every_operation_passes<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    for (operation, output) in exchanges() {
        let name = operation.name();
        let inner = Watched::output(output.clone());
        let call = Call::new("model-a", operation);
        let reply = answered(wrap(inner.clone()).call(&call).await, name);
        let Body::Full(found) = reply.body else {
            panic!("{name}: a call for a whole answer is answered with one");
        };
        assert_eq!(found, output, "{name}: the answer is untouched");
        let calls = inner.calls();
        assert_eq!(
            calls.len(),
            1,
            "{name}: one call is one call of the inner provider"
        );
        assert_eq!(
            calls[0].operation, call.operation,
            "{name}: the request is untouched"
        );
        assert_eq!(
            calls[0].model, "model-a",
            "{name}: the model is the one that was asked for"
        );
        assert_eq!(inner.living(), 0, "{name}: nothing is left behind");
    }
}

/// What goes with a call reaches the inner provider; a deadline can only come closer.
async fn the_context_goes_along<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    #[derive(Debug, PartialEq)]
    struct Mark(u32);

    let deadline = Instant::now() + Duration::from_secs(3600);
    let context = Context::new()
        .with_request_id("request-1")
        .with_caller("team-a")
        .with_tag("env", "test")
        .with_deadline(deadline)
        .with_extension(Mark(7));
    let inner = Watched::events(some_events().map(Ok));
    let call = Call::new("model-a", ChatRequest::user("Hi."))
        .streaming()
        .with_context(context);
    answered(wrap(inner.clone()).call(&call).await, "stream");
    let seen = inner.calls().remove(0);
    assert!(seen.is_stream(), "a call for a stream stays one");
    assert_eq!(seen.context.request_id().map(AsRef::as_ref), Some("request-1"));
    assert_eq!(seen.context.caller().map(AsRef::as_ref), Some("team-a"));
    assert_eq!(seen.context.tags(), call.context.tags());
    assert_eq!(seen.context.extension::<Mark>(), Some(&Mark(7)));
    assert!(
        seen.context.deadline().is_none_or(|seen| seen <= deadline),
        "nothing prolongs a deadline"
    );
}

/// Request id, warnings and raw reply come back, and the trail has the inner provider's attempt.
async fn the_head_and_the_trail_come_back<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    let (operation, output) = exchanges().remove(0);
    let whole = Call::new("model-a", operation);
    let streamed = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    for (call, inner) in [
        (whole, Watched::output(output)),
        (streamed, Watched::events(some_events().map(Ok))),
    ] {
        let reply = answered(wrap(inner).call(&call).await, "chat");
        let expected = Watched::head(&call);
        assert_eq!(reply.head.provider, expected.provider, "who answered");
        assert_eq!(reply.head.model, expected.model, "the model that answered");
        assert_eq!(
            reply.head.request_id, expected.request_id,
            "the vendor's request id"
        );
        assert_eq!(reply.head.warnings, expected.warnings, "warnings");
        assert_eq!(reply.head.status(), Some(200), "the raw reply");
        assert_eq!(reply.head.headers(), expected.headers(), "the vendor's headers");
        let attempts =
            call.context.trail().entries().into_iter().filter(
                |entry| matches!(entry, TrailEntry::Attempt { provider, .. } if *provider == "inner"),
            );
        assert_eq!(
            attempts.count(),
            1,
            "the trail of the call has the inner provider's attempt"
        );
    }
}

async fn every_event_passes<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    let call = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    let provider = wrap(Watched::events(some_events().map(Ok)));
    let ends = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&ends);
    let reply = answered(provider.call(&call).await, "stream").on_end(move |end| {
        assert!(matches!(end, End::Finished(_)), "it ends with its `Finish`");
        told.fetch_add(1, Ordering::AcqRel);
    });
    let Body::Stream(mut stream) = reply.body else {
        panic!("a call for a stream is answered with one");
    };
    let mut found = Vec::new();
    while let Some(event) = stream.next().await {
        found.push(event.unwrap_or_else(|error| panic!("stream: {error}")));
    }
    assert_eq!(found, some_events(), "every event passes, in order");
    drop(stream);
    assert_eq!(ends.load(Ordering::Acquire), 1, "whoever watches is told once");
}

/// A layer reads no further than its reader: nothing is buffered, and a slow reader slows the vendor.
async fn streams_are_lazy<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    let call = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    let inner = Watched::events(some_events().map(Ok));
    let reply = answered(wrap(inner.clone()).call(&call).await, "stream");
    let Body::Stream(mut stream) = reply.body else {
        panic!("a call for a stream is answered with one");
    };
    assert_eq!(
        inner.given(),
        2,
        "the call resolves at the first content, and reads no more"
    );
    for read in 1..=some_events().len() {
        assert!(stream.next().await.is_some_and(|event| event.is_ok()));
        assert_eq!(inner.given(), read.max(2), "nothing is read ahead");
    }
}

async fn errors_pass<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    let streamed = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    for call in [Call::new("model-a", ChatRequest::user("Hi.")), streamed] {
        let broken = Error::new(ErrorKind::InvalidRequest, "no such thing")
            .with_status(400)
            .with_code("no_good")
            .with_request_id("req_2");
        let provider = wrap(Watched::error(broken));
        let Err(error) = provider.call(&call).await else {
            panic!("the inner provider fails");
        };
        assert_eq!(
            error.kind(),
            ErrorKind::InvalidRequest,
            "the kind is the inner provider's"
        );
        assert_eq!(error.message(), "no such thing");
        assert_eq!(error.status(), Some(400));
        assert_eq!(error.code(), Some("no_good"));
        assert_eq!(error.request_id(), Some("req_2"));
    }
}

/// After the first content an error belongs to the stream, whatever its kind.
async fn errors_behind_content_are_the_streams<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    let late: [Result<StreamEvent>; 2] = [
        Ok(StreamEvent::text("Hel")),
        Err(Error::new(ErrorKind::Overloaded, "later")),
    ];
    let inner = Watched::events(late);
    let call = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    let reply = answered(wrap(inner.clone()).call(&call).await, "stream");
    let Body::Stream(mut stream) = reply.body else {
        panic!("a call for a stream is answered with one");
    };
    assert!(matches!(stream.next().await, Some(Ok(_))));
    assert!(matches!(stream.next().await, Some(Err(error)) if error.kind() == ErrorKind::Overloaded));
    assert!(stream.next().await.is_none(), "nothing comes behind an error");
    assert_eq!(
        inner.calls().len(),
        1,
        "an answer that was begun is not asked for again"
    );
}

/// Dropping the call, or the stream, reaches the vendor at once.
async fn drop_cancels<P: Provider>(wrap: &impl Fn(Arc<dyn Provider>) -> P) {
    let call = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    let inner = Watched::nothing();
    let provider = wrap(inner.clone());
    let mut waiting = provider.call(&call);
    for _ in 0..TURNS {
        poll_fn(|task| {
            assert!(waiting.as_mut().poll(task).is_pending(), "nothing answers");
            Poll::Ready(())
        })
        .await;
        yield_now().await;
    }
    assert_eq!(inner.living(), 1, "the inner provider was called");
    drop(waiting);
    others_run().await;
    assert_eq!(inner.living(), 0, "dropping the call cancels it");

    let inner = Watched::events([Ok(StreamEvent::text("Hel"))]);
    let reply = answered(wrap(inner.clone()).call(&call).await, "stream");
    let how = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&how);
    let reply = reply.on_end(move |end| {
        told.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(matches!(end, End::Dropped));
    });
    let Body::Stream(mut stream) = reply.body else {
        panic!("a call for a stream is answered with one");
    };
    assert!(matches!(stream.next().await, Some(Ok(_))));
    assert_eq!(inner.living(), 1, "the stream is not over");
    drop(stream);
    others_run().await;
    assert_eq!(inner.living(), 0, "dropping the stream ends the request");
    assert_eq!(
        *how.lock().unwrap_or_else(PoisonError::into_inner),
        [true],
        "and who watches is told so, once"
    );
}

/// Lets tasks run that a layer may have started.
async fn others_run() {
    for _ in 0..TURNS {
        yield_now().await;
    }
}

fn some_events() -> [StreamEvent; 5] {
    [
        StreamEvent::start(Some("id-1".into()), Some("model-a".into())),
        StreamEvent::text("Hel"),
        StreamEvent::text(""),
        StreamEvent::text("lo."),
        StreamEvent::finish(FinishReason::Stop, None),
    ]
}

fn answered(reply: Result<Reply>, what: &str) -> Reply {
    reply.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}
