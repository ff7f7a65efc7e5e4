//! How Redis is doing, for health pages and metrics.

use std::time::Duration;

/// How Redis is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Where it is, without user and password.
    pub address: String,
    /// Whether commands are sent. `false` while the breaker is open.
    pub is_up: bool,
    /// How long it has been down.
    pub down_for: Option<Duration>,
    /// What it was down for, last.
    pub last_failure: Option<String>,
    /// Open connections.
    pub connections: usize,
}
