//! Several keys of one vendor as one provider.

use std::fmt;
use std::sync::Arc;

use router_core::{BoxFuture, Call, Capabilities, Provider, ProviderId, Reply, Result};

use crate::failover::Among;
use crate::handle::Handle;
use crate::health::HealthConfig;
use crate::provider::Balance;
use crate::strategy::Strategy;
use crate::target::Target;

/// Several keys of one vendor as one provider: the same provider, built once for each key. Clones share everything.
///
/// Keys take turns. One that is refused, has no credit or may not do what is asked (401, 402, 403) is set aside; after "too
/// many requests" (429) the call goes to the next at once, and the key is left alone for as long as the vendor says. What is
/// wrong with the vendor and not with a key is the call's error: whoever stands around the pool tries again, or elsewhere.
#[derive(Clone)]
pub struct KeyPool {
    balance: Balance,
}

impl fmt::Debug for KeyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyPool").field(&self.balance).finish()
    }
}

impl KeyPool {
    /// One provider for each key; the keys are called `key-1`, `key-2` and so on in states and trails.
    ///
    /// # Errors
    /// `Config` without any.
    pub fn new<P: Provider>(keys: impl IntoIterator<Item = P>) -> Result<Self> {
        Self::with_health(keys, HealthConfig::default())
    }

    /// The same with other rules; of them, `set_aside`, `rate_limit_cooldown`, `slow_start`, `panic_threshold` and a `cooldown`
    /// of zero have a meaning for keys.
    ///
    /// # Errors
    /// `Config` without any key, or for a number that is none of its kind.
    pub fn with_health<P: Provider>(keys: impl IntoIterator<Item = P>, health: HealthConfig) -> Result<Self> {
        let mut builder = Balance::builder()
            .among(Among::Keys)
            .strategy(Strategy::RoundRobin)
            .health(health);
        for (place, provider) in keys.into_iter().enumerate() {
            builder = builder.target(Target::new(provider).with_name(format!("key-{}", place + 1)));
        }
        Ok(Self {
            balance: builder.build()?,
        })
    }

    /// Shows and changes it while it works.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.balance.handle()
    }
}

impl Provider for KeyPool {
    fn id(&self) -> &ProviderId {
        self.balance.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.balance.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        self.balance.call(call)
    }
}
