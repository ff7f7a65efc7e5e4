#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::{AuthScheme, Vendor};
use router_wire_openai::dialect::ReasoningRequest;
use router_wire_openai::tokens::TokensForm;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// llama.cpp over HTTP.
#[cfg(feature = "client")]
pub type LlamaCpp = router_http::HttpProvider<LlamaCppCodec>;

/// llama.cpp's wire.
pub type LlamaCppCodec = CompatibleCodec<LlamaCppDialect>;

/// What llama.cpp does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct LlamaCppDialect;

impl DialectVendor for LlamaCppDialect {
    const VENDOR: Vendor = Vendor::new("llamacpp", "llama.cpp", "http://localhost:8080/v1")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["LLAMACPP_API_KEY", "LLAMA_API_KEY"])
        .with_base_url_env(&["LLAMACPP_BASE_URL"])
        .with_reference("https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md");

    const CODES: CodeTable = &[("exceed_context_size_error", ErrorKind::ContextLengthExceeded)];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "metadata",
            "modalities",
            "prompt_cache_key",
            "service_tier",
            "store",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.tool_choices = ["auto", "none", "required"].map(Cow::Borrowed).to_vec();
        dialect.reasoning_request = ReasoningRequest::ChatTemplate;
        dialect.files = false;
        dialect.video = false;
        dialect.completions_path = Some(Cow::Borrowed("/completions"));
        dialect.rerank.return_documents_field = None;
        dialect.tokens.path = Some(Cow::Borrowed("/chat/completions/input_tokens"));
        dialect.tokens.form = TokensForm::Chat;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::Rerank,
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
                Feature::AudioInput,
                Feature::Logprobs,
                Feature::SeveralChoices,
            ],
        )
    }
}
