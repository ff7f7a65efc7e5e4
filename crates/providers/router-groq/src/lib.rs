#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Groq over HTTP.
#[cfg(feature = "client")]
pub type Groq = router_http::HttpProvider<GroqCodec>;

/// Groq's wire.
pub type GroqCodec = CompatibleCodec<GroqDialect>;

/// Four megabytes of base64 (<https://console.groq.com/docs/vision>, read 2026-11).
const MAX_IMAGE: u64 = 3 * 1024 * 1024;

/// What Groq does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct GroqDialect;

impl DialectVendor for GroqDialect {
    const VENDOR: Vendor = Vendor::new("groq", "Groq", "https://api.groq.com/openai/v1")
        .with_key_env(&["GROQ_API_KEY"])
        .with_base_url_env(&["GROQ_BASE_URL"])
        .with_default_model("openai/gpt-oss-120b")
        .with_reference("https://console.groq.com/docs/api-reference");

    const CODES: CodeTable = &[
        ("model_decommissioned", ErrorKind::NotFound),
        ("498", ErrorKind::Overloaded),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "frequency_penalty",
            "logit_bias",
            "logprobs",
            "modalities",
            "n",
            "presence_penalty",
            "prompt_cache_key",
            "top_k",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        dialect.stop_max = Some(4);
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Speak,
                OperationKind::Transcribe,
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
        .with_max_image_bytes(MAX_IMAGE)
    }
}
