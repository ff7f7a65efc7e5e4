#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind, Usage};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ResponsesUse;
use router_wire_openai::images::EditForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};
use serde::Deserialize;

/// xAI over HTTP.
#[cfg(feature = "client")]
pub type Xai = router_http::HttpProvider<XaiCodec>;

/// xAI's wire.
pub type XaiCodec = CompatibleCodec<XaiDialect>;

/// What xAI does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct XaiDialect;

impl DialectVendor for XaiDialect {
    const VENDOR: Vendor = Vendor::new("xai", "xAI", "https://api.x.ai/v1")
        .with_aliases(&["grok"])
        .with_key_env(&["XAI_API_KEY"])
        .with_base_url_env(&["XAI_BASE_URL"])
        .with_default_model("grok-4.6")
        .with_reference("https://docs.x.ai/docs/api-reference");

    // The message beside it says more: a wrong key and an unknown model have these words too.
    const CODES: CodeTable = &[
        ("invalid-argument", ErrorKind::InvalidRequest),
        ("client specified an invalid argument", ErrorKind::InvalidRequest),
    ];

    fn dialect() -> Dialect {
        // Reasoning models, and those are nearly all, answer stop sequences and penalties with 400
        // (https://docs.x.ai/docs/guides/reasoning, read 2026-11).
        let mut dialect = Dialect::default().without(&[
            "audio",
            "frequency_penalty",
            "logit_bias",
            "metadata",
            "modalities",
            "presence_penalty",
            "prompt_cache_key",
            "stop_sequences",
            "top_k",
            "verbosity",
        ]);
        dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        dialect.responses = ResponsesUse::ServerTools;
        dialect.strict_tools = false;
        dialect.names = false;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect.images.edits = EditForm::Urls;
        dialect.images.unsupported = ["negative_prompt", "size", "seed", "background", "mask"]
            .map(Cow::Borrowed)
            .to_vec();
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::GenerateImage,
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
                Feature::ServerTools,
                Feature::ImageEdit,
            ],
        )
    }
}

/// What a call cost in US dollars, where the vendor told.
#[must_use]
pub fn cost(usage: &Usage) -> Option<f64> {
    #[derive(Deserialize)]
    struct Charged {
        cost_in_usd_ticks: f64,
    }
    let charged: Charged = usage.raw.as_ref()?.to().ok()?;
    Some(charged.cost_in_usd_ticks / 1e10)
}
