#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Cerebras over HTTP.
#[cfg(feature = "client")]
pub type Cerebras = router_http::HttpProvider<CerebrasCodec>;

/// Cerebras's wire.
pub type CerebrasCodec = CompatibleCodec<CerebrasDialect>;

/// What Cerebras does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct CerebrasDialect;

impl DialectVendor for CerebrasDialect {
    const VENDOR: Vendor = Vendor::new("cerebras", "Cerebras", "https://api.cerebras.ai/v1")
        .with_key_env(&["CEREBRAS_API_KEY"])
        .with_base_url_env(&["CEREBRAS_BASE_URL"])
        .with_default_model("gpt-oss-120b")
        .with_reference("https://inference-docs.cerebras.ai/api-reference/chat-completions");

    const CODES: CodeTable = &[
        ("queue_exceeded", ErrorKind::Overloaded),
        ("request_quota_exceeded", ErrorKind::RateLimited),
        ("token_quota_exceeded", ErrorKind::RateLimited),
        ("wrong_api_key", ErrorKind::Authentication),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "frequency_penalty",
            "metadata",
            "modalities",
            "n",
            "presence_penalty",
            "prompt_cache_key",
            "store",
            "top_k",
            "verbosity",
        ]);
        dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        dialect.stop_max = Some(4);
        dialect.temperature = Some((0.0, 1.5));
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [OperationKind::Chat, OperationKind::ListModels],
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
                Feature::Logprobs,
            ],
        )
    }
}
