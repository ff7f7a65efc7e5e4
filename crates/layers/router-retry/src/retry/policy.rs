//! How often and how patiently a call is tried again: in general, per kind of error, per operation.

use std::collections::BTreeMap;
use std::time::Duration;

use router_core::human::{duration, optional_duration};
use router_core::kind_word::KindWord;
use router_core::{Error, OperationKind};
use serde::{Deserialize, Serialize};

use super::budget::RetryBudget;

/// Settings of [`Retry`](super::Retry). Every field has a default, and unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts in all, the first included: 4. With 1 (or 0) nothing is tried again.
    pub attempts: u32,
    /// Most that the first wait can be: 500 ms. It doubles with each further one.
    #[serde(with = "duration")]
    pub base: Duration,
    /// Most that any wait of our own choice can be: 8 s.
    #[serde(with = "duration")]
    pub cap: Duration,
    /// Longest wait that a vendor may ask for: 60 s. A longer one fails at once, and the error says how long.
    #[serde(with = "duration")]
    pub longest_wait: Duration,
    /// Retries of all calls together.
    pub budget: RetryBudget,
    /// What differs for kinds of errors, by their words: `rate_limited`, `timeout`, …
    pub kinds: BTreeMap<KindWord, RetryRule>,
    /// What differs for operations: `embed`, `generate_image`, …
    pub operations: BTreeMap<OperationKind, RetryRule>,
}

/// What differs for one kind of error, or one operation. Where a rule of each says something, the smaller number of attempts
/// and the longer waits count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryRule {
    /// Attempts in all. For a kind of error it also says whether it is tried again: 1 never, more always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Most that the first wait can be.
    #[serde(with = "optional_duration", skip_serializing_if = "Option::is_none")]
    pub base: Option<Duration>,
    /// Most that any wait of our own choice can be.
    #[serde(with = "optional_duration", skip_serializing_if = "Option::is_none")]
    pub cap: Option<Duration>,
}

impl RetryRule {
    /// A rule about the number of attempts alone.
    #[must_use]
    pub fn attempts(attempts: u32) -> Self {
        Self {
            attempts: Some(attempts),
            ..Self::default()
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(8),
            longest_wait: Duration::from_secs(60),
            budget: RetryBudget::default(),
            kinds: BTreeMap::new(),
            operations: BTreeMap::new(),
        }
    }
}

/// What holds for one failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) attempts: u32,
    pub(super) base: Duration,
    pub(super) cap: Duration,
}

impl RetryPolicy {
    /// With a number of attempts in all.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// With bounds of the waits: of the first, and of any.
    #[must_use]
    pub fn with_waits(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// With a budget for all calls together.
    #[must_use]
    pub fn with_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// With a rule for a kind of error.
    #[must_use]
    pub fn with_kind(mut self, kind: impl Into<KindWord>, rule: RetryRule) -> Self {
        self.kinds.insert(kind.into(), rule);
        self
    }

    /// With a rule for an operation.
    #[must_use]
    pub fn with_operation(mut self, operation: OperationKind, rule: RetryRule) -> Self {
        self.operations.insert(operation, rule);
        self
    }

    /// The most attempts that any failure of the operation allows.
    pub(super) fn most_attempts(&self, operation: OperationKind) -> u32 {
        let of_operation = self.operations.get(&operation).and_then(|rule| rule.attempts);
        let of_kinds = self.kinds.values().filter_map(|rule| rule.attempts).max();
        match (of_operation, of_kinds) {
            // The smaller counts where both speak, and no kind raises an operation's number.
            (Some(of_operation), _) => of_operation,
            (None, Some(of_kinds)) => of_kinds.max(self.attempts),
            (None, None) => self.attempts,
        }
    }

    /// The terms of a failure; `None` when trying again is not meant.
    pub(super) fn terms(&self, operation: OperationKind, error: &Error) -> Option<Terms> {
        let of_kind = self.kinds.get(&KindWord::from(error.kind()));
        let of_operation = self.operations.get(&operation);
        let said = of_kind.and_then(|rule| rule.attempts);
        if !said.map_or_else(|| error.is_retryable(), |attempts| attempts > 1) {
            return None;
        }
        let rules = || [of_kind, of_operation].into_iter().flatten();
        Some(Terms {
            attempts: rules()
                .filter_map(|rule| rule.attempts)
                .min()
                .unwrap_or(self.attempts),
            base: rules().filter_map(|rule| rule.base).max().unwrap_or(self.base),
            cap: rules().filter_map(|rule| rule.cap).max().unwrap_or(self.cap),
        })
    }
}
