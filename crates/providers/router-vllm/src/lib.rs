#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::{AuthScheme, Vendor};
use router_wire_openai::dialect::ReasoningRequest;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// vLLM over HTTP.
#[cfg(feature = "client")]
pub type Vllm = router_http::HttpProvider<VllmCodec>;

/// vLLM's wire.
pub type VllmCodec = CompatibleCodec<VllmDialect>;

/// What vLLM does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct VllmDialect;

impl DialectVendor for VllmDialect {
    const VENDOR: Vendor = Vendor::new("vllm", "vLLM", "http://localhost:8000/v1")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["VLLM_API_KEY", "HOSTED_VLLM_API_KEY"])
        .with_base_url_env(&["VLLM_BASE_URL", "HOSTED_VLLM_API_BASE"])
        .with_reference("https://docs.vllm.ai/en/latest/serving/openai_compatible_server");

    const CODES: CodeTable = &[
        ("badrequesterror", ErrorKind::InvalidRequest),
        ("notfounderror", ErrorKind::NotFound),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "metadata",
            "modalities",
            "prompt_cache_key",
            "service_tier",
            "store",
            "verbosity",
        ]);
        dialect.strict_tools = false;
        dialect.reasoning_request = ReasoningRequest::ChatTemplate;
        dialect.files = false;
        dialect.completions_path = Some(Cow::Borrowed("/completions"));
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
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
                Feature::AudioInput,
                Feature::VideoInput,
                Feature::Logprobs,
                Feature::SeveralChoices,
                Feature::Dimensions,
            ],
        )
    }
}
