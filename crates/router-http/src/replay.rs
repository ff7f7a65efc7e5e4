//! A transport that gives prepared replies and keeps the requests it got: for tests without network.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};
use router_core::{BoxFuture, Error, ErrorKind, Result};

use crate::transport::{Transport, TransportRequest, TransportResponse};

/// Gives its replies in order.
#[derive(Debug, Default)]
pub struct ReplayTransport {
    replies: Mutex<VecDeque<Result<Prepared>>>,
    requests: Mutex<Vec<TransportRequest>>,
}

#[derive(Debug)]
struct Prepared {
    status: u16,
    headers: HeaderMap,
    pieces: Vec<Result<Bytes>>,
}

impl ReplayTransport {
    /// A transport without replies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Then answers JSON.
    #[must_use]
    pub fn json(self, status: u16, body: impl Into<Bytes>) -> Self {
        self.reply(status, &[("content-type", "application/json")], [Ok(body.into())])
    }

    /// Then answers a stream of events in one piece.
    #[must_use]
    pub fn events(self, body: impl Into<Bytes>) -> Self {
        self.reply(200, &[("content-type", "text/event-stream")], [Ok(body.into())])
    }

    /// Then answers this, in these pieces; an error breaks the connection there.
    #[must_use]
    pub fn reply(
        self,
        status: u16,
        headers: &[(&str, &str)],
        pieces: impl IntoIterator<Item = Result<Bytes>>,
    ) -> Self {
        let mut map = HeaderMap::with_capacity(headers.len());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap_or(CONTENT_TYPE);
            map.append(
                name,
                HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static("")),
            );
        }
        let prepared = Prepared {
            status,
            headers: map,
            pieces: pieces.into_iter().collect(),
        };
        self.replies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(Ok(prepared));
        self
    }

    /// Then fails before a reply.
    #[must_use]
    pub fn error(self, error: Error) -> Self {
        self.replies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(Err(error));
        self
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<TransportRequest> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Transport for ReplayTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
        let reply = self
            .replies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        Box::pin(async move {
            let prepared = reply
                .unwrap_or_else(|| Err(Error::new(ErrorKind::Config, "the replay has no reply left")))?;
            let body = Box::pin(Pieces(prepared.pieces.into_iter()));
            Ok(TransportResponse::new(prepared.status, prepared.headers, body))
        })
    }
}

struct Pieces(std::vec::IntoIter<Result<Bytes>>);

impl futures_core::Stream for Pieces {
    type Item = Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}
