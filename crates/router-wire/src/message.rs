//! HTTP messages as values: what a codec writes and reads, with no connection behind them.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use router_core::error::RawReply;
use router_core::{Result, Text};

use crate::object::invalid;

/// A request, without scheme and host: those belong to the provider's address.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Path and query: of a client's request what follows the base URL (`/chat/completions`), of a server's request the
    /// whole path (`/v1/chat/completions`). A codec writes a whole address where an operation is at another host than the
    /// others.
    pub path: Text,
    /// Headers. A codec writes those of its wire; authentication comes later.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl HttpRequest {
    /// A request without body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<Text>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(path: impl Into<Text>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A `POST` of JSON.
    #[must_use]
    pub fn post_json(path: impl Into<Text>, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..Self::new(Method::POST, path)
        }
        .with_header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// The request with a constant header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The path without its query.
    #[must_use]
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The value of a query parameter, as written.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').find_map(|pair| match pair.split_once('=') {
            Some((key, value)) if key == name => Some(value),
            None if pair == name => Some(""),
            _ => None,
        })
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A whole reply.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Arc<HeaderMap>,
    /// Body, decoded.
    pub body: Bytes,
    /// When it came, for headers that name a date; such headers are not read without it.
    pub received_at: Option<SystemTime>,
}

impl HttpResponse {
    /// A reply.
    #[must_use]
    pub fn new(status: u16, headers: impl Into<Arc<HeaderMap>>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: headers.into(),
            body: body.into(),
            received_at: None,
        }
    }

    /// A reply of JSON.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self::new(status, headers, body)
    }

    /// The reply with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        Arc::make_mut(&mut self.headers).insert(name, value);
        self
    }

    /// The reply as the caller may look at it.
    #[must_use]
    pub fn raw(&self) -> RawReply {
        RawReply::new(self.status, Arc::clone(&self.headers), self.body.clone())
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The vendor's id of the request, by the headers that vendors use for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

/// The vendor's id of a request, by the headers that vendors use for it.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    static NAMES: [HeaderName; 8] = [
        HeaderName::from_static("x-request-id"),
        HeaderName::from_static("request-id"),
        HeaderName::from_static("x-amzn-requestid"),
        HeaderName::from_static("apim-request-id"),
        HeaderName::from_static("cf-ray"),
        HeaderName::from_static("x-goog-request-id"),
        // Cohere's, and Mistral's.
        HeaderName::from_static("x-debug-trace-id"),
        HeaderName::from_static("mistral-correlation-id"),
    ];
    NAMES
        .iter()
        .find_map(|name| headers.get(name))
        .and_then(|value| value.to_str().ok())
}

/// A model's name that is several parts of a path, such as `@cf/vendor/model`: slashes stay, and so does what may stand in a part.
///
/// # Errors
/// `InvalidRequest` for a name that leads elsewhere: a client of a gateway would reach the vendor's other addresses with its key.
pub fn path_encoded(model: &str) -> Result<String> {
    if model.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(invalid(
            "model",
            "must be a name, and not a way to another address",
        ));
    }
    let parts: Vec<String> = model.split('/').map(percent_encoded).collect();
    Ok(parts.join("/").replace("%40", "@").replace("%3A", ":"))
}

/// A text as a part of a path or a form: everything but letters, digits and `-_.~` by its bytes.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
