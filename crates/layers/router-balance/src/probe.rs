//! Asks targets by itself whether they are there, at intervals.

use std::sync::{Arc, Weak};
use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::model::ListModelsRequest;
use router_core::{Call, ChatRequest, Context, Error, ErrorKind, Operation, Result, human};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use crate::inner::Inner;
use crate::pool::{Pool, config};

/// How targets are asked whether they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ProbeConfig {
    /// How often each target is asked: every 30 s.
    #[serde(with = "human::duration")]
    pub interval: Duration,
    /// How long an answer may take: 10 s.
    #[serde(with = "human::duration")]
    pub timeout: Duration,
    /// What is asked.
    pub operation: ProbeOperation,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            operation: ProbeOperation::default(),
        }
    }
}

/// What a probe asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProbeOperation {
    /// The list of models: costs nothing.
    #[default]
    ListModels,
    /// A chat of one word, one token long: costs next to nothing, and asks the model itself.
    Chat,
}

/// A probe of any operation.
#[derive(Clone, Debug)]
pub struct Probe {
    interval: Duration,
    timeout: Duration,
    operation: Operation,
}

impl Probe {
    /// Asks each target this every so often, of the model that it names; an answer may take 10 seconds. Targets that lack
    /// the operation are not asked.
    #[must_use]
    pub fn new(interval: Duration, operation: impl Into<Operation>) -> Self {
        Self {
            interval,
            timeout: Duration::from_secs(10),
            operation: operation.into(),
        }
    }

    /// With another time that an answer may take.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl From<ProbeConfig> for Probe {
    fn from(config: ProbeConfig) -> Self {
        let operation: Operation = match config.operation {
            ProbeOperation::ListModels => ListModelsRequest::default().into(),
            ProbeOperation::Chat => ChatRequest::user("Hi").with_max_output_tokens(1).into(),
        };
        Self::new(config.interval, operation).with_timeout(config.timeout)
    }
}

/// The task that asks. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct ProbeTask(AbortHandle);

impl Drop for ProbeTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ProbeTask {
    /// Starts to ask the targets of a balancer that is about to be made.
    pub(crate) fn start(balancer: Weak<Inner>, probe: Probe, jitter: f64) -> Result<Self> {
        if probe.interval.is_zero() {
            return Err(config("probe.interval: is 0s"));
        }
        let runtime = Handle::try_current()
            .map_err(|_| config("probe: needs a tokio runtime where the balancer is built"))?;
        // Instances that were started together do not ask together.
        let first = Instant::now() + probe.interval.mul_f64(jitter);
        let task = runtime.spawn(async move {
            let mut ticks = interval_at(first, probe.interval);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let Some(inner) = balancer.upgrade() else {
                    return;
                };
                let pool = inner.pool();
                // A balancer that nobody holds is not kept alive by its probes.
                drop(inner);
                let mut asked = JoinSet::new();
                for place in 0..pool.targets.len() {
                    asked.spawn(ask(balancer.clone(), Arc::clone(&pool), place, probe.clone()));
                }
                while asked.join_next().await.is_some() {}
            }
        });
        Ok(Self(task.abort_handle()))
    }
}

async fn ask(balancer: Weak<Inner>, pool: Arc<Pool>, place: usize, probe: Probe) {
    let target = &pool.targets[place];
    let context = Context::new().with_attempts(1);
    let model = target.model.clone().unwrap_or_default();
    let call = Call::new(model, probe.operation).with_context(context);
    if !target.lacks(&call, &call.needs()).is_empty() {
        return;
    }
    let started = Instant::now();
    let answer = match timeout(probe.timeout, target.provider.call(&call)).await {
        Ok(answer) => answer.map(drop),
        Err(_) => Err(Error::new(
            ErrorKind::Timeout(TimeoutKind::Attempt),
            "the probe was not answered in time",
        )),
    };
    let Some(inner) = balancer.upgrade() else {
        return;
    };
    let (now, rules) = (Instant::now(), target.rules(&pool.settings.health));
    let mut known = target.stats.known();
    let cooldown = match answer {
        Ok(()) => {
            known.health.probed(started, now, &rules);
            None
        }
        Err(error) => inner
            .among
            .failure(&error)
            .and_then(|failure| known.health.failed(failure, now, &rules)),
    };
    drop(known);
    inner.changed.notify_waiters();
    if let Some(cooldown) = cooldown {
        inner.cooled(target, cooldown);
    }
}
