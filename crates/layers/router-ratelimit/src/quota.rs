//! What is left of a limit.

use crate::meter::Unit;

/// What is left of a limit for one of those it is counted for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Quota {
    /// The limit, as its name: `requests 600/min per caller`.
    pub limit: String,
    /// What is counted.
    pub unit: Unit,
    /// The most there can be at once.
    pub most: u64,
    /// How much of it is left now. What calls under way have reserved counts as gone.
    pub left: u64,
}
