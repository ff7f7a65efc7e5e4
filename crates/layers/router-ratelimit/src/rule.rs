//! A limit made ready: its name wherever it is counted, and the meters of what it counts.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use router_core::Text;

use crate::limit::Limit;
use crate::meter::{Meter, Unit};
use crate::rate::Algorithm;

/// Shortest time of a rate.
const SHORTEST_PERIOD: Duration = Duration::from_millis(1);
/// Longest time that a call may wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A limit as stores see it: a name, and what is counted under it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Names the limit wherever its counts are shared. It says what the limit is, so that a changed limit counts anew.
    pub(crate) id: Text,
    /// Of the name, so that it need not be read through for each call.
    pub(crate) hash: u64,
    /// What is counted, each unit once.
    pub(crate) meters: Vec<(Unit, Meter)>,
}

impl Rule {
    pub(crate) fn new(id: impl Into<Text>, meters: Vec<(Unit, Meter)>) -> Self {
        let id = id.into();
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            id,
            meters,
        }
    }
}

/// A limit as stores see it, or what is wrong with it, from its field on.
pub(crate) fn compile(limit: &Limit) -> Result<Rule, String> {
    let mut meters = Vec::new();
    let mut id = format!("per={}", limit.per);
    for (unit, rate) in [(Unit::Requests, limit.requests), (Unit::Tokens, limit.tokens)] {
        let Some(rate) = rate else { continue };
        let field = unit.as_str();
        if rate.capacity() == 0 || rate.limit == 0 {
            return Err(format!(".{field} lets nothing through: at least 1 is needed"));
        }
        if rate.period < SHORTEST_PERIOD {
            return Err(format!(".{field} is for less than 1ms"));
        }
        meters.push((unit, Meter::of_rate(rate)));
        id.push_str(&format!(" {field}={rate}"));
        match rate.algorithm {
            Algorithm::SlidingWindow => id.push_str(" sliding"),
            Algorithm::TokenBucket if rate.burst.is_some() => {
                id.push_str(&format!(" burst={}", rate.capacity()));
            }
            Algorithm::TokenBucket => {}
        }
    }
    if let Some(most) = limit.concurrency {
        if most == 0 {
            return Err(".concurrency is 0: at least 1 is needed".to_owned());
        }
        meters.push((
            Unit::Concurrency,
            Meter::Gauge {
                most: f64::from(most),
            },
        ));
        id.push_str(&format!(" concurrency={most}"));
    }
    if limit.wait > LONGEST_WAIT {
        return Err(".wait is more than 30d".to_owned());
    }
    if meters.is_empty() {
        return Err(" limits nothing: set requests, tokens or concurrency".to_owned());
    }
    Ok(Rule::new(id, meters))
}
