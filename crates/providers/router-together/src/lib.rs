#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::images::EditForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Together AI over HTTP.
#[cfg(feature = "client")]
pub type Together = router_http::HttpProvider<TogetherCodec>;

/// Together AI's wire.
pub type TogetherCodec = CompatibleCodec<TogetherDialect>;

/// What Together AI does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct TogetherDialect;

impl DialectVendor for TogetherDialect {
    const VENDOR: Vendor = Vendor::new("together", "Together AI", "https://api.together.xyz/v1")
        .with_key_env(&["TOGETHER_API_KEY", "TOGETHERAI_API_KEY"])
        .with_base_url_env(&["TOGETHER_BASE_URL"])
        .with_default_model("openai/gpt-oss-120b")
        .with_reference("https://docs.together.ai/reference/chat-completions-1");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "metadata",
            "modalities",
            "parallel_tool_calls",
            "prompt_cache_key",
            "service_tier",
            "store",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.logprobs_count = true;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect.completions_path = Some(Cow::Borrowed("/completions"));
        dialect.images.edits = EditForm::ImageUrl;
        dialect.images.edits_path = Cow::Borrowed("/images/generations");
        dialect.images.base64_word = Cow::Borrowed("base64");
        dialect.images.sides = true;
        dialect.images = dialect.images.without(&[
            "aspect_ratio",
            "background",
            "mask",
            "output_format",
            "quality",
            "user",
        ]);
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::GenerateImage,
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
                Feature::ImageEdit,
            ],
        )
    }
}
