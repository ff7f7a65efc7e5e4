//! Errors in the wire's form: `{"object": "error", "message", "type", "param", "code"}`.

use router_core::{Error, ErrorKind};
use router_wire::HttpResponse;
use router_wire::object::field_of;
use router_wire::server::status_of;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    object: &'static str,
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// The body of an error.
pub(super) fn error_body(error: &Error) -> Vec<u8> {
    let message = error.shown_message();
    let body = Body {
        object: "error",
        message: &message,
        kind: match error.kind() {
            ErrorKind::Authentication => "unauthorized",
            ErrorKind::NotFound if error.code() == Some("unknown_url") => "not_found",
            ErrorKind::NotFound => "invalid_model",
            ErrorKind::RateLimited | ErrorKind::QuotaExceeded => "rate_limited",
            ErrorKind::Overloaded => "service_unavailable",
            ErrorKind::InvalidRequest | ErrorKind::Unsupported => "invalid_request_error",
            ErrorKind::ContextLengthExceeded => "context_length_exceeded",
            _ => "internal_server_error",
        },
        param: field_of(error),
        code: error.code(),
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// An error as a response.
pub(super) fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}
