//! In whose form a model takes a chat over InvokeModel.

use crate::models::{Family, bare};

/// The form of a body (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Anthropic's messages.
    Claude,
    /// Converse's messages under another name.
    Nova,
    /// OpenAI's chat completions.
    OpenAi,
    /// A conversation as one text, or as texts.
    Text(TextForm),
}

/// How a conversation is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextForm {
    Titan,
    Llama3,
    Llama4,
    Mistral,
    Command,
}

/// Models of Mistral's that came before its chat form.
const MISTRAL_TEXT: [&str; 4] = [
    "mistral.mistral-7b",
    "mistral.mixtral-8x7b",
    "mistral.mistral-large-2402",
    "mistral.mistral-small-2402",
];

impl Form {
    /// The form of a model; nothing for one whose form is not known here.
    pub(super) fn of(family: Family, model: &str) -> Option<Self> {
        let name = bare(model);
        let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
        Some(match family {
            Family::Claude => Self::Claude,
            Family::Nova => Self::Nova,
            Family::OpenAi => Self::OpenAi,
            Family::Titan => Self::Text(TextForm::Titan),
            Family::Llama if begins(&["meta.llama2"]) => return None,
            Family::Llama if begins(&["meta.llama4"]) => Self::Text(TextForm::Llama4),
            Family::Llama => Self::Text(TextForm::Llama3),
            Family::Mistral if begins(&MISTRAL_TEXT) => Self::Text(TextForm::Mistral),
            Family::Mistral => Self::OpenAi,
            Family::Cohere if begins(&["cohere.command-r"]) => Self::Text(TextForm::Command),
            Family::Other if begins(&["qwen.", "moonshot", "deepseek.v"]) => Self::OpenAi,
            _ => return None,
        })
    }
}
