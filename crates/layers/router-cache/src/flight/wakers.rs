//! Who is to be woken when something comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The tasks that wait for one thing. What they wait for holds them, and not the flight: nothing keeps that but those who want its
/// answer.
#[derive(Debug, Default)]
pub(super) struct Wakers {
    waiting: Mutex<Vec<Waker>>,
    /// Whether something came since the last look.
    came: AtomicBool,
}

impl Wakers {
    /// Before a look at what is waited for.
    pub(super) fn begin(&self) {
        self.came.store(false, Ordering::Release);
    }

    /// After a look in vain. What came in between wakes at once.
    pub(super) fn wait(&self, waker: &Waker) {
        let mut waiting = self.lock();
        if self.came.load(Ordering::Acquire) {
            drop(waiting);
            waker.wake_by_ref();
        } else if !waiting.iter().any(|known| known.will_wake(waker)) {
            waiting.push(waker.clone());
        }
    }

    /// Wakes everybody.
    pub(super) fn wake_all(&self) {
        let waiting = {
            let mut waiting = self.lock();
            self.came.store(true, Ordering::Release);
            std::mem::take(&mut *waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}
