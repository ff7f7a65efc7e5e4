#![doc = include_str!("../README.md")]

use router_core::{Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// SambaNova over HTTP.
#[cfg(feature = "client")]
pub type SambaNova = router_http::HttpProvider<SambaNovaCodec>;

/// SambaNova's wire.
pub type SambaNovaCodec = CompatibleCodec<SambaNovaDialect>;

/// What SambaNova does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct SambaNovaDialect;

impl DialectVendor for SambaNovaDialect {
    const VENDOR: Vendor = Vendor::new("sambanova", "SambaNova", "https://api.sambanova.ai/v1")
        .with_key_env(&["SAMBANOVA_API_KEY"])
        .with_base_url_env(&["SAMBANOVA_BASE_URL"])
        .with_default_model("gpt-oss-120b")
        .with_reference("https://docs.sambanova.ai/cloud/api-reference/endpoints/chat");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "frequency_penalty",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "n",
            "presence_penalty",
            "prompt_cache_key",
            "seed",
            "service_tier",
            "store",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.strict_tools = false;
        dialect.reasoning_request = ReasoningRequest::ChatTemplate;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.text_as_string = true;
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
