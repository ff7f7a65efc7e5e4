//! The wire's words for errors: what they mean, and what a server says.

use http::HeaderMap;
use router_core::Error;
use router_wire::classify::{self, CodeTable};
use router_wire::error_body::ErrorBody;

/// The wire's words and the HTTP statuses that go with them
/// (<https://platform.claude.com/docs/en/api/errors>, read 2026-11).
const TYPES: &[(&str, u16)] = &[
    ("invalid_request_error", 400),
    ("authentication_error", 401),
    ("billing_error", 402),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("conflict_error", 409),
    ("request_too_large", 413),
    ("rate_limit_error", 429),
    ("api_error", 500),
    ("timeout_error", 504),
    ("overloaded_error", 529),
];

/// Words that mean something else here than elsewhere: none.
pub const CODES: CodeTable = &[];

/// The error in the middle of a stream, or in a reply of success. The status is the one that goes with its word.
#[must_use]
pub fn failure(body: &[u8]) -> Error {
    let mut body = ErrorBody::read(body);
    if body.status.is_none() {
        body.status = body
            .codes
            .iter()
            .find_map(|code| TYPES.iter().find(|(word, _)| *code == **word))
            .map(|(_, status)| *status);
    }
    classify::of_body(None, &HeaderMap::new(), None, &body, CODES)
}

/// What is said when a request asks to go on with a conversation that the vendor keeps, or to have one kept.
#[cfg(feature = "server")]
pub(crate) const NO_THREADS: &str = "thread_unsupported_request";

/// Codes that go out in `details`, where the vendor's own clients look for them.
#[cfg(feature = "server")]
const DETAILED: &[&str] = &[NO_THREADS];

/// The wire's error as a server gives it.
#[cfg(feature = "server")]
mod server {
    use router_core::{Error, ErrorKind};
    use router_wire::HttpResponse;
    use router_wire::server::status_of;
    use serde::Serialize;

    use super::{DETAILED, TYPES};

    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        error: Inner<'a>,
        request_id: Option<&'a str>,
    }

    #[derive(Serialize)]
    struct Inner<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        details: Option<Details<'a>>,
    }

    /// Names the cause for clients that go on otherwise after it.
    #[derive(Serialize)]
    struct Details<'a> {
        error_code: &'a str,
    }

    /// The JSON of an error.
    #[must_use]
    pub fn error_body(error: &Error) -> Vec<u8> {
        let message = error.shown_message();
        let body = Body {
            kind: "error",
            error: Inner {
                kind: word(error),
                message: &message,
                details: error
                    .code()
                    .filter(|code| DETAILED.contains(code))
                    .map(|error_code| Details { error_code }),
            },
            request_id: error.request_id(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// An error as a response.
    #[must_use]
    pub fn error_response(error: &Error) -> HttpResponse {
        HttpResponse::json(status_of(error), error_body(error))
    }

    /// The wire's own word where the error has one, else the word for its kind.
    fn word(error: &Error) -> &'static str {
        let own = error
            .code()
            .and_then(|code| TYPES.iter().find(|(word, _)| *word == code));
        if let Some((word, _)) = own {
            return word;
        }
        match error.kind() {
            ErrorKind::Authentication => "authentication_error",
            ErrorKind::PermissionDenied => "permission_error",
            ErrorKind::NotFound => "not_found_error",
            ErrorKind::RateLimited => "rate_limit_error",
            ErrorKind::QuotaExceeded => "billing_error",
            ErrorKind::Overloaded => "overloaded_error",
            ErrorKind::Timeout(_) => "timeout_error",
            ErrorKind::InvalidRequest if error.status() == Some(413) => "request_too_large",
            ErrorKind::InvalidRequest
            | ErrorKind::ContextLengthExceeded
            | ErrorKind::ContentFiltered
            | ErrorKind::Unsupported => "invalid_request_error",
            _ => "api_error",
        }
    }
}

#[cfg(feature = "server")]
pub use server::{error_body, error_response};

#[cfg(test)]
mod tests {
    use router_core::ErrorKind;

    use super::failure;

    #[test]
    fn words_in_a_stream_have_their_status() {
        let kinds = [
            ("overloaded_error", ErrorKind::Overloaded),
            ("invalid_request_error", ErrorKind::InvalidRequest),
            ("api_error", ErrorKind::Server),
            ("rate_limit_error", ErrorKind::RateLimited),
        ];
        for (word, kind) in kinds {
            let body = format!(r#"{{"type":"error","error":{{"type":"{word}","message":"m"}}}}"#);
            assert_eq!(failure(body.as_bytes()).kind(), kind, "{word}");
        }
    }

    #[test]
    fn a_long_prompt_is_told_by_its_message() {
        let body = br#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 5 tokens > 4 maximum"}}"#;
        assert_eq!(failure(body).kind(), ErrorKind::ContextLengthExceeded);
    }
}
