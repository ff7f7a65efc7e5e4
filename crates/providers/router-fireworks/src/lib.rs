#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Fireworks AI over HTTP.
#[cfg(feature = "client")]
pub type Fireworks = router_http::HttpProvider<FireworksCodec>;

/// Fireworks AI's wire.
pub type FireworksCodec = CompatibleCodec<FireworksDialect>;

/// What Fireworks AI does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct FireworksDialect;

impl DialectVendor for FireworksDialect {
    const VENDOR: Vendor = Vendor::new(
        "fireworks",
        "Fireworks AI",
        "https://api.fireworks.ai/inference/v1",
    )
    .with_key_env(&["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"])
    .with_base_url_env(&["FIREWORKS_BASE_URL"])
    .with_default_model("accounts/fireworks/models/gpt-oss-120b")
    .with_reference("https://docs.fireworks.ai/api-reference/post-chatcompletions");

    const CODES: CodeTable = &[("412", ErrorKind::QuotaExceeded)];

    fn dialect() -> Dialect {
        let mut dialect =
            Dialect::default().without(&["audio", "metadata", "modalities", "store", "verbosity"]);
        dialect.stop_max = Some(4);
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
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
                Feature::Logprobs,
                Feature::SeveralChoices,
                Feature::Dimensions,
            ],
        )
    }
}
