//! How much a model is to think: a level or a budget on our side, a switch and a budget on the wire.

use router_core::chat::{ReasoningConfig, ReasoningEffort};
use router_core::{Json, Result};
use router_wire::warnings::Warnings;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::WIRE;

/// The name of the field.
pub(super) const THINKING: &str = "thinking";

/// What is sent for a reasoning setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Thinking<'a> {
    /// As a client of this wire wrote it, where our setting says no more.
    AsItCame(&'a Json),
    Disabled,
    Enabled(Option<u64>),
}

impl<'a> Thinking<'a> {
    pub(super) fn of(config: &'a ReasoningConfig, warnings: &mut Warnings) -> Result<Option<Self>> {
        if config.summary.is_some() {
            warnings.dropped("reasoning.summary", "Cohere has no summaries of thoughts")?;
        }
        if let Some(json) = config.extra.get(WIRE, THINKING) {
            return Ok(Some(Self::AsItCame(json)));
        }
        Ok(match (config.budget_tokens, &config.effort) {
            (Some(0), _) | (None, Some(ReasoningEffort::None)) => Some(Self::Disabled),
            (Some(budget), _) => Some(Self::Enabled(Some(budget))),
            (None, Some(ReasoningEffort::Other(_))) => {
                warnings.changed(
                    "reasoning.effort",
                    "Cohere knows no such level; it thinks as much as it likes",
                )?;
                Some(Self::Enabled(None))
            }
            (None, Some(level)) => Some(Self::Enabled(level.budget_tokens())),
            (None, None) => match config.include_thoughts {
                Some(true) => Some(Self::Enabled(None)),
                Some(false) => Some(Self::Disabled),
                None => None,
            },
        })
    }
}

impl Serialize for Thinking<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (word, budget) = match self {
            Self::AsItCame(json) => return json.serialize(serializer),
            Self::Disabled => ("disabled", None),
            Self::Enabled(budget) => ("enabled", *budget),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", word)?;
        if let Some(budget) = budget {
            map.serialize_entry("token_budget", &budget)?;
        }
        map.end()
    }
}
