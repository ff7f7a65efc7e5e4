//! Tells Redis what is over, beside the calls, and that what is not over still is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use router_redis::{Redis, Script};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::redis::clock::ServerClock;

/// How long a call counts as under way when its process says nothing more: it has died.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// Most that waits to be told. What does not fit is not told: reserved tokens run out, and leases end.
const MOST_JOBS: usize = 10_000;
/// Most that is told at a time.
const BATCH: usize = 64;

/// What Redis is to be told.
#[derive(Debug)]
pub(super) enum Job {
    /// A call is over.
    Settle {
        keys: Vec<String>,
        arguments: Vec<String>,
    },
    /// A call whose decision nobody heard is not under way.
    Forget {
        member: String,
        keys: Vec<String>,
        at: Instant,
    },
}

/// Tells it.
#[derive(Debug)]
pub(super) struct Worker {
    telling: Arc<Telling>,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    is_full: AtomicBool,
}

#[derive(Debug)]
struct Telling {
    redis: Redis,
    settle: Script,
    clock: Arc<ServerClock>,
    /// Calls under way of this process, with the counts that they are in.
    leases: Mutex<HashMap<String, Vec<String>>>,
}

impl Worker {
    pub(super) fn new(redis: Redis, clock: Arc<ServerClock>) -> Self {
        Self {
            telling: Arc::new(Telling {
                redis,
                settle: Script::new(include_str!("settle.lua")),
                clock,
                leases: Mutex::default(),
            }),
            jobs: Mutex::default(),
            is_full: AtomicBool::new(false),
        }
    }

    /// A call is under way from now on.
    pub(super) fn hold(&self, member: &str, gauges: Vec<String>) {
        if !gauges.is_empty() {
            lock(&self.telling.leases).insert(member.to_owned(), gauges);
            // Renews leases, also while nothing ends.
            drop(self.sender());
        }
    }

    /// A call is no longer under way.
    pub(super) fn release(&self, member: &str) {
        lock(&self.telling.leases).remove(member);
    }

    /// Tells Redis something, some time soon.
    pub(super) fn send(&self, job: Job) {
        let Some(sender) = self.sender() else {
            // No runtime is left to tell it on: the process ends.
            return;
        };
        let is_full = sender.try_send(job).is_err();
        if self.is_full.swap(is_full, Ordering::Relaxed) != is_full && is_full {
            tracing::warn!(
                most = MOST_JOBS,
                "more calls end than Redis can be told of; their estimates stand"
            );
        }
    }

    /// Tells it now.
    #[cfg(test)]
    pub(super) async fn tell(&self, job: Job) {
        self.telling.tell(job).await;
    }

    /// Renews leases now.
    #[cfg(test)]
    pub(super) async fn renew(&self) {
        self.telling.renew().await;
    }

    /// The way to the task, which is started when there is none, or when its runtime is gone.
    fn sender(&self) -> Option<mpsc::Sender<Job>> {
        let mut jobs = lock(&self.jobs);
        if let Some(sender) = jobs.as_ref().filter(|sender| !sender.is_closed()) {
            return Some(sender.clone());
        }
        let runtime = Handle::try_current().ok()?;
        let (sender, receiver) = mpsc::channel(MOST_JOBS);
        runtime.spawn(Arc::clone(&self.telling).work(receiver));
        *jobs = Some(sender.clone());
        Some(sender)
    }
}

impl Telling {
    /// Until the store is dropped and all is told.
    async fn work(self: Arc<Self>, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        let mut renew_at = Instant::now() + LEASE / 3;
        loop {
            match timeout_at(renew_at, jobs.recv_many(&mut batch, BATCH)).await {
                Ok(0) => return,
                Ok(_) => {
                    join_all(batch.drain(..).map(|job| self.tell(job))).await;
                }
                Err(_) => {
                    self.renew().await;
                    renew_at = Instant::now() + LEASE / 3;
                }
            }
        }
    }

    /// What Redis does not hear while it is away, it forgets by itself.
    async fn tell(&self, job: Job) {
        match job {
            Job::Settle { keys, arguments } => {
                let _ = self.redis.run::<u64>(&self.settle, &keys, &arguments).await;
            }
            Job::Forget { member, keys, at } => {
                let redis = self.redis.clone();
                tokio::spawn(async move {
                    sleep_until(at).await;
                    let mut remove = router_redis::pipe();
                    for key in keys {
                        remove.cmd("ZREM").arg(key).arg(&member);
                    }
                    let _ = redis.pipeline::<()>(&remove).await;
                });
            }
        }
    }

    /// Says that calls are still under way; a Redis that has forgotten them learns them again.
    async fn renew(&self) {
        let Some(until) = self.clock.at(Instant::now() + LEASE) else {
            return;
        };
        let mut renewals = router_redis::pipe();
        for (member, gauges) in lock(&self.leases).iter() {
            for gauge in gauges {
                renewals.cmd("ZADD").arg(gauge).arg(until).arg(member).ignore();
                renewals
                    .cmd("PEXPIRE")
                    .arg(gauge)
                    .arg(LEASE.as_millis() as u64 + 1000)
                    .ignore();
            }
        }
        if !renewals.is_empty() {
            let _ = self.redis.pipeline::<()>(&renewals).await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
