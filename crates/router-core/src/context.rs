//! What goes with a call besides the request: who asks, until when, how many attempts, and what happened so far.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use crate::error::ErrorKind;
use crate::model::{ModelId, ProviderId};
use crate::text::Text;

/// Attempts that a call may make in all where nobody says otherwise: the first, retries, failovers, key rotations and
/// hedges together.
pub const DEFAULT_ATTEMPTS: u32 = 4;

/// Most entries that a trail keeps.
const MOST_ENTRIES: usize = 64;

/// What an attempt budget holds before anybody has set it.
const UNSET: u32 = u32::MAX;

/// What goes with a call besides the request. Cheap to clone; clones share budget, trail and extensions, so each call has
/// one of its own.
#[derive(Clone, Debug)]
pub struct Context {
    deadline: Option<Instant>,
    shared: Option<Arc<Shared>>,
    budget: AttemptBudget,
    trail: Trail,
}

impl Default for Context {
    fn default() -> Self {
        // Both are shared from the first clone on, so they lie in one allocation from the start.
        let record = Arc::new(Record::new(UNSET));
        Self {
            deadline: None,
            shared: None,
            budget: AttemptBudget(Arc::clone(&record)),
            trail: Trail(record),
        }
    }
}

/// What is written down of a call while it is made.
struct Record {
    attempts_left: AtomicU32,
    entries: Mutex<Entries>,
}

impl Record {
    fn new(attempts_left: u32) -> Self {
        Self {
            attempts_left: AtomicU32::new(attempts_left),
            entries: Mutex::default(),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Shared {
    request_id: Option<Text>,
    caller: Option<Text>,
    tags: Vec<(Text, Text)>,
    fetch_media: bool,
    open_end: bool,
    extensions: Vec<Extension>,
}

#[derive(Clone)]
struct Extension {
    type_id: TypeId,
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Context {
    /// An empty context: no deadline, the default budget.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Our id of the request, for logs and headers.
    #[must_use]
    pub fn request_id(&self) -> Option<&Text> {
        self.shared.as_ref().and_then(|shared| shared.request_id.as_ref())
    }

    /// When the call as a whole has to be done. No attempt goes past it.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// When a stream that has begun has to be over: at the deadline, unless it has an open end.
    #[must_use]
    pub fn stream_deadline(&self) -> Option<Instant> {
        let has_open_end = self.shared.as_ref().is_some_and(|shared| shared.open_end);
        self.deadline.filter(|_| !has_open_end)
    }

    /// The time left at `now`, zero when it is over; `None` without a deadline.
    #[must_use]
    pub fn time_left(&self, now: Instant) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Who asks: the scope of caches and limits.
    #[must_use]
    pub fn caller(&self) -> Option<&Text> {
        self.shared.as_ref().and_then(|shared| shared.caller.as_ref())
    }

    /// Labels of the call, for limits and metrics.
    #[must_use]
    pub fn tags(&self) -> &[(Text, Text)] {
        self.shared.as_ref().map_or(&[], |shared| &shared.tags)
    }

    /// Whether media by address may be fetched for vendors that take no addresses.
    #[must_use]
    pub fn may_fetch_media(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.fetch_media)
    }

    /// A value that a layer or the application put in.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let extensions = &self.shared.as_ref()?.extensions;
        let extension = extensions
            .iter()
            .find(|extension| extension.type_id == TypeId::of::<T>())?;
        extension.value.downcast_ref()
    }

    /// How many attempts may still be made.
    #[must_use]
    pub fn budget(&self) -> &AttemptBudget {
        &self.budget
    }

    /// What happened so far.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    /// With our id of the request.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<Text>) -> Self {
        self.shared_mut().request_id = Some(id.into());
        self
    }

    /// With a deadline. An earlier one stays: a layer can only shorten the time.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |known| known.min(deadline)));
        self
    }

    /// With an open end: the deadline is for the first content of a stream, and what has begun goes on. So it is where others
    /// than the caller read along, who have time of their own.
    #[must_use]
    pub fn with_open_end(mut self) -> Self {
        self.shared_mut().open_end = true;
        self
    }

    /// With a caller.
    #[must_use]
    pub fn with_caller(mut self, caller: impl Into<Text>) -> Self {
        self.shared_mut().caller = Some(caller.into());
        self
    }

    /// With one more label.
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.shared_mut().tags.push((name.into(), value.into()));
        self
    }

    /// Allowing media by address to be fetched for vendors that take no addresses.
    #[must_use]
    pub fn with_media_fetching(mut self) -> Self {
        self.shared_mut().fetch_media = true;
        self
    }

    /// With a number of attempts in all, the first included. It goes before what layers are set to.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.budget = AttemptBudget::new(attempts);
        self
    }

    /// With a value for layers or the application; one per type.
    #[must_use]
    pub fn with_extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        let extensions = &mut self.shared_mut().extensions;
        extensions.retain(|extension| extension.type_id != TypeId::of::<T>());
        extensions.push(Extension {
            type_id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
            value: Arc::new(value),
        });
        self
    }

    /// A context for work that outlives the caller or runs beside the call (single-flight, hedge, mirror): the same
    /// request id, caller, tags and budget, but a trail of its own and no deadline of the caller's.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            deadline: None,
            shared: self.shared.clone(),
            budget: self.budget.clone(),
            trail: Trail::default(),
        }
    }

    fn shared_mut(&mut self) -> &mut Shared {
        Arc::make_mut(self.shared.get_or_insert_with(Arc::default))
    }
}

/// Further attempts that one call may make, drawn on by everything that tries again. Clones share it.
///
/// **Invariant.** The first attempt is free; whoever calls a provider one more time for the same call (retry, failover, key
/// rotation, hedge) takes one attempt before, and leaves it when none is left. So three retries over three targets are four
/// attempts, and not twelve.
#[derive(Clone)]
pub struct AttemptBudget(Arc<Record>);

impl Default for AttemptBudget {
    fn default() -> Self {
        Self(Arc::new(Record::new(UNSET)))
    }
}

impl AttemptBudget {
    /// A budget of so many attempts in all, the first included.
    #[must_use]
    pub fn new(attempts: u32) -> Self {
        Self(Arc::new(Record::new(further(attempts))))
    }

    /// Sets the number of attempts in all where nobody has, and none was taken: a caller's number goes before an outer
    /// layer's, and that before an inner layer's.
    pub fn set_default(&self, attempts: u32) {
        // Failing means that it is set already.
        let _ = self.0.attempts_left.compare_exchange(
            UNSET,
            further(attempts),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }

    /// Takes one further attempt; `false` when none is left.
    #[must_use]
    pub fn take(&self) -> bool {
        self.0
            .attempts_left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                known(left).checked_sub(1)
            })
            .is_ok()
    }

    /// Further attempts left.
    #[must_use]
    pub fn left(&self) -> u32 {
        known(self.0.attempts_left.load(Ordering::Acquire))
    }
}

impl fmt::Debug for AttemptBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AttemptBudget").field(&self.left()).finish()
    }
}

/// Attempts beside the first.
fn further(attempts: u32) -> u32 {
    attempts.saturating_sub(1).min(UNSET - 1)
}

fn known(left: u32) -> u32 {
    match left {
        UNSET => DEFAULT_ATTEMPTS - 1,
        left => left,
    }
}

/// What happened to a call on its way, in order. Clones share it.
///
/// It keeps its first 64 entries and counts the others, so that errors stay small however often a call is tried.
#[derive(Clone)]
pub struct Trail(Arc<Record>);

impl Default for Trail {
    fn default() -> Self {
        Self(Arc::new(Record::new(UNSET)))
    }
}

#[derive(Default)]
struct Entries {
    kept: Kept,
    left_out: usize,
}

/// Where all goes well there are an attempt and a decision at most: they take no allocation of their own.
type Kept = SmallVec<[TrailEntry; 2]>;

impl Entries {
    fn push(&mut self, entry: TrailEntry) {
        if self.kept.len() < MOST_ENTRIES {
            self.kept.push(entry);
        } else {
            self.left_out += 1;
        }
    }
}

impl Trail {
    /// Adds an entry.
    pub fn push(&self, entry: TrailEntry) {
        self.lock().push(entry);
    }

    /// Adds a decision of a layer.
    pub fn decision(&self, layer: &'static str, what: impl Into<Text>) {
        self.push(TrailEntry::Decision {
            layer,
            what: what.into(),
        });
    }

    /// The entries so far.
    #[must_use]
    pub fn entries(&self) -> Vec<TrailEntry> {
        self.lock().kept.to_vec()
    }

    /// How many more there were than are kept.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.lock().left_out
    }

    /// Shows each entry so far to `f`, copying none.
    pub fn visit(&self, f: impl FnMut(&TrailEntry)) {
        self.lock().kept.iter().for_each(f);
    }

    /// Adds what another trail has: that of a fork, when its work was for this call too.
    pub fn append(&self, other: &Self) {
        if Arc::ptr_eq(&self.0, &other.0) {
            return;
        }
        let (more, left_out) = {
            let other = other.lock();
            (other.kept.clone(), other.left_out)
        };
        let mut entries = self.lock();
        more.into_iter().for_each(|entry| entries.push(entry));
        entries.left_out += left_out;
    }

    /// Whether one stands in for another that should have answered.
    #[must_use]
    pub fn has_fallback(&self) -> bool {
        let entries = self.lock();
        let is_fallback = |entry: &TrailEntry| matches!(entry, TrailEntry::Fallback { .. });
        entries.kept.iter().any(is_fallback)
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().kept.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.lock();
        let mut list = f.debug_list();
        list.entries(&entries.kept);
        if entries.left_out > 0 {
            list.entry(&format_args!("and {} more", entries.left_out));
        }
        list.finish()
    }
}

/// One thing that happened to a call. Whoever reaches a vendor records the attempt, a layer what it decided.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TrailEntry {
    /// A provider was called.
    Attempt {
        /// Who.
        provider: ProviderId,
        /// Which model.
        model: ModelId,
        /// When it began.
        started: Instant,
        /// How long until it answered (a stream: until its first content) or failed.
        duration: Duration,
        /// `None` when it answered, else what went wrong.
        error: Option<ErrorKind>,
    },
    /// A balancer's target failed: the balancer does not choose it again for this call while there is another.
    Failed {
        /// The balancer's id: balancers may stand in each other.
        balancer: ProviderId,
        /// The target's name there.
        target: Text,
        /// What went wrong.
        error: ErrorKind,
    },
    /// The answer came from a balancer's target that stands in for others: one of a later tier, or of a list of fallbacks. Those
    /// that were asked and did not answer leave an [`TrailEntry::Attempt`] alone.
    Fallback {
        /// The balancer's id.
        balancer: ProviderId,
        /// The target's name there.
        target: Text,
    },
    /// A layer decided something.
    Decision {
        /// Which layer: `cache`, `retry`, `balance`, …
        layer: &'static str,
        /// What, in a few words: `hit`, `skipped openai: no audio input`, `waits 2s`. The first word is what metrics count it by,
        /// so it is one of a few of the layer's own. One that begins with `shares` says that what follows was done for another
        /// call, up to the layer's next decision.
        what: Text,
    },
}
