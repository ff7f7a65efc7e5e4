//! What Aliyun's models take, by their names.

use router_core::ChatRequest;
use router_core::chat::ReasoningEffort;

/// Whether a model thinks always, so that it cannot be told not to.
pub(crate) fn always_thinks(model: &str) -> bool {
    model.contains("-thinking") || starts(model, &["qwq-", "qvq-"])
}

/// Whether a model answers in pieces only, to this request.
pub(crate) fn streams_only(model: &str, request: &ChatRequest) -> bool {
    always_thinks(model)
        || model.contains("-omni")
        || starts(model, &["qwen-mt-", "qwen-deep-research"])
        || (thinks_unasked(model) && !thinks_not(request))
}

/// Whether the answer may be held to a schema.
pub(crate) fn takes_schema(model: &str) -> bool {
    starts(model, &["qwen3.7-", "qwen3.8-"]) && !model.contains("-omni")
}

/// Whether a model is asked at the address for several kinds of content, whatever the request holds.
pub(crate) fn is_multimodal(model: &str) -> bool {
    ["-vl", "-omni", "-audio", "-ocr", "-asr"]
        .iter()
        .any(|word| model.contains(word))
        || starts(model, &["qvq-"])
}

/// Whether a model of open weights thinks unless it is told not to: `qwen3-32b`, `qwen3-235b-a22b`.
fn thinks_unasked(model: &str) -> bool {
    let Some(rest) = model.strip_prefix("qwen3-") else {
        return false;
    };
    let size = rest.split('-').next().unwrap_or_default();
    let digits = size.trim_end_matches('b');
    digits.len() < size.len()
        && digits.starts_with(|of: char| of.is_ascii_digit())
        && !rest.contains("instruct")
}

pub(crate) fn thinks_not(request: &ChatRequest) -> bool {
    let reasoning = request.settings.reasoning.as_ref();
    reasoning.is_some_and(|reasoning| reasoning.effort == Some(ReasoningEffort::None))
}

/// How pictures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// As a conversation, answered at once.
    Messages,
    /// As a task, which is asked about.
    Task,
}

impl Pictures {
    pub(crate) fn of(model: &str) -> Self {
        let numbered = |prefix: &str| {
            model
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with(|of: char| of.is_ascii_digit()))
        };
        let old_wan = ["wan2.1", "wan2.2", "wan2.3", "wan2.4", "wan2.5"];
        let old_qwen = starts(model, &["qwen-image"])
            && !numbered("qwen-image-")
            && !starts(model, &["qwen-image-edit"]);
        if old_qwen || starts(model, &old_wan) || starts(model, &["wanx", "flux-", "stable-diffusion"]) {
            Self::Task
        } else {
            Self::Messages
        }
    }
}

fn starts(model: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| model.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use router_core::chat::{ReasoningConfig, ReasoningEffort};
    use router_core::{ChatRequest, Settings};

    use super::{Pictures, always_thinks, streams_only, takes_schema};

    #[test]
    fn who_answers_in_pieces_only() {
        let plain = ChatRequest::user("Hi");
        let mut settings = Settings::default();
        settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::None));
        let thoughtless = ChatRequest::user("Hi").with_settings(settings);
        for (model, whole, when_told_not_to_think) in [
            ("qwen-plus", false, false),
            ("qwen3-max", false, false),
            ("qwen3-coder-plus", false, false),
            ("qwen3.8-flash", false, false),
            ("qwen3-32b", true, false),
            ("qwen3-235b-a22b", true, false),
            ("qwen3-0.6b", true, false),
            ("qwen3-235b-a22b-instruct-2507", false, false),
            ("qwen3-235b-a22b-thinking-2507", true, true),
            ("qwq-plus", true, true),
            ("qvq-max", true, true),
            ("qwen-omni-turbo", true, true),
            ("qwen3-omni-flash", true, true),
            ("qwen3.8-omni-flash", true, true),
            ("qwen-deep-research", true, true),
        ] {
            assert_eq!(streams_only(model, &plain), whole, "{model}");
            assert_eq!(
                streams_only(model, &thoughtless),
                when_told_not_to_think,
                "{model}"
            );
        }
        assert!(always_thinks("qwq-plus") && !always_thinks("qwen3-32b"));
        assert!(takes_schema("qwen3.8-max") && !takes_schema("qwen3-max"));
    }

    #[test]
    fn how_pictures_are_asked_for() {
        for (model, how) in [
            ("qwen-image-2.0-pro", Pictures::Messages),
            ("qwen-image-3.0", Pictures::Messages),
            ("qwen-image-edit-plus", Pictures::Messages),
            ("wan2.6-t2i", Pictures::Messages),
            ("wan2.6-image", Pictures::Messages),
            ("qwen-image", Pictures::Task),
            ("qwen-image-plus", Pictures::Task),
            ("wan2.5-t2i-preview", Pictures::Task),
            ("wanx2.1-t2i-turbo", Pictures::Task),
        ] {
            assert_eq!(Pictures::of(model), how, "{model}");
        }
    }
}
