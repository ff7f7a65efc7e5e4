//! How much the model is to think, in the form that the model takes.

use router_core::chat::ReasoningConfig;
use router_core::{ReasoningEffort, Result};
use router_wire::write::string_of;

use super::notes::Notes;
use crate::MESSAGES;
use crate::rules::{Off, Rules, Thinking};

/// The least bound that the vendor takes, in tokens.
const LEAST_BUDGET: u64 = 1024;

/// The object `thinking` and the level of effort.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Thought {
    /// The type; the object is left out without one.
    pub(super) kind: Option<String>,
    pub(super) budget: Option<u64>,
    pub(super) display: Option<&'static str>,
    pub(super) effort: Option<String>,
}

impl Thought {
    /// Whether thinking is asked for.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.kind.as_deref(), Some("enabled" | "adaptive"))
    }

    /// Whether it is asked for by a budget, and not left to the model.
    pub(super) fn has_budget(&self) -> bool {
        self.kind.as_deref() == Some("enabled")
    }

    /// What turns thinking off, as far as the model can.
    pub(super) fn off(rules: &Rules) -> Self {
        let kind = match rules.off {
            Off::Disabled => Some("disabled"),
            Off::BetweenTools => Some("between_tools"),
            Off::Omitted | Off::Never => None,
        };
        Self {
            kind: kind.map(str::to_owned),
            ..Self::default()
        }
    }

    /// What the configuration comes to for a model.
    pub(super) fn of(config: &ReasoningConfig, rules: &Rules, notes: &mut Notes) -> Result<Self> {
        // The type as a client of this wire wrote it; `null` when it wrote a level only.
        let written = config.extra.get(MESSAGES, "type");
        let asked_off = config.effort == Some(ReasoningEffort::None) || config.budget_tokens == Some(0);
        let mut thought = match written {
            Some(json) => match string_of(json) {
                None => Self::default(),
                Some(kind) if kind == "adaptive" => adaptive(config, rules, notes)?,
                Some(kind) => Self {
                    budget: config.budget_tokens,
                    kind: Some(kind),
                    ..Self::default()
                },
            },
            None if asked_off => {
                if rules.off == Off::Never {
                    notes.changed(
                        "reasoning.effort",
                        "this model always thinks; it gets the lowest level",
                    )?;
                    return Ok(Self {
                        effort: rules.efforts.first().map(|word| (*word).to_owned()),
                        ..Self::default()
                    });
                }
                return Ok(Self::off(rules));
            }
            None if config.effort.is_none() && config.budget_tokens.is_none() => {
                if rules.thinking == Thinking::Adaptive && wants_text(config) {
                    adaptive(config, rules, notes)?
                } else {
                    Self::default()
                }
            }
            None => match (rules.thinking, config.budget_tokens) {
                (Thinking::Never, _) => {
                    notes.dropped("reasoning", "this model does not think")?;
                    return Ok(Self::default());
                }
                (Thinking::Budget, _) | (Thinking::Either, Some(_)) => by_budget(config, notes)?,
                _ => adaptive(config, rules, notes)?,
            },
        };
        if thought.kind.as_deref() != Some("enabled")
            || written.is_some()
            || rules.thinking == Thinking::Either
        {
            let verbatim = written.is_some();
            thought.effort = match (&config.effort, thought.effort.take()) {
                (None, effort) => effort,
                (Some(ReasoningEffort::None), _) => None,
                (Some(effort), _) if verbatim => Some(effort.as_str().to_owned()),
                (Some(effort), _) => level(effort, rules, notes)?,
            };
        }
        thought.display = display(config, rules, &thought);
        if config.summary.is_some() && thought.display != Some("summarized") {
            notes.dropped("reasoning.summary", "this vendor has no such setting")?;
        }
        Ok(thought)
    }
}

fn wants_text(config: &ReasoningConfig) -> bool {
    config.include_thoughts == Some(true) || config.summary.is_some()
}

/// Thinking left to the model, or what comes nearest on a model that wants a bound.
fn adaptive(config: &ReasoningConfig, rules: &Rules, notes: &mut Notes) -> Result<Thought> {
    match rules.thinking {
        Thinking::Never => {
            notes.dropped("reasoning", "this model does not think")?;
            Ok(Thought::default())
        }
        Thinking::Budget => {
            notes.changed("reasoning", "this model takes a bound in tokens")?;
            by_budget(config, notes)
        }
        Thinking::Either | Thinking::Adaptive => {
            let mut thought = Thought {
                kind: Some("adaptive".to_owned()),
                ..Thought::default()
            };
            if let (Some(tokens), None) = (config.budget_tokens, &config.effort) {
                notes.changed(
                    "reasoning.budget_tokens",
                    "this model takes a level; it gets the nearest one",
                )?;
                thought.effort = level(&ReasoningEffort::from_budget(tokens), rules, notes)?;
            }
            Ok(thought)
        }
    }
}

/// Thinking up to a bound: the one given, or the one that the level stands for.
fn by_budget(config: &ReasoningConfig, notes: &mut Notes) -> Result<Thought> {
    let of_level = || {
        config
            .effort
            .as_ref()
            .and_then(ReasoningEffort::budget_tokens)
            .or_else(|| ReasoningEffort::High.budget_tokens())
    };
    let mut budget = config.budget_tokens.or_else(of_level).unwrap_or(LEAST_BUDGET);
    if budget < LEAST_BUDGET {
        notes.changed("reasoning.budget_tokens", "this vendor takes 1024 at least")?;
        budget = LEAST_BUDGET;
    }
    Ok(Thought {
        kind: Some("enabled".to_owned()),
        budget: Some(budget),
        ..Thought::default()
    })
}

/// The model's word for a level.
fn level(effort: &ReasoningEffort, rules: &Rules, notes: &mut Notes) -> Result<Option<String>> {
    let word = effort.as_str();
    let known = |word: &str| rules.efforts.contains(&word);
    if known(word) || matches!(effort, ReasoningEffort::Other(_)) {
        return Ok(Some(word.to_owned()));
    }
    if rules.efforts.is_empty() {
        return Ok(None);
    }
    notes.changed(
        "reasoning.effort",
        "this model has no such level; it gets the nearest one",
    )?;
    let nearest = match effort {
        ReasoningEffort::Minimal => "low",
        _ => "high",
    };
    Ok(Some(nearest.to_owned()))
}

/// Whether thoughts are shown, where that has to be said.
fn display(config: &ReasoningConfig, rules: &Rules, thought: &Thought) -> Option<&'static str> {
    if !thought.is_on() || config.extra.get(MESSAGES, "display").is_some() {
        return None;
    }
    match config.include_thoughts {
        Some(false) => Some("omitted"),
        _ if wants_text(config) && rules.hides_thoughts => Some("summarized"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use router_core::ReasoningEffort;
    use router_core::chat::ReasoningConfig;

    use super::super::notes::Notes;
    use super::Thought;
    use crate::rules::Rules;

    fn thought(
        model: &str,
        config: &ReasoningConfig,
    ) -> (Option<String>, Option<u64>, Option<String>, usize) {
        let mut notes = Notes::new(false);
        let thought = Thought::of(config, &Rules::of(model), &mut notes).expect("a lenient request");
        (
            thought.kind,
            thought.budget,
            thought.effort,
            notes.into_warnings().len(),
        )
    }

    #[test]
    fn each_generation_gets_its_form() {
        let high = ReasoningConfig::effort(ReasoningEffort::High);
        let words = |kind: &str, effort: Option<&str>| (Some(kind.to_owned()), effort.map(str::to_owned));
        let (kind, budget, effort, _) = thought("claude-sonnet-4-5", &high);
        assert_eq!((kind, effort), words("enabled", None));
        assert_eq!(budget, Some(16_384));
        let (kind, budget, effort, _) = thought("claude-opus-4-8", &high);
        assert_eq!((kind, effort), words("adaptive", Some("high")));
        assert_eq!(budget, None);
        let (kind, _, effort, warnings) = thought(
            "claude-opus-4-6",
            &ReasoningConfig::effort(ReasoningEffort::XHigh),
        );
        assert_eq!((kind, effort), words("adaptive", Some("high")));
        assert_eq!(warnings, 1);
        let (kind, budget, _, _) = thought("claude-opus-4-6", &ReasoningConfig::budget(5000));
        assert_eq!((kind.as_deref(), budget), (Some("enabled"), Some(5000)));
        let (kind, budget, effort, warnings) = thought("claude-opus-5-5", &ReasoningConfig::budget(5000));
        assert_eq!((kind, effort), words("adaptive", Some("low")));
        assert_eq!((budget, warnings), (None, 1));
        let (kind, _, _, warnings) = thought("claude-3-haiku-20240307", &high);
        assert_eq!((kind, warnings), (None, 1));
    }

    #[test]
    fn off_has_a_form_per_model_too() {
        let none = ReasoningConfig::effort(ReasoningEffort::None);
        let kind = |model: &str| thought(model, &none).0;
        assert_eq!(kind("claude-sonnet-4-5").as_deref(), Some("disabled"));
        assert_eq!(kind("claude-opus-4-7"), None);
        assert_eq!(kind("claude-sonnet-5-5").as_deref(), Some("between_tools"));
        assert_eq!(
            thought("claude-opus-5-5", &none),
            (None, None, Some("low".to_owned()), 1)
        );
        assert_eq!(kind("claude-haiku-4-5").as_deref(), Some("disabled"));
    }
}
