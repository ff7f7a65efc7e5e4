//! Answers in Redis, which several processes share: a key each, which ends with its answer.

mod form;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use router_core::{BoxFuture, Error, ErrorKind, Result};
use router_redis::{Redis, RedisError, cmd, pipe};

use crate::entry::Entry;
use crate::key::{CacheKey, Hex, namespace_id};
use crate::policy::CachePolicy;
use crate::store::{CacheSize, CacheStore, Lookup};
use form::Form;

/// Most answers that are on their way to Redis at a time; further ones are not kept.
const MOST_UNDER_WAY: usize = 256;
/// How many keys a step of a search looks at.
const STEP: usize = 500;

/// Answers in Redis, under `cache:NAME:KEY` behind the prefix of its settings. While Redis is away there are none.
#[derive(Debug)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    redis: Redis,
    /// What all keys begin with.
    prefix: String,
    form: Form,
    under_way: AtomicUsize,
    has_complained: AtomicBool,
}

impl RedisStore {
    /// Answers under a name that tells them from those of other caches.
    #[must_use]
    pub fn new(redis: Redis, name: &str, policy: &CachePolicy) -> Self {
        Self {
            inner: Arc::new(Inner {
                prefix: redis.key(&format!("cache:{name}:")),
                redis,
                form: Form::new(policy.compress_above, policy.max_entry_bytes),
                under_way: AtomicUsize::new(0),
                has_complained: AtomicBool::new(false),
            }),
        }
    }

    /// Removes the keys that begin so, or counts them and their bytes.
    async fn each(&self, beginning: &str, remove: bool) -> Result<CacheSize, RedisError> {
        let redis = &self.inner.redis;
        let pattern = format!("{}*", literal(beginning));
        let mut found = CacheSize::default();
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(&cursor)
                .arg("MATCH")
                .arg(&pattern)
                .arg("COUNT")
                .arg(STEP);
            let (next, keys): (String, Vec<String>) = redis.query(&scan).await?;
            if remove {
                redis.del(&keys).await?;
            } else if !keys.is_empty() {
                let mut lengths = pipe();
                for key in &keys {
                    lengths.cmd("STRLEN").arg(key);
                }
                let lengths: Vec<u64> = redis.pipeline(&lengths).await?;
                found.bytes += lengths.iter().sum::<u64>();
            }
            found.entries += keys.len() as u64;
            if next == "0" {
                return Ok(found);
            }
            cursor = next;
        }
    }
}

impl Inner {
    async fn get(&self, key: &CacheKey) -> Option<Arc<Entry>> {
        let key = self.key(key);
        let mut commands = pipe();
        commands.cmd("GET").arg(&key).cmd("PTTL").arg(&key);
        let found = self.redis.pipeline::<(Option<Vec<u8>>, i64)>(&commands).await;
        let (bytes, left) = found.map_err(|error| self.complain(&error)).ok()?;
        let left = Duration::from_millis(u64::try_from(left).ok()?);
        let entry = self.form.read(&bytes?)?;
        // Times that are left travel, and no clock has to agree with another.
        let age = entry.ttl().saturating_sub(left);
        Some(Arc::new(entry.aged(age)))
    }

    async fn put(&self, key: &CacheKey, entry: &Entry) {
        let left = entry.ttl().saturating_sub(entry.age());
        if left.is_zero() {
            return;
        }
        if let Some(bytes) = self.form.write(entry) {
            let put = self.redis.set(&self.key(key), bytes, Some(left)).await;
            // What cannot be kept is asked for again.
            let _ = put.map_err(|error| self.complain(&error));
        }
    }

    fn key(&self, key: &CacheKey) -> String {
        format!("{}{key}", self.prefix)
    }

    /// A refusal is a mistake somewhere and is said once; Redis being down is said by its client.
    fn complain(&self, error: &RedisError) {
        if let RedisError::Refused(why) = error
            && !self.has_complained.swap(true, Ordering::Relaxed)
        {
            tracing::error!(cache = self.prefix, why, "Redis refuses to keep answers");
        }
    }
}

impl CacheStore for RedisStore {
    fn get<'a>(&'a self, key: &'a CacheKey) -> Lookup<'a> {
        Lookup::Later(Box::pin(self.inner.get(key)))
    }

    fn put(&self, key: CacheKey, entry: Arc<Entry>) {
        let inner = Arc::clone(&self.inner);
        // Without a runtime there is nobody to send it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if inner.under_way.fetch_add(1, Ordering::AcqRel) >= MOST_UNDER_WAY || !inner.redis.is_up() {
            inner.under_way.fetch_sub(1, Ordering::AcqRel);
            return;
        }
        runtime.spawn(async move {
            inner.put(&key, &entry).await;
            inner.under_way.fetch_sub(1, Ordering::AcqRel);
        });
    }

    fn remove<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            let removed = self.inner.redis.del(&[self.inner.key(key)]).await;
            removed.map(|count| count > 0).map_err(away)
        })
    }

    fn remove_namespace<'a>(&'a self, namespace: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let beginning = format!("{}{}-", self.inner.prefix, Hex(&namespace_id(namespace)));
            self.each(&beginning, true).await.map(drop).map_err(away)
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.each(&self.inner.prefix, true).await.map(drop).map_err(away) })
    }

    fn size(&self) -> BoxFuture<'_, Result<CacheSize>> {
        Box::pin(async { self.each(&self.inner.prefix, false).await.map_err(away) })
    }
}

/// A text as a pattern that means just it.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

fn away(error: RedisError) -> Error {
    Error::new(ErrorKind::Transport, format!("the cache in Redis: {error}")).with_source(error)
}
