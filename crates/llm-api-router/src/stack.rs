//! What stands around the providers of a client: retry around all, a breaker and timeouts around each.

use std::sync::Arc;

use router_core::{Layer as _, Provider};
use router_retry::{BreakerHandle, BreakerLayer, BreakerPolicy, RetryPolicy, TimeoutLayer, TimeoutPolicy};

/// The layers of a client. What is absent is left out; [`Stack::default`] has all of them.
///
/// Retry stands around the whole client, so that there is one budget and each attempt is routed anew. Breaker and timeouts stand
/// around each provider.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stack {
    /// When a call is made again.
    pub retry: Option<RetryPolicy>,
    /// When a provider is left alone.
    pub breaker: Option<BreakerPolicy>,
    /// How long a provider may take.
    pub timeouts: Option<TimeoutPolicy>,
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            retry: Some(RetryPolicy::default()),
            breaker: Some(BreakerPolicy::default()),
            timeouts: Some(TimeoutPolicy::default()),
        }
    }
}

impl Stack {
    /// No layers.
    #[must_use]
    pub fn none() -> Self {
        Self {
            retry: None,
            breaker: None,
            timeouts: None,
        }
    }

    /// With other retries, or none.
    #[must_use]
    pub fn with_retry(mut self, policy: impl Into<Option<RetryPolicy>>) -> Self {
        self.retry = policy.into();
        self
    }

    /// With other breakers, or none.
    #[must_use]
    pub fn with_breaker(mut self, policy: impl Into<Option<BreakerPolicy>>) -> Self {
        self.breaker = policy.into();
        self
    }

    /// With other timeouts, or none.
    #[must_use]
    pub fn with_timeouts(mut self, policy: impl Into<Option<TimeoutPolicy>>) -> Self {
        self.timeouts = policy.into();
        self
    }

    /// What stands around one provider, and its breaker.
    pub(crate) fn around(
        &self,
        mut provider: Arc<dyn Provider>,
    ) -> (Arc<dyn Provider>, Option<BreakerHandle>) {
        if let Some(policy) = &self.timeouts {
            provider = Arc::new(TimeoutLayer::new(policy.clone()).layer(provider));
        }
        let Some(policy) = &self.breaker else {
            return (provider, None);
        };
        let breaker = BreakerLayer::new(policy.clone()).layer(provider);
        let handle = breaker.handle().clone();
        (Arc::new(breaker), Some(handle))
    }
}
