//! What Aliyun is sent that its family is not: by its reference, and not by the code.

use router_aliyun::AliyunCodec;
use router_conformance::profile::{differences, expected};

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["frequency_penalty", "logit_bias", "metadata", "prompt_cache_key", "service_tier", "store",
            "verbosity"],
        "user": null,
        "temperature": [0.0, 0.0, 1.0, 1.99],
        "tool_choice": ["auto", "none", "named"],
        "formats": {"json": "json_object", "json_schema": "json_object"},
        "cache": true,
        "reasoning": {
            "high": {"enable_thinking": true},
            "none": {"enable_thinking": false},
            "budget": {"enable_thinking": true, "thinking_budget": 2000}
        },
        "replay": {"reasoning_content": {}, "reasoning": {}, "without": {}},
        "media": ["image", "image_url", "audio", "video", "video_url"],
        "embedding": {"parameters": {"dimension": 8, "text_type": "query"}}
    }"#;
    assert_eq!(differences::<AliyunCodec>(), expected(reference));
}

/// Word, status, kind, whether to try again, of both of its forms.
#[test]
fn words_of_errors() {
    use router_conformance::profile::error_of;
    use router_core::ErrorKind;
    for (code, status, kind, again) in [
        ("Throttling.RateQuota", 429, ErrorKind::RateLimited, true),
        ("Throttling.BurstRate", 429, ErrorKind::RateLimited, true),
        ("Arrearage", 400, ErrorKind::QuotaExceeded, false),
        ("insufficient_quota", 429, ErrorKind::QuotaExceeded, false),
        (
            "AllocationQuota.FreeTierOnly",
            403,
            ErrorKind::QuotaExceeded,
            false,
        ),
        ("DataInspectionFailed", 400, ErrorKind::ContentFiltered, false),
        ("data_inspection_failed", 400, ErrorKind::ContentFiltered, false),
        ("Model.AccessDenied", 403, ErrorKind::PermissionDenied, false),
        ("InvalidApiKey", 401, ErrorKind::Authentication, false),
        ("InternalError.Algo", 500, ErrorKind::Server, true),
        ("SystemError", 503, ErrorKind::Overloaded, true),
    ] {
        for body in [
            format!(r#"{{"code":"{code}","message":"-","request_id":"r-1"}}"#),
            format!(
                r#"{{"error":{{"code":"{code}","message":"-","type":"{code}","param":null}},"request_id":"r-1"}}"#
            ),
        ] {
            let error = error_of::<AliyunCodec>(status, &body);
            assert_eq!((error.kind(), error.is_retryable()), (kind, again), "{body}");
            assert_eq!(error.request_id(), Some("r-1"), "{body}");
        }
    }
}
