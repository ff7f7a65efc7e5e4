//! One call at the provider for all equal calls at the same time: whoever waits drives it, and the last to leave ends it.

mod board;
mod reader;
mod wakers;

use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Instant;

use router_core::context::Trail;
use router_core::{
    Body, BoxFuture, Call, Error, EventStream, Head, Mode, Output, Provider, Recording, Reply, Result,
    StreamEvent,
};
use smallvec::SmallVec;

pub(crate) use board::Flights;

use crate::key::CacheKey;
use crate::provider::JUST_NOW;
use crate::shared::Place;
use reader::Reader;
use wakers::Wakers;

/// What calls share that are the same.
pub(crate) type Route = (CacheKey, Mode);

/// A call under way at the provider.
///
/// **Invariant.** It belongs to nobody: it goes on while anybody waits for it or reads its stream, and what it waits for wakes
/// all of them. No lock is held across an await: polling is what happens under it.
pub(crate) struct Flight {
    state: Mutex<State>,
    /// Made when several wait.
    wakers: OnceLock<Arc<Wakers>>,
    place: Place,
    /// What happens to it.
    trail: Trail,
    /// When its leader's time is over, by when it has to have landed.
    deadline: Option<Instant>,
    /// Where others find it, until it can take no more of them.
    home: OnceLock<(Weak<Flights>, Route)>,
    takes_more: AtomicBool,
    /// Those who wait for the answer, or have not taken it yet.
    boarded: AtomicUsize,
}

/// A place on a flight, until the answer is taken or the caller gives up.
pub(crate) struct Ticket {
    flight: Arc<Flight>,
    is_used: AtomicBool,
}

struct State {
    stage: Stage,
    /// Whether somebody has the answer as the one who made it.
    is_claimed: bool,
    /// How far each reader is; those that have left are behind everything.
    readers: SmallVec<[usize; 2]>,
    reading: usize,
    /// Whether those who have not taken the answer yet have taken too long.
    is_gone: bool,
    /// Who looked last, when nobody else was there.
    alone: Option<Waker>,
}

enum Stage {
    /// Until the provider answers.
    Calling(BoxFuture<'static, Result<Reply>>),
    Full(Head, Output),
    Streaming(Stream),
    Failed(Error),
    /// The last one has taken the answer with it.
    Taken,
}

/// An answer in pieces, of which everything is kept that a reader may still want.
struct Stream {
    head: Head,
    /// `None` when it is over.
    source: Option<EventStream>,
    recording: Recording,
    /// The same when it is over and kept.
    kept: Option<Arc<Recording>>,
    /// How many events there were.
    len: usize,
    /// The last event, where they are no longer recorded: readers then go in step.
    last: Option<StreamEvent>,
    failure: Option<Error>,
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("key", &self.place.key)
            .finish_non_exhaustive()
    }
}

impl Flight {
    /// The call at the provider, not begun yet.
    pub(crate) fn new<P: Provider>(provider: Arc<P>, call: &Call, place: Place) -> Self {
        let mut context = call.context.fork();
        // An answer is worth nothing to who began it when their time is over, and layers further in want to know: none waits for
        // what comes too late. Others ask again then. A stream that has begun goes on for those who have longer.
        let deadline = call.context.deadline();
        if let Some(deadline) = deadline {
            context = context.with_deadline(deadline);
            if call.is_stream() {
                context = context.with_open_end();
            }
        }
        let trail = context.trail().clone();
        let call = call.with_context(context);
        let calling = Box::pin(async move { provider.call(&call).await });
        Self {
            state: Mutex::new(State {
                stage: Stage::Calling(calling),
                is_claimed: false,
                readers: SmallVec::new(),
                reading: 0,
                is_gone: false,
                alone: None,
            }),
            wakers: OnceLock::new(),
            place,
            trail,
            deadline,
            home: OnceLock::new(),
            takes_more: AtomicBool::new(true),
            boarded: AtomicUsize::new(0),
        }
    }
}

impl Ticket {
    fn new(flight: Arc<Flight>) -> Self {
        flight.boarded.fetch_add(1, Ordering::AcqRel);
        Self {
            flight,
            is_used: AtomicBool::new(false),
        }
    }

    /// Waits for the answer, driving the call.
    ///
    /// # Cancellation
    /// Whoever else waits goes on.
    pub(crate) async fn landed(&self, call: &Call) -> Result<Reply> {
        let flight = &self.flight;
        poll_fn(|task| flight.poll_landing(task)).await;
        let trail = call.context.trail();
        trail.append(&flight.trail);
        let reply = flight
            .take(self)
            .map_err(|error| error.with_trail(trail.clone()))?;
        match reply {
            // What a stream begins with can be seen on it before it is read.
            Reply {
                head,
                body: Body::Stream(stream),
                ..
            } => Ok(Reply::new(head, Body::Stream(stream.committed().await?))),
            whole => Ok(whole),
        }
    }

    /// What happened to it so far.
    pub(crate) fn trail(&self) -> &Trail {
        &self.flight.trail
    }

    /// Whether it may have failed for want of time that a caller has.
    pub(crate) fn had_less_time_than(&self, call: &Call) -> bool {
        let longer = |deadline| call.context.deadline().is_none_or(|own| own > deadline);
        self.flight.deadline.is_some_and(longer)
    }

    /// Leaves; whether nobody else is there, nor can come.
    fn leave(&self) -> bool {
        if self.is_used.swap(true, Ordering::AcqRel) {
            return false;
        }
        let left = self.flight.boarded.fetch_sub(1, Ordering::AcqRel) - 1;
        left == 0 && !self.flight.takes_more.load(Ordering::Acquire)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !*self.is_used.get_mut() {
            self.leave();
            // Readers may have waited for this one to come along.
            self.flight.wake_all();
        }
    }
}

impl Flight {
    fn poll_landing(self: &Arc<Self>, task: &mut TaskContext<'_>) -> Poll<()> {
        let mut state = self.lock();
        let State { stage, alone, .. } = &mut *state;
        let Stage::Calling(calling) = stage else {
            return Poll::Ready(());
        };
        let is_alone = self.boarded.load(Ordering::Acquire) == 1;
        let Poll::Ready(result) = self.drive(alone, task, is_alone, |task| calling.as_mut().poll(task))
        else {
            return Poll::Pending;
        };
        state.stage = self.land(result);
        drop(state);
        self.wake_all();
        Poll::Ready(())
    }

    fn land(&self, result: Result<Reply>) -> Stage {
        match result {
            Err(error) => {
                self.leave_home();
                Stage::Failed(error)
            }
            Ok(Reply { head, body, .. }) => match body {
                Body::Full(output) => {
                    self.place.keep_output(&head, &output, &self.trail);
                    self.leave_home();
                    Stage::Full(head, output)
                }
                Body::Stream(source) => Stage::Streaming(Stream {
                    head,
                    source: Some(source),
                    recording: Recording::new(),
                    kept: None,
                    len: 0,
                    last: None,
                    failure: None,
                }),
            },
        }
    }

    /// The answer for one of those who waited for it. The last one has it as it came.
    fn take(self: &Arc<Self>, ticket: &Ticket) -> Result<Reply> {
        let mut state = self.lock();
        let state = &mut *state;
        let is_last = ticket.leave();
        if is_last && !matches!(state.stage, Stage::Streaming(_)) {
            let stage = std::mem::replace(&mut state.stage, Stage::Taken);
            return match stage {
                Stage::Full(head, output) => Ok(Reply::new(
                    claimed(&mut state.is_claimed, head),
                    Body::Full(output),
                )),
                Stage::Failed(error) => Err(error),
                Stage::Calling(_) | Stage::Streaming(_) | Stage::Taken => Err(lost()),
            };
        }
        let mut reply = match &mut state.stage {
            // Nobody takes it before it has landed.
            Stage::Calling(_) | Stage::Taken => return Err(lost()),
            Stage::Failed(error) => return Err(error.duplicate()),
            Stage::Full(head, output) => Reply::new(head.clone(), Body::Full(output.clone())),
            Stage::Streaming(_) if state.is_gone => return Err(reader::left_behind()),
            Stage::Streaming(stream) => {
                let seat = state.readers.len();
                state.readers.push(0);
                state.reading += 1;
                let reader = Reader::new(Arc::clone(self), seat);
                Reply::new(stream.head.clone(), Body::Stream(EventStream::new(reader)))
            }
        };
        reply.head = claimed(&mut state.is_claimed, reply.head);
        Ok(reply)
    }

    /// Polls what all wait for, so that whoever waits is woken. With nobody else there the task itself is.
    fn drive<T>(
        &self,
        alone: &mut Option<Waker>,
        task: &mut TaskContext<'_>,
        is_alone: bool,
        poll: impl FnOnce(&mut TaskContext<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if is_alone {
            let result = poll(task);
            if result.is_pending() {
                // Who comes later wakes this one too.
                alone
                    .get_or_insert_with(|| task.waker().clone())
                    .clone_from(task.waker());
            }
            return result;
        }
        let wakers = self.wakers_of_all(alone);
        let result = poll(&mut TaskContext::from_waker(&Waker::from(Arc::clone(wakers))));
        if result.is_pending() {
            wakers.wait(task.waker());
        }
        result
    }

    /// Those who wait, before another look at what they wait for.
    fn wakers_of_all(&self, alone: &mut Option<Waker>) -> &Arc<Wakers> {
        let wakers = self.wakers.get_or_init(Arc::default);
        wakers.begin();
        if let Some(waker) = alone.take() {
            wakers.wait(&waker);
        }
        wakers
    }

    fn wake_all(&self) {
        if let Some(wakers) = self.wakers.get() {
            wakers.wake_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nobody finds it.
    fn leave_home(&self) {
        if self.takes_more.swap(false, Ordering::AcqRel)
            && let Some((home, route)) = self.home.get()
            && let Some(home) = home.upgrade()
        {
            home.remove(route, self);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.leave_home();
    }
}

/// One of those who get an answer has made it; for the others it is somebody else's.
fn claimed(is_claimed: &mut bool, mut head: Head) -> Head {
    if std::mem::replace(is_claimed, true) {
        head.age = Some(JUST_NOW);
        // The vendor's words about its limits are for who made the call.
        head.raw = None;
    }
    head
}

fn lost() -> Error {
    Error::new(
        router_core::ErrorKind::Cancelled,
        "the call that was shared is over",
    )
}
