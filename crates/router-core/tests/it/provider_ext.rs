//! Typed conveniences on any provider, boxed or shared.

use std::sync::Arc;

use router_core::tokens::TokenCount;
use router_core::{
    ChatResponse, EmbeddingRequest, EmbeddingResponse, Error, ErrorKind, FinishReason, Provider,
    ProviderExt as _, Scripted, StreamEvent,
};

#[tokio::test]
async fn ask_for_a_type_get_that_type() {
    let provider: Box<dyn Provider> = Box::new(
        Scripted::new()
            .text("Hello")
            .output(EmbeddingResponse::new(vec![vec![1.0]]))
            .output(TokenCount::new(7)),
    );
    assert_eq!(provider.chat("m", "Hi").await.expect("a chat").text(), "Hello");
    let vectors = provider
        .embed("m", EmbeddingRequest::new(["x"]))
        .await
        .expect("vectors");
    assert_eq!(vectors.into_value().embeddings, [vec![1.0]]);
    assert_eq!(
        provider
            .count_tokens("m", "Hi")
            .await
            .expect("a count")
            .input_tokens,
        7
    );
}

#[tokio::test]
async fn another_operations_answer_is_no_answer() {
    let provider = Arc::new(Scripted::new().output(TokenCount::new(7)));
    let error = provider.chat("m", "Hi").await.expect_err("no chat");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.operation(), Some("chat"));
    assert!(error.trail().is_some());
}

/// A whole call of a provider that streams, and a stream of one that does not.
#[tokio::test]
async fn modes_meet() {
    let provider = Scripted::new()
        .events([
            Ok(StreamEvent::text("Hel")),
            Ok(StreamEvent::text("lo")),
            Ok(StreamEvent::finish(FinishReason::Stop, None)),
        ])
        .output(ChatResponse::text_answer("Hello"));
    assert_eq!(provider.chat("m", "Hi").await.expect("a chat").text(), "Hello");
    let stream = provider
        .chat_stream("m", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert_eq!(stream.collect().await.expect("an answer").text(), "Hello");
}

#[tokio::test]
async fn errors_name_their_call() {
    let provider = Scripted::new().error(Error::new(ErrorKind::Server, "x"));
    let error = provider.chat("m", "Hi").await.expect_err("a failure");
    assert_eq!(error.provider().map(|id| id.as_str()), Some("scripted"));
    assert_eq!(error.model().map(|id| id.as_str()), Some("m"));
    let error = provider.chat("m", "Hi").await.expect_err("nothing is left");
    assert_eq!(error.kind(), ErrorKind::Config);
}
