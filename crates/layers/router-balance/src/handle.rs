//! Shows a balancer and changes it while it works.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use router_core::{Error, ErrorKind, Result, Text};
use tokio::time::Instant;

use crate::builder::BalanceBuilder;
use crate::health::Cooldown;
use crate::inner::Inner;
use crate::pool::{Parts, config};
use crate::status::{BalanceStatus, status};
use crate::strategy::Strategy;
use crate::target::Target;

/// Shows a balancer and changes it while it works. Clones are handles of the same one.
///
/// Calls under way keep the targets and settings that they began with; what is known of a target stays through all changes.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("id", &self.inner.id).finish()
    }
}

impl Handle {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// How the balancer and its targets stand.
    #[must_use]
    pub fn status(&self) -> BalanceStatus {
        status(&self.inner)
    }

    /// Adds a target to the route.
    ///
    /// # Errors
    /// `Config` where there is one of that name, or the strategy has no use for its weight.
    pub fn add(&self, target: Target) -> Result<()> {
        self.inner.change(|parts| {
            parts.route.push(target);
            Ok(())
        })
    }

    /// Takes a target out of the route and of the fallbacks. Calls under way there go on.
    ///
    /// # Errors
    /// `Config` where there is none of that name, or it is the last of the route.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.inner.change(|parts| {
            named(parts, name, |_| {})?;
            parts.route.retain(|target| target.name != *name);
            for list in parts.fallbacks.lists_mut() {
                list.retain(|target| target.name != *name);
            }
            Ok(())
        })
    }

    /// Sends no more calls to a target, and waits until those under way there are over. It stays in the route, to be
    /// removed, or to be taken up again with [`Handle::resume`].
    ///
    /// # Cancellation
    /// Dropping the future stops the waiting, and not the draining.
    ///
    /// # Errors
    /// `Config` where there is none of that name.
    pub async fn drain(&self, name: &str) -> Result<()> {
        let target = self.target(name)?;
        target.stats.set_draining(true);
        // A choice that is being made now may still take it; after that none does.
        drop(self.inner.rng());
        target.stats.idle().await;
        Ok(())
    }

    /// Sends calls to a target again that was drained.
    ///
    /// # Errors
    /// `Config` where there is none of that name.
    pub fn resume(&self, name: &str) -> Result<()> {
        self.target(name)?.stats.set_draining(false);
        self.inner.changed.notify_waiters();
        Ok(())
    }

    /// Gives a target another share of the traffic.
    ///
    /// # Errors
    /// `Config` where there is none of that name, where the strategy has no use for weights, and where no weight would be left.
    pub fn set_weight(&self, name: &str, weight: u32) -> Result<()> {
        self.inner
            .change(|parts| named(parts, name, |target| target.weight = weight))
    }

    /// Chooses in another way from now on.
    ///
    /// # Errors
    /// `Config` where targets have weights that it has no use for.
    pub fn set_strategy(&self, strategy: Strategy) -> Result<()> {
        self.inner.change(|parts| {
            parts.settings.strategy = strategy;
            Ok(())
        })
    }

    /// Takes over targets, fallbacks and settings of a builder, as when a configuration is read again. Targets of a name that
    /// is there already keep what is known of them, also that they are being drained. The balancer's id, probes, store and seed stay.
    ///
    /// # Errors
    /// `Config` where the builder could not be built; then nothing changes.
    pub fn replace(&self, builder: BalanceBuilder) -> Result<()> {
        let new = builder.into_parts();
        self.inner.change(|parts| {
            let old = std::mem::replace(parts, new);
            let mut known = old.route;
            for list in old.fallbacks.into_lists() {
                known.extend(list);
            }
            for target in parts.targets_mut() {
                if let Some(known) = known.iter().find(|known| known.name == target.name) {
                    target.stats = Arc::clone(&known.stats);
                }
            }
            Ok(())
        })
    }

    /// Leaves a target alone for a while, as if its vendor had asked for it.
    ///
    /// # Errors
    /// `Config` where there is none of that name.
    pub fn set_aside(&self, name: &str, time: Duration) -> Result<()> {
        let target = self.target(name)?;
        let now = Instant::now();
        let Some(until) = now.checked_add(time) else {
            return Err(config(format!("{name} cannot be left alone for so long")));
        };
        let cooldown = Cooldown {
            since: now,
            until,
            cause: ErrorKind::Overloaded,
            asked: true,
        };
        target.stats.known().health.cool(cooldown);
        self.inner.cooled(&target, cooldown);
        Ok(())
    }

    /// Ends what a target is left alone for; its share of the calls grows from now on.
    ///
    /// # Errors
    /// `Config` where there is none of that name.
    pub fn recover(&self, name: &str) -> Result<()> {
        let target = self.target(name)?;
        let rules = target.rules(&self.inner.pool().settings.health);
        target.stats.known().health.come_back(Instant::now(), &rules);
        self.inner.changed.notify_waiters();
        Ok(())
    }

    fn target(&self, name: &str) -> Result<Arc<Target>> {
        let pool = self.inner.pool();
        match pool.place(name) {
            Some(place) => Ok(Arc::clone(&pool.targets[place])),
            None => Err(unknown(name, &pool.names())),
        }
    }
}

/// Changes every target of a name.
fn named(parts: &mut Parts, name: &str, mut change: impl FnMut(&mut Target)) -> Result<()> {
    let mut found = false;
    let mut names: Vec<Text> = Vec::new();
    for target in parts.targets_mut() {
        if target.name == *name {
            change(target);
            found = true;
        } else if !names.contains(&target.name) {
            names.push(target.name.clone());
        }
    }
    if found {
        return Ok(());
    }
    let names: Vec<&str> = names.iter().map(Text::as_str).collect();
    Err(unknown(name, &names.join(", ")))
}

fn unknown(name: &str, names: &str) -> Error {
    config(format!("there is no target `{name}`; there are: {names}"))
}
