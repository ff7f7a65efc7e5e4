//! The way of one call through the targets: choose, ask, and go on after a failure.

mod choose;
mod fail;
mod idle;
mod race;

use std::borrow::Cow;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use router_core::capability::Lacks;
use router_core::context::TrailEntry;
use router_core::human::format_duration;
use router_core::{Call, Error, Reply, Result, Text};
use tokio::sync::futures::Notified;
use tokio::time::{Instant, sleep};

use crate::bound::Bound;
use crate::failover::Among;
use crate::flight::Flight;
use crate::inner::Inner;
use crate::options::BalanceOptions;
use crate::pool::Pool;
use crate::sticky;

/// The layer's name in trails.
const LAYER: &str = "balance";

/// One call on its way.
pub(crate) struct Pass<'a> {
    inner: &'a Arc<Inner>,
    pool: Arc<Pool>,
    call: Cow<'a, Call>,
    /// The estimated prompt, where there is a choice to make.
    tokens: u64,
    bound: Bound,
    /// Whether the first target is the only one.
    alone: bool,
    sticky: Option<u64>,
    /// Targets that cannot take the call.
    unfit: Vec<(usize, Lacks)>,
    /// Targets that failed when the call came by before, by its trail.
    failed_before: Vec<usize>,
    tried: Vec<usize>,
    /// Whether a vendor was asked, by any of those that were tried.
    was_sent: bool,
    stage: Stage,
    /// The lists whose unfit targets are in the trail.
    told: u8,
    waited: Duration,
    /// The failure to return when nothing else is left.
    failure: Option<Error>,
    /// When the first of those that failed can be asked again.
    soonest: Option<Duration>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Any that can be asked.
    Any,
    /// One that takes longer prompts than this, where that is known.
    Longer(Option<u64>),
    /// One of those that are named for refused content.
    Unfiltered,
}

/// Where it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Route,
    Any,
    ContextLength,
    ContentFiltered,
}

/// What comes next.
enum Next {
    Fly(Flight),
    /// Until the first recovery, or until something changes.
    Wait(Duration),
    Fail(Error),
}

impl<'a> Pass<'a> {
    pub(crate) fn new(inner: &'a Arc<Inner>, call: &'a Call) -> Result<Self> {
        let pool = inner.pool();
        let options = match inner.among {
            Among::Targets => call.context.extension::<BalanceOptions>(),
            Among::Keys => None,
        };
        let mut pass = Self {
            bound: Bound::of(call, options, &pool, &inner.memory)?,
            alone: options.is_some_and(|options| options.without_fallbacks),
            sticky: sticky::key(pool.settings.sticky.as_ref(), options, call),
            tokens: 0,
            unfit: Vec::new(),
            failed_before: Vec::new(),
            tried: Vec::new(),
            was_sent: false,
            stage: Stage::Any,
            told: 0,
            waited: Duration::ZERO,
            failure: None,
            soonest: None,
            inner,
            call: Cow::Borrowed(call),
            pool,
        };
        pass.look_back();
        // Of one target there is nothing to choose: it says itself what it cannot do.
        if pass.pool.targets.len() > 1 {
            pass.look_at_targets();
        }
        if let Some(options) = options.filter(|options| options.target.is_some()) {
            // The name is a name here, and means nothing to a balancer further in.
            let mut further = options.clone();
            further.target = None;
            pass.call = Cow::Owned(call.with_context(call.context.clone().with_extension(further)));
        }
        Ok(pass)
    }

    /// Which targets have failed the call before.
    fn look_back(&mut self) {
        let (pool, id, failed) = (&self.pool, &self.inner.id, &mut self.failed_before);
        self.call.context.trail().visit(|entry| {
            if let TrailEntry::Failed { balancer, target, .. } = entry
                && balancer == id
                && let Some(place) = pool.place(target)
                && !failed.contains(&place)
            {
                failed.push(place);
            }
        });
    }

    /// Which targets cannot take the call.
    fn look_at_targets(&mut self) {
        let needs = self.call.needs();
        self.tokens = needs.tokens;
        for (place, target) in self.pool.targets.iter().enumerate() {
            let lacks = target.lacks(&self.call, &needs);
            if !lacks.is_empty() {
                self.unfit.push((place, lacks));
            }
        }
    }

    pub(crate) async fn run(mut self) -> Result<Reply> {
        self.mirror();
        let mut changed = None;
        loop {
            let flight = match self.next() {
                Some(Next::Fly(flight)) => flight,
                Some(Next::Wait(left)) => {
                    match changed.take() {
                        Some(changed) => self.wait(left, changed).await,
                        // What changes from here on is heard; what has changed since the last look is seen now.
                        None => changed = Some(self.inner.changed.notified()),
                    }
                    continue;
                }
                Some(Next::Fail(error)) => return Err(error),
                None => return Err(self.give_up()),
            };
            if !self.tried.is_empty() && !self.may_go_on() {
                drop(flight);
                return Err(self.give_up());
            }
            let failures = match self.hedge_after() {
                None => {
                    let place = flight.place();
                    match ask(flight, &self.call).await {
                        Ok(reply) => return Ok(reply),
                        Err(error) => [Some((place, error)), None],
                    }
                }
                // The race is larger than a call; who does not hedge does not carry it.
                Some(delay) => match Box::pin(self.race(flight, delay)).await {
                    Ok(reply) => return Ok(reply),
                    Err(failures) => failures,
                },
            };
            for (place, error) in failures.into_iter().flatten() {
                if let Some(error) = self.take_in(place, error) {
                    return Err(error);
                }
            }
        }
    }

    /// Sends the call to the shadow, once a call.
    fn mirror(&self) {
        if let Some(mirror) = &self.pool.settings.mirror
            && self.failed_before.is_empty()
            && self.inner.rng().f64() < mirror.share()
        {
            mirror.send(&self.call);
        }
    }

    /// Whether another attempt may be made. What was refused on this side was none, and costs none.
    fn may_go_on(&mut self) -> bool {
        if self.time_left().is_some_and(|left| left.is_zero()) {
            return false;
        }
        if !std::mem::take(&mut self.was_sent) {
            return true;
        }
        let more = self.call.context.budget().take();
        if !more {
            self.decide("gives up: no attempts are left");
        }
        more
    }

    fn time_left(&self) -> Option<Duration> {
        self.call.context.time_left(Instant::now().into_std())
    }

    fn decide(&self, what: impl Into<Text>) {
        self.call.context.trail().decision(LAYER, what);
    }

    async fn wait(&mut self, left: Duration, changed: Notified<'_>) {
        self.decide(format!("waits up to {} for a recovery", shown(left)));
        let started = Instant::now();
        let mut changed = pin!(changed);
        let mut sleep = pin!(sleep(left));
        poll_fn(|task| {
            if changed.as_mut().poll(task).is_ready() {
                return Poll::Ready(());
            }
            sleep.as_mut().poll(task)
        })
        .await;
        self.waited += started.elapsed();
    }
}

/// A time to the millisecond.
fn shown(time: Duration) -> String {
    format_duration(Duration::from_millis(
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
    ))
}

/// Asks the target of a flight.
async fn ask(flight: Flight, call: &Call) -> Result<Reply> {
    let target = Arc::clone(flight.target());
    let named;
    let call = match &target.model {
        Some(model) => {
            named = call.with_model(model.clone());
            &named
        }
        None => call,
    };
    match target.provider.call(call).await {
        Ok(reply) => {
            // Not before: who was asked and did not answer stood in for nobody.
            if flight.stands_in {
                call.context.trail().push(TrailEntry::Fallback {
                    balancer: flight.balancer().clone(),
                    target: target.name.clone(),
                });
            }
            Ok(flight.answered(reply))
        }
        Err(error) => {
            flight.failed(&error);
            Err(error)
        }
    }
}
