//! A whole answer, and what layers need to know of it.

use serde::{Deserialize, Serialize};

use crate::audio::{SpeechResponse, TranscriptionResponse};
use crate::capability::OperationKind;
use crate::chat::{ChatResponse, FinishReason, Usage};
use crate::embedding::EmbeddingResponse;
use crate::image::ImageResponse;
use crate::model::ModelList;
use crate::moderation::ModerationResponse;
use crate::rerank::RerankResponse;
use crate::text::Text;
use crate::tokens::TokenCount;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Output {
    /// Chat.
    Chat(ChatResponse),
    /// Vectors.
    Embed(EmbeddingResponse),
    /// Images.
    GenerateImage(ImageResponse),
    /// A ranking.
    Rerank(RerankResponse),
    /// A sound file.
    Speak(SpeechResponse),
    /// Written-down speech.
    Transcribe(TranscriptionResponse),
    /// Judgements.
    Moderate(ModerationResponse),
    /// A token count.
    CountTokens(TokenCount),
    /// Models.
    ListModels(ModelList),
}

impl Output {
    /// The kind of operation it answers.
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

    /// Tokens used, where the operation counts them.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        match self {
            Self::Chat(response) => response.usage.as_ref(),
            Self::Embed(response) => response.usage.as_ref(),
            Self::GenerateImage(response) => response.usage.as_ref(),
            Self::Rerank(response) => response.usage.as_ref(),
            Self::Speak(response) => response.usage.as_ref(),
            Self::Transcribe(response) => response.usage.as_ref(),
            Self::Moderate(_) | Self::CountTokens(_) | Self::ListModels(_) => None,
        }
    }

    /// The model that answered, in the vendor's words.
    #[must_use]
    pub fn model(&self) -> Option<&Text> {
        match self {
            Self::Chat(response) => response.model.as_ref(),
            Self::Embed(response) => response.model.as_ref(),
            Self::GenerateImage(response) => response.model.as_ref(),
            Self::Rerank(response) => response.model.as_ref(),
            Self::Speak(response) => response.model.as_ref(),
            Self::Transcribe(response) => response.model.as_ref(),
            Self::Moderate(response) => response.model.as_ref(),
            Self::CountTokens(_) | Self::ListModels(_) => None,
        }
    }

    /// Why each choice ended; nothing of answers that have no choices.
    pub fn finish_reasons(&self) -> impl Iterator<Item = &FinishReason> {
        let choices = match self {
            Self::Chat(response) => &response.choices[..],
            _ => &[],
        };
        choices.iter().map(|choice| &choice.finish_reason)
    }

    /// About how many bytes it takes: the length of its JSON.
    #[must_use]
    pub fn size_estimate(&self) -> usize {
        crate::recording::json_len(self)
    }

    /// Whether it is an answer only by its form: nothing was said, a filter withheld it, or the vendor failed while answering.
    /// Nobody wants it a second time.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Chat(response) => {
                response.choices.is_empty()
                    || response
                        .choices
                        .iter()
                        .any(|choice| choice.finish_reason.is_negative())
            }
            _ => false,
        }
    }
}
