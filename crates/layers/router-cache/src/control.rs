//! What one call wants of the cache.

use std::time::Duration;

use router_core::Text;

/// What one call wants of the caches on its way; put it into the call's context with
/// [`Context::with_extension`](router_core::Context::with_extension).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheControl {
    /// As if there were no cache: nothing read, nothing kept, not shared with other calls.
    pub bypass: bool,
    /// A new answer, which is kept in the place of the old one.
    pub refresh: bool,
    /// The answer is not kept.
    pub no_store: bool,
    /// How long the answer is kept, in the place of what the policy says.
    pub ttl: Option<Duration>,
    /// Where the answer is kept and looked for: calls of different namespaces share nothing.
    pub namespace: Option<Text>,
}

impl CacheControl {
    /// Nothing special.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As if there were no cache.
    #[must_use]
    pub fn bypass() -> Self {
        Self {
            bypass: true,
            ..Self::default()
        }
    }

    /// With a new answer.
    #[must_use]
    pub fn refresh(mut self) -> Self {
        self.refresh = true;
        self
    }

    /// Without the answer being kept.
    #[must_use]
    pub fn no_store(mut self) -> Self {
        self.no_store = true;
        self
    }

    /// With the answer kept for so long.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// In a namespace.
    #[must_use]
    pub fn with_namespace(mut self, namespace: impl Into<Text>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }
}
