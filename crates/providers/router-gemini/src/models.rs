//! What Gemini's models can do.

use router_core::capability::{Capabilities, Features, ModelCapabilities};
use router_core::model::ModelInfo;
use router_core::{Feature, ModelId, OperationKind};
use router_wire_gemini::{Rules, Thinking};

const OPERATIONS: [OperationKind; 6] = [
    OperationKind::Chat,
    OperationKind::Embed,
    OperationKind::GenerateImage,
    OperationKind::Speak,
    OperationKind::CountTokens,
    OperationKind::ListModels,
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
    Feature::DocumentInput,
    Feature::AudioInput,
    Feature::VideoInput,
    Feature::ImageOutput,
    Feature::AudioOutput,
    Feature::Logprobs,
    Feature::SeveralChoices,
    Feature::ServerTools,
    Feature::Dimensions,
    Feature::ImageEdit,
];

/// Models of which more is known, with the tokens they read and write. Facts from
/// <https://ai.google.dev/gemini-api/docs/models>, read 2026-11.
const MODELS: &[(&str, u64, u64)] = &[
    ("gemini-4-argon", 1_048_576, 65_536),
    ("gemini-3.8-flash", 1_048_576, 65_536),
    ("gemini-3.7-flash", 1_048_576, 65_536),
    ("gemini-3.6-flash", 1_048_576, 65_536),
    ("gemini-3.5-flash", 1_048_576, 65_536),
    ("gemini-3.5-flash-lite", 1_048_576, 65_536),
    ("gemini-3.1-pro-preview", 1_048_576, 65_536),
    ("gemini-3.1-flash-lite", 1_048_576, 65_536),
    ("gemini-2.5-pro", 1_048_576, 65_536),
    ("gemini-2.5-flash", 1_048_576, 65_536),
    ("gemini-2.5-flash-lite", 1_048_576, 65_536),
];

/// What the vendor can do, and what single models cannot.
pub(crate) fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::new(OPERATIONS, FEATURES);
    for (name, window, most) in MODELS {
        let rules = Rules::of(name);
        let lacking = [
            (Feature::Reasoning, rules.thinking == Thinking::None),
            (Feature::ImageUrlInput, !rules.media_urls),
            (Feature::SystemMessages, !rules.system_instruction),
            // Pictures and sound are made by models of their own.
            (Feature::ImageOutput, true),
            (Feature::AudioOutput, true),
        ];
        let mut model = ModelCapabilities::default();
        model.features = lacking
            .iter()
            .filter(|(_, lacks)| *lacks)
            .fold(Features::of(FEATURES), |features, (feature, _)| {
                features.without(&[*feature])
            });
        model.info = ModelInfo::new(*name);
        model.info.context_window = Some(*window);
        model.info.max_output_tokens = Some(*most);
        capabilities.models.insert(ModelId::from_static(name), model);
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use router_core::{Feature, ModelId};

    use super::capabilities;

    #[test]
    fn models_lack_what_they_refuse() {
        let capabilities = capabilities();
        let has = |model: &'static str, feature| {
            capabilities
                .features_of(&ModelId::from_static(model))
                .contains(feature)
        };
        assert!(has("gemini-3.8-flash", Feature::ImageUrlInput));
        assert!(!has("gemini-2.5-pro", Feature::ImageOutput));
        assert!(has("gemini-2.5-pro", Feature::ImageUrlInput));
        assert!(has("gemini-2.5-pro", Feature::Reasoning));
        assert!(has("gemini-3-pro-image", Feature::ImageOutput));
    }
}
