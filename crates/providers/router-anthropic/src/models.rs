//! What Anthropic's models can do.

use router_core::capability::{Capabilities, Features, ModelCapabilities};
use router_core::model::ModelInfo;
use router_core::{Feature, ModelId, OperationKind};
use router_wire_anthropic::Rules;
use router_wire_anthropic::rules::{ForcedTools, Thinking};

const OPERATIONS: [OperationKind; 3] = [
    OperationKind::Chat,
    OperationKind::CountTokens,
    OperationKind::ListModels,
];

const FEATURES: &[Feature] = &[
    Feature::Streaming,
    Feature::SystemMessages,
    Feature::Tools,
    Feature::ParallelToolCalls,
    Feature::ToolChoice,
    Feature::JsonSchema,
    Feature::Reasoning,
    Feature::ImageInput,
    Feature::ImageUrlInput,
    Feature::DocumentInput,
    Feature::CacheMarks,
    Feature::ServerTools,
];

/// Models of which more is known, with the tokens they read. Their names without a date; facts from
/// <https://platform.claude.com/docs/en/about-claude/models/overview>, read 2026-11.
const MODELS: &[(&str, u64)] = &[
    ("claude-opus-5-5", 1_000_000),
    ("claude-sonnet-5-5", 1_000_000),
    ("claude-haiku-5-5", 1_000_000),
    ("claude-fable-5-2", 1_000_000),
    ("claude-fable-5-1", 1_000_000),
    ("claude-fable-5", 1_000_000),
    ("claude-mythos-5-2", 1_000_000),
    ("claude-mythos-5-1", 1_000_000),
    ("claude-mythos-5", 1_000_000),
    ("claude-opus-5", 1_000_000),
    ("claude-sonnet-5", 1_000_000),
    ("claude-opus-4-8", 1_000_000),
    ("claude-opus-4-7", 1_000_000),
    ("claude-opus-4-6", 1_000_000),
    ("claude-sonnet-4-6", 1_000_000),
    ("claude-opus-4-5", 200_000),
    ("claude-sonnet-4-5", 200_000),
    ("claude-haiku-4-5", 200_000),
];

/// Five megabytes (<https://platform.claude.com/docs/en/build-with-claude/vision>, read 2026-11).
const MAX_IMAGE: u64 = 5 * 1024 * 1024;

/// What the vendor can do, and what single models cannot.
pub(crate) fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::new(OPERATIONS, FEATURES).with_max_image_bytes(MAX_IMAGE);
    for (name, window) in MODELS {
        capabilities
            .models
            .insert(ModelId::from_static(name), model(name, *window));
    }
    capabilities
}

fn model(name: &'static str, window: u64) -> ModelCapabilities {
    let rules = Rules::of(name);
    let lacking = [
        (Feature::ToolChoice, rules.forced_tools == ForcedTools::Never),
        (Feature::JsonSchema, !rules.json_schema),
        (Feature::Reasoning, rules.thinking == Thinking::Never),
    ];
    let mut model = ModelCapabilities::default();
    model.features = lacking
        .iter()
        .filter(|(_, lacks)| *lacks)
        .fold(Features::of(FEATURES), |features, (feature, _)| {
            features.without(&[*feature])
        });
    model.info = ModelInfo::new(name);
    model.info.context_window = Some(window);
    model.info.max_output_tokens = rules.max_output_tokens;
    model
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
        assert!(has("claude-sonnet-4-5", Feature::ToolChoice));
        assert!(!has("claude-sonnet-5-5", Feature::ToolChoice));
        assert!(has("claude-sonnet-5-5", Feature::Tools));
        assert!(has("a-model-of-tomorrow", Feature::JsonSchema));
    }
}
