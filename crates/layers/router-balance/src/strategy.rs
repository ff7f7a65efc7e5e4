//! How the traffic is divided among targets that can be asked.

use std::fmt;
use std::str::FromStr;

use router_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

/// How the next target is chosen among those that can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strategy {
    /// Each in turn, all alike.
    RoundRobin,
    /// Each in turn by weight, evenly mixed: weights 3 and 1 give `a a b a`, and not `a a a b`.
    #[default]
    Weighted,
    /// By chance, by weight.
    Random,
    /// Of two by chance the one with less expected waiting: its latency, times the calls under way there, by weight.
    LeastLatency,
    /// The one with the fewest calls under way, by weight.
    LeastBusy,
    /// The one where the call costs least; unknown prices come last, and equal ones are chosen as [`Strategy::Weighted`] does.
    LowestCost,
    /// The first in the order of priority and of the list.
    Failover,
}

impl Strategy {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::RoundRobin,
        Self::Weighted,
        Self::Random,
        Self::LeastLatency,
        Self::LeastBusy,
        Self::LowestCost,
        Self::Failover,
    ];

    /// The word used in configuration and states.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::Weighted => "weighted",
            Self::Random => "random",
            Self::LeastLatency => "least_latency",
            Self::LeastBusy => "least_busy",
            Self::LowestCost => "lowest_cost",
            Self::Failover => "failover",
        }
    }

    /// Whether a target's weight means something to it.
    pub(crate) fn weighs(self) -> bool {
        !matches!(self, Self::RoundRobin | Self::Failover)
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Strategy {
    type Err = Error;

    /// Reads a word.
    ///
    /// # Errors
    /// `Config` with the words there are.
    fn from_str(word: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|strategy| strategy.as_str() == word)
            .ok_or_else(|| {
                let words: Vec<&str> = Self::ALL.iter().map(|strategy| strategy.as_str()).collect();
                let message = format!("`{word}` is no strategy; there are: {}", words.join(", "));
                Error::new(ErrorKind::Config, message)
            })
    }
}
