//! Counts a growing history once: what was counted stays counted.

use router_core::tokens::TokenCounter;
use router_core::{Message, ModelId};

/// The tokens of a history for one model, message by message.
///
/// [`Tally::update`] counts only the messages that came since the last time, so a history of any length costs what its new
/// messages cost.
#[derive(Clone, Debug)]
pub struct Tally {
    model: ModelId,
    tokens: Vec<u64>,
    total: u64,
}

impl Tally {
    /// An empty history.
    #[must_use]
    pub fn new(model: impl Into<ModelId>) -> Self {
        Self {
            model: model.into(),
            tokens: Vec::new(),
            total: 0,
        }
    }

    /// Counts the messages behind those already counted, and returns the total. A history that got shorter is cut, not
    /// counted anew.
    pub fn update(&mut self, counter: &dyn TokenCounter, messages: &[Message]) -> u64 {
        self.update_from(counter, messages.iter())
    }

    /// The same over messages that lie elsewhere.
    pub fn update_from<'a>(
        &mut self,
        counter: &dyn TokenCounter,
        messages: impl ExactSizeIterator<Item = &'a Message>,
    ) -> u64 {
        self.truncate(messages.len());
        for message in messages.skip(self.tokens.len()) {
            let tokens = counter.count_message(&self.model, message);
            self.tokens.push(tokens);
            self.total += tokens;
        }
        self.total
    }

    /// Forgets the messages from `len` on: those that were taken back or changed.
    pub fn truncate(&mut self, len: usize) {
        if len < self.tokens.len() {
            self.total -= self.tokens.drain(len..).sum::<u64>();
        }
    }

    /// Tokens of all messages. The prompt has a frame besides, and tools.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Tokens of each message.
    #[must_use]
    pub fn per_message(&self) -> &[u64] {
        &self.tokens
    }

    /// The model counted for.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }
}
