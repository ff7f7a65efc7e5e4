//! What makes a [`Telemetry`]: the settings, and what counts.

use std::sync::Arc;

use router_core::{Call, Error, Layer, Provider};

use crate::metrics::Metrics;
use crate::policy::TelemetryPolicy;
use crate::provider::Telemetry;
use crate::watch::Watch;

/// Wraps providers in [`Telemetry`]. A layer is equal to its clones. All that one layer and its clones wrap is counted together.
#[derive(Clone, Debug)]
pub struct TelemetryLayer {
    shared: Arc<Shared>,
}

/// What all calls of a layer have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) policy: TelemetryPolicy,
    pub(crate) metrics: Metrics,
}

impl PartialEq for TelemetryLayer {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Default for TelemetryLayer {
    fn default() -> Self {
        Self::new(TelemetryPolicy::default())
    }
}

impl TelemetryLayer {
    /// A layer with these settings, and metrics of its own.
    #[must_use]
    pub fn new(policy: TelemetryPolicy) -> Self {
        let metrics = Metrics::new(&policy);
        Self::counting_in(policy, metrics)
    }

    /// A layer that counts in metrics which there are already: of a client that is built anew, so that no count goes back.
    #[must_use]
    pub fn counting_in(policy: TelemetryPolicy, metrics: Metrics) -> Self {
        Self {
            shared: Arc::new(Shared { policy, metrics }),
        }
    }

    /// Tells of a call that was refused before it came to what the layer wraps, and counts it.
    pub fn refused(&self, call: &Call, error: &Error) {
        Watch::begin(&self.shared, call).failed(error);
    }

    /// What was counted so far.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }
}

impl<P: Provider> Layer<P> for TelemetryLayer {
    type Provider = Telemetry<P>;

    fn layer(&self, inner: P) -> Telemetry<P> {
        Telemetry::new(inner, Arc::clone(&self.shared))
    }
}
