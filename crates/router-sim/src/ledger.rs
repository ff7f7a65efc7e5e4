//! What the simulated vendor did, call by call: to compare with what somebody else counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use router_core::ModelId;
use router_core::chat::Usage;
use serde::Serialize;

/// The calls so far, oldest first. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Vec<Entry>>>);

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The model called.
    pub model: ModelId,
    /// The operation's name.
    pub operation: &'static str,
    /// Whether the answer was a stream.
    pub streamed: bool,
    /// The failure that the model's name asked for, when it happened in this call.
    pub fault: Option<String>,
    /// How the call ended.
    pub ended: Ended,
    /// Tokens of an answer that was given to its end.
    pub usage: Option<Usage>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ended {
    /// It has not.
    Open,
    /// With an answer.
    Answered,
    /// With an error.
    Failed,
    /// The caller went away.
    Dropped,
}

impl Ledger {
    /// The calls so far, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Opens an entry, and gives its number.
    pub(crate) fn open(&self, model: &ModelId, operation: &'static str, streamed: bool) -> usize {
        let mut entries = self.lock();
        entries.push(Entry {
            model: model.clone(),
            operation,
            streamed,
            fault: None,
            ended: Ended::Open,
            usage: None,
        });
        entries.len() - 1
    }

    /// Closes an entry.
    pub(crate) fn close(&self, number: usize, ended: Ended, usage: Option<Usage>) {
        if let Some(entry) = self.lock().get_mut(number) {
            entry.ended = ended;
            entry.usage = usage;
        }
    }

    /// Notes a failure in an entry.
    pub(crate) fn fault(&self, number: usize, fault: String) {
        if let Some(entry) = self.lock().get_mut(number) {
            entry.fault = Some(fault);
        }
    }

    /// Notes a failure in the bytes of a response: in the latest entry of that model, or in one of its own where the call
    /// never came to the model.
    pub(crate) fn fault_in_bytes(&self, model: &ModelId, fault: String) {
        let mut entries = self.lock();
        match entries
            .iter_mut()
            .rev()
            .find(|entry| entry.model == *model && entry.fault.is_none())
        {
            Some(entry) => entry.fault = Some(fault),
            None => entries.push(Entry {
                model: model.clone(),
                operation: "none",
                streamed: false,
                fault: Some(fault),
                ended: Ended::Failed,
                usage: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
