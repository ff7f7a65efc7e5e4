//! Errors in the wire's form: `{"error": {"code", "message", "status"}}`.

use bytes::Bytes;
use router_core::{Error, ErrorKind};
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail>,
}

/// What clients of this wire look for beside the status.
#[derive(Serialize)]
#[serde(tag = "@type")]
enum Detail {
    #[serde(rename = "type.googleapis.com/google.rpc.RetryInfo", rename_all = "camelCase")]
    RetryInfo { retry_delay: String },
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    ErrorInfo {
        reason: &'static str,
        domain: &'static str,
    },
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
    let wait = error.retry_after().map(|wait| Detail::RetryInfo {
        retry_delay: format!("{}s", wait.as_secs_f64()),
    });
    let key = (error.kind() == ErrorKind::Authentication).then_some(Detail::ErrorInfo {
        reason: "API_KEY_INVALID",
        domain: "googleapis.com",
    });
    let body = Body {
        error: Inner {
            code,
            message: &error.shown_message(),
            status: word(code),
            details: key.into_iter().chain(wait).collect(),
        },
    };
    // A struct of texts and numbers is always JSON.
    serde_json::to_vec(&body).unwrap_or_default().into()
}

/// An error as a response.
pub(crate) fn error_response(error: &Error) -> HttpResponse {
    HttpResponse::json(status_of(error), error_body(error))
}

/// An error in place of an answer to a chat. A prompt that was filtered is no error on this wire, but an answer without
/// candidates.
pub(crate) fn chat_error_response(error: &Error) -> HttpResponse {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Blocked<'a> {
        prompt_feedback: Feedback<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Feedback<'a> {
        block_reason: &'a str,
        block_reason_message: &'a str,
    }
    if error.kind() != ErrorKind::ContentFiltered {
        return error_response(error);
    }
    let is_own = |code: &&str| code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let body = Blocked {
        prompt_feedback: Feedback {
            block_reason: error.code().filter(is_own).unwrap_or("OTHER"),
            block_reason_message: &error.shown_message(),
        },
    };
    HttpResponse::json(200, serde_json::to_vec(&body).unwrap_or_default())
}
