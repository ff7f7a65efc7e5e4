//! Which family a model is of, by its name: what decides how its tokens are counted.

/// The models that share a tokenizer and a form of prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Family {
    /// OpenAI's models with the vocabulary `cl100k_base`: GPT-3.5, GPT-4, GPT-4 Turbo.
    Gpt4,
    /// OpenAI's models with `o200k_base` that answer at once: GPT-4o, GPT-4.1, GPT-4.5.
    Gpt4o,
    /// OpenAI's models with `o200k_base` that think: o1, o3, o4, GPT-5 and later.
    Gpt5,
    /// OpenAI's open models, whose prompt has instructions of its own.
    GptOss,
    /// Anthropic's models up to Claude 4.
    Claude,
    /// Anthropic's models from Claude 5 and Opus 4.7 on, whose vocabulary is finer.
    Claude5,
    /// Google's models.
    Gemini,
    /// Meta's models.
    Llama,
    /// Alibaba's models.
    Qwen,
    /// DeepSeek's models.
    DeepSeek,
    /// Zhipu's models.
    Glm,
    /// Moonshot's models.
    Kimi,
    /// xAI's models.
    Grok,
    /// Mistral's models.
    Mistral,
    /// Cohere's models.
    Command,
    /// Amazon's models.
    Nova,
    /// Perplexity's models, which bill the text alone.
    Sonar,
    /// A model that no name here fits.
    Unknown,
}

/// Beginnings of names, the more specific ones first.
const NAMES: &[(&str, Family)] = &[
    ("gpt-oss", Family::GptOss),
    ("gpt-4o", Family::Gpt4o),
    ("gpt-4.", Family::Gpt4o),
    ("chatgpt-4o", Family::Gpt4o),
    ("gpt-3", Family::Gpt4),
    ("gpt-35", Family::Gpt4),
    ("gpt-4", Family::Gpt4),
    ("text-embedding-", Family::Gpt4),
    ("gpt-", Family::Gpt5),
    ("chatgpt", Family::Gpt5),
    ("codex", Family::Gpt5),
    ("o1", Family::Gpt5),
    ("o3", Family::Gpt5),
    ("o4", Family::Gpt5),
    ("claude-opus-4-7", Family::Claude5),
    ("claude-opus-4.7", Family::Claude5),
    ("claude-opus-4-8", Family::Claude5),
    ("claude-opus-4.8", Family::Claude5),
    ("claude-opus-5", Family::Claude5),
    ("claude-sonnet-5", Family::Claude5),
    ("claude-haiku-5", Family::Claude5),
    ("claude", Family::Claude),
    ("gemini", Family::Gemini),
    ("gemma", Family::Gemini),
    ("sonar", Family::Sonar),
    ("llama-3.1-sonar", Family::Sonar),
    ("llama", Family::Llama),
    ("meta-llama", Family::Llama),
    // Writer's models use the frame of Llama 3.1.
    ("palmyra", Family::Llama),
    ("qwen", Family::Qwen),
    ("qwq", Family::Qwen),
    ("deepseek", Family::DeepSeek),
    ("glm", Family::Glm),
    ("kimi", Family::Kimi),
    ("moonshot", Family::Kimi),
    ("grok", Family::Grok),
    ("mistral", Family::Mistral),
    ("ministral", Family::Mistral),
    ("mixtral", Family::Mistral),
    ("magistral", Family::Mistral),
    ("codestral", Family::Mistral),
    ("devstral", Family::Mistral),
    ("pixtral", Family::Mistral),
    ("voxtral", Family::Mistral),
    ("open-mi", Family::Mistral),
    ("nova", Family::Nova),
    ("command", Family::Command),
    ("c4ai", Family::Command),
];

impl Family {
    /// The family of a model. What stands in front of the name is let pass: `openai/gpt-4o`, `us.anthropic.claude-…`.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let model = model.rsplit('/').next().unwrap_or(model);
        let model = model.to_ascii_lowercase();
        let starts = std::iter::once(0).chain(model.match_indices('.').map(|(at, _)| at + 1));
        starts
            .filter_map(|at| {
                let rest = &model[at..];
                NAMES.iter().find(|(name, _)| rest.starts_with(name))
            })
            .map(|(_, family)| *family)
            .next()
            .unwrap_or(Self::Unknown)
    }
}
