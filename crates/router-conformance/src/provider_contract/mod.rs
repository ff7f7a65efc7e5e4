//! What every provider around a provider keeps: it forwards what it does not change, streams stay lazy, drop cancels.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use router_core::capability::OperationKind;
use router_core::stream::End;
use router_core::{
    Body, Call, Capabilities, ChatRequest, ChatResponse, EmbeddingRequest, EmbeddingResponse, Error,
    ErrorKind, Feature, FinishReason, Operation, Output, Provider, ProviderExt as _, Result, Scripted,
    StreamEvent,
};

/// Runs the contract over a layer, given how it wraps a provider. The layer is set up so that it changes nothing: no limit
/// is reached, nothing is in its cache.
///
/// # Panics
/// When the layer does not keep it.
pub async fn check<P: Provider>(wrap: impl Fn(Scripted) -> P) {
    forwards_description(&wrap);
    forwards_operations(&wrap).await;
    forwards_events(&wrap).await;
    forwards_errors(&wrap).await;
    ends_once(&wrap).await;
}

fn forwards_description<P: Provider>(wrap: &impl Fn(Scripted) -> P) {
    let capabilities = Capabilities::new([OperationKind::Chat], &[Feature::Streaming, Feature::Tools]);
    let provider = wrap(
        Scripted::new()
            .with_id("inner")
            .with_capabilities(capabilities.clone()),
    );
    assert_eq!(provider.id().as_str(), "inner", "the id is the inner provider's");
    assert_eq!(
        *provider.capabilities(),
        capabilities,
        "the capabilities are the inner provider's"
    );
}

/// Operations of every kind pass, also those that the layer has never heard of.
async fn forwards_operations<P: Provider>(wrap: &impl Fn(Scripted) -> P) {
    let inner = Scripted::new()
        .text("Hello.")
        .output(EmbeddingResponse::new(vec![vec![0.5, 0.25]]));
    let provider = wrap(inner.clone());
    let answer = provider
        .chat("model-a", "Hi.")
        .await
        .unwrap_or_else(|error| panic!("chat: {error}"));
    assert_eq!(answer.text(), "Hello.");
    assert_eq!(
        answer.head.provider.as_str(),
        "scripted",
        "the head is the inner provider's"
    );
    let vectors = provider
        .embed("model-b", EmbeddingRequest::new(["one"]))
        .await
        .unwrap_or_else(|error| panic!("embed: {error}"));
    assert_eq!(vectors.embeddings, [vec![0.5, 0.25]]);
    let calls = inner.calls();
    assert_eq!(calls.len(), 2, "one call is one call of the inner provider");
    assert_eq!(calls[0].model.as_str(), "model-a");
    assert_eq!(
        calls[0].operation,
        Operation::from(ChatRequest::user("Hi.")),
        "the request is untouched"
    );
    assert_eq!(calls[1].operation.kind(), OperationKind::Embed);
}

async fn forwards_events<P: Provider>(wrap: &impl Fn(Scripted) -> P) {
    let events = || {
        [
            StreamEvent::start(Some("id-1".into()), Some("model-a".into())),
            StreamEvent::text("Hel"),
            StreamEvent::text("lo."),
            StreamEvent::finish(FinishReason::Stop, None),
        ]
    };
    let provider = wrap(Scripted::new().events(events().map(Ok)));
    let mut stream = provider
        .chat_stream("model-a", "Hi.")
        .await
        .unwrap_or_else(|error| panic!("stream: {error}"))
        .into_value();
    let mut found = Vec::new();
    while let Some(event) = stream.next().await {
        found.push(event.unwrap_or_else(|error| panic!("stream: {error}")));
    }
    assert_eq!(found, events(), "every event passes, in order");
}

async fn forwards_errors<P: Provider>(wrap: &impl Fn(Scripted) -> P) {
    let broken = Error::new(ErrorKind::InvalidRequest, "no").with_code("no_good");
    let error = wrap(Scripted::new().error(broken))
        .chat("model-a", "Hi.")
        .await
        .map(|answer| answer.text())
        .expect_err("the inner provider fails");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.code(), Some("no_good"), "the error is the inner provider's");
    // After the first content an error belongs to the stream.
    let late: Vec<Result<StreamEvent>> = vec![
        Ok(StreamEvent::text("Hel")),
        Err(Error::new(ErrorKind::Overloaded, "later")),
    ];
    let mut stream = wrap(Scripted::new().events(late))
        .chat_stream("model-a", "Hi.")
        .await
        .unwrap_or_else(|error| panic!("an error behind content is not the call's: {error}"))
        .into_value();
    assert!(matches!(stream.next().await, Some(Ok(_))));
    assert!(matches!(stream.next().await, Some(Err(error)) if error.kind() == ErrorKind::Overloaded));
    assert!(stream.next().await.is_none());
}

/// A stream that is dropped tells the source so, and a layer does not read ahead of its reader.
async fn ends_once<P: Provider>(wrap: &impl Fn(Scripted) -> P) {
    let events = [
        StreamEvent::text("a"),
        StreamEvent::text("b"),
        StreamEvent::text("c"),
        StreamEvent::finish(FinishReason::Stop, None),
    ];
    let provider = wrap(Scripted::new().events(events.map(Ok)));
    let call = Call::new("model-a", ChatRequest::user("Hi.")).streaming();
    let dropped = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&dropped);
    let reply = provider
        .call(&call)
        .await
        .unwrap_or_else(|error| panic!("stream: {error}"))
        .on_end(move |end| mark.store(matches!(end, End::Dropped), Ordering::Release));
    let Body::Stream(mut stream) = reply.body else {
        panic!("a call for a stream is answered with one");
    };
    let first = std::future::poll_fn(|task| {
        Poll::Ready(futures_core::Stream::poll_next(
            std::pin::Pin::new(&mut stream),
            task,
        ))
    })
    .await;
    assert!(
        matches!(first, Poll::Ready(Some(Ok(_)))),
        "the first content is there when the call resolves"
    );
    drop(stream);
    assert!(dropped.load(Ordering::Acquire), "dropping the stream ends it");
    let whole = wrap(Scripted::new().output(Output::Chat(ChatResponse::text_answer("x"))));
    let reply = whole
        .call(&Call::new("model-a", ChatRequest::user("Hi.")))
        .await
        .unwrap_or_else(|error| panic!("chat: {error}"));
    assert!(
        matches!(reply.body, Body::Full(_)),
        "a call for a whole answer is answered with one"
    );
}
