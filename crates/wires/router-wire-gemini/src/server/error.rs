//! Errors in the wire's form: `{"error": {"code", "message", "status"}}`.

use bytes::Bytes;
use router_core::Error;
use router_wire::HttpResponse;
use router_wire::server::status_of;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
}

/// The wire's word for an HTTP status (<https://cloud.google.com/apis/design/errors>, read 2026-11).
fn word(status: u16) -> &'static str {
    match status {
        400 | 413 | 422 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        402 | 403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 | 529 => "UNAVAILABLE",
        408 | 504 => "DEADLINE_EXCEEDED",
        400..=499 => "FAILED_PRECONDITION",
        _ => "INTERNAL",
    }
}

/// The body of an error.
pub(crate) fn error_body(error: &Error) -> Bytes {
    let code = status_of(error);
    let body = Body {
        error: Inner {
            code,
            message: error.message(),
            status: word(code),
        },
    };
    // A struct of texts and numbers is always JSON.
    serde_json::to_vec(&body).unwrap_or_default().into()
}

/// An error as a response.
pub(crate) fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}
