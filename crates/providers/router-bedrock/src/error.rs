//! The vendor's words for errors: what they mean, and what a server says.

use http::HeaderMap;
use router_core::{Error, ErrorKind};
use router_wire::Frame;
use router_wire::classify::{self, CodeTable};
use router_wire::error_body::ErrorBody;

/// Words that the common table does not have
/// (<https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>, read 2026-11).
pub(crate) const CODES: CodeTable = &[
    ("validationexception", ErrorKind::InvalidRequest),
    ("serializationexception", ErrorKind::InvalidRequest),
    ("conflictexception", ErrorKind::InvalidRequest),
    ("signaturedoesnotmatch", ErrorKind::Authentication),
    ("signaturedoesnotmatchexception", ErrorKind::Authentication),
    ("incompletesignature", ErrorKind::Authentication),
    ("incompletesignatureexception", ErrorKind::Authentication),
    ("invalidclienttokenid", ErrorKind::Authentication),
    ("missingauthenticationtoken", ErrorKind::Authentication),
    ("expiredtoken", ErrorKind::Authentication),
    ("optinrequired", ErrorKind::PermissionDenied),
    ("unknownoperationexception", ErrorKind::NotFound),
    ("throttling", ErrorKind::RateLimited),
    ("internalfailure", ErrorKind::Server),
    ("internalfailureexception", ErrorKind::Server),
    ("serviceunavailable", ErrorKind::Overloaded),
];

/// The failure that a frame of a stream tells.
pub(crate) fn failure(name: &str, frame: &Frame) -> Error {
    let mut body = ErrorBody::read(frame.data.as_bytes());
    body.codes.retain(|code| *code != *name);
    if !name.is_empty() {
        body.codes.insert(0, name.into());
    }
    classify::of_body(None, &HeaderMap::new(), None, &body, CODES)
}

/// The vendor's errors as a server gives them.
#[cfg(feature = "server")]
pub(crate) mod server {
    use bytes::BytesMut;
    use http::{HeaderName, HeaderValue};
    use router_core::{Error, ErrorKind};
    use router_wire::HttpResponse;
    use router_wire::framing::event_stream::Message;
    use router_wire::server::status_of;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Body<'a> {
        message: &'a str,
    }

    fn body(error: &Error) -> Vec<u8> {
        let message = error.shown_message();
        // A struct of one text is always JSON.
        serde_json::to_vec(&Body { message: &message }).unwrap_or_default()
    }

    /// An error as a response: the vendor's word stands in a header.
    pub(crate) fn error_response(error: &Error) -> HttpResponse {
        let (word, status) = word(error);
        let status = error.status().map_or(status, |_| status_of(error));
        HttpResponse::json(status, body(error)).with_header(
            HeaderName::from_static("x-amzn-errortype"),
            HeaderValue::from_static(word),
        )
    }

    /// An error in the middle of a stream. Only few words are known there, with a small letter in front.
    pub(crate) fn exception(error: &Error, out: &mut BytesMut) {
        let name = match word(error).0 {
            "ThrottlingException" | "ServiceQuotaExceededException" => "throttlingException",
            "ServiceUnavailableException" | "ModelNotReadyException" => "serviceUnavailableException",
            "ValidationException" => "validationException",
            "ModelErrorException" | "ModelTimeoutException" => "modelStreamErrorException",
            _ => "internalServerException",
        };
        // One short name and a message of at most 500 characters always fit.
        let _ = Message::exception(name, body(error)).write(out);
    }

    /// The vendor's word for a kind of error, and the status that goes with it.
    fn word(error: &Error) -> (&'static str, u16) {
        match error.kind() {
            ErrorKind::Authentication => ("UnrecognizedClientException", 403),
            ErrorKind::PermissionDenied => ("AccessDeniedException", 403),
            ErrorKind::NotFound => ("ResourceNotFoundException", 404),
            ErrorKind::RateLimited => ("ThrottlingException", 429),
            ErrorKind::QuotaExceeded => ("ServiceQuotaExceededException", 400),
            ErrorKind::Overloaded => ("ServiceUnavailableException", 503),
            ErrorKind::Timeout(_) => ("ModelTimeoutException", 408),
            ErrorKind::Decode | ErrorKind::Transport | ErrorKind::Truncated => ("ModelErrorException", 424),
            ErrorKind::InvalidRequest
            | ErrorKind::ContextLengthExceeded
            | ErrorKind::ContentFiltered
            | ErrorKind::Unsupported => ("ValidationException", 400),
            _ => ("InternalServerException", 500),
        }
    }
}
