#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, Feature, OperationKind};
use router_wire::vendor::{AuthScheme, Vendor};
use router_wire_openai::dialect::ReasoningReplay;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// LM Studio over HTTP.
#[cfg(feature = "client")]
pub type LmStudio = router_http::HttpProvider<LmStudioCodec>;

/// LM Studio's wire.
pub type LmStudioCodec = CompatibleCodec<LmStudioDialect>;

/// What LM Studio does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct LmStudioDialect;

impl DialectVendor for LmStudioDialect {
    const VENDOR: Vendor = Vendor::new("lmstudio", "LM Studio", "http://localhost:1234/v1")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["LMSTUDIO_API_KEY", "LM_API_TOKEN"])
        .with_base_url_env(&["LMSTUDIO_BASE_URL"])
        .with_reference("https://lmstudio.ai/docs/developer/openai-compat");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "metadata",
            "modalities",
            "n",
            "parallel_tool_calls",
            "prompt_cache_key",
            "service_tier",
            "store",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.tool_choices = ["auto", "none", "required"].map(Cow::Borrowed).to_vec();
        dialect.strict_tools = false;
        dialect.json_object = false;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.image_urls = false;
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
                OperationKind::ListModels,
            ],
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ToolChoice,
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
            ],
        )
    }
}
