//! The balancer as a provider: a call goes to one of its targets, and on to others where that helps.

use std::fmt;
use std::sync::Arc;

use router_core::{BoxFuture, Call, Capabilities, Provider, ProviderId, Reply, Result};

use crate::builder::BalanceBuilder;
use crate::handle::Handle;
use crate::inner::Inner;
use crate::pass::Pass;

/// One provider made of several targets. Clones share everything.
#[derive(Clone)]
pub struct Balance {
    pub(crate) inner: Arc<Inner>,
}

impl Balance {
    /// Builds a balancer.
    #[must_use]
    pub fn builder() -> BalanceBuilder {
        BalanceBuilder::new()
    }

    /// Shows and changes it while it works.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(Arc::clone(&self.inner))
    }
}

impl fmt::Debug for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Balance")
            .field("id", &self.inner.id)
            .field("pool", &self.inner.pool())
            .finish()
    }
}

impl Provider for Balance {
    fn id(&self) -> &ProviderId {
        &self.inner.id
    }

    /// What any of the route's targets can do; one that cannot take a call is skipped.
    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.inner.pool().capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move { Pass::new(&self.inner, call)?.run().await })
    }
}
