//! What is kept, for whom, and for how long.

use std::time::Duration;

use router_core::human::duration;
use router_core::{Error, ErrorKind, OperationKind, Result, Text};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Settings of a cache. Every field has a default, and unknown fields are refused.
///
/// ```toml
/// cache = { ttl = "10m", scope = "caller" }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CachePolicy {
    /// How long an answer is given again: 10 min.
    #[serde(with = "duration")]
    pub ttl: Duration,
    /// Who shares answers: `"caller"`, that is, each caller has its own. `"all"`: everybody; `"tag:NAME"`: calls of one value of
    /// a label.
    pub scope: Scope,
    /// Most bytes of all answers in memory: 67108864 (64 MiB). Those that are used least make room.
    pub max_bytes: u64,
    /// Most bytes of one answer: 1048576 (1 MiB). Larger ones are not kept.
    pub max_entry_bytes: usize,
    /// The operations whose answers are kept: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<OperationKind>>,
    /// Whether only answers are kept that asking again is meant to give as well: chats at temperature 0 or with a seed,
    /// embeddings, rankings, …: no.
    pub deterministic_only: bool,
    /// Whether an answer is kept that a fallback gave: no.
    pub fallback_answers: bool,
    /// Whether equal calls at the same time are one: yes.
    pub single_flight: bool,
    /// What calls get that waited for another's answer, when that fails: its error.
    pub leader_error: LeaderError,
    /// Answers longer than this are compressed in Redis, in bytes: 1024.
    pub compress_above: usize,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(600),
            scope: Scope::Caller,
            max_bytes: 64 << 20,
            max_entry_bytes: 1 << 20,
            operations: None,
            deterministic_only: false,
            fallback_answers: false,
            single_flight: true,
            leader_error: LeaderError::Share,
            compress_above: 1024,
        }
    }
}

impl CachePolicy {
    /// Answers given again for so long.
    #[must_use]
    pub fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            ..Self::default()
        }
    }

    /// Shared by whom.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// With bounds in bytes: of all answers in memory, and of one.
    #[must_use]
    pub fn with_bytes(mut self, all: u64, one: usize) -> Self {
        self.max_bytes = all;
        self.max_entry_bytes = one;
        self
    }

    /// For these operations only.
    #[must_use]
    pub fn with_operations(mut self, operations: impl Into<Vec<OperationKind>>) -> Self {
        self.operations = Some(operations.into());
        self
    }

    /// Only what asking again is meant to give as well.
    #[must_use]
    pub fn deterministic_only(mut self) -> Self {
        self.deterministic_only = true;
        self
    }

    /// Also what fallbacks answered.
    #[must_use]
    pub fn with_fallback_answers(mut self) -> Self {
        self.fallback_answers = true;
        self
    }

    /// With each call on its own.
    #[must_use]
    pub fn without_single_flight(mut self) -> Self {
        self.single_flight = false;
        self
    }

    /// With another rule for the error of a call that others waited for.
    #[must_use]
    pub fn with_leader_error(mut self, rule: LeaderError) -> Self {
        self.leader_error = rule;
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |message: &str| Err(Error::new(ErrorKind::Config, message));
        if self.ttl.is_zero() {
            return wrong("cache.ttl is 0s: nothing would be kept; leave the cache out");
        }
        if self.max_bytes == 0 || self.max_entry_bytes == 0 {
            return wrong("cache.max_bytes and cache.max_entry_bytes must be more than 0");
        }
        if self.max_entry_bytes as u64 > self.max_bytes {
            return wrong("cache.max_entry_bytes is more than cache.max_bytes");
        }
        if self.operations.as_ref().is_some_and(Vec::is_empty) {
            return wrong("cache.operations is empty: leave it out for all");
        }
        Ok(())
    }
}

/// Who shares answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// Each caller has its own: [`Context::caller`](router_core::Context::caller). Calls without one share.
    #[default]
    Caller,
    /// Everybody.
    All,
    /// Calls with the same value of a label. Calls without it share.
    Tag(Text),
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Caller => serializer.serialize_str("caller"),
            Self::All => serializer.serialize_str("all"),
            Self::Tag(name) => serializer.collect_str(&format_args!("tag:{name}")),
        }
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.as_str() {
            "caller" => Ok(Self::Caller),
            "all" => Ok(Self::All),
            _ => match word.strip_prefix("tag:") {
                Some(name) if !name.is_empty() => Ok(Self::Tag(name.into())),
                _ => Err(de::Error::custom(format!(
                    "scope: `{word}` is nobody to share with: expected caller, all or tag:NAME"
                ))),
            },
        }
    }
}

/// What calls get that waited for another's answer, when that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeaderError {
    /// The same error.
    #[default]
    Share,
    /// They ask once more, again together, and share what comes of that.
    Again,
}
