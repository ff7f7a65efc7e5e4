//! A library that follows its files: they are looked at when it is used, at most so often, and read when they changed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use crate::library::Library;
use crate::problem::PromptError;

/// How often files are looked at, unless said otherwise.
const INTERVAL: Duration = Duration::from_secs(2);

/// A [`Library`] whose files may change while it is in use. Share it; nobody waits for anybody but for the files.
///
/// Who asks for the library when the interval has passed looks whether a file has another time or length, without a thread or a
/// service of the system. A file that can no longer be read, or is no template any more, leaves its template as it was, and
/// [`Watched::problem`] says why.
pub struct Watched {
    current: RwLock<Arc<Library>>,
    seen: Mutex<Seen>,
    interval: Duration,
    clock: Arc<dyn Fn() -> Instant + Send + Sync>,
}

/// The files as they were when they were last looked at.
struct Seen {
    at: Instant,
    files: Stamps,
    problem: Option<PromptError>,
}

/// Files, with the time of their last change and their length.
pub(crate) type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

impl Watched {
    /// Follows the files and folders that this library has taken in, looking every two seconds at most.
    #[must_use]
    pub fn new(library: Library) -> Self {
        let seen = Seen {
            at: Instant::now(),
            files: library.stamps(),
            problem: None,
        };
        Self {
            current: RwLock::new(Arc::new(library)),
            seen: Mutex::new(seen),
            interval: INTERVAL,
            clock: Arc::new(Instant::now),
        }
    }

    /// With another time between two looks.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.seen().at = clock();
        self.clock = Arc::new(clock);
        self
    }

    /// The library as its files are now, but for changes within the interval. What one holds stays as it is.
    #[must_use]
    pub fn library(&self) -> Arc<Library> {
        // One looks; the others go on with what there is.
        if let Ok(mut seen) = self.seen.try_lock() {
            let now = (self.clock)();
            if now.saturating_duration_since(seen.at) >= self.interval {
                seen.at = now;
                self.look(&mut seen);
            }
        }
        self.current()
    }

    /// Looks now: the ids of the templates that changed.
    ///
    /// # Errors
    /// Those of [`Library::reload`]; what could be read is taken in all the same.
    pub fn reload(&self) -> Result<Vec<String>, PromptError> {
        let mut seen = self.seen();
        seen.files.clear();
        let changed = self.look(&mut seen);
        match &seen.problem {
            Some(problem) => Err(problem.clone()),
            None => Ok(changed),
        }
    }

    /// What is wrong with files that changed, for as long as it is: their templates are as they were before.
    #[must_use]
    pub fn problem(&self) -> Option<PromptError> {
        self.seen().problem.clone()
    }

    fn look(&self, seen: &mut Seen) -> Vec<String> {
        let current = self.current();
        // Before they are read, so that a change in the meantime is seen the next time.
        let files = current.stamps();
        if files == seen.files {
            return Vec::new();
        }
        let mut library = Library::clone(&current);
        let before: BTreeMap<String, String> = hashes(&library);
        seen.problem = library.reload().err();
        seen.files = files;
        let after = hashes(&library);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(library);
        let changed = after
            .into_iter()
            .filter(|(id, hash)| before.get(id) != Some(hash));
        changed.map(|(id, _)| id).collect()
    }

    fn current(&self) -> Arc<Library> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hashes(library: &Library) -> BTreeMap<String, String> {
    library
        .templates()
        .map(|template| (template.id.clone(), template.hash.clone()))
        .collect()
}
