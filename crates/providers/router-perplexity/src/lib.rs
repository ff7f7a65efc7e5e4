#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{BatchLimits, Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ReasoningReplay;
use router_wire_openai::embeddings::Vectors;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Perplexity over HTTP.
#[cfg(feature = "client")]
pub type Perplexity = router_http::HttpProvider<PerplexityCodec>;

/// Perplexity's wire.
pub type PerplexityCodec = CompatibleCodec<PerplexityDialect>;

/// What Perplexity does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct PerplexityDialect;

impl DialectVendor for PerplexityDialect {
    const VENDOR: Vendor = Vendor::new("perplexity", "Perplexity", "https://api.perplexity.ai")
        .with_key_env(&["PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"])
        .with_base_url_env(&["PERPLEXITY_BASE_URL"])
        .with_default_model("sonar")
        .with_reference("https://docs.perplexity.ai/api-reference/chat-completions-post");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "n",
            "parallel_tool_calls",
            "prompt_cache_key",
            "seed",
            "service_tier",
            "stop_sequences",
            "store",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.temperature = Some((0.0, 1.99));
        dialect.tool_choices = Vec::new();
        dialect.json_object = false;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect.stream_options = false;
        dialect.embeddings_path = Cow::Borrowed("/v1/embeddings");
        dialect.models_path = Cow::Borrowed("/v1/models");
        // Its base64 holds signed bytes instead of floats.
        dialect.embeddings.vectors = Vectors::Bytes;
        // Of all inputs 120,000 tokens, by a count that is estimated.
        dialect.embeddings.limits = Some(BatchLimits::inputs(512).with_tokens(90_000));
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
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::Dimensions,
            ],
        )
    }
}
