#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ReasoningRequest;
use router_wire_openai::images::EditForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Volcengine Ark (Doubao) over HTTP.
#[cfg(feature = "client")]
pub type Volcengine = router_http::HttpProvider<VolcengineCodec>;

/// Volcengine Ark (Doubao)'s wire.
pub type VolcengineCodec = CompatibleCodec<VolcengineDialect>;

/// What Volcengine Ark (Doubao) does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct VolcengineDialect;

impl DialectVendor for VolcengineDialect {
    const VENDOR: Vendor = Vendor::new(
        "volcengine",
        "Volcengine Ark (Doubao)",
        "https://ark.cn-beijing.volces.com/api/v3",
    )
    .with_aliases(&["ark", "doubao"])
    .with_key_env(&["ARK_API_KEY", "VOLCENGINE_API_KEY"])
    .with_base_url_env(&["VOLCENGINE_BASE_URL", "ARK_BASE_URL"])
    .with_default_model("doubao-seed-2-1-pro-260915")
    .with_reference("https://www.volcengine.com/docs/82379/1494384");

    const CODES: CodeTable = &[
        ("ratelimitexceeded", ErrorKind::RateLimited),
        ("sensitivecontentdetected", ErrorKind::ContentFiltered),
        ("inputtextsensitivecontentdetected", ErrorKind::ContentFiltered),
        ("outputtextsensitivecontentdetected", ErrorKind::ContentFiltered),
        ("inputtextriskdetection", ErrorKind::ContentFiltered),
        ("inputimageriskdetection", ErrorKind::ContentFiltered),
        ("outputtextriskdetection", ErrorKind::ContentFiltered),
        ("invalidendpointormodel", ErrorKind::NotFound),
        ("accountoverdueerror", ErrorKind::QuotaExceeded),
        ("setlimitexceeded", ErrorKind::QuotaExceeded),
        ("inferencelimitexceeded", ErrorKind::QuotaExceeded),
        ("quotaexceeded", ErrorKind::QuotaExceeded),
        ("authenticationerror", ErrorKind::Authentication),
        ("accessdenied", ErrorKind::PermissionDenied),
        ("modelnotopen", ErrorKind::NotFound),
        ("serveroverloaded", ErrorKind::Overloaded),
        ("serviceoverloaded", ErrorKind::Overloaded),
        ("requestbursttoofast", ErrorKind::RateLimited),
        ("modelaccountrpmratelimitexceeded", ErrorKind::RateLimited),
        ("modelaccounttpmratelimitexceeded", ErrorKind::RateLimited),
        ("outofcontexterror", ErrorKind::ContextLengthExceeded),
        ("internalserviceerror", ErrorKind::Server),
        ("missingparameter", ErrorKind::InvalidRequest),
        ("invalidparameter", ErrorKind::InvalidRequest),
        ("toomanyrequests", ErrorKind::RateLimited),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "metadata",
            "modalities",
            "n",
            "prompt_cache_key",
            "seed",
            "store",
            "top_k",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.stop_max = Some(4);
        dialect.reasoning_request = ReasoningRequest::Thinking;
        dialect.images.edits = EditForm::Image;
        dialect.images.edits_path = Cow::Borrowed("/images/generations");
        dialect.images = dialect.images.without(&[
            "aspect_ratio",
            "background",
            "mask",
            "n",
            "negative_prompt",
            "quality",
            "user",
        ]);
        dialect.files = false;
        dialect.audio = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::GenerateImage,
            ],
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ParallelToolCalls,
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::VideoInput,
                Feature::Logprobs,
                Feature::ImageEdit,
            ],
        )
    }
}
