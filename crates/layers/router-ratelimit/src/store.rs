//! Where counts are kept: what a store is asked, and what it answers.

use std::fmt;
use std::time::Duration;

use router_core::{BoxFuture, Text};
use smallvec::SmallVec;

use crate::meter::Unit;
use crate::rule::Rule;

/// Mostly there is one limit, or one for all and one for each caller.
pub(crate) type Demands = SmallVec<[Demand; 2]>;
/// One for each unit of each demand.
pub(crate) type Marks = SmallVec<[Mark; 4]>;

/// An amount that is to be had of a limit.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// The limit, by its place.
    pub(crate) rule: usize,
    /// For whom it is counted.
    pub(crate) value: Text,
    /// Tokens, where they are counted.
    pub(crate) tokens: f64,
}

impl Demand {
    pub(crate) fn amount(&self, unit: Unit) -> f64 {
        match unit {
            Unit::Requests | Unit::Concurrency => 1.0,
            Unit::Tokens => self.tokens,
        }
    }
}

/// What a store decided about several demands: all were taken, and where they stand, unit by unit; or nothing was, since one does
/// not fit.
pub(crate) type Verdict = Result<Marks, Refusal>;

/// Where an amount stands among what was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mark {
    /// Which life of the count: one that was forgotten and begun anew knows nothing of the amount.
    pub(crate) born: f64,
    pub(crate) place: f64,
}

/// Which demand does not fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The demand, by its place.
    pub(crate) demand: usize,
    /// Which unit of it.
    pub(crate) unit: Unit,
    /// How long until it fits, if nothing else comes; `None` where nobody knows, for calls under way.
    pub(crate) wait: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(demand: usize, unit: Unit, wait: f64) -> Self {
        Self {
            demand,
            unit,
            wait: (wait > 0.0).then(|| Duration::from_micros(wait as u64)),
        }
    }
}

/// What was taken, and how much of it was used in the end.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) demands: Demands,
    pub(crate) marks: Marks,
    /// Tokens that were used.
    pub(crate) tokens: f64,
}

impl Settlement {
    /// How much was used of a unit.
    pub(crate) fn used(&self, unit: Unit) -> f64 {
        match unit {
            Unit::Requests => 1.0,
            Unit::Tokens => self.tokens,
            Unit::Concurrency => 0.0,
        }
    }
}

/// Counts that several processes share.
///
/// **Invariant.** It decides as memory does, and a decision that comes too late for whoever asked takes nothing.
pub(crate) trait SharedStore: Send + Sync + fmt::Debug {
    /// Takes all or nothing.
    fn take<'a>(&'a self, rules: &'a [Rule], demands: &'a [Demand]) -> BoxFuture<'a, Result<Verdict, Away>>;

    /// Puts what was used in the place of what was taken, some time soon.
    fn settle(&self, rules: &[Rule], settlement: &Settlement);

    /// What counts of each unit, in the order of the rule's meters.
    fn levels<'a>(&'a self, rules: &'a [Rule], demand: &'a Demand) -> BoxFuture<'a, Result<Vec<f64>, Away>>;

    /// Begins a count anew. Calls that are under way still are.
    fn reset<'a>(&'a self, rules: &'a [Rule], demand: &'a Demand) -> BoxFuture<'a, Result<(), Away>>;
}

/// The store does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Away;
