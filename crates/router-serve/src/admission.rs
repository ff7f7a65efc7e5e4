//! Counts the requests that are being answered, and lets in no more than there is room for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use router_core::{Error, ErrorKind};

/// The requests under way, and how many there may be. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    most: usize,
    under_way: Arc<AtomicUsize>,
}

/// The place of a request that was let in, until its answer has gone out or nobody wants it any more.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Default for Admission {
    fn default() -> Self {
        Self::of(usize::MAX)
    }
}

impl Admission {
    pub(crate) fn of(most: usize) -> Self {
        Self {
            most,
            under_way: Arc::default(),
        }
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }

    /// Lets a request in, if there is room. Nobody waits: a queue in front of a full house makes all of them late.
    ///
    /// # Errors
    /// `Overloaded` with status 503 and the wait that a client is asked for.
    pub(crate) fn enter(&self) -> Result<Place, Error> {
        let more = |under_way: usize| (under_way < self.most).then_some(under_way + 1);
        let entered = self
            .under_way
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        match entered {
            Ok(_) => Ok(Place(Arc::clone(&self.under_way))),
            Err(_) => {
                let message = format!(
                    "the gateway has {} requests under way and takes no more",
                    self.most
                );
                Err(Error::new(ErrorKind::Overloaded, message)
                    .unsent()
                    .with_status(503)
                    .with_code("gateway_full")
                    .with_retry_after(Duration::from_secs(1)))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
