//! What stands around the providers of a client, in the one order there is.

use std::fmt;
use std::sync::{Arc, OnceLock};

use router_core::{Layer as _, Provider};
use router_retry::{
    BreakerHandle, BreakerLayer, BreakerPolicy, RetryLayer, RetryPolicy, TimeoutLayer, TimeoutPolicy,
};

/// The layers of a client. What is absent is left out; [`Stack::default`] has retries, breakers and timeouts.
///
/// Their order is not for anybody to choose, since only one is right: telemetry, cache, limits and retry stand around all providers, so that a hit
/// costs no limit, there is one budget of attempts, and each attempt is routed anew; limits, breaker and timeouts of its own stand around
/// each provider.
///
/// Clients of one stack and of its clones share the budget of retries.
#[derive(Clone)]
#[non_exhaustive]
pub struct Stack {
    /// What tells of calls and counts them: nothing, unless set.
    #[cfg(feature = "telemetry")]
    pub telemetry: Option<router_telemetry::TelemetryLayer>,
    /// What is kept of answers: nothing, unless set.
    #[cfg(feature = "cache")]
    pub cache: Option<router_cache::CachePolicy>,
    /// Limits of all calls: none, unless set.
    #[cfg(feature = "ratelimit")]
    pub limits: Vec<router_ratelimit::Limit>,
    /// When a call is made again.
    pub retry: Option<RetryPolicy>,
    /// When a provider is left alone.
    pub breaker: Option<BreakerPolicy>,
    /// How long a provider may take.
    pub timeouts: Option<TimeoutPolicy>,
    shared: Arc<OnceLock<RetryLayer>>,
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("retry", &self.retry)
            .field("breaker", &self.breaker)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Stack {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(feature = "telemetry")]
        if self.telemetry != other.telemetry {
            return false;
        }
        #[cfg(feature = "cache")]
        if self.cache != other.cache {
            return false;
        }
        #[cfg(feature = "ratelimit")]
        if self.limits != other.limits {
            return false;
        }
        self.retry == other.retry && self.breaker == other.breaker && self.timeouts == other.timeouts
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            retry: Some(RetryPolicy::default()),
            breaker: Some(BreakerPolicy::default()),
            timeouts: Some(TimeoutPolicy::default()),
            ..Self::none()
        }
    }
}

impl Stack {
    /// No layers.
    #[must_use]
    pub fn none() -> Self {
        Self {
            #[cfg(feature = "telemetry")]
            telemetry: None,
            #[cfg(feature = "cache")]
            cache: None,
            #[cfg(feature = "ratelimit")]
            limits: Vec::new(),
            retry: None,
            breaker: None,
            timeouts: None,
            shared: Arc::default(),
        }
    }

    /// With other retries, or none. They have a budget of their own.
    #[must_use]
    pub fn with_retry(mut self, policy: impl Into<Option<RetryPolicy>>) -> Self {
        self.retry = policy.into();
        self.shared = Arc::default();
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

    /// With calls told of and counted, or not.
    #[cfg(feature = "telemetry")]
    #[must_use]
    pub fn with_telemetry(mut self, layer: impl Into<Option<router_telemetry::TelemetryLayer>>) -> Self {
        self.telemetry = layer.into();
        self
    }

    /// With answers kept, or not.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn with_cache(mut self, policy: impl Into<Option<router_cache::CachePolicy>>) -> Self {
        self.cache = policy.into();
        self
    }

    /// With limits of all calls.
    #[cfg(feature = "ratelimit")]
    #[must_use]
    pub fn with_limits(mut self, limits: impl IntoIterator<Item = router_ratelimit::Limit>) -> Self {
        self.limits = limits.into_iter().collect();
        self
    }

    /// What stands around one provider, outermost last: timeouts, and its breaker around them.
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

    /// What stands around all providers, or around a route, outermost last: retry, limits, cache, telemetry.
    pub(crate) fn in_front(&self, mut provider: Arc<dyn Provider>, front: &Front) -> Arc<dyn Provider> {
        if let Some(policy) = &self.retry {
            let layer = self.shared.get_or_init(|| RetryLayer::new(policy.clone()));
            provider = Arc::new(layer.layer(provider));
        }
        #[cfg(feature = "ratelimit")]
        for limits in front.limits.iter().rev() {
            provider = Arc::new(limits.layer(provider));
        }
        #[cfg(feature = "config")]
        if !front.callers.is_empty() {
            provider = Arc::new(crate::callers::PerCaller::new(provider, &front.callers));
        }
        #[cfg(feature = "cache")]
        if let Some(cache) = &front.cache {
            provider = Arc::new(cache.layer(provider));
        }
        #[cfg(feature = "telemetry")]
        if let Some(telemetry) = &self.telemetry {
            provider = Arc::new(telemetry.layer(provider));
        }
        let _ = front;
        provider
    }

    /// The layers in front that hold something, by the settings alone and in memory.
    pub(crate) fn front(&self) -> router_core::Result<Front> {
        Ok(Front {
            #[cfg(feature = "cache")]
            cache: match &self.cache {
                Some(policy) => Some(told_apart(router_cache::CacheLayer::new(policy.clone())?)),
                None => None,
            },
            #[cfg(feature = "ratelimit")]
            limits: match self.limits.is_empty() {
                true => Vec::new(),
                false => vec![router_ratelimit::RateLimitLayer::new(
                    self.limits.iter().cloned(),
                )?],
            },
            #[cfg(feature = "config")]
            callers: Arc::default(),
        })
    }
}

/// The layers in front that hold something: answers, counts.
#[derive(Clone, Default)]
pub(crate) struct Front {
    #[cfg(feature = "cache")]
    pub(crate) cache: Option<router_cache::CacheLayer>,
    /// Outermost first.
    #[cfg(feature = "ratelimit")]
    pub(crate) limits: Vec<router_ratelimit::RateLimitLayer>,
    /// Limits of single callers, in front of those of all.
    #[cfg(feature = "config")]
    pub(crate) callers: crate::callers::CallerLimits,
}

/// A cache that knows what else an answer depends on: the target that a call names.
#[cfg(feature = "cache")]
pub(crate) fn told_apart(layer: router_cache::CacheLayer) -> router_cache::CacheLayer {
    #[cfg(feature = "balance")]
    let layer = layer.told_apart_by(|call, add| {
        if let Some(options) = call.context.extension::<router_balance::BalanceOptions>() {
            add(format!("{options:?}").as_bytes());
        }
    });
    layer
}
