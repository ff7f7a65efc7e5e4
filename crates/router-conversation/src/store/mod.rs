//! Where conversations are kept: logs of records.

mod file;
mod memory;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

use router_core::{BoxFuture, Error, ErrorKind, Result, Warning};

pub use self::file::FileStore;
pub use self::memory::MemoryStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;
use crate::record::Record;

/// Keeps logs of records, by session.
///
/// **Invariant.** When `append` has resolved, its records stay, together and in their order, whatever else is written at the
/// same time by this process or another, and whenever a process is killed. Records of an `append` that has not resolved may be
/// there or not, all or none.
pub trait Store: Send + Sync {
    /// Puts records at the end of a session's log.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`] when the place cannot be reached or written.
    fn append<'a>(&'a self, session: &'a str, records: &'a [Record]) -> BoxFuture<'a, Result<()>>;

    /// The records behind a position; 0 is the beginning. A session that nobody wrote is empty.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`], and [`ErrorKind::Decode`] naming the session when its log is broken.
    fn read<'a>(&'a self, session: &'a str, after: u64) -> BoxFuture<'a, Result<Page>>;

    /// Forgets a session.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`].
    fn remove<'a>(&'a self, session: &'a str) -> BoxFuture<'a, Result<()>>;

    /// The sessions there are, in order.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`].
    fn sessions(&self) -> BoxFuture<'_, Result<Vec<String>>>;
}

/// A part of a log.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// The position behind them.
    pub position: u64,
    /// What was mended on the way.
    pub warnings: Vec<Warning>,
}

impl Page {
    /// Records, and the position behind them.
    #[must_use]
    pub fn new(records: Vec<Record>, position: u64) -> Self {
        Self {
            records,
            position,
            warnings: Vec::new(),
        }
    }
}

#[cfg(any(feature = "redis", feature = "sqlite"))]
fn encode(record: &Record) -> Result<String> {
    serde_json::to_string(record).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("a message cannot be stored: {error}"),
        )
    })
}

#[cfg(any(feature = "redis", feature = "sqlite"))]
fn decode(session: &str, place: impl std::fmt::Display, text: &str) -> Result<Record> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(
            ErrorKind::Decode,
            format!("stored session {session:?} is broken at {place}: {error}"),
        )
    })
}

fn unreachable(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Transport, format!("conversations in {what}: {error}"))
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| unreachable(what, error))?
}
