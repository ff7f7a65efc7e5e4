//! What a call asks, and what layers need to know of it without matching on it.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::audio::{SpeechRequest, TranscriptionRequest};
use crate::capability::{Feature, Features, Needs, OperationKind};
use crate::chat::{ChatRequest, ResponseFormat};
use crate::content::{ContentPart, Media, MediaKind, MediaSource};
use crate::embedding::{EmbeddingInput, EmbeddingRequest};
use crate::image::ImageRequest;
use crate::message::{Content, Message, Role};
use crate::model::{ListModelsRequest, ModelId};
use crate::moderation::ModerationRequest;
use crate::rerank::RerankRequest;
use crate::text::Text;
use crate::tokens::{CountTokensRequest, EstimatingCounter, TokenCounter};
use crate::tool::ToolDefinition;

/// What a call asks. Requests are shared.
///
/// Layers never match on it: what they need to know are the methods.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Chat.
    Chat(Arc<ChatRequest>),
    /// Embeddings.
    Embed(Arc<EmbeddingRequest>),
    /// Images.
    GenerateImage(Arc<ImageRequest>),
    /// Documents by relevance.
    Rerank(Arc<RerankRequest>),
    /// Speech from text.
    Speak(Arc<SpeechRequest>),
    /// Text from speech.
    Transcribe(Arc<TranscriptionRequest>),
    /// Harm checks.
    Moderate(Arc<ModerationRequest>),
    /// Token counts.
    CountTokens(Arc<CountTokensRequest>),
    /// Models.
    ListModels(Arc<ListModelsRequest>),
}

/// Its name and the request: equal operations give equal bytes in any format, which is what keys of caches are hashes of.
impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn named<S: Serializer, R: Serialize>(
            name: &str,
            request: &R,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            (name, request).serialize(serializer)
        }
        let name = self.name();
        match self {
            Self::Chat(request) => named(name, request.as_ref(), serializer),
            Self::Embed(request) => named(name, request.as_ref(), serializer),
            Self::GenerateImage(request) => named(name, request.as_ref(), serializer),
            Self::Rerank(request) => named(name, request.as_ref(), serializer),
            Self::Speak(request) => named(name, request.as_ref(), serializer),
            Self::Transcribe(request) => named(name, request.as_ref(), serializer),
            Self::Moderate(request) => named(name, request.as_ref(), serializer),
            Self::CountTokens(request) => named(name, request.as_ref(), serializer),
            Self::ListModels(request) => named(name, request.as_ref(), serializer),
        }
    }
}

impl Operation {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Chat(_) => OperationKind::Chat,
            Self::Embed(_) => OperationKind::Embed,
            Self::GenerateImage(_) => OperationKind::GenerateImage,
            Self::Rerank(_) => OperationKind::Rerank,
            Self::Speak(_) => OperationKind::Speak,
            Self::Transcribe(_) => OperationKind::Transcribe,
            Self::Moderate(_) => OperationKind::Moderate,
            Self::CountTokens(_) => OperationKind::CountTokens,
            Self::ListModels(_) => OperationKind::ListModels,
        }
    }

    /// Its name in logs, errors and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Whether asking again is meant to give the same answer: no sampling, or sampling with a seed.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        match self {
            Self::Chat(request) => {
                let settings = &request.settings;
                settings.temperature == Some(0.0) || settings.seed.is_some()
            }
            Self::Transcribe(request) => request.temperature.is_none_or(|temperature| temperature == 0.0),
            Self::GenerateImage(_) | Self::Speak(_) => false,
            Self::Embed(_)
            | Self::Rerank(_)
            | Self::Moderate(_)
            | Self::CountTokens(_)
            | Self::ListModels(_) => true,
        }
    }

    /// What it asks of a provider.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::new(self.kind());
        needs.tokens = self.token_estimate();
        match self {
            Self::Chat(request) => chat_features(request, &mut needs.features),
            Self::CountTokens(request) => chat_features(&request.chat, &mut needs.features),
            Self::Embed(request) => embed_features(request, &mut needs.features),
            Self::GenerateImage(request) if !request.images.is_empty() => {
                needs.features.insert(Feature::ImageEdit)
            }
            _ => {}
        }
        needs
    }

    /// Estimated tokens of the prompt, without any vocabulary; see [`EstimatingCounter`].
    #[must_use]
    pub fn token_estimate(&self) -> u64 {
        let counter = EstimatingCounter;
        let model = ModelId::from_static("");
        let text = |text: &Text| counter.count_text(&model, text);
        let parts = |parts: &[ContentPart]| -> u64 {
            parts.iter().map(|part| counter.count_part(&model, part)).sum()
        };
        match self {
            Self::Chat(request) => counter.count_chat(&model, request),
            Self::CountTokens(request) => counter.count_chat(&model, &request.chat),
            Self::Embed(request) => request
                .inputs
                .iter()
                .map(|input| match input {
                    EmbeddingInput::Text(input) => text(input),
                    EmbeddingInput::Tokens(tokens) => tokens.len() as u64,
                    EmbeddingInput::Parts(input) => parts(input),
                })
                .sum(),
            Self::GenerateImage(request) => text(&request.prompt),
            Self::Rerank(request) => text(&request.query) + parts(&request.documents),
            Self::Speak(request) => text(&request.input),
            Self::Moderate(request) => request
                .inputs
                .iter()
                .map(|input| match input {
                    Content::Text(input) => text(input),
                    Content::Parts(input) => parts(input),
                })
                .sum(),
            Self::Transcribe(_) | Self::ListModels(_) => 0,
        }
    }

    /// Most tokens of the answer, all choices together: zero where answers are no tokens, `None` where the request sets no
    /// bound.
    #[must_use]
    pub fn max_output_tokens(&self) -> Option<u64> {
        match self {
            Self::Chat(request) => {
                let choices = u64::from(request.settings.n.unwrap_or(1).max(1));
                let most = request.settings.max_output_tokens?;
                Some(most.saturating_mul(choices))
            }
            Self::GenerateImage(_) | Self::Speak(_) | Self::Transcribe(_) => None,
            Self::Embed(_)
            | Self::Rerank(_)
            | Self::Moderate(_)
            | Self::CountTokens(_)
            | Self::ListModels(_) => Some(0),
        }
    }
}

fn chat_features(request: &ChatRequest, features: &mut Features) {
    for tool in &request.tools {
        features.insert(match tool {
            ToolDefinition::Provider(_) => Feature::ServerTools,
            ToolDefinition::Function(_) | ToolDefinition::Custom(_) => Feature::Tools,
        });
    }
    match &request.response_format {
        Some(ResponseFormat::Json) => features.insert(Feature::JsonObject),
        Some(ResponseFormat::JsonSchema(_)) => features.insert(Feature::JsonSchema),
        Some(ResponseFormat::Text) | None => {}
    }
    if request.settings.n.is_some_and(|n| n > 1) {
        features.insert(Feature::SeveralChoices);
    }
    for message in &request.messages {
        message_features(message, features);
    }
}

fn embed_features(request: &EmbeddingRequest, features: &mut Features) {
    if request.dimensions.is_some() {
        features.insert(Feature::Dimensions);
    }
    for input in &request.inputs {
        if let EmbeddingInput::Parts(parts) = input {
            for part in parts {
                if let ContentPart::Media(media) = part {
                    media_feature(media, features);
                }
            }
        }
    }
}

fn message_features(message: &Message, features: &mut Features) {
    if message.role == Role::System {
        features.insert(Feature::SystemMessages);
    }
    for part in message.content.parts() {
        match part {
            ContentPart::Media(media) => media_feature(media, features),
            ContentPart::ToolResult(result) => {
                if let Content::Parts(parts) = &result.content {
                    for part in parts.iter() {
                        if let ContentPart::Media(media) = part {
                            media_feature(media, features);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

fn media_feature(media: &Media, features: &mut Features) {
    features.insert(match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(_)) => Feature::ImageUrlInput,
        (MediaKind::Image, _) => Feature::ImageInput,
        (MediaKind::Document, _) => Feature::DocumentInput,
        (MediaKind::Audio, _) => Feature::AudioInput,
        (MediaKind::Video, _) => Feature::VideoInput,
    });
}
