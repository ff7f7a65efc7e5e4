//! The connections: so many places and never more, each with one connection that all commands share.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::config::RedisConfig;

/// So many commands in a row without an answer, and a connection is taken for dead though nobody said so.
const MOST_SILENT: u32 = 3;

/// The connections of a process.
pub(crate) struct Slots {
    client: Client,
    settings: AsyncConnectionConfig,
    limit: std::time::Duration,
    /// One permit for each connection that may be open.
    places: Arc<Semaphore>,
    slots: Vec<Slot>,
    next: AtomicUsize,
}

/// A place for one connection.
#[derive(Default)]
pub(crate) struct Slot {
    live: Mutex<Option<Arc<Live>>>,
    connecting: tokio::sync::Mutex<()>,
}

/// An open connection. Its place is free again when the last command on it is done.
pub(crate) struct Live {
    connection: MultiplexedConnection,
    silent: AtomicU32,
    _place: OwnedSemaphorePermit,
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("open", &self.open())
            .finish_non_exhaustive()
    }
}

impl Slots {
    pub(crate) fn new(client: Client, config: &RedisConfig) -> Self {
        Self {
            client,
            settings: AsyncConnectionConfig::new()
                .set_connection_timeout(Some(config.connect_timeout))
                .set_response_timeout(Some(config.response_timeout)),
            limit: config.connect_timeout,
            places: Arc::new(Semaphore::new(config.connections)),
            slots: (0..config.connections).map(|_| Slot::default()).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        self.slots.len() - self.places.available_permits()
    }

    /// The next place, in turn.
    pub(crate) fn next(&self) -> &Slot {
        &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len()]
    }

    /// Lets go of all connections.
    pub(crate) fn clear(&self) {
        for slot in &self.slots {
            drop(slot.lock().take());
        }
    }

    /// The connection of a place, made now if there is none. `None` when `is_useless` says, after a wait for another who
    /// was making it, that there is no use in trying.
    pub(crate) async fn connection(
        &self,
        slot: &Slot,
        is_useless: impl Fn() -> bool,
    ) -> RedisResult<Option<Arc<Live>>> {
        if let Some(live) = slot.live() {
            return Ok(Some(live));
        }
        let connect = async {
            let _turn = slot.connecting.lock().await;
            if let Some(live) = slot.live() {
                return Ok(Some(live));
            }
            if is_useless() {
                return Ok(None);
            }
            let live = Arc::new(self.connect().await?);
            *slot.lock() = Some(Arc::clone(&live));
            Ok(Some(live))
        };
        match timeout(self.limit, connect).await {
            Ok(live) => live,
            Err(elapsed) => Err(std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed).into()),
        }
    }

    async fn connect(&self) -> RedisResult<Live> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(std::io::Error::other)?;
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&self.settings)
            .await?;
        Ok(Live {
            connection,
            silent: AtomicU32::new(0),
            _place: place,
        })
    }
}

impl Slot {
    /// Lets go of a connection, unless another one has taken its place.
    pub(crate) fn discard(&self, broken: &Arc<Live>) {
        let mut live = self.lock();
        if live.as_ref().is_some_and(|live| Arc::ptr_eq(live, broken)) {
            *live = None;
        }
    }

    fn live(&self) -> Option<Arc<Live>> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// A handle for one command.
    pub(crate) fn handle(&self) -> MultiplexedConnection {
        self.connection.clone()
    }

    /// Takes note of whether a command was answered; `false` when the connection is taken for dead.
    pub(crate) fn note(&self, answered: bool) -> bool {
        if answered {
            self.silent.store(0, Ordering::Relaxed);
            return true;
        }
        self.silent.fetch_add(1, Ordering::Relaxed) + 1 < MOST_SILENT
    }
}
