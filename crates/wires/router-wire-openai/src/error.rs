//! Errors as a server of this family gives them.

use router_core::{Error, ErrorKind};
use router_wire::HttpResponse;
use router_wire::object::field_of;
use router_wire::server::status_of;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// The JSON of an error.
#[must_use]
pub fn error_body(error: &Error) -> Vec<u8> {
    let message = error.shown_message();
    let kind = match error.kind() {
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::PermissionDenied => "permission_error",
        ErrorKind::RateLimited => "rate_limit_error",
        ErrorKind::QuotaExceeded => "insufficient_quota",
        ErrorKind::Overloaded => "service_unavailable_error",
        ErrorKind::Server | ErrorKind::Transport | ErrorKind::Decode | ErrorKind::Truncated => "server_error",
        ErrorKind::Timeout(_) => "timeout_error",
        _ => "invalid_request_error",
    };
    let body = Body {
        error: Inner {
            message: &message,
            kind,
            param: field_of(error),
            code: code_of(error),
        },
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The word for an error: the vendor's, or the one that this wire has for its kind.
pub(crate) fn code_of(error: &Error) -> Option<&str> {
    error.code().or(match error.kind() {
        ErrorKind::Authentication => Some("invalid_api_key"),
        ErrorKind::NotFound => Some("model_not_found"),
        ErrorKind::ContextLengthExceeded => Some("context_length_exceeded"),
        ErrorKind::ContentFiltered => Some("content_filter"),
        ErrorKind::RateLimited => Some("rate_limit_exceeded"),
        ErrorKind::QuotaExceeded => Some("insufficient_quota"),
        ErrorKind::Truncated => Some("truncated"),
        _ => None,
    })
}

/// An error as a response.
#[must_use]
pub fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}
