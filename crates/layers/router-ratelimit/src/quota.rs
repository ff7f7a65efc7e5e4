//! What is left of a limit, and beginning it anew.

use router_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use crate::limiter::Limiter;
use crate::meter::Unit;
use crate::store::{Away, Demand};
use crate::subject::Subject;

/// What is left of a limit for one of those it is counted for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Quota {
    /// The limit, as its name: `requests 600/min per caller`.
    pub limit: String,
    /// What is counted.
    pub unit: Unit,
    /// The most there can be at once.
    pub most: u64,
    /// How much of it is left now. What calls under way have reserved counts as gone.
    pub left: u64,
}

impl Limiter {
    /// What is left of each limit for a subject. Where Redis is away, of what this process counts for itself.
    pub async fn quotas(&self, subject: &Subject) -> Vec<Quota> {
        let mut quotas = Vec::new();
        for demand in self.demands_of(subject) {
            let shared = match &self.shared {
                Some(store) => store.levels(&self.rules, &demand).await,
                None => Err(Away),
            };
            let levels = shared.unwrap_or_else(|Away| {
                let now = self.memory.micros(Instant::now());
                self.memory.levels(&self.rules, &demand, now)
            });
            let meters = self.rules[demand.rule].meters.iter();
            quotas.extend(meters.zip(levels).map(|((unit, meter), level)| Quota {
                limit: self.title(demand.rule, *unit),
                unit: *unit,
                most: meter.capacity() as u64,
                left: (meter.capacity() - level).max(0.0) as u64,
            }));
        }
        quotas
    }

    /// Begins the counts of a subject anew. Calls that are under way still are.
    ///
    /// # Errors
    /// `Overloaded` when Redis is away: then only what this process counts for itself has begun anew.
    pub async fn reset(&self, subject: &Subject) -> Result<()> {
        let mut is_away = false;
        for demand in self.demands_of(subject) {
            if let Some(store) = &self.shared {
                is_away |= store.reset(&self.rules, &demand).await.is_err();
            }
            let now = self.memory.micros(Instant::now());
            self.memory.reset(&self.rules, &demand, now);
            self.lines.given_back(demand.rule, &demand.value);
        }
        if is_away {
            let message = "limits in Redis cannot be reset while it is away";
            return Err(Error::new(ErrorKind::Overloaded, message).with_code("limit_unavailable"));
        }
        Ok(())
    }

    fn demands_of<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = Demand> + 'a {
        let limits = self.limits.iter().enumerate();
        limits.map(|(rule, limit)| Demand {
            rule,
            value: subject.value(&limit.per),
            tokens: 0.0,
        })
    }
}
