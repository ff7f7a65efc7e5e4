#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};
use router_wire_openai::images::{DeliveryForm, EditForm};
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// SiliconFlow over HTTP.
#[cfg(feature = "client")]
pub type SiliconFlow = router_http::HttpProvider<SiliconFlowCodec>;

/// SiliconFlow's wire.
pub type SiliconFlowCodec = CompatibleCodec<SiliconFlowDialect>;

/// What SiliconFlow does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct SiliconFlowDialect;

impl DialectVendor for SiliconFlowDialect {
    const VENDOR: Vendor = Vendor::new("siliconflow", "SiliconFlow", "https://api.siliconflow.cn/v1")
        .with_key_env(&["SILICONFLOW_API_KEY"])
        .with_base_url_env(&["SILICONFLOW_BASE_URL"])
        .with_default_model("deepseek-ai/DeepSeek-V3.2")
        .with_reference("https://docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions");

    const CODES: CodeTable = &[
        ("20012", ErrorKind::NotFound),
        ("30001", ErrorKind::QuotaExceeded),
        ("50505", ErrorKind::Overloaded),
        ("20015", ErrorKind::InvalidRequest),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "prompt_cache_key",
            "seed",
            "service_tier",
            "store",
            "top_logprobs",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.stop_max = Some(4);
        dialect.temperature = Some((0.0, 2.0));
        dialect.tool_choices = ["auto", "none", "required"].map(Cow::Borrowed).to_vec();
        dialect.reasoning_request = ReasoningRequest::EnableThinking;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect.images.size_field = Cow::Borrowed("image_size");
        dialect.images.count_field = Cow::Borrowed("batch_size");
        dialect.images.edits = EditForm::Image;
        dialect.images.edits_path = Cow::Borrowed("/images/generations");
        dialect.images.delivery = DeliveryForm::Url;
        dialect.images.unsupported = [
            "aspect_ratio",
            "quality",
            "background",
            "output_format",
            "user",
            "mask",
        ]
        .map(Cow::Borrowed)
        .to_vec();
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
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::Dimensions,
                Feature::ImageEdit,
            ],
        )
    }
}
