#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ReasoningReplay;
use router_wire_openai::tokens::TokensForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Moonshot AI (Kimi) over HTTP.
#[cfg(feature = "client")]
pub type Moonshot = router_http::HttpProvider<MoonshotCodec>;

/// Moonshot AI (Kimi)'s wire.
pub type MoonshotCodec = CompatibleCodec<MoonshotDialect>;

/// What Moonshot AI (Kimi) does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct MoonshotDialect;

impl DialectVendor for MoonshotDialect {
    const VENDOR: Vendor = Vendor::new("moonshot", "Moonshot AI (Kimi)", "https://api.moonshot.ai/v1")
        .with_aliases(&["kimi"])
        .with_key_env(&["MOONSHOT_API_KEY", "KIMI_API_KEY"])
        .with_base_url_env(&["MOONSHOT_BASE_URL"])
        .with_default_model("kimi-k3")
        .with_reference("https://platform.kimi.ai/docs/api/chat");

    const CODES: CodeTable = &[
        ("rate_limit_reached_error", ErrorKind::RateLimited),
        ("exceeded_current_quota_error", ErrorKind::QuotaExceeded),
        ("engine_overloaded_error", ErrorKind::Overloaded),
        ("incorrect_api_key_error", ErrorKind::Authentication),
        ("permission_denied_error", ErrorKind::PermissionDenied),
        ("resource_not_found_error", ErrorKind::NotFound),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "frequency_penalty",
            "logit_bias",
            "metadata",
            "modalities",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "seed",
            "service_tier",
            "store",
            "temperature",
            "top_k",
            "top_p",
            "verbosity",
        ]);
        dialect.user_field = Some(Cow::Borrowed("safety_identifier"));
        dialect.stop_max = Some(5);
        dialect.tool_choices = ["auto", "none", "named"].map(Cow::Borrowed).to_vec();
        dialect.strict_tools = false;
        dialect.efforts = [
            ("minimal", "low"),
            ("medium", "high"),
            ("xhigh", "max"),
            ("none", "low"),
        ]
        .map(|(ours, theirs)| (Cow::Borrowed(ours), Cow::Borrowed(theirs)))
        .to_vec();
        dialect.reasoning_replay = ReasoningReplay::AlwaysKey;
        dialect.tokens.path = Some(Cow::Borrowed("/tokenizers/estimate-token-count"));
        dialect.tokens.form = TokensForm::Messages;
        dialect.files = false;
        dialect.audio = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::CountTokens,
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
                Feature::VideoInput,
                Feature::Logprobs,
            ],
        )
    }
}
