//! The calls under way, by what they ask: who comes with the same finds them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hashbrown::HashMap;

use super::{Flight, Route, Ticket};

/// The calls under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    flights: Mutex<HashMap<Route, Weak<Flight>>>,
    landed: AtomicU64,
}

impl Flights {
    /// How many have come to an end.
    pub(crate) fn landed(&self) -> u64 {
        self.landed.load(Ordering::Acquire)
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The call under way that asks the same, or a new one; whether it is new.
    pub(crate) fn board(self: &Arc<Self>, route: Route, start: impl FnOnce() -> Flight) -> (Ticket, bool) {
        // One that takes nobody any more may end here, and looks for itself on the board then.
        let gone;
        let mut flights = self.lock();
        match flights.get(&route).and_then(Weak::upgrade) {
            Some(flight) if flight.takes_more.load(Ordering::Acquire) => return (Ticket::new(flight), false),
            other => gone = other,
        }
        let flight = Arc::new(start());
        // It is new, so it has no home.
        let _ = flight.home.set((Arc::downgrade(self), route));
        flights.insert(route, Arc::downgrade(&flight));
        let ticket = Ticket::new(flight);
        drop(flights);
        drop(gone);
        (ticket, true)
    }

    /// Takes one off, unless another is there in its place.
    pub(super) fn remove(&self, route: &Route, flight: &Flight) {
        let mut flights = self.lock();
        if flights
            .get(route)
            .is_some_and(|known| std::ptr::eq(known.as_ptr(), flight))
        {
            flights.remove(route);
        }
        self.landed.fetch_add(1, Ordering::AcqRel);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Route, Weak<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
