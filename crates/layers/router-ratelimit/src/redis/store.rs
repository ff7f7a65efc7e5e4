//! Asks Redis for a decision, and remembers what this process holds of it.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use router_core::BoxFuture;
use router_redis::{Redis, RedisError, Script};
use tokio::time::Instant;

use crate::meter::{Bucket, Meter, State, Unit};
use crate::redis::clock::ServerClock;
use crate::redis::worker::{Job, LEASE, Worker};
use crate::rule::Rule;
use crate::store::{Away, Demand, Mark, Refusal, Settlement, SharedStore, Verdict};

/// Counts in Redis.
pub(crate) struct RedisStore {
    redis: Redis,
    /// Tells these limits from others in the same Redis.
    name: String,
    take: Script,
    /// Tells this store's calls under way from those of others.
    process: String,
    next_call: AtomicU64,
    clock: Arc<ServerClock>,
    pub(super) worker: Worker,
    has_complained: AtomicBool,
    /// A time to decide by instead of the server's.
    #[cfg(test)]
    pub(super) given: std::sync::Mutex<Option<f64>>,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("redis", &self.redis)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl RedisStore {
    pub(crate) fn new(redis: Redis, name: &str) -> Self {
        let clock = Arc::new(ServerClock::new());
        // Random enough to tell processes apart: the seeds of a hash map are.
        let process = RandomState::new().hash_one(std::process::id());
        Self {
            worker: Worker::new(redis.clone(), Arc::clone(&clock)),
            redis,
            name: name.to_owned(),
            take: Script::new(include_str!("take.lua")),
            process: format!("{process:016x}"),
            next_call: AtomicU64::new(0),
            clock,
            has_complained: AtomicBool::new(false),
            #[cfg(test)]
            given: std::sync::Mutex::default(),
        }
    }

    async fn decide(&self, rules: &[Rule], demands: &[Demand]) -> Result<Verdict, Away> {
        let call = self.next_call.fetch_add(1, Ordering::Relaxed);
        let units: Vec<_> = units(rules, demands).collect();
        let keys: Vec<_> = units
            .iter()
            .map(|(demand, unit, _)| self.key(rules, demand, *unit))
            .collect();
        let gauges = units
            .iter()
            .zip(&keys)
            .filter(|((_, unit, _), _)| *unit == Unit::Concurrency);
        let mut asked = Asked {
            store: self,
            member: self.member(call),
            gauges: gauges.map(|(_, key)| key.clone()).collect(),
        };
        // A decision that came too late took nothing. It tells the server's time, so it is asked for once more.
        for _ in 0..2 {
            let arguments = self.arguments(&asked.member, &units);
            let reply: Vec<String> = self
                .redis
                .run(&self.take, &keys, &arguments)
                .await
                .map_err(|error| self.away(&error))?;
            let mut numbers = reply
                .iter()
                .skip(1)
                .map(|word| word.parse::<f64>().unwrap_or_default());
            let mut next = || numbers.next().unwrap_or_default();
            self.clock.learn(next());
            match reply.first().map(String::as_str) {
                Some("taken") => {
                    let marks = units.iter().map(|(_, unit, _)| {
                        let (born, place) = (next(), next());
                        match unit {
                            Unit::Concurrency => Mark {
                                born,
                                place: call as f64,
                            },
                            Unit::Requests | Unit::Tokens => Mark { born, place },
                        }
                    });
                    let marks = marks.collect();
                    self.worker.hold(&asked.member, std::mem::take(&mut asked.gauges));
                    return Ok(Ok(marks));
                }
                Some("full") => {
                    asked.gauges.clear();
                    let (key, wait) = (next() as usize, next());
                    let (full, unit, _) = units.get(key).ok_or(Away)?;
                    let place = demands.iter().position(|demand| std::ptr::eq(demand, *full));
                    return Ok(Err(Refusal::new(place.ok_or(Away)?, *unit, wait)));
                }
                _ => {}
            }
        }
        Err(Away)
    }

    fn arguments(&self, member: &str, units: &[(&Demand, Unit, &Meter)]) -> Vec<String> {
        let given = self.given_now();
        let deadline = match given.is_empty() {
            true => self.clock.at(Instant::now() + self.redis.response_timeout()),
            false => None,
        };
        let mut arguments = vec![
            given,
            deadline.map_or_else(String::new, number),
            member.to_owned(),
            number(LEASE.as_micros() as f64),
        ];
        for (demand, unit, meter) in units {
            let (kind, rate) = kind(meter);
            arguments.push(kind.to_owned());
            arguments.extend([demand.amount(*unit), rate, meter.capacity()].map(number));
        }
        arguments
    }

    /// What Redis is told at the end of a call; nothing where nothing changes.
    pub(super) fn settlement(&self, rules: &[Rule], settlement: &Settlement) -> Option<Job> {
        let mut keys = Vec::new();
        let mut member = String::new();
        let mut units_arguments = Vec::new();
        for ((demand, unit, meter), mark) in units(rules, &settlement.demands).zip(&settlement.marks) {
            let (taken, used) = (demand.amount(unit), settlement.used(unit));
            if taken == used {
                continue;
            }
            if unit == Unit::Concurrency {
                member = self.member(mark.place as u64);
            }
            let (kind, rate) = kind(meter);
            keys.push(self.key(rules, demand, unit));
            units_arguments.push(kind.to_owned());
            units_arguments.extend([rate, mark.born, mark.place, taken, used].map(number));
        }
        self.worker.release(&member);
        let mut arguments = vec![self.given_now(), member];
        arguments.append(&mut units_arguments);
        (!keys.is_empty()).then_some(Job::Settle { keys, arguments })
    }

    async fn read(&self, rules: &[Rule], demand: &Demand) -> Result<Vec<f64>, RedisError> {
        let (seconds, micros): (f64, f64) = self.redis.query(&router_redis::cmd("TIME")).await?;
        let given = self.given_now().parse();
        let now = given.unwrap_or(seconds * 1_000_000.0 + micros);
        let mut levels = Vec::new();
        for (unit, meter) in &rules[demand.rule].meters {
            let key = self.key(rules, demand, *unit);
            let state = match meter {
                Meter::Bucket { .. } => {
                    let mut command = router_redis::cmd("HMGET");
                    command.arg(key).arg(&["level", "front", "tail", "at"]);
                    let [level, front, tail, at]: [Option<f64>; 4] = self.redis.query(&command).await?;
                    State::Bucket(Bucket {
                        level: level.unwrap_or_default(),
                        front: front.unwrap_or_default(),
                        tail: tail.unwrap_or_default(),
                        at: at.unwrap_or(now),
                    })
                }
                Meter::Window { .. } => {
                    let fields: Vec<(String, f64)> =
                        self.redis.query(router_redis::cmd("HGETALL").arg(key)).await?;
                    // One field is no slot: it says when the count began.
                    let slots = fields
                        .iter()
                        .filter_map(|(slot, count)| Some((slot.parse().ok()?, *count)));
                    let mut slots: Vec<(f64, f64)> = slots.collect();
                    slots.sort_by(|(one, _), (other, _)| one.total_cmp(other));
                    State::Window(slots.into())
                }
                Meter::Gauge { .. } => {
                    let mut command = router_redis::cmd("ZCOUNT");
                    command.arg(key).arg(format!("({}", number(now))).arg("+inf");
                    State::Gauge(self.redis.query(&command).await?)
                }
            };
            levels.push(meter.level(&state, now));
        }
        Ok(levels)
    }

    fn key(&self, rules: &[Rule], demand: &Demand, unit: Unit) -> String {
        let (id, value) = (&rules[demand.rule].id, &demand.value);
        self.redis
            .key(&format!("limit:{}:{id}:{}:{value}", self.name, unit.as_str()))
    }

    /// The name of a call under way.
    fn member(&self, call: u64) -> String {
        format!("{}-{call}", self.process)
    }

    /// A refusal is a mistake somewhere and is said once; Redis being down is said by its client.
    fn away(&self, error: &RedisError) -> Away {
        if let RedisError::Refused(why) = error
            && !self.has_complained.swap(true, Ordering::Relaxed)
        {
            tracing::error!(
                limits = self.name,
                why,
                "Redis refuses to count; limits go on without it"
            );
        }
        Away
    }

    #[cfg(test)]
    fn given_now(&self) -> String {
        let given = *self.given.lock().expect("no test panics with it");
        given.map_or_else(String::new, number)
    }

    #[cfg(not(test))]
    fn given_now(&self) -> String {
        String::new()
    }
}

impl SharedStore for RedisStore {
    fn take<'a>(&'a self, rules: &'a [Rule], demands: &'a [Demand]) -> BoxFuture<'a, Result<Verdict, Away>> {
        Box::pin(self.decide(rules, demands))
    }

    fn settle(&self, rules: &[Rule], settlement: &Settlement) {
        if let Some(job) = self.settlement(rules, settlement) {
            self.worker.send(job);
        }
    }

    fn levels<'a>(&'a self, rules: &'a [Rule], demand: &'a Demand) -> BoxFuture<'a, Result<Vec<f64>, Away>> {
        Box::pin(async { self.read(rules, demand).await.map_err(|error| self.away(&error)) })
    }

    fn reset<'a>(&'a self, rules: &'a [Rule], demand: &'a Demand) -> BoxFuture<'a, Result<(), Away>> {
        Box::pin(async {
            let rates =
                units(rules, std::slice::from_ref(demand)).filter(|(_, unit, _)| *unit != Unit::Concurrency);
            let keys: Vec<_> = rates
                .map(|(demand, unit, _)| self.key(rules, demand, unit))
                .collect();
            self.redis
                .del(&keys)
                .await
                .map(drop)
                .map_err(|error| self.away(&error))
        })
    }
}

/// A decision that is under way. Given up, or without an answer, it may still count a call as under way.
struct Asked<'a> {
    store: &'a RedisStore,
    member: String,
    /// The counts that it may be in.
    gauges: Vec<String>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.gauges.is_empty() {
            self.store.worker.send(Job::Forget {
                member: std::mem::take(&mut self.member),
                keys: std::mem::take(&mut self.gauges),
                // Then the decision can no longer be made.
                at: Instant::now() + self.store.redis.response_timeout(),
            });
        }
    }
}

/// The units of demands, in the order of marks.
fn units<'a>(
    rules: &'a [Rule],
    demands: &'a [Demand],
) -> impl Iterator<Item = (&'a Demand, Unit, &'a Meter)> {
    demands.iter().flat_map(|demand| {
        let meters = rules[demand.rule].meters.iter();
        meters.map(move |(unit, meter)| (demand, *unit, meter))
    })
}

/// A meter's name in the scripts, and its rate or the length of its slots.
fn kind(meter: &Meter) -> (&'static str, f64) {
    match meter {
        Meter::Bucket { rate, .. } => ("bucket", *rate),
        Meter::Window { slot, .. } => ("window", *slot),
        Meter::Gauge { .. } => ("gauge", 0.0),
    }
}

/// A number with all its digits.
fn number(number: f64) -> String {
    number.to_string()
}
