//! Sessions in Redis, which several instances share: a list of records each.

use std::time::Duration;

use router_core::{BoxFuture, Error, ErrorKind, Result};
use router_redis::{Redis, RedisError};

use super::{Page, Store, decode, encode};
use crate::record::Record;

/// Sessions in Redis. What Redis does not keep over a restart is gone with it: see its `appendonly`.
#[derive(Clone, Debug)]
pub struct RedisStore {
    redis: Redis,
    ttl: Option<Duration>,
}

impl RedisStore {
    /// Sessions in this Redis, for ever.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis, ttl: None }
    }

    /// Forgetting sessions that nobody wrote to for so long.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    fn key(&self, session: &str) -> String {
        self.redis.key(&format!("conversation:{session}"))
    }

    fn names(&self) -> String {
        self.redis.key("conversations")
    }
}

fn failed(error: RedisError) -> Error {
    Error::new(ErrorKind::Transport, format!("conversations in Redis: {error}"))
}

impl Store for RedisStore {
    fn append<'a>(&'a self, session: &'a str, records: &'a [Record]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if records.is_empty() {
                return Ok(());
            }
            let lines = records.iter().map(encode).collect::<Result<Vec<_>>>()?;
            let key = self.key(session);
            let mut commands = router_redis::pipe();
            // One transaction: other writers come before or behind it.
            commands.atomic().cmd("RPUSH").arg(&key).arg(lines).ignore();
            commands.cmd("SADD").arg(self.names()).arg(session).ignore();
            if let Some(ttl) = self.ttl {
                commands
                    .cmd("PEXPIRE")
                    .arg(&key)
                    .arg(ttl.as_millis() as u64)
                    .ignore();
            }
            self.redis.pipeline::<()>(&commands).await.map_err(failed)
        })
    }

    fn read<'a>(&'a self, session: &'a str, after: u64) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            let mut command = router_redis::cmd("LRANGE");
            command.arg(self.key(session)).arg(after).arg(-1);
            let lines: Vec<String> = self.redis.query(&command).await.map_err(failed)?;
            let position = after + lines.len() as u64;
            let records = lines
                .iter()
                .zip(after..)
                .map(|(line, at)| decode(session, format!("record {at}"), line));
            Ok(Page::new(records.collect::<Result<_>>()?, position))
        })
    }

    fn remove<'a>(&'a self, session: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut commands = router_redis::pipe();
            commands.atomic().cmd("DEL").arg(self.key(session)).ignore();
            commands.cmd("SREM").arg(self.names()).arg(session).ignore();
            self.redis.pipeline::<()>(&commands).await.map_err(failed)
        })
    }

    fn sessions(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let mut command = router_redis::cmd("SMEMBERS");
            command.arg(self.names());
            let mut names: Vec<String> = self.redis.query(&command).await.map_err(failed)?;
            names.sort();
            Ok(names)
        })
    }
}
