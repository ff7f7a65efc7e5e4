//! Sessions in an SQLite file, which several processes may write at the same time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use router_core::{BoxFuture, Result};
use rusqlite::{Connection, TransactionBehavior, params};

use super::{Page, Store, blocking, decode, encode, unreachable};
use crate::record::Record;

/// How long a writer waits for another.
const WAIT: Duration = Duration::from_secs(10);

/// Sessions in an SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore(Arc<Mutex<Connection>>);

impl SqliteStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`](router_core::ErrorKind::Transport) when it cannot be opened or is no such file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let open = || {
            let connection = Connection::open(path.as_ref())?;
            connection.busy_timeout(WAIT)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // A turn counts when it is on the disk.
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS records (
                    position INTEGER PRIMARY KEY AUTOINCREMENT,
                    session TEXT NOT NULL,
                    record TEXT NOT NULL
                );
                CREATE INDEX IF NOT EXISTS records_by_session ON records (session, position);",
            )?;
            Ok(connection)
        };
        let connection =
            open().map_err(|error: rusqlite::Error| unreachable(path.as_ref().display(), error))?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.0);
        blocking("SQLite", move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection).map_err(|failure| match failure {
                Failure::Sqlite(error) => unreachable("SQLite", error),
                Failure::Ours(error) => error,
            })
        })
        .await
    }
}

enum Failure {
    Sqlite(rusqlite::Error),
    Ours(router_core::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Store for SqliteStore {
    fn append<'a>(&'a self, session: &'a str, records: &'a [Record]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let lines = records.iter().map(encode).collect::<Result<Vec<_>>>()?;
            let session = session.to_owned();
            self.with(move |connection| {
                // Taken at once: a transaction that only then wants to write may be refused.
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                {
                    let mut insert = transaction
                        .prepare_cached("INSERT INTO records (session, record) VALUES (?1, ?2)")?;
                    for line in &lines {
                        insert.execute(params![session, line])?;
                    }
                }
                Ok(transaction.commit()?)
            })
            .await
        })
    }

    fn read<'a>(&'a self, session: &'a str, after: u64) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            let session = session.to_owned();
            self.with(move |connection| {
                let mut select = connection.prepare_cached(
                    "SELECT position, record FROM records WHERE session = ?1 AND position > ?2 ORDER BY position",
                )?;
                let after = i64::try_from(after).unwrap_or(i64::MAX);
                let mut rows = select.query(params![session, after])?;
                let mut page = Page::new(Vec::new(), u64::try_from(after).unwrap_or(0));
                while let Some(row) = rows.next()? {
                    let position: i64 = row.get(0)?;
                    let record: String = row.get(1)?;
                    let place = format_args!("record {position}").to_string();
                    page.records.push(decode(&session, place, &record).map_err(Failure::Ours)?);
                    page.position = u64::try_from(position).unwrap_or(0);
                }
                Ok(page)
            })
            .await
        })
    }

    fn remove<'a>(&'a self, session: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let session = session.to_owned();
            self.with(move |connection| {
                connection.execute("DELETE FROM records WHERE session = ?1", params![session])?;
                Ok(())
            })
            .await
        })
    }

    fn sessions(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            self.with(|connection| {
                let mut select =
                    connection.prepare("SELECT DISTINCT session FROM records ORDER BY session")?;
                let names = select.query_map([], |row| row.get(0))?;
                Ok(names.collect::<Result<Vec<String>, _>>()?)
            })
            .await
        })
    }
}
