#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ReasoningRequest;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// MiniMax over HTTP.
#[cfg(feature = "client")]
pub type MiniMax = router_http::HttpProvider<MiniMaxCodec>;

/// MiniMax's wire.
pub type MiniMaxCodec = CompatibleCodec<MiniMaxDialect>;

/// What MiniMax does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct MiniMaxDialect;

impl DialectVendor for MiniMaxDialect {
    const VENDOR: Vendor = Vendor::new("minimax", "MiniMax", "https://api.minimax.io/v1")
        .with_key_env(&["MINIMAX_API_KEY"])
        .with_base_url_env(&["MINIMAX_BASE_URL"])
        .with_default_model("MiniMax-M3")
        .with_reference("https://platform.minimax.io/docs/api-reference/text-openai-api");

    const CODES: CodeTable = &[
        ("1002", ErrorKind::RateLimited),
        ("1039", ErrorKind::RateLimited),
        ("1041", ErrorKind::RateLimited),
        ("1004", ErrorKind::Authentication),
        ("2049", ErrorKind::Authentication),
        ("1008", ErrorKind::QuotaExceeded),
        ("2056", ErrorKind::QuotaExceeded),
        ("1026", ErrorKind::ContentFiltered),
        ("1027", ErrorKind::ContentFiltered),
        ("2013", ErrorKind::InvalidRequest),
        ("1000", ErrorKind::Server),
        ("1001", ErrorKind::Server),
        ("1013", ErrorKind::Server),
        ("1033", ErrorKind::Server),
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
            "seed",
            "service_tier",
            "stop_sequences",
            "store",
            "top_k",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        dialect.user_field = None;
        dialect.temperature = Some((0.01, 1.0));
        dialect.tool_choices = ["auto", "none"].map(Cow::Borrowed).to_vec();
        dialect.json_object = false;
        dialect.json_schema = false;
        dialect.reasoning_request = ReasoningRequest::ReasoningSplit;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect.cache_control = true;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [OperationKind::Chat, OperationKind::ListModels],
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ToolChoice,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::CacheMarks,
            ],
        )
    }
}
