//! What a model of the family takes: sampling, thinking, forced tools, by its name.

/// What a model takes. Facts from the vendor's model pages, read 2026-11
/// (<https://platform.claude.com/docs/en/about-claude/models/overview>).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rules {
    /// Most tokens of an answer: what is sent when the request sets no limit, since the wire demands one.
    pub max_output_tokens: Option<u64>,
    /// Which sampling settings it takes.
    pub sampling: Sampling,
    /// How thinking is asked for.
    pub thinking: Thinking,
    /// How thinking is turned off.
    pub off: Off,
    /// The levels of effort it takes; none when it has no such setting.
    pub efforts: &'static [&'static str],
    /// When a call can be demanded.
    pub forced_tools: ForcedTools,
    /// Whether answers and arguments can be held to a schema.
    pub json_schema: bool,
    /// Whether instructions may stand between other messages.
    pub system_between: bool,
    /// Whether thoughts are hidden unless asked for.
    pub hides_thoughts: bool,
}

/// Which sampling settings a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sampling {
    /// All of them.
    Free,
    /// Temperature or `top_p`, not both.
    One,
    /// None.
    Refused,
}

/// How thinking is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// Not at all.
    Never,
    /// By a bound in tokens.
    Budget,
    /// By a bound in tokens, or leaving it to the model.
    Either,
    /// Leaving it to the model, with a level of effort.
    Adaptive,
}

/// How thinking is turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Off {
    /// By the type `disabled`.
    Disabled,
    /// By saying nothing: it is off unless asked for.
    Omitted,
    /// By the type `between_tools`, which is as little as the model does.
    BetweenTools,
    /// Not at all.
    Never,
}

/// When a call can be demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForcedTools {
    /// Always.
    Always,
    /// Unless the model is to think by a budget; a model that adapts its thinking takes both.
    NotWithBudget,
    /// Never.
    Never,
}

const NONE: &[&str] = &[];
const TO_HIGH: &[&str] = &["low", "medium", "high"];
const WITH_MAX: &[&str] = &["low", "medium", "high", "max"];
const ALL: &[&str] = &["low", "medium", "high", "xhigh", "max"];

/// A model of which nothing is known, on a server of another vendor that speaks this wire.
const UNKNOWN: Rules = Rules {
    max_output_tokens: None,
    sampling: Sampling::Free,
    thinking: Thinking::Budget,
    off: Off::Disabled,
    efforts: NONE,
    forced_tools: ForcedTools::Always,
    json_schema: true,
    system_between: false,
    hides_thoughts: false,
};

/// Models up to 3.5.
const OLD: Rules = Rules {
    max_output_tokens: Some(4096),
    thinking: Thinking::Never,
    off: Off::Omitted,
    json_schema: false,
    ..UNKNOWN
};

/// 3.7 to 4.5: thinking by a bound in tokens.
const BUDGET: Rules = Rules {
    max_output_tokens: Some(64_000),
    sampling: Sampling::One,
    forced_tools: ForcedTools::NotWithBudget,
    json_schema: false,
    ..UNKNOWN
};

/// 4.6: both ways of thinking.
const EITHER: Rules = Rules {
    max_output_tokens: Some(128_000),
    thinking: Thinking::Either,
    efforts: WITH_MAX,
    json_schema: true,
    ..BUDGET
};

/// 4.7 and 4.8: thinking is off unless asked for.
const ADAPTIVE: Rules = Rules {
    sampling: Sampling::Refused,
    thinking: Thinking::Adaptive,
    off: Off::Omitted,
    efforts: ALL,
    hides_thoughts: true,
    ..EITHER
};

/// The fifth generation: thinking is on unless turned off.
const FIFTH: Rules = Rules {
    off: Off::Disabled,
    system_between: true,
    ..ADAPTIVE
};

/// Models that always think.
const ALWAYS: Rules = Rules {
    off: Off::Never,
    ..FIFTH
};

impl Rules {
    /// The rules of a model, whatever a cloud puts around its name (`anthropic.claude-sonnet-4-5-20250929-v1:0`,
    /// `claude-3-7-sonnet@20250219`). A version that is not known counts as the newest of its line; a name without `claude`
    /// is a model of which nothing is known.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let Some(at) = model.find("claude-") else {
            return UNKNOWN;
        };
        let words: Vec<&str> = model[at + "claude-".len()..]
            .split(['-', '@', ':', '.', '_'])
            .collect();
        let mut numbers = words
            .iter()
            .filter(|word| word.len() <= 2)
            .filter_map(|word| word.parse::<u32>().ok());
        let version = numbers.next().map(|major| (major, numbers.next().unwrap_or(0)));
        let is = |line: &str| words.contains(&line);
        match version {
            _ if is("mythos") || is("fable") => match version {
                Some((5, 0)) => ALWAYS,
                None => Self {
                    thinking: Thinking::Either,
                    ..ALWAYS
                },
                _ => Self {
                    forced_tools: ForcedTools::Never,
                    ..ALWAYS
                },
            },
            None | Some((0..=2, _)) => OLD,
            Some((3, 0)) => OLD,
            Some((3, 5)) => Self {
                max_output_tokens: Some(8192),
                ..OLD
            },
            Some((3, _)) => Self {
                sampling: Sampling::Free,
                ..BUDGET
            },
            Some((4, 0 | 1)) if is("opus") => Self {
                max_output_tokens: Some(32_000),
                json_schema: version == Some((4, 1)),
                sampling: if version == Some((4, 1)) {
                    Sampling::One
                } else {
                    Sampling::Free
                },
                ..BUDGET
            },
            Some((4, 0..=4)) => Self {
                sampling: Sampling::Free,
                ..BUDGET
            },
            Some((4, 5)) => Self {
                json_schema: true,
                efforts: if is("opus") { TO_HIGH } else { NONE },
                ..BUDGET
            },
            Some((4, 6)) => EITHER,
            Some((4, minor)) => Self {
                system_between: minor >= 8,
                ..ADAPTIVE
            },
            Some((5, 0..=4)) => FIFTH,
            _ if is("haiku") => Self {
                forced_tools: ForcedTools::Always,
                ..FIFTH
            },
            _ if is("sonnet") => Self {
                off: Off::BetweenTools,
                forced_tools: ForcedTools::Never,
                ..FIFTH
            },
            _ => Self {
                forced_tools: ForcedTools::Never,
                ..ALWAYS
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ForcedTools, Off, Rules, Sampling, Thinking};

    #[test]
    fn names_of_clouds_are_understood() {
        let plain = Rules::of("claude-sonnet-4-5");
        assert_eq!(Rules::of("anthropic.claude-sonnet-4-5-20250929-v1:0"), plain);
        assert_eq!(Rules::of("claude-sonnet-4-5@20250929"), plain);
        assert_eq!(plain.sampling, Sampling::One);
        assert_eq!(plain.max_output_tokens, Some(64_000));
        assert_eq!(Rules::of("claude-3-7-sonnet@20250219").thinking, Thinking::Budget);
        assert_eq!(Rules::of("claude-3-opus-20240229").max_output_tokens, Some(4096));
        assert_eq!(
            Rules::of("claude-3-5-haiku-20241022").max_output_tokens,
            Some(8192)
        );
    }

    #[test]
    fn generations_differ() {
        assert_eq!(
            Rules::of("claude-opus-4-20250514").max_output_tokens,
            Some(32_000)
        );
        assert_eq!(Rules::of("claude-opus-4-6").thinking, Thinking::Either);
        assert_eq!(Rules::of("claude-opus-4-7").off, Off::Omitted);
        assert!(!Rules::of("claude-opus-4-7").system_between);
        assert!(Rules::of("claude-opus-4-8").system_between);
        assert_eq!(Rules::of("claude-sonnet-5").off, Off::Disabled);
        assert_eq!(Rules::of("claude-sonnet-5-5").off, Off::BetweenTools);
        assert_eq!(Rules::of("claude-haiku-5-5").forced_tools, ForcedTools::Always);
        assert_eq!(Rules::of("claude-opus-5-5").forced_tools, ForcedTools::Never);
        assert_eq!(
            Rules::of("claude-fable-5").forced_tools,
            ForcedTools::NotWithBudget
        );
        assert_eq!(Rules::of("claude-fable-5-2").forced_tools, ForcedTools::Never);
        assert_eq!(Rules::of("claude-mythos-preview").thinking, Thinking::Either);
        assert_eq!(Rules::of("kimi-k2").max_output_tokens, None);
    }
}
