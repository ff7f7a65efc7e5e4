#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// StepFun over HTTP.
#[cfg(feature = "client")]
pub type StepFun = router_http::HttpProvider<StepFunCodec>;

/// StepFun's wire.
pub type StepFunCodec = CompatibleCodec<StepFunDialect>;

/// What StepFun does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct StepFunDialect;

impl DialectVendor for StepFunDialect {
    const VENDOR: Vendor = Vendor::new("stepfun", "StepFun", "https://api.stepfun.com/v1")
        .with_key_env(&["STEPFUN_API_KEY", "STEP_API_KEY"])
        .with_base_url_env(&["STEPFUN_BASE_URL"])
        .with_default_model("step-3")
        .with_reference("https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "parallel_tool_calls",
            "presence_penalty",
            "prompt_cache_key",
            "seed",
            "service_tier",
            "store",
            "top_k",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.temperature = Some((0.0, 2.0));
        dialect.tool_choices = ["auto", "none"].map(Cow::Borrowed).to_vec();
        dialect.json_schema = false;
        dialect.reasoning_request = ReasoningRequest::None;
        dialect.reasoning_replay = ReasoningReplay::Never;
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
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::SeveralChoices,
            ],
        )
    }
}
