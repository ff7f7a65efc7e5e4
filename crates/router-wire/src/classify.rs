//! From what a vendor said to the kind of error: vendor's word, then message, then HTTP status.

use http::{HeaderMap, HeaderValue};
use router_core::error::TimeoutKind;
use router_core::{Error, ErrorKind};

use crate::error_body::ErrorBody;
use crate::message::HttpResponse;
use crate::retry_after;

/// Words of one vendor and what they mean, looked up before the common ones. A status by its digits is one where the vendor means
/// something of its own by it; it counts after words and messages.
pub type CodeTable = &'static [(&'static str, ErrorKind)];

const VENDOR_TIMEOUT: ErrorKind = ErrorKind::Timeout(TimeoutKind::Vendor);

/// Words that mean the same at every vendor that uses them, in lower case.
const COMMON: CodeTable = &[
    ("invalid_api_key", ErrorKind::Authentication),
    ("authentication_error", ErrorKind::Authentication),
    ("invalid_authentication", ErrorKind::Authentication),
    ("invalid_authentication_error", ErrorKind::Authentication),
    ("api_key_invalid", ErrorKind::Authentication),
    ("unauthenticated", ErrorKind::Authentication),
    ("unauthorized", ErrorKind::Authentication),
    ("expiredtokenexception", ErrorKind::Authentication),
    ("unrecognizedclientexception", ErrorKind::Authentication),
    ("invalidsignatureexception", ErrorKind::Authentication),
    ("missingauthenticationtokenexception", ErrorKind::Authentication),
    ("permission_error", ErrorKind::PermissionDenied),
    ("permission_denied", ErrorKind::PermissionDenied),
    ("accessdeniedexception", ErrorKind::PermissionDenied),
    (
        "unsupported_country_region_territory",
        ErrorKind::PermissionDenied,
    ),
    ("model_not_found", ErrorKind::NotFound),
    ("deploymentnotfound", ErrorKind::NotFound),
    ("not_found_error", ErrorKind::NotFound),
    ("not_found", ErrorKind::NotFound),
    ("invalid_model", ErrorKind::NotFound),
    ("resourcenotfoundexception", ErrorKind::NotFound),
    ("context_length_exceeded", ErrorKind::ContextLengthExceeded),
    ("exceed_context_size_error", ErrorKind::ContextLengthExceeded),
    ("too_many_tokens", ErrorKind::ContextLengthExceeded),
    ("too_many_prompt_tokens", ErrorKind::ContextLengthExceeded),
    ("content_filter", ErrorKind::ContentFiltered),
    ("content_policy_violation", ErrorKind::ContentFiltered),
    ("moderation_blocked", ErrorKind::ContentFiltered),
    ("invalid_prompt", ErrorKind::ContentFiltered),
    ("responsibleaipolicyviolation", ErrorKind::ContentFiltered),
    ("data_inspection_failed", ErrorKind::ContentFiltered),
    ("rate_limit_exceeded", ErrorKind::RateLimited),
    ("rate_limit_error", ErrorKind::RateLimited),
    ("ratelimitreached", ErrorKind::RateLimited),
    ("slow_down", ErrorKind::RateLimited),
    ("resource_exhausted", ErrorKind::RateLimited),
    ("too_many_requests", ErrorKind::RateLimited),
    ("throttlingexception", ErrorKind::RateLimited),
    ("insufficient_quota", ErrorKind::QuotaExceeded),
    ("credit_balance_exhausted", ErrorKind::QuotaExceeded),
    ("billing_error", ErrorKind::QuotaExceeded),
    ("billing_hard_limit_reached", ErrorKind::QuotaExceeded),
    ("billing_not_active", ErrorKind::QuotaExceeded),
    ("arrearage", ErrorKind::QuotaExceeded),
    ("servicequotaexceededexception", ErrorKind::QuotaExceeded),
    ("overloaded_error", ErrorKind::Overloaded),
    ("server_is_overloaded", ErrorKind::Overloaded),
    ("service_unavailable_error", ErrorKind::Overloaded),
    ("service_unavailable", ErrorKind::Overloaded),
    ("unavailable", ErrorKind::Overloaded),
    ("unavailable_error", ErrorKind::Overloaded),
    ("modelnotreadyexception", ErrorKind::Overloaded),
    ("serviceunavailableexception", ErrorKind::Overloaded),
    ("server_error", ErrorKind::Server),
    ("api_error", ErrorKind::Server),
    ("internal_error", ErrorKind::Server),
    ("internal", ErrorKind::Server),
    ("internal_server_error", ErrorKind::Server),
    ("cancelled", ErrorKind::Server),
    ("internalserverexception", ErrorKind::Server),
    ("modelerrorexception", ErrorKind::Server),
    ("modelstreamerrorexception", ErrorKind::Server),
    ("timeout_error", VENDOR_TIMEOUT),
    ("deadline_exceeded", VENDOR_TIMEOUT),
    ("modeltimeoutexception", VENDOR_TIMEOUT),
    ("not_supported_error", ErrorKind::Unsupported),
    ("unimplemented", ErrorKind::Unsupported),
    ("request_too_large", ErrorKind::InvalidRequest),
    ("string_above_max_length", ErrorKind::InvalidRequest),
];

/// Phrases of vendors' messages, in lower case. A phrase of several pieces needs them in order.
const PHRASES: &[(&[&str], ErrorKind)] = &[
    (&["maximum context length"], ErrorKind::ContextLengthExceeded),
    (&["max context length"], ErrorKind::ContextLengthExceeded),
    (&["context_length"], ErrorKind::ContextLengthExceeded),
    (&["maximum prompt length"], ErrorKind::ContextLengthExceeded),
    (&["context window"], ErrorKind::ContextLengthExceeded),
    (&["prompt is too long"], ErrorKind::ContextLengthExceeded),
    (&["prompt too long"], ErrorKind::ContextLengthExceeded),
    (&["input is too long"], ErrorKind::ContextLengthExceeded),
    (&["too many tokens"], ErrorKind::ContextLengthExceeded),
    (&["messages is too long"], ErrorKind::ContextLengthExceeded),
    (
        &["exceeds the maximum number of tokens"],
        ErrorKind::ContextLengthExceeded,
    ),
    (&["exceed_context"], ErrorKind::ContextLengthExceeded),
    (
        &["exceeds the available context"],
        ErrorKind::ContextLengthExceeded,
    ),
    (&["input token count"], ErrorKind::ContextLengthExceeded),
    (
        &["number of input tokens", "cannot exceed"],
        ErrorKind::ContextLengthExceeded,
    ),
    (
        &["tokens", "max_new_tokens", "must be"],
        ErrorKind::ContextLengthExceeded,
    ),
    (
        &["must have less than", "tokens"],
        ErrorKind::ContextLengthExceeded,
    ),
    (&["prompt 超长"], ErrorKind::ContextLengthExceeded),
    (&["range of input length"], ErrorKind::ContextLengthExceeded),
    (&["content policy"], ErrorKind::ContentFiltered),
    (&["content management policy"], ErrorKind::ContentFiltered),
    (&["content filter"], ErrorKind::ContentFiltered),
    (&["safety system"], ErrorKind::ContentFiltered),
    (&["usage guideline"], ErrorKind::ContentFiltered),
    (&["flagged by"], ErrorKind::ContentFiltered),
    (&["input was flagged"], ErrorKind::ContentFiltered),
    (&["incorrect api key"], ErrorKind::Authentication),
    (&["incorrect api-key"], ErrorKind::Authentication),
    (&["invalid api key"], ErrorKind::Authentication),
    (&["invalid api-key"], ErrorKind::Authentication),
    (&["invalid x-api-key"], ErrorKind::Authentication),
    (&["incorrect x-api-key"], ErrorKind::Authentication),
    (&["api key not valid"], ErrorKind::Authentication),
    (&["api key is not valid"], ErrorKind::Authentication),
    (&["api key invalid"], ErrorKind::Authentication),
    (&["api key is invalid"], ErrorKind::Authentication),
    (&["not authenticated"], ErrorKind::Authentication),
    // Refused for where the call comes from, with the status of a wrong request (Gemini, Claude at Bedrock): nothing is wrong with the
    // request, and another vendor answers it.
    (&["location is not supported"], ErrorKind::PermissionDenied),
    (&["not allowed from unsupported"], ErrorKind::PermissionDenied),
    // LM Studio, with a status of success.
    (&["unexpected endpoint"], ErrorKind::NotFound),
    (&["model not found"], ErrorKind::NotFound),
    (&["model not exist"], ErrorKind::NotFound),
    (&["specified model"], ErrorKind::NotFound),
    (&["invalid model "], ErrorKind::NotFound),
    (&["invalid model:"], ErrorKind::NotFound),
    (&["invalid model'"], ErrorKind::NotFound),
    (&["invalid model."], ErrorKind::NotFound),
    (&["model identifier is invalid"], ErrorKind::NotFound),
    (&["model", "does not exist"], ErrorKind::NotFound),
    (
        &["model", "is not supported. supported models"],
        ErrorKind::NotFound,
    ),
    (&["model", "not found"], ErrorKind::NotFound),
    (&["model", "has been deprecated"], ErrorKind::NotFound),
    (&["model", "has been decommissioned"], ErrorKind::NotFound),
    (&["model", "has been retired"], ErrorKind::NotFound),
    (&["model", "has been discontinued"], ErrorKind::NotFound),
    (&["model", "is no longer available"], ErrorKind::NotFound),
    (&["model", "reached the end of its life"], ErrorKind::NotFound),
    (&["model", "was removed on"], ErrorKind::NotFound),
    (&["is not a valid model"], ErrorKind::NotFound),
];

/// Phrases about money, which count only with a status that refuses the request.
const MONEY: &[&str] = &[
    "credit balance",
    "insufficient balance",
    "insufficient credits",
    "any credits",
    "more credits",
    "used all available credits",
    "monthly included credits",
    "insufficient funds",
    "billing",
    "api usage limits",
    "欠费",
    "余额不足",
];

/// The kind of an error: the vendor's words first (`table`, then the common ones), then its message, then the status.
#[must_use]
pub fn kind(status: Option<u16>, body: &ErrorBody, table: CodeTable) -> ErrorKind {
    let message = body.message.as_deref().unwrap_or_default().to_lowercase();
    let known = body.codes.iter().find_map(|code| {
        let code = code.to_ascii_lowercase();
        // `RateLimitExceeded.EndpointTPMExceeded`: the word in front of the dot is the kind, what follows the case.
        let front = code.split('.').next().unwrap_or_default();
        let words = [code.as_str(), front];
        words
            .iter()
            .find_map(|word| kind_of_word(table, word).or_else(|| kind_of_word(COMMON, word)))
    });
    let phrase = || {
        let found = PHRASES.iter().find(|(pieces, _)| in_order(&message, pieces));
        found.map(|(_, kind)| *kind)
    };
    // A word that says no more than that the request is wrong knows less than the message beside it.
    if known == Some(ErrorKind::InvalidRequest) {
        return phrase().unwrap_or(ErrorKind::InvalidRequest);
    }
    // A limit that does not pass by waiting.
    let used_up = body.daily_quota || (message.contains("trial") && message.contains("month"));
    let limited = |kind| match kind {
        // More at once than the limit of a minute: no waiting makes it fit (Groq).
        ErrorKind::RateLimited if status == Some(413) => ErrorKind::InvalidRequest,
        ErrorKind::RateLimited if used_up => ErrorKind::QuotaExceeded,
        kind => kind,
    };
    if let Some(kind) = known {
        return limited(kind);
    }
    if let Some(kind) = phrase() {
        return kind;
    }
    let status = status.filter(|status| *status >= 400).or(body.status);
    // A vendor that means something of its own by a status has it in its table, as a word.
    if let Some(kind) = status.and_then(|status| kind_of_word(table, &status.to_string())) {
        return limited(kind);
    }
    if matches!(status, Some(400 | 402 | 403 | 429)) && MONEY.iter().any(|phrase| message.contains(phrase)) {
        return ErrorKind::QuotaExceeded;
    }
    limited(kind_of_status(status))
}

fn kind_of_word(table: CodeTable, word: &str) -> Option<ErrorKind> {
    table
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, kind)| *kind)
}

/// The kind that a status alone stands for.
#[must_use]
pub fn kind_of_status(status: Option<u16>) -> ErrorKind {
    match status {
        Some(401) => ErrorKind::Authentication,
        Some(402) => ErrorKind::QuotaExceeded,
        Some(403) => ErrorKind::PermissionDenied,
        // A model that is gone is one that is not there.
        Some(404 | 410) => ErrorKind::NotFound,
        Some(408 | 504 | 524) => VENDOR_TIMEOUT,
        // Two requests in each other's way: vendors' own clients go again.
        Some(409) => ErrorKind::Server,
        Some(429) => ErrorKind::RateLimited,
        // 451 is StepFun's, 498 Groq's and Azure's word for a filter.
        Some(451 | 498) => ErrorKind::ContentFiltered,
        Some(501) => ErrorKind::Unsupported,
        Some(503 | 529) => ErrorKind::Overloaded,
        Some(400..=498) => ErrorKind::InvalidRequest,
        _ => ErrorKind::Server,
    }
}

/// Whether the pieces come in this order, a later one at most 80 bytes after the one before.
fn in_order(text: &str, pieces: &[&str]) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return true;
    };
    text.match_indices(first).any(|(at, _)| {
        let mut after = &text[at + first.len()..];
        rest.iter().all(|piece| match after.find(piece) {
            Some(found) if found <= 80 => {
                after = &after[found + piece.len()..];
                true
            }
            _ => false,
        })
    })
}

/// The error in a reply: kind, code, message, wait, request id and the reply itself.
#[must_use]
pub fn error(response: &HttpResponse, table: CodeTable) -> Error {
    let mut body = ErrorBody::read(&response.body);
    if let Some(name) = response.header("x-amzn-errortype") {
        // The header may go on after a colon: `ValidationException:http://internal.amazon.com/…`.
        let name = name.split(':').next().unwrap_or_default();
        body.codes.retain(|code| *code != *name);
        body.codes.insert(0, name.into());
    }
    let error = of_body(
        Some(response.status),
        &response.headers,
        response.received_at,
        &body,
        table,
    );
    match response.request_id() {
        Some(id) => error.with_request_id(id),
        None => error,
    }
    .with_raw(response.raw())
}

/// The error that a body describes, in a reply or inside a stream.
#[must_use]
pub fn of_body(
    status: Option<u16>,
    headers: &HeaderMap,
    now: Option<std::time::SystemTime>,
    body: &ErrorBody,
    table: CodeTable,
) -> Error {
    let kind = kind(status, body, table);
    let status = status.filter(|status| *status >= 400).or(body.status);
    let message = match (&body.message, status) {
        (Some(message), _) => message.clone(),
        (None, Some(status)) => format!("the vendor answered HTTP {status} without a message").into(),
        (None, None) => "the vendor reported an error without a message".into(),
    };
    let now = now.unwrap_or(std::time::SystemTime::UNIX_EPOCH);
    let wait = retry_after::retry_after(headers, now)
        .or(body.retry_delay)
        .or_else(|| {
            (kind == ErrorKind::RateLimited)
                .then(|| retry_after::wait_in_message(&message))
                .flatten()
        })
        // Replies of all kinds have them; only here do they say when to come back.
        .or_else(|| {
            (kind == ErrorKind::RateLimited)
                .then(|| retry_after::rate_limit_reset(headers, now))
                .flatten()
        });
    let mut error = Error::new(kind, message);
    if let Some(status) = status {
        error = error.with_status(status);
    }
    if let Some(code) = body.code() {
        error = error.with_code(code);
    }
    if let Some(id) = &body.request_id {
        error = error.with_request_id(id);
    }
    if let Some(wait) = wait {
        error = error.with_retry_after(wait);
    }
    // Groq: the model wrote a call, or JSON, that does not parse; another sample may.
    let unlucky = ["tool_use_failed", "json_validate_failed"];
    if body.codes.iter().any(|code| unlucky.contains(&code.as_str())) {
        error = error.with_retryable(true);
    }
    // The vendor knows best, and says so (OpenAI, Anthropic).
    match headers.get("x-should-retry").map(HeaderValue::as_bytes) {
        Some(b"true") => error.with_retryable(true),
        Some(b"false") => error.with_retryable(false),
        _ => error,
    }
}
