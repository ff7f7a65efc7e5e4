#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// NVIDIA NIM over HTTP.
#[cfg(feature = "client")]
pub type Nvidia = router_http::HttpProvider<NvidiaCodec>;

/// NVIDIA NIM's wire.
pub type NvidiaCodec = CompatibleCodec<NvidiaDialect>;

/// What NVIDIA NIM does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct NvidiaDialect;

impl DialectVendor for NvidiaDialect {
    const VENDOR: Vendor = Vendor::new("nvidia", "NVIDIA NIM", "https://integrate.api.nvidia.com/v1")
        .with_key_env(&["NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"])
        .with_base_url_env(&["NVIDIA_BASE_URL"])
        .with_default_model("openai/gpt-oss-120b")
        .with_reference("https://docs.api.nvidia.com/nim/reference/llm-apis");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "n",
            "prompt_cache_key",
            "service_tier",
            "store",
            "top_k",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.reasoning_request = ReasoningRequest::ChatTemplate;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect.embeddings.input_type_field = Some(Cow::Borrowed("input_type"));
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
