#![doc = include_str!("../README.md")]

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};
use router_wire_openai::images::EditForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Baidu Qianfan over HTTP.
#[cfg(feature = "client")]
pub type Baidu = router_http::HttpProvider<BaiduCodec>;

/// Baidu Qianfan's wire.
pub type BaiduCodec = CompatibleCodec<BaiduDialect>;

/// What Baidu Qianfan does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct BaiduDialect;

impl DialectVendor for BaiduDialect {
    const VENDOR: Vendor = Vendor::new("baidu", "Baidu Qianfan", "https://qianfan.baidubce.com/v2")
        .with_aliases(&["qianfan"])
        .with_key_env(&["QIANFAN_API_KEY", "BAIDU_API_KEY"])
        .with_base_url_env(&["BAIDU_BASE_URL", "QIANFAN_BASE_URL"])
        .with_default_model("ernie-4.5-turbo-128k")
        .with_reference("https://cloud.baidu.com/doc/qianfan-api/s/3m7of64lb");

    const CODES: CodeTable = &[
        ("invalid_iam_token", ErrorKind::Authentication),
        ("access_denied", ErrorKind::Authentication),
        ("no_parameter_permission", ErrorKind::PermissionDenied),
        ("app_access_denied", ErrorKind::PermissionDenied),
        ("unsafe_request", ErrorKind::ContentFiltered),
        ("system_unsafe", ErrorKind::ContentFiltered),
        ("no_such_model", ErrorKind::NotFound),
        ("rpm_rate_limit_exceeded", ErrorKind::RateLimited),
        ("tpm_rate_limit_exceeded", ErrorKind::RateLimited),
        ("preemptible_rate_limit_exceeded", ErrorKind::RateLimited),
        ("user_rate_limit_exceeded", ErrorKind::RateLimited),
        ("account_overdue", ErrorKind::QuotaExceeded),
        ("dispatch_internal_error", ErrorKind::Server),
        ("malformed_json", ErrorKind::InvalidRequest),
        ("invalid_argument", ErrorKind::InvalidRequest),
        ("invalid_messages", ErrorKind::InvalidRequest),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "logit_bias",
            "logprobs",
            "modalities",
            "n",
            "prompt_cache_key",
            "service_tier",
            "store",
            "top_k",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.stop_max = Some(4);
        dialect.temperature = Some((0.01, 1.0));
        dialect.reasoning_request = ReasoningRequest::EnableThinking;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.images.edits = EditForm::None;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::GenerateImage,
                OperationKind::Rerank,
                OperationKind::ListModels,
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
            ],
        )
    }
}
