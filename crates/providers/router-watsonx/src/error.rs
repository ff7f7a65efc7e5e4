//! The vendor's words for errors.

use router_core::ErrorKind;
use router_wire::classify::CodeTable;

/// Words that the common table does not know, of the API and of the token exchange.
pub(crate) const CODES: CodeTable = &[
    ("authentication_token_expired", ErrorKind::Authentication),
    ("authentication_token_not_valid", ErrorKind::Authentication),
    ("bxnim0415e", ErrorKind::Authentication),
    // More tokens than the plan has in a month, which no waiting brings back.
    ("token_quota_reached", ErrorKind::QuotaExceeded),
    ("consumption_limit_reached", ErrorKind::QuotaExceeded),
    (
        "no_associated_service_instance_error",
        ErrorKind::PermissionDenied,
    ),
    ("user_authorization_failed", ErrorKind::PermissionDenied),
    ("model_not_supported", ErrorKind::NotFound),
    ("model_withdrawn", ErrorKind::NotFound),
    ("invalid_input_argument", ErrorKind::InvalidRequest),
    ("invalid_request_entity", ErrorKind::InvalidRequest),
    ("json_type_error", ErrorKind::InvalidRequest),
    ("json_validation_error", ErrorKind::InvalidRequest),
];
