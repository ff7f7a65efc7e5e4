//! A bound on requests under way, which neither transport's pool has.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use router_core::error::TimeoutKind;
use router_core::{Error, ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A bound on requests under way, which neither reqwest nor hyper's pool has.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    free: Option<Arc<Semaphore>>,
    wait: Duration,
}

impl Slots {
    pub(crate) fn new(most: Option<usize>, wait: Duration) -> Self {
        Self {
            free: most.map(|most| Arc::new(Semaphore::new(most))),
            wait,
        }
    }

    /// Waits for a free slot. It is held until the body is read to its end or dropped.
    pub(crate) async fn take(&self) -> Result<Option<OwnedSemaphorePermit>> {
        let Some(free) = &self.free else { return Ok(None) };
        if let Ok(permit) = Arc::clone(free).try_acquire_owned() {
            return Ok(Some(permit));
        }
        match tokio::time::timeout(self.wait, Arc::clone(free).acquire_owned()).await {
            Ok(permit) => permit
                .map(Some)
                .map_err(|_| Error::new(ErrorKind::Transport, "the transport is closed")),
            Err(_) => {
                let message = format!("no connection became free within {:?}", self.wait);
                Err(Error::new(ErrorKind::Timeout(TimeoutKind::Pool), message))
            }
        }
    }
}

/// A body that holds a slot until its end.
pub(crate) struct Held<S> {
    pub(crate) inner: S,
    pub(crate) slot: Option<OwnedSemaphorePermit>,
}

impl<S: Stream + Unpin> Stream for Held<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let next = Pin::new(&mut self.inner).poll_next(task);
        if matches!(next, Poll::Ready(None)) {
            self.slot = None;
        }
        next
    }
}
