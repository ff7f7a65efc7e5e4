//! Which model a name means, and what the models can do.

use router_core::capability::Capabilities;
use router_core::{Feature, ModelId, OperationKind};

/// Who made a model, and its name at Vertex AI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A model on Google's wire: its path without a slash in front.
    Google(ModelId),
    /// A model on Anthropic's wire: its bare name.
    Anthropic(ModelId),
}

impl Target {
    /// The model of a name: `publishers/PUBLISHER/models/NAME`, `PUBLISHER/NAME`, `endpoints/ID`, or a bare name, which is
    /// Anthropic's when it begins with `claude-` (no other publisher has such names), else Google's.
    pub(crate) fn of(model: &ModelId) -> Self {
        let name = model.as_str();
        let full = name
            .strip_prefix("publishers/")
            .and_then(|rest| rest.split_once("/models/"));
        match full.or_else(|| name.split_once('/')) {
            Some(("anthropic", name)) => Self::Anthropic(ModelId::from(name.to_owned())),
            Some(("google", name)) => Self::Google(google(name)),
            // An endpoint of the project, or a publisher that Google's wire serves.
            Some(_) => Self::Google(model.clone()),
            None if name.starts_with("claude-") => Self::Anthropic(model.clone()),
            None => Self::Google(google(name)),
        }
    }
}

fn google(name: &str) -> ModelId {
    ModelId::from(format!("publishers/google/models/{name}"))
}

/// How many texts a model embeds at once by `predict`; nothing for one that has a method of its own
/// (<https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>, read 2026-11).
pub(crate) fn most_texts(model: &ModelId) -> Option<usize> {
    let name = model.as_str().rsplit('/').next().unwrap_or_default();
    match name {
        name if name.starts_with("gemini-embedding-2") => None,
        name if name.starts_with("gemini-embedding") => Some(1),
        _ => Some(250),
    }
}

/// What the vendor can do.
pub(crate) fn capabilities() -> Capabilities {
    Capabilities::new(
        [
            OperationKind::Chat,
            OperationKind::Embed,
            OperationKind::GenerateImage,
            OperationKind::Speak,
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
            Feature::DocumentInput,
            Feature::AudioInput,
            Feature::VideoInput,
            Feature::ImageOutput,
            Feature::AudioOutput,
            Feature::Logprobs,
            Feature::SeveralChoices,
            Feature::CacheMarks,
            Feature::ServerTools,
            Feature::Dimensions,
            Feature::ImageEdit,
        ],
    )
}

#[cfg(test)]
mod tests {
    use router_core::ModelId;

    use super::{Target, most_texts};

    #[test]
    fn names_choose_the_wire() {
        let google = |name: &'static str| Target::Google(ModelId::from_static(name));
        let anthropic = |name: &'static str| Target::Anthropic(ModelId::from_static(name));
        let of = |name: &'static str| Target::of(&ModelId::from_static(name));
        assert_eq!(
            of("gemini-3-pro"),
            google("publishers/google/models/gemini-3-pro")
        );
        assert_eq!(
            of("google/gemini-3-pro"),
            google("publishers/google/models/gemini-3-pro")
        );
        assert_eq!(of("endpoints/123"), google("endpoints/123"));
        assert_eq!(
            of("claude-sonnet-4-5@20250929"),
            anthropic("claude-sonnet-4-5@20250929")
        );
        assert_eq!(of("anthropic/claude-opus-5-5"), anthropic("claude-opus-5-5"));
        assert_eq!(of("publishers/anthropic/models/claude-x"), anthropic("claude-x"));
        let most = |name: &'static str| most_texts(&ModelId::from_static(name));
        assert_eq!(most("gemini-embedding-001"), Some(1));
        assert_eq!(most("google/gemini-embedding-2"), None);
        assert_eq!(most("text-embedding-005"), Some(250));
    }
}
