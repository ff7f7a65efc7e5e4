//! One limit, as a configuration has it: for whom, how much, and what happens at its end.

use std::fmt;
use std::time::Duration;

use router_core::{Text, human};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rate::Rate;

/// One limit. All that is set in it holds at once, and all limits of a list hold at once.
///
/// ```toml
/// limits = [
///     { per = "caller", requests = "600/min", tokens = "200k/min" },
///     { requests = "50/s", concurrency = 100, wait = "2s" },
/// ]
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limit {
    /// For each of whom it is counted: `"caller"`, `"model"`, `"provider"`, `"key"`, `"tag:NAME"`, or several of them in a
    /// list. Absent, all calls are counted together; so are those that have no caller, key or tag where one is meant.
    #[serde(skip_serializing_if = "Per::is_all")]
    pub per: Per,
    /// Calls in a time.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "requests")]
    pub requests: Option<Rate>,
    /// Tokens in a time, those of the prompt and of the answer.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "tokens")]
    pub tokens: Option<Rate>,
    /// Calls under way at a time. A stream is under way until its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// How long a call may wait, in the order in which calls came: 0 s, that is, it is refused at once.
    #[serde(with = "human::duration")]
    pub wait: Duration,
    /// Most calls that wait for one count: 1000. A further one is refused at once.
    pub max_waiting: usize,
    /// Tokens that are reserved for an answer whose length the request does not bound: 1000.
    pub output_estimate: u64,
    /// What holds while Redis is away, where counts are shared.
    pub without_redis: WithoutRedis,
}

impl Default for Limit {
    fn default() -> Self {
        Self {
            per: Per::default(),
            requests: None,
            tokens: None,
            concurrency: None,
            wait: Duration::ZERO,
            max_waiting: 1000,
            output_estimate: 1000,
            without_redis: WithoutRedis::Local,
        }
    }
}

impl Limit {
    /// A limit of calls in a time.
    #[must_use]
    pub fn requests(rate: Rate) -> Self {
        Self {
            requests: Some(rate),
            ..Self::default()
        }
    }

    /// A limit of tokens in a time.
    #[must_use]
    pub fn tokens(rate: Rate) -> Self {
        Self {
            tokens: Some(rate),
            ..Self::default()
        }
    }

    /// A limit of calls under way at a time.
    #[must_use]
    pub fn concurrency(most: u32) -> Self {
        Self {
            concurrency: Some(most),
            ..Self::default()
        }
    }

    /// Counted for each of these.
    #[must_use]
    pub fn per(mut self, per: impl Into<Per>) -> Self {
        self.per = per.into();
        self
    }

    /// And so many calls in a time.
    #[must_use]
    pub fn with_requests(mut self, rate: Rate) -> Self {
        self.requests = Some(rate);
        self
    }

    /// And so many tokens in a time.
    #[must_use]
    pub fn with_tokens(mut self, rate: Rate) -> Self {
        self.tokens = Some(rate);
        self
    }

    /// And so many calls under way at a time.
    #[must_use]
    pub fn with_concurrency(mut self, most: u32) -> Self {
        self.concurrency = Some(most);
        self
    }

    /// Waited for so long.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// With another policy for when Redis is away.
    #[must_use]
    pub fn with_without_redis(mut self, policy: WithoutRedis) -> Self {
        self.without_redis = policy;
        self
    }
}

/// What holds while Redis is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WithoutRedis {
    /// Each process counts for itself, from nothing, with the whole limit.
    #[default]
    Local,
    /// The limit does not hold.
    Open,
    /// Nothing passes.
    Closed,
}

/// For each of whom a limit is counted: every combination of these has a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Per(Vec<Dimension>);

/// What tells calls apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dimension {
    /// The provider that the limit is around.
    Provider,
    /// The model of the call.
    Model,
    /// Who asks: [`Context::caller`](router_core::Context::caller).
    Caller,
    /// The key that is used: the extension [`KeyName`](crate::KeyName).
    Key,
    /// A label of the call.
    Tag(Text),
}

impl Per {
    /// All calls together.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether all calls are counted together.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// What tells calls apart.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.0
    }
}

impl Dimension {
    fn parse(word: &str) -> Result<Self, String> {
        match word {
            "provider" => Ok(Self::Provider),
            "model" => Ok(Self::Model),
            "caller" => Ok(Self::Caller),
            "key" => Ok(Self::Key),
            _ => match word.strip_prefix("tag:") {
                Some(name) if !name.is_empty() => Ok(Self::Tag(name.into())),
                _ => Err(format!(
                    "`{word}` is nobody to count for: expected caller, model, provider, key or tag:NAME"
                )),
            },
        }
    }
}

impl From<Dimension> for Per {
    fn from(dimension: Dimension) -> Self {
        Self(vec![dimension])
    }
}

impl<const N: usize> From<[Dimension; N]> for Per {
    fn from(dimensions: [Dimension; N]) -> Self {
        dimensions.into_iter().collect()
    }
}

impl FromIterator<Dimension> for Per {
    /// Sorted, so that the order in which they are written does not matter.
    fn from_iter<I: IntoIterator<Item = Dimension>>(dimensions: I) -> Self {
        let mut dimensions: Vec<_> = dimensions.into_iter().collect();
        dimensions.sort();
        dimensions.dedup();
        Self(dimensions)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => f.write_str("provider"),
            Self::Model => f.write_str("model"),
            Self::Caller => f.write_str("caller"),
            Self::Key => f.write_str("key"),
            Self::Tag(name) => write!(f, "tag:{name}"),
        }
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, dimension) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{dimension}")?;
        }
        Ok(())
    }
}

impl Serialize for Per {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [dimension] => serializer.collect_str(dimension),
            dimensions => serializer.collect_seq(dimensions.iter().map(ToString::to_string)),
        }
    }
}

impl<'de> Deserialize<'de> for Per {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PerVisitor;

        impl<'de> Visitor<'de> for PerVisitor {
            type Value = Per;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("per: one of caller, model, provider, key, tag:NAME, or a list of them")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Per, E> {
                dimension(word).map(Per::from)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Per, A::Error> {
                let mut found = Vec::new();
                while let Some(word) = words.next_element::<String>()? {
                    found.push(dimension(&word)?);
                }
                Ok(found.into_iter().collect())
            }
        }

        fn dimension<E: de::Error>(word: &str) -> Result<Dimension, E> {
            Dimension::parse(word).map_err(|error| E::custom(format!("per: {error}")))
        }

        deserializer.deserialize_any(PerVisitor)
    }
}

fn requests<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rate>, D::Error> {
    named(deserializer, "requests")
}

fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rate>, D::Error> {
    named(deserializer, "tokens")
}

/// Reads a rate; an error names the field, which formats themselves do not.
fn named<'de, D: Deserializer<'de>>(deserializer: D, field: &str) -> Result<Option<Rate>, D::Error> {
    Option::deserialize(deserializer).map_err(|error| de::Error::custom(format!("{field}: {error}")))
}
