//! What time it is at the server, as far as its answers tell.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The server's clock against ours.
#[derive(Debug)]
pub(super) struct ServerClock {
    origin: Instant,
    /// The server's microseconds at our origin.
    offset: Mutex<Option<f64>>,
}

impl ServerClock {
    pub(super) fn new() -> Self {
        Self {
            origin: Instant::now(),
            offset: Mutex::new(None),
        }
    }

    /// An answer that has just come, with the server's time of a moment ago. So the server's time is guessed a little too
    /// early, and a deadline too soon rather than too late.
    pub(super) fn learn(&self, server: f64) {
        let ours = self.ours(Instant::now());
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner) = Some(server - ours);
    }

    /// The server's time at a moment of ours; `None` before its first answer.
    pub(super) fn at(&self, moment: Instant) -> Option<f64> {
        let offset = *self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        offset.map(|offset| offset + self.ours(moment))
    }

    fn ours(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.origin).as_micros() as f64
    }
}
