//! Who keeps which answer, so that a call that continues one goes back there.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use router_core::{ProviderId, Text};

/// Most answers that are known; the oldest are forgotten.
const MOST: usize = 10_000;

/// The vendors' ids of the latest answers, with who gave them.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    makers: HashMap<Text, ProviderId>,
    oldest: VecDeque<Text>,
}

impl Memory {
    pub(crate) fn keep(&self, id: &Text, maker: &ProviderId) {
        // The id may be a slice of the whole answer.
        let id = id.detach();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.makers.insert(id.clone(), maker.clone()).is_some() {
            return;
        }
        known.oldest.push_back(id);
        if known.oldest.len() > MOST
            && let Some(oldest) = known.oldest.pop_front()
        {
            known.makers.remove(&oldest);
        }
    }

    pub(crate) fn maker(&self, id: &Text) -> Option<ProviderId> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .makers
            .get(id)
            .cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let memory = Memory::default();
        let id = |number: usize| Text::from(format!("resp_{number}"));
        for number in 0..=MOST {
            memory.keep(&id(number), &ProviderId::from_static("a"));
        }
        assert_eq!(memory.maker(&id(0)), None);
        assert!(memory.maker(&id(1)).is_some());
        memory.keep(&id(1), &ProviderId::from_static("b"));
        assert_eq!(memory.maker(&id(1)), Some(ProviderId::from_static("b")));
    }
}
