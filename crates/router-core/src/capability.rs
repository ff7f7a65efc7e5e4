//! What a provider can do, as data: balancers skip by it, the conformance suite picks its cases by it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ModelId, ModelInfo};

/// A kind of operation, without its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OperationKind {
    /// Chat.
    #[default]
    Chat,
    /// Embeddings.
    Embed,
    /// Images from text or images.
    GenerateImage,
    /// Documents by relevance.
    Rerank,
    /// Speech from text.
    Speak,
    /// Text from speech.
    Transcribe,
    /// Harm checks.
    Moderate,
    /// Token counts by the vendor.
    CountTokens,
    /// The vendor's models.
    ListModels,
}

impl OperationKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Chat,
        Self::Embed,
        Self::GenerateImage,
        Self::Rerank,
        Self::Speak,
        Self::Transcribe,
        Self::Moderate,
        Self::CountTokens,
        Self::ListModels,
    ];

    /// The word used in configuration, logs and results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embed => "embed",
            Self::GenerateImage => "generate_image",
            Self::Rerank => "rerank",
            Self::Speak => "speak",
            Self::Transcribe => "transcribe",
            Self::Moderate => "moderate",
            Self::CountTokens => "count_tokens",
            Self::ListModels => "list_models",
        }
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that a request may ask for and a provider may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Feature {
    /// Answers in pieces.
    Streaming,
    /// Instructions apart from the conversation.
    SystemMessages,
    /// Tools run by the caller.
    Tools,
    /// Several calls in one answer.
    ParallelToolCalls,
    /// Forcing or forbidding calls.
    ToolChoice,
    /// Any JSON object as answer.
    JsonObject,
    /// JSON that fits a schema as answer.
    JsonSchema,
    /// Thinking that can be asked for, or is shown.
    Reasoning,
    /// Images by value.
    ImageInput,
    /// Images by address.
    ImageUrlInput,
    /// Documents.
    DocumentInput,
    /// Sound.
    AudioInput,
    /// Moving pictures.
    VideoInput,
    /// Images in chat answers.
    ImageOutput,
    /// Sound in chat answers.
    AudioOutput,
    /// Log probabilities.
    Logprobs,
    /// Several choices.
    SeveralChoices,
    /// Marks for the vendor's prompt cache.
    CacheMarks,
    /// Tools run by the vendor.
    ServerTools,
    /// Vectors of a chosen length.
    Dimensions,
    /// Changing images.
    ImageEdit,
}

impl Feature {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Streaming,
        Self::SystemMessages,
        Self::Tools,
        Self::ParallelToolCalls,
        Self::ToolChoice,
        Self::JsonObject,
        Self::JsonSchema,
        Self::Reasoning,
        Self::ImageInput,
        Self::ImageUrlInput,
        Self::DocumentInput,
        Self::AudioInput,
        Self::VideoInput,
        Self::ImageOutput,
        Self::AudioOutput,
        Self::Logprobs,
        Self::SeveralChoices,
        Self::CacheMarks,
        Self::ServerTools,
        Self::Dimensions,
        Self::ImageEdit,
    ];

    /// The word used in configuration, logs and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::SystemMessages => "system_messages",
            Self::Tools => "tools",
            Self::ParallelToolCalls => "parallel_tool_calls",
            Self::ToolChoice => "tool_choice",
            Self::JsonObject => "json_object",
            Self::JsonSchema => "json_schema",
            Self::Reasoning => "reasoning",
            Self::ImageInput => "image_input",
            Self::ImageUrlInput => "image_url_input",
            Self::DocumentInput => "document_input",
            Self::AudioInput => "audio_input",
            Self::VideoInput => "video_input",
            Self::ImageOutput => "image_output",
            Self::AudioOutput => "audio_output",
            Self::Logprobs => "logprobs",
            Self::SeveralChoices => "several_choices",
            Self::CacheMarks => "cache_marks",
            Self::ServerTools => "server_tools",
            Self::Dimensions => "dimensions",
            Self::ImageEdit => "image_edit",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of features.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Feature>", into = "Vec<Feature>")]
pub struct Features(u32);

impl Features {
    /// No features.
    pub const NONE: Self = Self(0);

    /// The set of these features.
    #[must_use]
    pub const fn of(features: &[Feature]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < features.len() {
            bits |= 1 << features[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    /// Whether a feature is in the set.
    #[must_use]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u32) != 0
    }

    /// Adds a feature.
    pub fn insert(&mut self, feature: Feature) {
        self.0 |= 1 << feature as u32;
    }

    /// The set with more features.
    #[must_use]
    pub const fn with(self, features: &[Feature]) -> Self {
        Self(self.0 | Self::of(features).0)
    }

    /// The set without these features.
    #[must_use]
    pub const fn without(self, features: &[Feature]) -> Self {
        Self(self.0 & !Self::of(features).0)
    }

    /// The features of this set that `other` lacks.
    #[must_use]
    pub const fn missing_in(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The features, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL
            .iter()
            .copied()
            .filter(move |feature| self.contains(*feature))
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Feature::as_str)).finish()
    }
}

impl From<Vec<Feature>> for Features {
    fn from(features: Vec<Feature>) -> Self {
        Self::of(&features)
    }
}

impl From<Features> for Vec<Feature> {
    fn from(features: Features) -> Self {
        features.iter().collect()
    }
}

/// What a provider can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Operations it has.
    pub operations: Vec<OperationKind>,
    /// Features that its models have in general.
    pub features: Features,
    /// Models of which more is known, with the features they have instead.
    pub models: BTreeMap<ModelId, ModelCapabilities>,
    /// Most bytes of one image in a conversation, where the vendor says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_image_bytes: Option<u64>,
}

/// What one model can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModelCapabilities {
    /// Its features.
    pub features: Features,
    /// Sizes, where known.
    pub info: ModelInfo,
}

impl Capabilities {
    /// Operations and features.
    #[must_use]
    pub fn new(operations: impl Into<Vec<OperationKind>>, features: &[Feature]) -> Self {
        Self {
            operations: operations.into(),
            features: Features::of(features),
            models: BTreeMap::new(),
            max_image_bytes: None,
        }
    }

    /// With a limit on the bytes of one image.
    #[must_use]
    pub fn with_max_image_bytes(mut self, most: u64) -> Self {
        self.max_image_bytes = Some(most);
        self
    }

    /// Whether the provider has an operation.
    #[must_use]
    pub fn has(&self, operation: OperationKind) -> bool {
        self.operations.contains(&operation)
    }

    /// The features of a model: its own where known, the provider's otherwise.
    #[must_use]
    pub fn features_of(&self, model: &ModelId) -> Features {
        self.models
            .get(model)
            .map_or(self.features, |model| model.features)
    }

    /// What a call needs and this provider or model lacks; empty when it can take the call.
    #[must_use]
    pub fn lacks(&self, model: &ModelId, needs: &Needs) -> Lacks {
        let window = self.models.get(model).and_then(|model| model.info.context_window);
        Lacks {
            operation: (!self.has(needs.operation)).then_some(needs.operation),
            features: needs.features.missing_in(self.features_of(model)),
            context: window
                .filter(|window| needs.tokens > *window)
                .map(|window| (needs.tokens, window)),
        }
    }
}

/// What a call asks of a provider.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Needs {
    /// The operation.
    pub operation: OperationKind,
    /// Features that the answer depends on. Settings that may be dropped with a warning are not among them.
    pub features: Features,
    /// Estimated tokens of the prompt.
    pub tokens: u64,
}

impl Needs {
    /// An operation without features.
    #[must_use]
    pub fn new(operation: OperationKind) -> Self {
        Self {
            operation,
            features: Features::NONE,
            tokens: 0,
        }
    }
}

/// What a provider lacks for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Lacks {
    /// The operation itself.
    pub operation: Option<OperationKind>,
    /// Features.
    pub features: Features,
    /// Prompt tokens needed, and the context window.
    pub context: Option<(u64, u64)>,
}

impl Lacks {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operation.is_none() && self.features.is_empty() && self.context.is_none()
    }
}

impl fmt::Display for Lacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut missing: Vec<String> = self.operation.iter().map(ToString::to_string).collect();
        missing.extend(self.features.iter().map(|feature| feature.to_string()));
        missing.extend(
            self.context
                .map(|(needed, window)| format!("{needed} tokens of context (has {window})")),
        );
        f.write_str(&missing.join(", "))
    }
}
