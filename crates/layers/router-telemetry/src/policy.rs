//! How much is told of a call.

use serde::{Deserialize, Serialize};

/// Settings of [`Telemetry`](super::Telemetry). Every field has a default, unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TelemetryPolicy {
    /// Whether spans and logs hold what was asked and answered, and vendors' messages, which may echo it: no.
    pub content: bool,
    /// Most bytes of a request, and of an answer, where they are held: 8,192. Keys are masked and files replaced before.
    pub max_content_bytes: usize,
    /// Most sets of operation, provider and model that metrics tell apart; what comes later is counted as `other`: 500.
    pub max_series: usize,
}

impl Default for TelemetryPolicy {
    fn default() -> Self {
        Self {
            content: false,
            max_content_bytes: 8_192,
            max_series: 500,
        }
    }
}

impl TelemetryPolicy {
    /// With what was asked and answered, or without.
    #[must_use]
    pub fn with_content(mut self, content: bool) -> Self {
        self.content = content;
        self
    }

    /// With another bound of what is held of a request, and of an answer.
    #[must_use]
    pub fn with_max_content_bytes(mut self, most: usize) -> Self {
        self.max_content_bytes = most;
        self
    }

    /// With another bound of what metrics tell apart.
    #[must_use]
    pub fn with_max_series(mut self, most: usize) -> Self {
        self.max_series = most;
        self
    }
}
