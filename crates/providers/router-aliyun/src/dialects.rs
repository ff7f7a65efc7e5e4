//! Aliyun's dialects of OpenAI's wires, by what a model takes.

use std::borrow::Cow;

use router_core::{Call, Json, Operation, Result};
use router_wire_openai::Dialect;
use router_wire_openai::dialect::{ReasoningReplay, ReasoningRequest};

use crate::models::takes_schema;
use crate::options::Steering;

/// The dialects of a call: with schemas or without, with reasoning sent back or without; and that of the native API's messages.
#[derive(Clone, Debug)]
pub(crate) struct Dialects {
    plain: Dialect,
    schema: Dialect,
    preserving: Dialect,
    schema_preserving: Dialect,
}

impl Dialects {
    pub(crate) fn new(plain: Dialect) -> Self {
        let mut schema = plain.clone();
        schema.json_schema = true;
        let preserving = |dialect: &Dialect| {
            let mut dialect = dialect.clone();
            dialect.reasoning_replay = ReasoningReplay::SameField;
            dialect
        };
        Self {
            preserving: preserving(&plain),
            schema_preserving: preserving(&schema),
            schema,
            plain,
        }
    }

    /// The dialects, each with differences.
    pub(crate) fn with(self, differences: &Json) -> Result<Self> {
        Ok(Self {
            plain: self.plain.with(differences)?,
            schema: self.schema.with(differences)?,
            preserving: self.preserving.with(differences)?,
            schema_preserving: self.schema_preserving.with(differences)?,
        })
    }

    pub(crate) fn of(&self, call: &Call, provider: &str) -> &Dialect {
        let Operation::Chat(request) = &call.operation else {
            return &self.plain;
        };
        let preserve = Steering::of(&request.provider_options, provider).preserve_thinking;
        match (takes_schema(call.model.as_str()), preserve) {
            (false, false) => &self.plain,
            (true, false) => &self.schema,
            (false, true) => &self.preserving,
            (true, true) => &self.schema_preserving,
        }
    }
}

/// The compatible mode.
pub(crate) fn compatible() -> Dialect {
    let mut dialect = Dialect::default().without(&[
        "frequency_penalty",
        "logit_bias",
        "metadata",
        "prompt_cache_key",
        "service_tier",
        "store",
        "verbosity",
    ]);
    let path = |path: &'static str| Cow::Borrowed(path);
    dialect.chat_path = path("/compatible-mode/v1/chat/completions");
    dialect.embeddings_path = path("/compatible-mode/v1/embeddings");
    dialect.models_path = path("/compatible-mode/v1/models");
    dialect.rerank.path = path("/compatible-api/v1/reranks");
    dialect.user_field = None;
    // Two itself is refused.
    dialect.temperature = Some((0.0, 1.99));
    dialect.top_p = Some((0.01, 1.0));
    dialect.tool_choices = ["auto", "none", "named"].map(Cow::Borrowed).to_vec();
    dialect.json_schema = false;
    dialect.reasoning_request = ReasoningRequest::EnableThinking;
    dialect.reasoning_replay = ReasoningReplay::Never;
    dialect.audio_data_urls = true;
    dialect.files = false;
    dialect.cache_control = true;
    dialect
}
