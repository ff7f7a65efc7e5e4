//! How much the model is to think, in its own terms: a level or a budget, never both.

use router_core::Result;
use router_core::chat::{ReasoningConfig, ReasoningEffort};
use router_wire::warnings::Warnings;
use serde::Serialize;

use crate::WIRE;
use crate::parts::OWN_THINKING;
use crate::rules::{Rules, Thinking};

/// `thinkingConfig`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThinkingConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    include_thoughts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'a str>,
}

/// How the model is to think.
pub(super) fn config<'a>(rules: &Rules, reasoning: &'a ReasoningConfig) -> ThinkingConfig<'a> {
    let mut config = ThinkingConfig {
        include_thoughts: reasoning.include_thoughts,
        thinking_budget: None,
        thinking_level: None,
    };
    let effort = reasoning.effort.as_ref();
    if effort.is_none() && reasoning.budget_tokens.is_none() {
        return config;
    }
    match rules.thinking {
        Thinking::None => {}
        Thinking::Level { minimal } => config.thinking_level = Some(level(minimal, reasoning)),
        Thinking::Budget { least, most, off } => {
            let wanted = wanted(reasoning).unwrap_or(most);
            config.thinking_budget = Some(if wanted == 0 && off {
                0
            } else {
                wanted.clamp(least, most)
            });
        }
    }
    // Who asks for thinking wants to see it, and this vendor shows it only when told to.
    config.include_thoughts = config.include_thoughts.or((!is_off(reasoning)).then_some(true));
    config
}

fn is_off(reasoning: &ReasoningConfig) -> bool {
    reasoning.budget_tokens == Some(0)
        || (reasoning.budget_tokens.is_none() && reasoning.effort == Some(ReasoningEffort::None))
}

/// The budget that is asked for, by itself or by a level.
fn wanted(reasoning: &ReasoningConfig) -> Option<u64> {
    let of_effort = || reasoning.effort.as_ref().and_then(ReasoningEffort::budget_tokens);
    reasoning.budget_tokens.or_else(of_effort)
}

/// The level that is asked for, by itself or by a budget.
fn level(minimal: bool, reasoning: &ReasoningConfig) -> &str {
    let of_budget = reasoning.budget_tokens.map(ReasoningEffort::from_budget);
    match reasoning.effort.as_ref() {
        Some(ReasoningEffort::Other(word)) => word,
        effort => match effort.or(of_budget.as_ref()) {
            Some(ReasoningEffort::None | ReasoningEffort::Minimal) if minimal => "MINIMAL",
            Some(ReasoningEffort::None | ReasoningEffort::Minimal | ReasoningEffort::Low) => "LOW",
            Some(ReasoningEffort::Medium) => "MEDIUM",
            _ => "HIGH",
        },
    }
}

/// Tells what the model does not do as asked.
pub(super) fn check(rules: &Rules, reasoning: &ReasoningConfig, warnings: &mut Warnings) -> Result<()> {
    if reasoning.extra.get(WIRE, OWN_THINKING).is_some() && rules.thinking != Thinking::None {
        return Ok(());
    }
    if reasoning.summary.is_some() {
        warnings.dropped("reasoning.summary", "Gemini has no such setting")?;
    }
    match (rules.thinking, reasoning.effort.as_ref()) {
        (Thinking::None, _) => warnings.dropped("reasoning", "this model does not think"),
        (Thinking::Level { .. }, _) if is_off(reasoning) => warnings.changed(
            "reasoning.effort",
            "this model always thinks: sent as its lowest level",
        ),
        (Thinking::Level { .. }, None) if reasoning.budget_tokens.is_some() => warnings.changed(
            "reasoning.budget_tokens",
            "this model takes a level: sent as the one that comes nearest",
        ),
        (Thinking::Level { .. }, Some(_)) if reasoning.budget_tokens.is_some() => warnings.dropped(
            "reasoning.budget_tokens",
            "this model takes a level, and one is set",
        ),
        (Thinking::Level { minimal: false }, Some(ReasoningEffort::Minimal)) => {
            warnings.changed("reasoning.effort", "this model has no level minimal: sent as low")
        }
        (Thinking::Level { .. }, Some(ReasoningEffort::XHigh | ReasoningEffort::Max)) => warnings.changed(
            "reasoning.effort",
            "this model has no higher level than high: sent as that",
        ),
        (Thinking::Budget { off: false, .. }, _) if is_off(reasoning) => warnings.changed(
            "reasoning.effort",
            "this model always thinks: sent as its least budget",
        ),
        (Thinking::Budget { least, most, .. }, _)
            if reasoning
                .budget_tokens
                .is_some_and(|tokens| tokens != 0 && !(least..=most).contains(&tokens)) =>
        {
            warnings.changed(
                "reasoning.budget_tokens",
                "outside of what this model takes: sent as the nearest it does",
            )
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use router_core::chat::{ReasoningConfig, ReasoningEffort};

    use super::config;
    use crate::rules::Rules;

    #[test]
    fn a_level_or_a_budget_never_both() {
        let budget = ReasoningConfig::budget(12_000);
        let level = config(&Rules::default(), &budget);
        assert_eq!(
            (level.thinking_level, level.thinking_budget),
            (Some("MEDIUM"), None)
        );
        let none = ReasoningConfig::effort(ReasoningEffort::None);
        let least = config(&Rules::of("gemini-2.5-pro"), &none);
        assert_eq!((least.thinking_level, least.thinking_budget), (None, Some(128)));
        let off = config(&Rules::of("gemini-2.5-flash"), &none);
        assert_eq!((off.include_thoughts, off.thinking_budget), (None, Some(0)));
        let word = ReasoningConfig::effort(ReasoningEffort::Other("deepest".into()));
        assert_eq!(config(&Rules::default(), &word).thinking_level, Some("deepest"));
    }
}
