//! What makes a [`Conversations`]: the store, the settings, the summarizer.

use std::sync::Arc;

use router_core::tokens::{EstimatingCounter, TokenCounter};
use router_core::{Layer, Provider};

use crate::fit::Fitter;
use crate::policy::Policy;
use crate::provider::{Conversations, Shared};
use crate::store::{MemoryStore, Store};
use crate::summary::Summarizer;

/// Wraps providers in [`Conversations`].
#[derive(Clone)]
pub struct ConversationLayer {
    store: Arc<dyn Store>,
    fitter: Fitter,
    summarizer: Option<Summarizer>,
}

impl std::fmt::Debug for ConversationLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationLayer")
            .field("fitter", &self.fitter)
            .finish_non_exhaustive()
    }
}

impl ConversationLayer {
    /// A layer with these settings: sessions in memory, estimated tokens.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            fitter: Fitter::new(policy, Arc::new(EstimatingCounter)),
            summarizer: None,
        }
    }

    /// With a store.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// With a token counter.
    #[must_use]
    pub fn with_counter(mut self, counter: Arc<dyn TokenCounter>) -> Self {
        self.fitter = Fitter::new(self.fitter.policy().clone(), counter);
        self
    }

    /// With a fitter of one's own: its settings, counter and measure of what matters.
    #[must_use]
    pub fn with_fitter(mut self, fitter: Fitter) -> Self {
        self.fitter = fitter;
        self
    }

    /// With a summarizer, for strategies that sum up. Without one they leave out.
    #[must_use]
    pub fn with_summarizer(mut self, summarizer: Summarizer) -> Self {
        self.summarizer = Some(summarizer);
        self
    }
}

impl<P: Provider> Layer<P> for ConversationLayer {
    type Provider = Conversations<P>;

    fn layer(&self, inner: P) -> Conversations<P> {
        let shared = Shared::new(
            Arc::clone(&self.store),
            self.fitter.clone(),
            self.summarizer.clone(),
        );
        Conversations::new(inner, shared)
    }
}
