//! What goes with a call besides the request: who asks, until when, how many attempts, and what happened so far.

mod budget;
mod record;
mod trail;

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use budget::{AttemptBudget, DEFAULT_ATTEMPTS};
pub use trail::{Trail, TrailEntry};

use crate::text::Text;

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
        let record = Arc::default();
        Self {
            deadline: None,
            shared: None,
            budget: AttemptBudget(Arc::clone(&record)),
            trail: Trail(record),
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
