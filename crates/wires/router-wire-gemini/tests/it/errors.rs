//! Errors in the vendor's words, and what they mean here.

use std::time::Duration;

use router_core::ErrorKind;
use router_wire::{HttpResponse, classify};
use serde_json::{Value, json};

fn google(code: u16, status: &str, message: &str, details: Value) -> Value {
    json!({"error": {"code": code, "message": message, "status": status, "details": details}})
}

fn quota(id: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": id}]})
}

fn wait(delay: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
}

fn info(reason: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"})
}

/// Status, body, and what it means: kind, whether it is worth another try, the wait in milliseconds.
fn table() -> Vec<(u16, Value, ErrorKind, bool, Option<u64>)> {
    let minute = quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier");
    let day = quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier");
    let key = json!([info("API_KEY_INVALID")]);
    let none = json!([]);
    vec![
        (
            400,
            google(400, "INVALID_ARGUMENT", "Unknown name \"x\"", none.clone()),
            ErrorKind::InvalidRequest,
            false,
            None,
        ),
        (
            400,
            google(
                400,
                "INVALID_ARGUMENT",
                "API key not valid. Please pass a valid API key.",
                key.clone(),
            ),
            ErrorKind::Authentication,
            false,
            None,
        ),
        (
            400,
            google(
                400,
                "INVALID_ARGUMENT",
                "API key expired. Please renew the API key.",
                key,
            ),
            ErrorKind::Authentication,
            false,
            None,
        ),
        (
            400,
            google(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
                none.clone(),
            ),
            ErrorKind::ContextLengthExceeded,
            false,
            None,
        ),
        (
            400,
            google(
                400,
                "FAILED_PRECONDITION",
                "User location is not supported for the API use.",
                none.clone(),
            ),
            ErrorKind::PermissionDenied,
            false,
            None,
        ),
        (
            401,
            google(
                401,
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials.",
                json!([info("ACCESS_TOKEN_EXPIRED")]),
            ),
            ErrorKind::Authentication,
            false,
            None,
        ),
        (
            403,
            google(
                403,
                "PERMISSION_DENIED",
                "Vertex AI API has not been used in project 1 before or it is disabled.",
                json!([info("SERVICE_DISABLED")]),
            ),
            ErrorKind::PermissionDenied,
            false,
            None,
        ),
        (
            404,
            google(
                404,
                "NOT_FOUND",
                "models/x is not found for API version v1beta",
                none.clone(),
            ),
            ErrorKind::NotFound,
            false,
            None,
        ),
        (
            413,
            json!("Request Entity Too Large"),
            ErrorKind::InvalidRequest,
            false,
            None,
        ),
        (
            429,
            google(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota.",
                json!([minute.clone(), wait("34.074824224s")]),
            ),
            ErrorKind::RateLimited,
            true,
            Some(34_074),
        ),
        (
            429,
            google(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota.",
                json!([day, wait("3600s")]),
            ),
            ErrorKind::QuotaExceeded,
            false,
            Some(3_600_000),
        ),
        (
            429,
            google(
                429,
                "RESOURCE_EXHAUSTED",
                "Resource exhausted. Please try again later.",
                none.clone(),
            ),
            ErrorKind::RateLimited,
            true,
            None,
        ),
        (
            429,
            google(
                429,
                "RESOURCE_EXHAUSTED",
                "Please retry in 1.5s.",
                json!([minute]),
            ),
            ErrorKind::RateLimited,
            true,
            Some(1500),
        ),
        (
            500,
            google(500, "INTERNAL", "An internal error has occurred.", none.clone()),
            ErrorKind::Server,
            true,
            None,
        ),
        (
            503,
            google(
                503,
                "UNAVAILABLE",
                "The model is overloaded. Please try again later.",
                none.clone(),
            ),
            ErrorKind::Overloaded,
            true,
            None,
        ),
        (
            504,
            google(
                504,
                "DEADLINE_EXCEEDED",
                "Deadline expired before operation could complete.",
                none.clone(),
            ),
            ErrorKind::Timeout(router_core::error::TimeoutKind::Vendor),
            true,
            None,
        ),
        // The streaming method without server-sent events puts it in a list.
        (
            404,
            json!([google(404, "NOT_FOUND", "no such model", none)]),
            ErrorKind::NotFound,
            false,
            None,
        ),
    ]
}

#[test]
fn what_errors_mean() {
    for (status, body, kind, retryable, millis) in table() {
        let error = classify::error(&HttpResponse::json(status, body.to_string()), &[]);
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(error.is_retryable(), retryable, "{body}");
        assert_eq!(error.status(), Some(status), "{body}");
        let wait = error.retry_after().map(|wait| wait.as_millis());
        assert_eq!(wait, millis.map(u128::from), "{body}");
    }
    let page = HttpResponse::new(404, http::HeaderMap::new(), "<html>Not Found</html>");
    assert_eq!(classify::error(&page, &[]).kind(), ErrorKind::NotFound);
}

/// What a server of this wire writes, its client reads to the same.
#[cfg(feature = "server")]
#[test]
fn errors_survive_the_wire() {
    use router_core::Error;
    use router_core::error::TimeoutKind;
    use router_wire::ServerCodec as _;
    use router_wire_gemini::server::GenerateContent;

    let kinds = [
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::InvalidRequest,
        ErrorKind::RateLimited,
        ErrorKind::Overloaded,
        ErrorKind::Server,
        ErrorKind::Timeout(TimeoutKind::Vendor),
        ErrorKind::Unsupported,
    ];
    for kind in kinds {
        let error = Error::new(kind, "no").with_retry_after(Duration::from_millis(1500));
        let response = GenerateContent.error(&error);
        let read = classify::error(&response, &[]);
        let same = read.kind() == kind || kind == ErrorKind::Unsupported;
        assert!(same, "{kind}: {:?}", response.body);
        assert_eq!(read.retry_after(), Some(Duration::from_millis(1500)));
    }
    let error = Error::new(ErrorKind::ContentFiltered, "blocked here").with_code("PROHIBITED_CONTENT");
    let response = GenerateContent.error(&error);
    let read =
        router_wire_gemini::response::decode(&crate::side::speaker(), &response).expect_err("an error");
    assert_eq!(
        (read.kind(), read.code(), read.message()),
        (error.kind(), error.code(), error.message())
    );
}
