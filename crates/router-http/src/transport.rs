//! Moves the bytes of one request and its reply.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, Method};
use router_core::error::TimeoutKind;
use router_core::{BoxFuture, Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A request with its whole address.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportRequest {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: String,
    /// Headers, authentication included.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl TransportRequest {
    /// A request.
    #[must_use]
    pub fn new(method: Method, url: String, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            method,
            url,
            headers,
            body,
        }
    }

    /// The address without query, for messages: queries may hold keys.
    #[must_use]
    pub fn shown_url(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }
}

impl fmt::Debug for TransportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers hold keys, bodies hold prompts.
        f.debug_struct("TransportRequest")
            .field("method", &self.method)
            .field("url", &self.shown_url())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A reply whose body is still to come.
#[non_exhaustive]
pub struct TransportResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, as it arrives. Dropping it ends the request.
    pub body: BodyStream,
}

impl TransportResponse {
    /// A reply.
    #[must_use]
    pub fn new(status: u16, headers: HeaderMap, body: BodyStream) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }
}

impl fmt::Debug for TransportResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The pieces of a body, as they arrive.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// Moves bytes. Clones share connections, so one transport serves a whole process.
///
/// **Invariant.** Dropping the future of `send`, or the body, closes the connection or resets the stream.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request; resolves with the head of the reply.
    ///
    /// # Errors
    /// `Timeout(Connect)`, `Timeout(Pool)`, `Transport` or `Config`.
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        (**self).send(request)
    }
}

/// A bound on requests under way, which neither reqwest nor hyper's pool has.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    free: Option<Arc<Semaphore>>,
    wait: Duration,
}

impl Slots {
    pub(crate) fn new(most: Option<usize>, wait: Duration) -> Self {
        Self {
            free: most.map(|most| Arc::new(Semaphore::new(most))),
            wait,
        }
    }

    /// Waits for a free slot. It is held until the body is read to its end or dropped.
    pub(crate) async fn take(&self) -> Result<Option<OwnedSemaphorePermit>> {
        let Some(free) = &self.free else { return Ok(None) };
        if let Ok(permit) = Arc::clone(free).try_acquire_owned() {
            return Ok(Some(permit));
        }
        match tokio::time::timeout(self.wait, Arc::clone(free).acquire_owned()).await {
            Ok(permit) => permit
                .map(Some)
                .map_err(|_| Error::new(ErrorKind::Transport, "the transport is closed")),
            Err(_) => {
                let message = format!("no connection became free within {:?}", self.wait);
                Err(Error::new(ErrorKind::Timeout(TimeoutKind::Pool), message))
            }
        }
    }
}

/// A body that holds a slot until its end.
pub(crate) struct Held<S> {
    pub(crate) inner: S,
    pub(crate) slot: Option<OwnedSemaphorePermit>,
}

impl<S: Stream + Unpin> Stream for Held<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let next = Pin::new(&mut self.inner).poll_next(task);
        if matches!(next, Poll::Ready(None)) {
            self.slot = None;
        }
        next
    }
}
