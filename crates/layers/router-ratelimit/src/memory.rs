//! Counts of one process: entries in shards, each behind a lock of its own, forgotten when nothing counts in them.

use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::{DefaultHashBuilder, Equivalent, HashMap};
use router_core::Text;
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::meter::{Meter, State, Unit};
use crate::rule::Rule;
use crate::store::{Demand, Mark, Marks, Refusal, Settlement};

/// A power of two.
const SHARDS: usize = 64;
/// A shard with fewer entries is not looked through.
const FEW: usize = 64;

/// Counts of one process.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    origin: Instant,
    hasher: DefaultHashBuilder,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    entries: HashMap<Key, Arc<Entry>, Passed>,
    /// How many entries there must be for the next look.
    many: usize,
}

/// All that is counted under one limit for one of those it is counted for.
type Entry = Mutex<Counts>;

/// Entries in which a call counts, in the order of its demands: held until it is settled, they need not be looked for again.
#[derive(Debug)]
pub(crate) struct Entries(SmallVec<[Arc<Entry>; 2]>);

#[derive(Debug)]
pub(crate) struct Counts {
    /// When it began, or was last begun anew.
    born: f64,
    /// In the order of the rule's meters.
    counts: Vec<Count>,
}

#[derive(Debug)]
struct Count {
    unit: Unit,
    meter: Meter,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
struct Key {
    hash: u64,
    rule: Text,
    value: Text,
}

/// A key that is only looked for.
struct Sought<'a> {
    hash: u64,
    rule: &'a str,
    value: &'a str,
}

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl std::hash::Hash for Sought<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Key> for Sought<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.hash == key.hash && key.rule == *self.rule && key.value == *self.value
    }
}

/// Passes a hash on: a key brings its own, which also chooses the shard.
#[derive(Clone, Copy, Debug, Default)]
struct Passed;

struct PassedHasher(u64);

impl std::hash::BuildHasher for Passed {
    type Hasher = PassedHasher;

    fn build_hasher(&self) -> PassedHasher {
        PassedHasher(0)
    }
}

impl std::hash::Hasher for PassedHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
            hasher: DefaultHashBuilder::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl MemoryStore {
    /// A moment, in the microseconds of this store.
    pub(crate) fn micros(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.origin).as_micros() as f64
    }

    /// Takes all or nothing. Demands come in the order of their rules' names, so that locks have one order everywhere.
    pub(crate) fn take(
        &self,
        rules: &[Rule],
        demands: &[Demand],
        now: f64,
    ) -> Result<(Entries, Marks), Refusal> {
        let entries: SmallVec<[_; 2]> = demands
            .iter()
            .map(|demand| self.entry(rules, demand, now))
            .collect();
        let mut locked: SmallVec<[_; 2]> = entries.iter().map(|entry| lock(entry)).collect();
        let mut refusal: Option<(f64, usize, Unit)> = None;
        for (place, (demand, entry)) in demands.iter().zip(&locked).enumerate() {
            for count in &entry.counts {
                if let Err(full) = count.meter.check(&count.state, demand.amount(count.unit), now)
                    && refusal.is_none_or(|(longest, ..)| full.wait > longest)
                {
                    refusal = Some((full.wait, place, count.unit));
                }
            }
        }
        if let Some((wait, place, unit)) = refusal {
            return Err(Refusal::new(place, unit, wait));
        }
        let mut marks = Marks::new();
        for (demand, entry) in demands.iter().zip(&mut locked) {
            let born = entry.born;
            marks.extend(entry.counts.iter_mut().map(|count| Mark {
                born,
                place: count.meter.take(&mut count.state, demand.amount(count.unit), now),
            }));
        }
        drop(locked);
        Ok((Entries(entries), marks))
    }

    /// Puts what was used in the place of what was taken.
    pub(crate) fn settle(entries: &Entries, settlement: &Settlement, now: f64) {
        let mut marks = settlement.marks.iter();
        for (demand, entry) in settlement.demands.iter().zip(&entries.0) {
            let mut entry = lock(entry);
            let born = entry.born;
            for (count, mark) in entry.counts.iter_mut().zip(&mut marks) {
                let (taken, used) = (demand.amount(count.unit), settlement.used(count.unit));
                if taken == used {
                    continue;
                }
                if mark.born == born || count.unit == Unit::Concurrency {
                    count.meter.settle(&mut count.state, mark.place, taken, used, now);
                } else {
                    count.meter.settle_anew(&mut count.state, taken, used, now);
                }
            }
        }
    }

    /// What counts of each unit, in the order of the rule's meters.
    pub(crate) fn levels(&self, rules: &[Rule], demand: &Demand, now: f64) -> Vec<f64> {
        let entry = self.entry(rules, demand, now);
        let entry = lock(&entry);
        let counts = entry.counts.iter();
        counts.map(|count| count.meter.level(&count.state, now)).collect()
    }

    /// Begins a count anew. Calls that are under way still are.
    pub(crate) fn reset(&self, rules: &[Rule], demand: &Demand, now: f64) {
        let entry = self.entry(rules, demand, now);
        let mut entry = lock(&entry);
        entry.born = now.max(entry.born + 1.0);
        for count in &mut entry.counts {
            if count.unit != Unit::Concurrency {
                count.state = count.meter.new_state(now);
            }
        }
    }

    /// How many counts there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }

    fn entry(&self, rules: &[Rule], demand: &Demand, now: f64) -> Arc<Entry> {
        let rule = &rules[demand.rule];
        let hash = self.hasher.hash_one((rule.hash, demand.value.as_str()));
        // The map takes its places from the lowest and highest bits.
        let mut shard = lock(&self.shards[(hash >> 32) as usize % SHARDS]);
        let sought = Sought {
            hash,
            rule: &rule.id,
            value: &demand.value,
        };
        if let Some(entry) = shard.entries.get(&sought) {
            return Arc::clone(entry);
        }
        shard.forget_idle(now);
        let meters = rule.meters.iter();
        let counts = meters.map(|(unit, meter)| Count {
            unit: *unit,
            meter: *meter,
            state: meter.new_state(now),
        });
        let entry = Arc::new(Mutex::new(Counts {
            born: now,
            counts: counts.collect(),
        }));
        let key = Key {
            hash,
            rule: rule.id.detach(),
            value: demand.value.detach(),
        };
        shard.entries.insert(key, Arc::clone(&entry));
        entry
    }
}

impl Shard {
    /// Drops entries in which nothing counts, when there have become twice as many as at the last look.
    fn forget_idle(&mut self, now: f64) {
        if self.entries.len() < self.many.max(FEW) {
            return;
        }
        self.entries.retain(|_, entry| {
            // Those who count in an entry hold it, and take hold of one under the shard's lock.
            Arc::strong_count(entry) > 1 || {
                let entry = lock(entry);
                entry
                    .counts
                    .iter()
                    .any(|count| count.meter.level(&count.state, now) > 0.0)
            }
        });
        self.many = self.entries.len() * 2;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
