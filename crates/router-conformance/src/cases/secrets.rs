//! The key is in the request's headers and in nothing that anyone can print.

use std::error::Error as _;
use std::sync::Arc;

use router_core::{Context, Error};
use router_http::replay::ReplayTransport;

use super::chat::key_is_in_headers_only;
use crate::exchange::Exchange;
use crate::fixtures::Answered;
use crate::requests;
use crate::subject::{KEY, Subject};
use crate::trace::Kept;

fn clean(what: &str, shown: &str) {
    assert!(!shown.contains(KEY), "the key is in {what}: {shown}");
    // A part of it is a leak too.
    assert!(
        !shown.contains(&KEY[10..]),
        "the end of the key is in {what}: {shown}"
    );
}

pub(crate) async fn not_in_debug(subject: Subject) {
    let built = (subject.build)(Arc::new(ReplayTransport::new()), false);
    clean("Debug of builder and provider", &built.debug);
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_text"]));
    let answer = exchange
        .chat(&subject, requests::text())
        .await
        .unwrap_or_else(|error| panic!("chat_text: {error}"));
    clean(
        "Debug of an answer",
        &format!("{answer:?} {:?} {:?}", answer.head, answer.trail),
    );
    let sent = exchange.sent();
    key_is_in_headers_only(&sent[0]);
    clean(
        "Debug of a request",
        &format!("{:?} {:?}", sent[0], sent[0].headers),
    );
    clean("Debug of a context", &format!("{:?}", Context::new()));
}

/// Vendors echo keys; what an error shows has none.
pub(crate) async fn not_in_error(subject: Subject) {
    let echoes = [
        format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {KEY}.\",\"code\":\"{KEY}\"}}}}"),
        format!("{{\"error\":\"bad key {KEY}\"}}"),
        format!("{{\"message\":\"Authorization: Bearer {KEY} is not valid\"}}"),
        format!("no access with {KEY}"),
    ];
    for body in echoes {
        for status in [400, 401, 500] {
            let answer = Answered::new(status, "application/json", body.clone());
            let exchange = Exchange::of(&subject, &answer);
            let error = exchange
                .chat(&subject, requests::text())
                .await
                .map(|answer| answer.text())
                .expect_err("an error was to come");
            shown_clean(&error);
        }
    }
    let broken = ReplayTransport::new().error(Error::new(
        router_core::ErrorKind::Transport,
        format!("cannot connect to http://conformance.test/?key={KEY}"),
    ));
    let error = Exchange::over(&subject, broken)
        .chat(&subject, requests::text())
        .await
        .map(|answer| answer.text())
        .expect_err("the transport fails");
    shown_clean(&error);
}

/// Nothing that an error shows has the key.
pub(crate) fn shown_clean(error: &Error) {
    clean("Display of an error", &format!("{error} {error:#}"));
    clean("Debug of an error", &format!("{error:?} {error:#?}"));
    let mut cause = error.source();
    while let Some(error) = cause {
        clean("the cause of an error", &format!("{error} {error:?}"));
        cause = error.source();
    }
}

/// Nothing that is traced on the way of calls and errors has the key.
pub(crate) async fn not_in_trace(subject: Subject) {
    let kept = Kept::default();
    let guard = tracing::subscriber::set_default(kept.clone());
    tracing::trace!(canary = "the subscriber listens");
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_text"]));
    let _ = exchange.chat(&subject, requests::text()).await;
    let refused = Answered::new(401, "text/plain", format!("bad key {KEY}"));
    let _ = Exchange::of(&subject, &refused)
        .chat(&subject, requests::text())
        .await;
    drop(guard);
    assert!(kept.text().contains("the subscriber listens"));
    clean("traces", &kept.text());
}
