//! The reply behind an answer or an error, unparsed.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

/// A reply as it came: status, headers, body. Shared, not copied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RawReply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Arc<HeaderMap>,
    /// Body, bounded where it is an error's.
    pub body: Bytes,
}

impl RawReply {
    /// A reply.
    #[must_use]
    pub fn new(status: u16, headers: impl Into<Arc<HeaderMap>>, body: Bytes) -> Self {
        Self {
            status,
            headers: headers.into(),
            body,
        }
    }
}
