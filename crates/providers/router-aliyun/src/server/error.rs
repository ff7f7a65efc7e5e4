//! Errors in the wire's form: `{"code", "message", "request_id"}`.

use router_core::{Error, ErrorKind};
use router_wire::HttpResponse;
use router_wire::server::status_of;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    code: &'static str,
    message: &'a str,
    request_id: &'a str,
}

/// The body of an error.
pub(super) fn error_body(error: &Error) -> Vec<u8> {
    let message = error.shown_message();
    let body = Body {
        code: word(error),
        message: &message,
        request_id: error.request_id().unwrap_or_default(),
    };
    // A struct of texts is always JSON.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The vendor's word for an error.
fn word(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Authentication => "InvalidApiKey",
        ErrorKind::PermissionDenied => "AccessDenied",
        ErrorKind::NotFound if error.code() == Some("unknown_url") => "NotFound",
        ErrorKind::NotFound => "ModelNotFound",
        ErrorKind::ContentFiltered => "DataInspectionFailed",
        ErrorKind::RateLimited => "Throttling.RateQuota",
        ErrorKind::QuotaExceeded => "Arrearage",
        ErrorKind::Overloaded => "ModelServingError",
        ErrorKind::Timeout(_) => "InternalError.Timeout",
        ErrorKind::InvalidRequest | ErrorKind::ContextLengthExceeded | ErrorKind::Unsupported => {
            "InvalidParameter"
        }
        _ => "InternalError",
    }
}

/// An error as a response.
pub(super) fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}

/// The error for what cannot be written.
pub(super) fn unrepresentable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Server, error.to_string())
}
