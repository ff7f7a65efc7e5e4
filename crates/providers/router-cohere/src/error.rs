//! Errors in the wire's form: `{"message": "…"}`.

use bytes::Bytes;
use router_core::Error;
use router_wire::HttpResponse;
use router_wire::server::status_of;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'a str>,
}

/// The body of an error.
pub(crate) fn error_body(error: &Error) -> Bytes {
    let message = error.shown_message();
    let body = Body {
        message: &message,
        id: error.request_id(),
        error_type: error.code(),
    };
    // A struct of texts is always JSON.
    serde_json::to_vec(&body).unwrap_or_default().into()
}

/// An error as a response.
pub(crate) fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}
