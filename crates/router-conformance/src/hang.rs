//! A transport that answers a part and then stalls, and tells when it was let go.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use router_core::{BoxFuture, Result};
use router_http::{Transport, TransportRequest, TransportResponse};

use crate::fixtures::Answered;

/// Stalls before the head, or after a first piece of the body.
#[derive(Debug)]
pub(crate) struct HangTransport {
    first: Option<Answered>,
    let_go: Arc<AtomicBool>,
}

impl HangTransport {
    /// Never answers.
    pub(crate) fn before_head() -> Self {
        Self {
            first: None,
            let_go: Arc::default(),
        }
    }

    /// Answers this and never ends.
    pub(crate) fn after(first: Answered) -> Self {
        Self {
            first: Some(first),
            let_go: Arc::default(),
        }
    }

    /// Set when the request was dropped.
    pub(crate) fn let_go(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.let_go)
    }
}

struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Transport for HangTransport {
    fn send(&self, _request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        let held = Held(self.let_go());
        Box::pin(async move {
            let Some(first) = &self.first else {
                pending::<()>().await;
                drop(held);
                unreachable!("a pending future never resolves");
            };
            let mut headers = HeaderMap::new();
            for (name, value) in &first.headers {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name of a fixture");
                headers.append(name, HeaderValue::from_str(value).expect("a header of a fixture"));
            }
            let body = Stalling {
                first: Some(first.body.clone()),
                _held: held,
            };
            Ok(TransportResponse::new(first.status, headers, Box::pin(body)))
        })
    }
}

struct Stalling {
    first: Option<Bytes>,
    _held: Held,
}

impl futures_core::Stream for Stalling {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match self.first.take() {
            Some(piece) => Poll::Ready(Some(Ok(piece))),
            None => Poll::Pending,
        }
    }
}
