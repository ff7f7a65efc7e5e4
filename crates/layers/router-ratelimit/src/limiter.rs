//! Lets calls in: at once where every limit has room, in their turn where one may be waited for, not at all otherwise.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use router_core::human::format_duration;
use router_core::{Call, Error, ErrorKind, ProviderId, Result};
use tokio::time::{Instant, timeout_at};

use crate::limit::{Limit, WithoutRedis};
use crate::line::Lines;
use crate::memory::{Entries, MemoryStore};
use crate::meter::Unit;
use crate::permit::Permit;
use crate::rule::{Rule, compile};
use crate::store::{Away, Demand, Demands, Marks, Refusal, Settlement, SharedStore};
use crate::subject::value_of_call;

/// The layer's name in trails.
const NAME: &str = "ratelimit";
/// What a caller is told to wait where nobody knows when a call under way will end.
const UNKNOWN_WAIT: Duration = Duration::from_secs(1);
/// How often somebody who waits looks whether another process has given something back.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Limits, and what counts in them. All that one wraps share the counts.
pub struct Limiter {
    /// In the order of the rules.
    pub(crate) limits: Vec<Limit>,
    /// In the order of their names, which is that in which counts are locked.
    pub(crate) rules: Vec<Rule>,
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) shared: Option<Arc<dyn SharedStore>>,
    pub(crate) lines: Lines,
    /// Whether tokens are counted.
    pub(crate) counts_tokens: bool,
    /// Whether what is taken has to be settled at the end of a call.
    pub(crate) settles: bool,
    /// Permits that are not settled yet.
    pub(crate) open: AtomicUsize,
}

/// What was taken, and where.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) settlement: Settlement,
    /// In this process; `None` in the store that is shared.
    pub(crate) entries: Option<Entries>,
}

/// What of a call's demands was taken.
struct Taken {
    marks: Marks,
    entries: Option<Entries>,
    /// The demands that they are of, where others do not hold while Redis is away.
    of: Option<Box<Demands>>,
}

/// What came of trying.
enum Attempt {
    Passed(Taken),
    Refused(Refusal),
    /// By a limit that lets nothing pass while Redis is away.
    Closed(usize),
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Limiter {
    /// These limits, all of which hold at once, counted in memory.
    ///
    /// # Errors
    /// `Config` naming the limit and the field.
    pub fn new(limits: impl IntoIterator<Item = Limit>) -> Result<Self> {
        let mut compiled = Vec::new();
        for (place, limit) in limits.into_iter().enumerate() {
            let rule = compile(&limit).map_err(|wrong| config(format!("limits[{place}]{wrong}")))?;
            compiled.push((rule, limit, place));
        }
        compiled.sort_by(|(one, ..), (other, ..)| one.id.cmp(&other.id));
        for pair in compiled.windows(2) {
            let [(one, _, first), (other, _, second)] = pair else {
                continue;
            };
            if one.id == other.id {
                return Err(config(format!(
                    "limits[{second}] says the same as limits[{first}]"
                )));
            }
        }
        let (rules, limits): (Vec<Rule>, _) =
            compiled.into_iter().map(|(rule, limit, _)| (rule, limit)).unzip();
        let counts = |is: fn(Unit) -> bool| {
            let mut meters = rules.iter().flat_map(|rule| &rule.meters);
            meters.any(|(unit, _)| is(*unit))
        };
        Ok(Self {
            counts_tokens: counts(|unit| unit == Unit::Tokens),
            settles: counts(|unit| unit != Unit::Requests),
            limits,
            rules,
            memory: Arc::default(),
            shared: None,
            lines: Lines::default(),
            open: AtomicUsize::new(0),
        })
    }

    /// Other limits that go on with the counts of these, wherever a limit is the same: for a reload.
    ///
    /// # Errors
    /// Those of [`Limiter::new`].
    pub fn reload(&self, limits: impl IntoIterator<Item = Limit>) -> Result<Self> {
        Ok(Self {
            memory: Arc::clone(&self.memory),
            shared: self.shared.clone(),
            ..Self::new(limits)?
        })
    }

    /// Counted in a store that several processes share.
    #[cfg(feature = "redis")]
    pub(crate) fn sharing(mut self, store: Arc<dyn SharedStore>) -> Self {
        self.shared = Some(store);
        self
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// How many calls of this process hold something that is to be settled at their end: time under way, or tokens that are reserved.
    #[must_use]
    pub fn open_permits(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Lets a call in. What it takes of the limits is held by the permit, and given back or settled with it.
    ///
    /// # Errors
    /// `RateLimited` with the code `limit_reached` and the time after which it may pass, when a limit has no room in the
    /// time that the call may wait. Not retryable, with the code `limit_too_small`, when the prompt alone is more than a limit
    /// ever has room for.
    ///
    /// # Cancellation
    /// Dropping the future leaves the line and takes nothing.
    pub async fn acquire(self: &Arc<Self>, call: &Call, provider: &ProviderId) -> Result<Permit> {
        let (demands, prompt) = self.demands(call, provider)?;
        if demands.is_empty() {
            return Ok(Permit::of_nothing());
        }
        let started = Instant::now();
        let taken = match self.stands_behind(&demands, started) {
            Some(refusal) => self.wait(&demands, refusal, started, call).await?,
            None => match self.take(&demands, started).await {
                Attempt::Passed(taken) => taken,
                Attempt::Refused(refusal) => self.wait(&demands, refusal, started, call).await?,
                Attempt::Closed(limit) => return Err(self.closed(limit, call)),
            },
        };
        if !self.settles {
            return Ok(Permit::of_nothing());
        }
        let held = Held {
            settlement: Settlement {
                demands: taken.of.map_or(demands, |of| *of),
                marks: taken.marks,
                tokens: 0.0,
            },
            entries: taken.entries,
        };
        Ok(Permit::new(Arc::clone(self), held, prompt))
    }

    /// Puts what was used in the place of what was taken.
    pub(crate) fn settle(&self, held: &Held) {
        let settlement = &held.settlement;
        match (&self.shared, &held.entries) {
            (_, Some(entries)) => {
                // Time counts for tokens alone: requests are as many as they were, and calls under way do not run out.
                let now = if self.counts_tokens {
                    self.memory.micros(Instant::now())
                } else {
                    0.0
                };
                MemoryStore::settle(entries, settlement, now);
            }
            (Some(store), None) => store.settle(&self.rules, settlement),
            (None, None) => {}
        }
        for demand in &settlement.demands {
            self.lines.given_back(demand.rule, &demand.value);
        }
    }

    /// What a call asks of each limit, and the tokens of its prompt.
    fn demands(&self, call: &Call, provider: &ProviderId) -> Result<(Demands, u64)> {
        let mut demands = Demands::with_capacity(self.limits.len());
        let (prompt, most_output) = if self.counts_tokens {
            (
                call.operation.token_estimate(),
                call.operation.max_output_tokens(),
            )
        } else {
            (0, None)
        };
        for (place, (limit, rule)) in self.limits.iter().zip(&self.rules).enumerate() {
            let mut tokens = 0.0;
            for (unit, meter) in &rule.meters {
                if *unit != Unit::Tokens {
                    continue;
                }
                if prompt as f64 > meter.capacity() {
                    return Err(self.too_small(place, prompt, call));
                }
                // An answer's bound is often far more than it needs: it makes a call wait, but never for ever.
                let wanted = prompt.saturating_add(most_output.unwrap_or(limit.output_estimate));
                tokens = (wanted as f64).min(meter.capacity());
            }
            demands.push(Demand {
                rule: place,
                value: value_of_call(&limit.per, call, provider),
                tokens,
            });
        }
        Ok((demands, prompt))
    }

    /// Whether others wait for one of these already. Then a call that comes now stands behind them.
    fn stands_behind(&self, demands: &[Demand], now: Instant) -> Option<Refusal> {
        demands.iter().enumerate().find_map(|(place, demand)| {
            let ahead = self.lines.ahead(demand.rule, &demand.value)?;
            let (unit, _) = *self.rules[demand.rule].meters.first()?;
            Some(Refusal {
                demand: place,
                unit,
                wait: ahead.expected.map(|at| at.saturating_duration_since(now)),
            })
        })
    }

    async fn take(&self, demands: &[Demand], now: Instant) -> Attempt {
        if let Some(store) = &self.shared {
            return match store.take(&self.rules, demands).await {
                Ok(Ok(marks)) => Attempt::Passed(Taken {
                    marks,
                    entries: None,
                    of: None,
                }),
                Ok(Err(refusal)) => Attempt::Refused(refusal),
                Err(Away) => self.take_without_redis(demands, now),
            };
        }
        match self.memory.take(&self.rules, demands, self.memory.micros(now)) {
            Ok((entries, marks)) => Attempt::Passed(Taken {
                marks,
                entries: Some(entries),
                of: None,
            }),
            Err(refusal) => Attempt::Refused(refusal),
        }
    }

    fn take_without_redis(&self, demands: &[Demand], now: Instant) -> Attempt {
        let policy = |demand: &Demand| self.limits[demand.rule].without_redis;
        if let Some(closed) = demands
            .iter()
            .find(|demand| policy(demand) == WithoutRedis::Closed)
        {
            return Attempt::Closed(closed.rule);
        }
        let (places, local): (Vec<_>, Demands) = demands
            .iter()
            .cloned()
            .enumerate()
            .filter(|(_, demand)| policy(demand) == WithoutRedis::Local)
            .unzip();
        match self.memory.take(&self.rules, &local, self.memory.micros(now)) {
            Ok((entries, marks)) => Attempt::Passed(Taken {
                marks,
                entries: Some(entries),
                of: Some(Box::new(local)),
            }),
            Err(refusal) => Attempt::Refused(Refusal {
                demand: places[refusal.demand],
                ..refusal
            }),
        }
    }

    /// Waits in the line of the limit that has no room; behind that, in the line of the next that has none.
    async fn wait(
        &self,
        demands: &[Demand],
        mut refusal: Refusal,
        started: Instant,
        call: &Call,
    ) -> Result<Taken> {
        loop {
            let demand = &demands[refusal.demand];
            let limit = &self.limits[demand.rule];
            let until = match call.context.deadline() {
                Some(deadline) => (started + limit.wait).min(Instant::from_std(deadline)),
                None => started + limit.wait,
            };
            let is_too_long = |refusal: &Refusal, now: Instant| {
                now >= until || refusal.wait.is_some_and(|wait| now + wait > until)
            };
            if is_too_long(&refusal, Instant::now()) {
                return Err(self.refused(demands, refusal, call));
            }
            let Some(place) = self
                .lines
                .join((demand.rule, demand.value.clone()), limit.max_waiting)
            else {
                return Err(self.refused(demands, refusal, call));
            };
            let Ok(_turn) = timeout_at(until, place.turn()).await else {
                return Err(self.refused(demands, refusal, call));
            };
            refusal = loop {
                let now = Instant::now();
                let same = match self.take(demands, now).await {
                    Attempt::Passed(taken) => {
                        let unit = refusal.unit;
                        let waited =
                            format_duration(Duration::from_millis(started.elapsed().as_millis() as u64));
                        let title = self.title(demand.rule, unit);
                        call.context
                            .trail()
                            .decision(NAME, format!("waited {waited} for {title}"));
                        return Ok(taken);
                    }
                    Attempt::Closed(limit) => return Err(self.closed(limit, call)),
                    Attempt::Refused(other) if other.demand != refusal.demand => break other,
                    Attempt::Refused(same) => same,
                };
                if is_too_long(&same, now) {
                    return Err(self.refused(demands, same, call));
                }
                let again = same.wait.map(|wait| now + wait);
                place.expect(again);
                // What another process gives back is not heard of here.
                let look = again.unwrap_or(if self.shared.is_some() {
                    now + LOOK_AGAIN
                } else {
                    until
                });
                // Either the time has come, or somebody has given back.
                let _ = timeout_at(look.min(until), place.given_back()).await;
            };
        }
    }

    fn refused(&self, demands: &[Demand], refusal: Refusal, call: &Call) -> Error {
        let title = self.title(demands[refusal.demand].rule, refusal.unit);
        let wait = refusal.wait.unwrap_or(UNKNOWN_WAIT);
        let shown = format_duration(Duration::from_millis(wait.as_micros().div_ceil(1000) as u64));
        error(call, format!("the limit of {title} is reached; again in {shown}"))
            .with_code("limit_reached")
            .with_retry_after(wait)
    }

    fn closed(&self, limit: usize, call: &Call) -> Error {
        let id = &self.rules[limit].id;
        error(
            call,
            format!("the limit of {id} cannot be checked while Redis is away"),
        )
        .with_code("limit_unavailable")
        .with_retry_after(UNKNOWN_WAIT)
    }

    fn too_small(&self, limit: usize, prompt: u64, call: &Call) -> Error {
        let title = self.title(limit, Unit::Tokens);
        error(
            call,
            format!("the prompt has about {prompt} tokens, more than the limit of {title} ever lets through"),
        )
        .with_code("limit_too_small")
        .with_retryable(false)
    }

    /// A limit's name for people: `requests 600/min per caller`.
    pub(crate) fn title(&self, limit: usize, unit: Unit) -> String {
        let limit = &self.limits[limit];
        let most = match unit {
            Unit::Requests => limit.requests.map(|rate| rate.to_string()),
            Unit::Tokens => limit.tokens.map(|rate| rate.to_string()),
            Unit::Concurrency => limit.concurrency.map(|most| most.to_string()),
        };
        let per = if limit.per.is_all() {
            String::new()
        } else {
            format!(" per {}", limit.per)
        };
        format!("{} {}{per}", unit.as_str(), most.unwrap_or_default())
    }
}

fn error(call: &Call, message: String) -> Error {
    call.context.trail().decision(NAME, format!("refused: {message}"));
    Error::new(ErrorKind::RateLimited, message)
        .unsent()
        .with_model(&call.model)
        .with_operation(call.operation.name())
        .with_trail(call.context.trail().clone())
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
