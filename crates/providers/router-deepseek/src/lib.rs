#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{Dialect, ReasoningReplay, ReasoningRequest};
use router_wire_openai::{CompatibleCodec, DialectVendor};

/// DeepSeek over HTTP.
#[cfg(feature = "client")]
pub type DeepSeek = router_http::HttpProvider<DeepSeekCodec>;

/// DeepSeek's wire.
pub type DeepSeekCodec = CompatibleCodec<DeepSeekDialect>;

/// What DeepSeek does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct DeepSeekDialect;

impl DialectVendor for DeepSeekDialect {
    const VENDOR: Vendor = Vendor::new("deepseek", "DeepSeek", "https://api.deepseek.com")
        .with_key_env(&["DEEPSEEK_API_KEY"])
        .with_base_url_env(&["DEEPSEEK_BASE_URL", "DEEPSEEK_API_BASE"])
        .with_default_model("deepseek-flash")
        .with_reference("https://api-docs.deepseek.com");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "top_k",
            "seed",
            "n",
            "logit_bias",
            "frequency_penalty",
            "presence_penalty",
            "parallel_tool_calls",
            "verbosity",
            "metadata",
            "service_tier",
            "store",
            "prompt_cache_key",
            "modalities",
            "audio",
        ]);
        dialect.user_field = Some(Cow::Borrowed("user_id"));
        dialect.stop_max = Some(16);
        // Only on the beta address, and only when every tool of the request is strict.
        dialect.strict_tools = false;
        dialect.json_schema = false;
        dialect.reasoning_request = ReasoningRequest::Thinking;
        dialect.efforts = [("minimal", "low"), ("medium", "high"), ("xhigh", "high")]
            .map(|(ours, theirs)| (Cow::Borrowed(ours), Cow::Borrowed(theirs)))
            .to_vec();
        // Turns that called tools must bring their reasoning back, if only as an empty field, else 400
        // (https://api-docs.deepseek.com/guides/thinking_mode, read 2026-11).
        dialect.reasoning_replay = ReasoningReplay::AlwaysKey;
        // Text is filled in at the beta address.
        dialect.completions_path = Some(Cow::Borrowed("/beta/completions"));
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
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
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::Logprobs,
            ],
        )
    }
}
