//! What Hugging Face's router and its text generation server do differently from OpenAI.

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::{AuthScheme, Vendor};
use router_wire_openai::dialect::ResponsesUse;
use router_wire_openai::{Dialect, DialectVendor};

/// What Hugging Face's router does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct HuggingFaceDialect;

/// What a text generation server does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct TgiDialect;

/// Words of the servers, which the router passes on as well.
pub(crate) const CODES: CodeTable = &[
    ("validation", ErrorKind::InvalidRequest),
    ("tokenizer", ErrorKind::InvalidRequest),
    ("empty", ErrorKind::InvalidRequest),
    ("template_error", ErrorKind::InvalidRequest),
    ("generation", ErrorKind::Server),
    ("incomplete_generation", ErrorKind::Server),
    ("backend", ErrorKind::Server),
    ("overloaded", ErrorKind::Overloaded),
    ("unhealthy", ErrorKind::Overloaded),
    // A server of one's own has failed while it wrote: another try may do.
    ("424", ErrorKind::Server),
];

/// An address as Hugging Face's clients take it, up to the path of an API.
pub(crate) fn address(given: &str) -> String {
    let given = given.trim().trim_end_matches('/');
    given.strip_suffix("/v1").unwrap_or(given).to_owned()
}

impl DialectVendor for HuggingFaceDialect {
    const VENDOR: Vendor = Vendor::new("huggingface", "Hugging Face", "https://router.huggingface.co")
        .with_aliases(&["hf"])
        .with_key_env(&["HF_TOKEN"])
        .with_base_url_env(&["HUGGINGFACE_BASE_URL", "HF_BASE_URL"])
        .with_address_reader(address)
        .with_default_model("openai/gpt-oss-120b")
        .with_reference("https://huggingface.co/docs/inference-providers");

    const CODES: CodeTable = CODES;

    /// What a setting does is up to the vendor behind the router, so that none is left out.
    fn dialect() -> Dialect {
        let mut dialect = below_v1(Dialect::default());
        dialect.responses = ResponsesUse::Asked;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::GenerateImage,
                OperationKind::ListModels,
            ],
            FEATURES,
        )
    }
}

const FEATURES: &[Feature] = &[
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
];

impl DialectVendor for TgiDialect {
    const VENDOR: Vendor = Vendor::new("tgi", "Text Generation Inference", "http://localhost:8080")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["TGI_API_KEY"])
        .with_base_url_env(&["TGI_BASE_URL"])
        .with_address_reader(address)
        .with_default_model("tgi")
        .with_reference("https://huggingface.co/docs/text-generation-inference");

    const CODES: CodeTable = CODES;

    fn dialect() -> Dialect {
        let mut dialect = below_v1(Dialect::default()).without(&[
            "audio",
            "metadata",
            "modalities",
            "n",
            "parallel_tool_calls",
            "prompt_cache_key",
            "service_tier",
            "store",
            "top_k",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.stop_max = Some(4);
        // Zero is refused, and so are both ends of the other.
        dialect.temperature = Some((0.01, 100.0));
        dialect.top_p = Some((0.01, 0.99));
        dialect.strict_tools = false;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        let more = [Feature::Logprobs];
        let features: Vec<Feature> = FEATURES
            .iter()
            .copied()
            .filter(|feature| *feature != Feature::Reasoning)
            .chain(more)
            .collect();
        Capabilities::new([OperationKind::Chat, OperationKind::ListModels], &features)
    }
}

/// The paths behind an address without a version: other APIs stand beside it.
fn below_v1(mut dialect: Dialect) -> Dialect {
    dialect.chat_path = Cow::Borrowed("/v1/chat/completions");
    dialect.responses_path = Cow::Borrowed("/v1/responses");
    dialect.models_path = Cow::Borrowed("/v1/models");
    dialect
}
