//! What is written down of a call while it is made: one allocation for its budget and its trail.

use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use super::budget::UNSET;
use super::trail::Entries;

pub(super) struct Record {
    pub(super) attempts_left: AtomicU32,
    pub(super) entries: Mutex<Entries>,
}

impl Record {
    pub(super) fn new(attempts_left: u32) -> Self {
        Self {
            attempts_left: AtomicU32::new(attempts_left),
            entries: Mutex::default(),
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::new(UNSET)
    }
}
