//! What OpenAI's model families take, by their names.

/// A family of models, as far as its rules differ. Facts from <https://platform.openai.com/docs/models>, read 2026-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelFamily {
    /// Models without reasoning: everything is allowed.
    Plain,
    /// Reasoning models: no penalties, no token bias, no stop sequences; sampling only with the effort `none`.
    Reasoning {
        /// Major and minor version of `gpt-5.4` and its like; `o` models have none.
        version: Option<(u32, u32)>,
    },
    /// Models that only the Responses API serves.
    ResponsesOnly,
    /// Models that complete text and hold no conversation.
    TextOnly,
}

impl ModelFamily {
    /// The family of a model. Unknown ids count as the newest family of their name.
    #[must_use]
    pub fn of(model: &str) -> Self {
        // Byte by byte, since names are short and this is asked twice a call.
        let slash = model.bytes().rposition(|byte| byte == b'/');
        let name = slash.map_or(model, |slash| &model[slash + 1..]);
        // Fine-tuned models are `ft:gpt-4o-mini:…`.
        let name = name.strip_prefix("ft:").unwrap_or(name);
        let version = name.strip_prefix("gpt-").and_then(version);
        let (is_text, thinks, is_named) = match version {
            Some((3, 5)) => (name.starts_with("gpt-3.5-turbo-instruct"), false, false),
            Some((major, _)) => (false, major >= 5 && !name.starts_with("gpt-5-chat"), false),
            None => (
                name.starts_with("davinci-") || name.starts_with("babbage-"),
                name.strip_prefix('o')
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
                name.starts_with("codex") || name.starts_with("computer"),
            ),
        };
        if is_text {
            Self::TextOnly
        } else if (thinks || is_named)
            && ["-pro", "-codex", "deep-research", "computer-use"]
                .iter()
                .any(|word| name.contains(word))
        {
            Self::ResponsesOnly
        } else if thinks {
            Self::Reasoning { version }
        } else {
            Self::Plain
        }
    }

    /// Whether chat completions refuse tools for this model unless the effort is `none`: from 5.4 on.
    #[must_use]
    pub fn tools_need_responses(self) -> bool {
        matches!(self, Self::Reasoning { version: Some(version) } if version >= (5, 4))
    }
}

fn version(rest: &str) -> Option<(u32, u32)> {
    fn number(text: &str) -> Option<(u32, &str)> {
        let end = text.bytes().position(|byte| !byte.is_ascii_digit());
        let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
        digits.parse().ok().map(|number| (number, rest))
    }
    let (major, rest) = number(rest)?;
    let minor = rest
        .strip_prefix('.')
        .and_then(number)
        .map_or(0, |(minor, _)| minor);
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::ModelFamily;

    #[test]
    fn families_by_name() {
        assert_eq!(ModelFamily::of("gpt-4o-mini"), ModelFamily::Plain);
        assert_eq!(ModelFamily::of("gpt-5-chat-latest"), ModelFamily::Plain);
        assert_eq!(
            ModelFamily::of("o4-mini"),
            ModelFamily::Reasoning { version: None }
        );
        assert_eq!(
            ModelFamily::of("gpt-5.4-mini"),
            ModelFamily::Reasoning {
                version: Some((5, 4))
            }
        );
        assert_eq!(
            ModelFamily::of("gpt-6-astra"),
            ModelFamily::Reasoning {
                version: Some((6, 0))
            }
        );
        assert_eq!(ModelFamily::of("gpt-5.2-codex"), ModelFamily::ResponsesOnly);
        assert_eq!(ModelFamily::of("o3-pro"), ModelFamily::ResponsesOnly);
        for model in ["gpt-3.5-turbo-instruct-0914", "ft:davinci-002:acme"] {
            assert_eq!(ModelFamily::of(model), ModelFamily::TextOnly);
        }
        assert_eq!(ModelFamily::of("gpt-3.5-turbo"), ModelFamily::Plain);
        assert!(ModelFamily::of("gpt-5.5").tools_need_responses());
        assert!(!ModelFamily::of("gpt-5.1").tools_need_responses());
    }
}
