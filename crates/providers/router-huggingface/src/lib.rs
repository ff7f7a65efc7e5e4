#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ResponsesUse;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

#[cfg(feature = "client")]
pub use builder::build;

/// Hugging Face's router over HTTP.
#[cfg(feature = "client")]
pub type HuggingFace = router_http::HttpProvider<HuggingFaceCodec>;

/// The wire of Hugging Face's router.
pub type HuggingFaceCodec = CompatibleCodec<HuggingFaceDialect>;

/// What Hugging Face's router does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct HuggingFaceDialect;

impl DialectVendor for HuggingFaceDialect {
    const VENDOR: Vendor = Vendor::new("huggingface", "Hugging Face", "https://router.huggingface.co/v1")
        .with_aliases(&["hf"])
        .with_key_env(&["HF_TOKEN"])
        .with_base_url_env(&["HUGGINGFACE_BASE_URL", "HF_BASE_URL"])
        .with_default_model("openai/gpt-oss-120b")
        .with_reference("https://huggingface.co/docs/inference-providers");

    /// A server of one's own has failed while it wrote: another try may do.
    const CODES: CodeTable = &[("424", ErrorKind::Server)];

    /// What a setting does is up to the vendor behind the router, so that none is left out.
    fn dialect() -> Dialect {
        let mut dialect = Dialect::default();
        dialect.responses = ResponsesUse::Asked;
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
            ],
        )
    }
}
