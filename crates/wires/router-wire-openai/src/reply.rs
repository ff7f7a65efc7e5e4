//! What the replies of this family's servers have in common.

use bytes::{BufMut as _, BytesMut};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use router_core::{Error, ErrorKind, Head, Output, Result, StreamEvent};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;
use router_wire::write::json_line;
use serde::Serialize;

use crate::error::error_body;

/// A reply of JSON.
pub(crate) fn json(body: &impl Serialize) -> Result<HttpResponse> {
    serde_json::to_vec(body)
        .map(|bytes| HttpResponse::json(200, bytes))
        .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
}

/// The head of a stream of events.
pub(crate) fn events_head() -> HttpResponse {
    let headers = HeaderMap::from_iter([
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ]);
    HttpResponse::new(200, headers, "")
}

/// Appends an event, with its name where it has one.
pub(crate) fn event(name: Option<&str>, body: &impl Serialize, out: &mut BytesMut) {
    if let Some(name) = name {
        out.put_slice(b"event: ");
        out.put_slice(name.as_bytes());
        out.put_slice(b"\n");
    }
    out.put_slice(b"data: ");
    json_line(body, out);
    out.put_slice(b"\n\n");
}

/// Appends an error, as an event.
pub(crate) fn error_event(error: &Error, out: &mut BytesMut) {
    out.put_slice(b"data: ");
    out.put_slice(&error_body(error));
    out.put_slice(b"\n\n");
}

/// Writes replies that are always whole, with a function.
pub(crate) struct Whole<F>(pub(crate) F);

impl<F: FnMut(&Output) -> Result<HttpResponse> + Send> ReplyEncoder for Whole<F> {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        (self.0)(output)
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        if let StreamEvent::Output(output) = event
            && let Ok(response) = (self.0)(output)
        {
            out.put_slice(&response.body);
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.put_slice(&error_body(error));
    }
}

/// The error for an answer to something else than was asked.
pub(crate) fn another(than: &str) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the provider answered something else than {than}"),
    )
}
