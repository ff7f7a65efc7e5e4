//! What differs from OpenAI's family: of the surface that follows it, and of chats that a model is run with.

use std::borrow::Cow;

use router_core::error::TimeoutKind;
use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire_openai::Dialect;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest, ResponsesUse};

/// Numbers of Workers AI and of its gateway (<https://developers.cloudflare.com/workers-ai/platform/errors/>, read 2026-11).
pub(crate) const CODES: CodeTable = &[
    ("2003", ErrorKind::RateLimited),
    ("2009", ErrorKind::Authentication),
    ("2016", ErrorKind::ContentFiltered),
    ("2017", ErrorKind::ContentFiltered),
    ("3006", ErrorKind::InvalidRequest),
    ("3007", ErrorKind::Timeout(TimeoutKind::Vendor)),
    ("3036", ErrorKind::QuotaExceeded),
    ("3040", ErrorKind::Overloaded),
    ("3046", ErrorKind::Timeout(TimeoutKind::Vendor)),
    ("5007", ErrorKind::NotFound),
    ("5018", ErrorKind::NotFound),
    ("9109", ErrorKind::Authentication),
    ("10000", ErrorKind::Authentication),
    ("10013", ErrorKind::RateLimited),
];

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
    Feature::ImageEdit,
];

/// What an account can do.
pub(crate) fn of_account() -> Capabilities {
    use OperationKind::{Chat, Embed, GenerateImage, ListModels, Rerank, Speak, Transcribe};
    let operations = [Chat, Embed, GenerateImage, Rerank, Speak, Transcribe, ListModels];
    Capabilities::new(operations, FEATURES)
}

/// What a gateway can do: it runs nothing itself.
pub(crate) fn of_gateway() -> Capabilities {
    Capabilities::new([OperationKind::Chat, OperationKind::Embed], FEATURES)
}

/// The surface that follows OpenAI, at an AI Gateway.
pub(crate) fn gateway() -> Dialect {
    let mut dialect = Dialect::default().without(&["logprobs", "n", "top_logprobs"]);
    dialect.responses = ResponsesUse::Asked;
    dialect.files = false;
    dialect.audio = false;
    dialect.video = false;
    dialect
}

/// The same at an account, whose models stand beside it.
pub(crate) fn account() -> Dialect {
    let mut dialect = gateway();
    dialect.chat_path = Cow::Borrowed("/v1/chat/completions");
    dialect.responses_path = Cow::Borrowed("/v1/responses");
    dialect.embeddings_path = Cow::Borrowed("/v1/embeddings");
    dialect
}

/// A chat that a model is run with.
pub(crate) fn run() -> Dialect {
    let mut dialect = gateway().without(&[
        "logit_bias",
        "metadata",
        "modalities",
        "parallel_tool_calls",
        "prompt_cache_key",
        "service_tier",
        "stop_sequences",
        "store",
        "verbosity",
    ]);
    dialect.user_field = None;
    dialect.temperature = Some((0.0, 5.0));
    // Left out again: there is no such field, and it is what happens anyway.
    dialect.tool_choices = vec![Cow::Borrowed("auto")];
    dialect.strict_tools = false;
    dialect.reasoning_request = ReasoningRequest::None;
    dialect.reasoning_replay = ReasoningReplay::Never;
    dialect.names = false;
    dialect.text_as_string = true;
    dialect.image_urls = false;
    dialect.stream_options = false;
    dialect
}
