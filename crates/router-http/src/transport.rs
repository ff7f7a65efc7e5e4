//! Moves the bytes of one request and its reply.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, Method};
use router_core::{BoxFuture, Error, ErrorKind, Result, Text};

use crate::config::{HttpConfig, TransportKind};

/// A request with its whole address.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportRequest {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Text,
    /// Headers, authentication included.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl TransportRequest {
    /// A request.
    #[must_use]
    pub fn new(method: Method, url: impl Into<Text>, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            method,
            url: url.into(),
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

/// The transport that a configuration asks for, to be shared by several providers or by a provider and its token source.
///
/// # Errors
/// `Config` for a transport that is not compiled in, and for settings that it cannot take.
pub fn make(config: &HttpConfig) -> Result<Arc<dyn Transport>> {
    let wanted = config.transport.or(if cfg!(feature = "reqwest") {
        Some(TransportKind::Reqwest)
    } else if cfg!(feature = "hyper") {
        Some(TransportKind::Hyper)
    } else {
        None
    });
    match wanted {
        #[cfg(feature = "reqwest")]
        Some(TransportKind::Reqwest) => Ok(Arc::new(crate::reqwest::ReqwestTransport::new(config)?)),
        #[cfg(feature = "hyper")]
        Some(TransportKind::Hyper) => Ok(Arc::new(crate::hyper::HyperTransport::new(config)?)),
        #[cfg(not(all(feature = "reqwest", feature = "hyper")))]
        Some(kind) => Err(Error::new(
            ErrorKind::Config,
            format!("transport {kind:?} needs its feature"),
        )),
        None => Err(Error::new(
            ErrorKind::Config,
            "no transport: turn on the feature reqwest or hyper, or give one",
        )),
    }
}
