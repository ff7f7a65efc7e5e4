#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Tencent Hunyuan over HTTP.
#[cfg(feature = "client")]
pub type Tencent = router_http::HttpProvider<TencentCodec>;

/// Tencent Hunyuan's wire.
pub type TencentCodec = CompatibleCodec<TencentDialect>;

/// What Tencent Hunyuan does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct TencentDialect;

impl DialectVendor for TencentDialect {
    const VENDOR: Vendor = Vendor::new(
        "tencent",
        "Tencent Hunyuan",
        "https://api.hunyuan.cloud.tencent.com/v1",
    )
    .with_aliases(&["hunyuan"])
    .with_key_env(&["HUNYUAN_API_KEY", "TENCENT_API_KEY"])
    .with_base_url_env(&["TENCENT_BASE_URL", "HUNYUAN_BASE_URL"])
    .with_default_model("hunyuan-turbos-latest")
    .with_reference("https://cloud.tencent.com/document/product/1729/111007");

    const CODES: CodeTable = &[
        ("limitexceeded", ErrorKind::RateLimited),
        ("4001", ErrorKind::RateLimited),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "frequency_penalty",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "prompt_cache_key",
            "service_tier",
            "store",
            "top_k",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.temperature = Some((0.0, 2.0));
        dialect.tool_choices = ["auto", "none", "named"].map(Cow::Borrowed).to_vec();
        dialect.json_schema = false;
        dialect.reasoning_request = ReasoningRequest::EnableThinking;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [OperationKind::Chat, OperationKind::Embed],
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
            ],
        )
    }
}
