//! Errors in the wire's form: `{"error": "…"}`.

use bytes::Bytes;
use router_core::Error;
use router_wire::HttpResponse;
use router_wire::server::status_of;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
}

/// The body of an error.
pub(crate) fn error_body(error: &Error) -> Bytes {
    let body = Body {
        error: error.message(),
    };
    // A struct of one text is always JSON.
    serde_json::to_vec(&body).unwrap_or_default().into()
}

/// An error as a response.
pub(crate) fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}
