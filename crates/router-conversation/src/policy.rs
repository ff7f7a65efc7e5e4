//! How much of a history is sent, and which part of it.

use serde::{Deserialize, Serialize};

/// Settings of what is sent of a conversation. Unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Tokens of prompt and answer together: 8,000.
    pub window: u64,
    /// Of these, kept free for the answer: 1,000.
    pub reserve: u64,
    /// Most messages: no limit.
    pub max_messages: Option<usize>,
    /// Which messages are kept: the newest.
    pub strategy: Strategy,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            window: 8000,
            reserve: 1000,
            max_messages: None,
            strategy: Strategy::Window,
        }
    }
}

impl Policy {
    /// A window in tokens, a quarter of it for the answer at most.
    #[must_use]
    pub fn new(window: u64) -> Self {
        Self {
            window,
            reserve: (window / 4).min(1000),
            ..Self::default()
        }
    }

    /// With another reserve for the answer, in tokens.
    #[must_use]
    pub fn with_reserve(mut self, tokens: u64) -> Self {
        self.reserve = tokens;
        self
    }

    /// With a bound on messages.
    #[must_use]
    pub fn with_max_messages(mut self, messages: usize) -> Self {
        self.max_messages = Some(messages);
        self
    }

    /// With a strategy.
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }
}

/// Which exchanges are kept where not all fit. System messages, pinned ones and the last exchange are kept by all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Strategy {
    /// The newest without a gap.
    #[default]
    Window,
    /// The first ones, then the newest without a gap.
    KeepFirst {
        /// How many exchanges from the beginning.
        exchanges: usize,
    },
    /// Those that matter most: by [`Entry::importance`](crate::Entry::importance), else by rules and by age.
    Importance,
    /// The newest without a gap; what is left out is summed up by a provider.
    Summary {
        /// Most tokens of the summary.
        budget: u64,
    },
    /// The first ones, the newest up to a share of the window, then those that matter most; what is left out is summed up
    /// where there is a budget for that.
    Hybrid {
        /// How many exchanges from the beginning.
        first: usize,
        /// The share of the window for the newest, in per cent.
        recent: u8,
        /// Most tokens of the summary; none without.
        #[serde(default)]
        summary: Option<u64>,
    },
}

impl Strategy {
    /// Most tokens of the summary, for strategies that have one.
    #[must_use]
    pub fn summary_budget(&self) -> Option<u64> {
        match self {
            Self::Summary { budget } => Some(*budget),
            Self::Hybrid { summary, .. } => *summary,
            _ => None,
        }
    }
}
