#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod options;

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest, ResponsesUse};
use router_wire_openai::images::{DeliveryForm, EditForm};
use router_wire_openai::transcription::SoundForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

#[cfg(feature = "client")]
pub use builder::build;
pub use options::{MaxPrice, OpenRouterOptions, Plugin, Routing, cost};

/// OpenRouter over HTTP.
#[cfg(feature = "client")]
pub type OpenRouter = router_http::HttpProvider<OpenRouterCodec>;

/// OpenRouter's wire.
pub type OpenRouterCodec = CompatibleCodec<OpenRouterDialect>;

/// What OpenRouter does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct OpenRouterDialect;

impl DialectVendor for OpenRouterDialect {
    const VENDOR: Vendor = Vendor::new("openrouter", "OpenRouter", "https://openrouter.ai/api/v1")
        .with_key_env(&["OPENROUTER_API_KEY"])
        .with_base_url_env(&["OPENROUTER_BASE_URL"])
        .with_default_model("openrouter/auto")
        .with_reference("https://openrouter.ai/docs/api-reference/overview");

    /// `metadata.error_type` (<https://openrouter.ai/docs/errors>, read 2026-11).
    const CODES: CodeTable = &[
        ("authentication", ErrorKind::Authentication),
        ("payment_required", ErrorKind::QuotaExceeded),
        ("token_limit_exceeded", ErrorKind::ContextLengthExceeded),
        ("max_tokens_exceeded", ErrorKind::InvalidRequest),
        ("string_too_long", ErrorKind::InvalidRequest),
        ("invalid_prompt", ErrorKind::InvalidRequest),
        ("invalid_image", ErrorKind::InvalidRequest),
        ("precondition_failed", ErrorKind::InvalidRequest),
        ("payload_too_large", ErrorKind::InvalidRequest),
        ("refusal", ErrorKind::ContentFiltered),
        ("provider_overloaded", ErrorKind::Overloaded),
        ("provider_unavailable", ErrorKind::Overloaded),
        ("server", ErrorKind::Server),
        (
            "timeout",
            ErrorKind::Timeout(router_core::error::TimeoutKind::Vendor),
        ),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&["audio", "n", "store"]);
        dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        dialect.stop_max = Some(4);
        dialect.responses = ResponsesUse::Asked;
        dialect.reasoning_request = ReasoningRequest::Reasoning;
        dialect.reasoning_replay = ReasoningReplay::Details;
        dialect.cache_control = true;
        // Of Responses: chats take the other.
        dialect.cache_breakpoints = true;
        dialect.file_urls = true;
        dialect.images.path = Cow::Borrowed("/images");
        dialect.images.edits_path = Cow::Borrowed("/images");
        dialect.images.edits = EditForm::References;
        dialect.images.delivery = DeliveryForm::Base64;
        dialect.images.unsupported = ["negative_prompt", "user", "mask"].map(Cow::Borrowed).to_vec();
        dialect.transcription.form = SoundForm::InputAudio;
        dialect.transcription.translations_path = None;
        dialect.transcription.timed_format = None;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::GenerateImage,
                OperationKind::Rerank,
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
                Feature::DocumentInput,
                Feature::AudioInput,
                Feature::VideoInput,
                Feature::ImageOutput,
                Feature::Logprobs,
                Feature::CacheMarks,
                Feature::ServerTools,
                Feature::Dimensions,
                Feature::ImageEdit,
            ],
        )
    }
}
