//! What a vendor refuses or breaks, told apart by kind, the same for whole answers and streams.

use std::sync::Arc;
use std::time::{Duration, Instant};

use router_core::error::TimeoutKind;
use router_core::{Call, Context, Error, ErrorKind, Provider as _, ProviderExt as _};

use super::chat::operation;
use crate::exchange::Exchange;
use crate::fixtures::Answered;
use crate::hang::HangTransport;
use crate::requests;
use crate::subject::Subject;

/// The error of a whole call and of a stream, which are the same.
async fn refused(subject: &Subject, answer: &Answered) -> Error {
    let whole = Exchange::of(subject, answer)
        .chat(subject, requests::text())
        .await
        .map(|answer| answer.text())
        .expect_err("an error was to come");
    let streamed = Exchange::of(subject, answer)
        .stream(subject, requests::text())
        .await
        .map(|_| ())
        .expect_err("an error was to come before any content");
    assert_eq!(
        whole.kind(),
        streamed.kind(),
        "a stream fails as a whole call does"
    );
    assert_eq!(whole.status(), streamed.status());
    assert_eq!(whole.code(), streamed.code());
    assert_eq!(whole.retry_after(), streamed.retry_after());
    assert_eq!(whole.message(), streamed.message());
    assert_eq!(whole.provider().map(|id| id.as_str()), Some(subject.id));
    assert_eq!(whole.model(), Some(&subject.model));
    assert_eq!(whole.operation(), Some("chat"));
    assert!(whole.trail().is_some_and(|trail| !trail.is_empty()));
    assert!(!whole.message().is_empty());
    assert!(!whole.to_string().contains('\n'), "an error is shown on one line");
    whole
}

async fn by_fixture(subject: &Subject, case: &str, kind: ErrorKind) -> Error {
    let answer = subject.fixtures.response_of(&[case]);
    let error = refused(subject, &answer).await;
    assert_eq!(error.kind(), kind, "{case}: {error}");
    // Some vendors say it in a reply of success; that status is none of an error.
    let status = Some(answer.status).filter(|status| *status >= 400);
    assert_eq!(error.status(), status, "{case}: the status is kept");
    let raw = error.raw().expect("the raw reply is at hand");
    assert_eq!(raw.body, answer.body, "{case}: the raw body is at hand");
    error
}

pub(crate) async fn authentication(subject: Subject) {
    let error = by_fixture(&subject, "error_authentication", ErrorKind::Authentication).await;
    assert!(!error.is_retryable());
}

pub(crate) async fn permission(subject: Subject) {
    let error = by_fixture(&subject, "error_permission", ErrorKind::PermissionDenied).await;
    assert!(!error.is_retryable());
}

pub(crate) async fn model_not_found(subject: Subject) {
    let error = by_fixture(&subject, "error_model_not_found", ErrorKind::NotFound).await;
    assert!(!error.is_retryable());
}

pub(crate) async fn invalid_request(subject: Subject) {
    let error = by_fixture(&subject, "error_invalid_request", ErrorKind::InvalidRequest).await;
    assert!(!error.is_retryable());
}

pub(crate) async fn context_length(subject: Subject) {
    let error = by_fixture(&subject, "error_context_length", ErrorKind::ContextLengthExceeded).await;
    assert!(!error.is_retryable());
}

/// The fixture asks to wait seven seconds.
pub(crate) async fn rate_limited_retry_after(subject: Subject) {
    let error = by_fixture(&subject, "error_rate_limited_retry_after", ErrorKind::RateLimited).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert!(error.is_retryable());
}

pub(crate) async fn overloaded(subject: Subject) {
    let error = by_fixture(&subject, "error_overloaded", ErrorKind::Overloaded).await;
    assert!(error.is_retryable());
}

pub(crate) async fn server(subject: Subject) {
    let error = by_fixture(&subject, "error_server", ErrorKind::Server).await;
    assert!(error.is_retryable());
}

/// A vendor that never answers is left at the call's deadline; one that says it was too slow itself is told apart.
pub(crate) async fn timeout(subject: Subject) {
    for stream in [false, true] {
        let hanging = HangTransport::before_head();
        let let_go = hanging.let_go();
        let provider = (subject.build)(Arc::new(hanging), false).provider;
        let context = Context::new().with_deadline(Instant::now() + Duration::from_secs(30));
        let mut call =
            Call::new(subject.model.clone(), operation(&subject, requests::text())).with_context(context);
        if stream {
            call = call.streaming();
        }
        let error = provider.call(&call).await.expect_err("nobody answers");
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline), "{error}");
        assert!(
            let_go.load(std::sync::atomic::Ordering::Acquire),
            "the request lives on after the deadline"
        );
    }
    let slow = Answered::new(504, "text/plain", "upstream request timeout");
    let error = refused(&subject, &slow).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Vendor), "{error}");
    assert!(error.is_retryable());
}

/// HTML, plain text and nothing at all, with and without a status of success.
pub(crate) async fn body_not_json(subject: Subject) {
    const HTML: &str = "<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>";
    let error = refused(&subject, &Answered::new(502, "text/html", HTML)).await;
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    assert_eq!(error.status(), Some(502));
    assert!(
        !error.to_string().contains("<html"),
        "a page is no message: {error}"
    );
    for content_type in ["text/html", "application/json", "text/event-stream"] {
        let page = Answered::new(200, content_type, HTML);
        for error in both(&subject, &page).await {
            assert_eq!(
                error.kind(),
                ErrorKind::Decode,
                "a page as {content_type}: {error}"
            );
            assert!(!error.is_retryable());
        }
    }
    let empty = Answered::new(200, "application/json", "");
    for error in both(&subject, &empty).await {
        assert!(
            matches!(error.kind(), ErrorKind::Decode | ErrorKind::Truncated),
            "an empty answer: {error}"
        );
    }
    let error = refused(&subject, &Answered::new(500, "text/plain", "")).await;
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    let error = refused(&subject, &Answered::new(503, "text/plain", "no healthy upstream")).await;
    assert_eq!(error.kind(), ErrorKind::Overloaded, "{error}");
    assert_eq!(error.message(), "no healthy upstream");
    let models = Exchange::of(&subject, &Answered::new(200, "text/html", HTML));
    if subject.capabilities().has(router_core::OperationKind::ListModels) {
        let error = models
            .provider
            .list_models()
            .await
            .map(|_| ())
            .expect_err("a page is no list");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

async fn both(subject: &Subject, answer: &Answered) -> [Error; 2] {
    let whole = Exchange::of(subject, answer)
        .chat(subject, requests::text())
        .await
        .map(|answer| answer.text())
        .expect_err("this is no answer");
    let streamed = Exchange::of(subject, answer)
        .stream(subject, requests::text())
        .await
        .map(|_| ())
        .expect_err("this is no stream");
    [whole, streamed]
}
