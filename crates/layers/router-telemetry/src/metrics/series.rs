//! The series of one operation, provider and model, found without a copy of their names; and how many of them there may be.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use hashbrown::{Equivalent, HashMap};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use router_core::secret::mask_secrets;
use router_core::{ErrorKind, ModelId, ProviderId, Text};

use super::families::Families;
use super::labels::{ErrorType, Labels, NONE, OTHER, Outcome, TokenKind};
use crate::names;

/// Longest value of a label, in characters.
const LONGEST: usize = 120;

/// All series.
pub(super) struct Table {
    most: usize,
    families: Arc<Families>,
    series: RwLock<HashMap<Key, Arc<Series>>>,
}

#[derive(PartialEq, Eq)]
struct Key {
    operation: &'static str,
    provider: ProviderId,
    model: ModelId,
}

impl Key {
    fn names(&self) -> Names<'_> {
        Names {
            operation: self.operation,
            provider: self.provider.as_str(),
            model: self.model.as_str(),
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.names().hash(state);
    }
}

/// A key that is borrowed: a clone of a name that nobody has cloned before is an allocation.
#[derive(PartialEq, Eq, Hash)]
struct Names<'a> {
    operation: &'static str,
    provider: &'a str,
    model: &'a str,
}

impl Equivalent<Key> for Names<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.names()
    }
}

impl Table {
    pub(super) fn new(most: usize, families: Arc<Families>) -> Self {
        Self {
            most,
            families,
            series: RwLock::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.series.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The series of an operation at a target.
    ///
    /// Names of models come from callers. One that a vendor has refused as a caller's mistake makes no series, so that nobody
    /// fills the table with names of their own.
    pub(super) fn of(
        &self,
        operation: &'static str,
        target: Option<(&ProviderId, &ModelId)>,
        error: Option<ErrorKind>,
    ) -> Arc<Series> {
        let (provider, mut model) = target.map_or((NONE, NONE), |(provider, model)| {
            (provider.as_str(), model.as_str())
        });
        let names = Names {
            operation,
            provider,
            model,
        };
        if let Some(series) = self.known(&names) {
            return series;
        }
        let is_mistake = matches!(
            error,
            Some(ErrorKind::NotFound | ErrorKind::InvalidRequest | ErrorKind::Unsupported)
        );
        if is_mistake && target.is_some() {
            model = OTHER;
        }
        let mut key = Key {
            operation,
            provider: provider.into(),
            model: model.into(),
        };
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if series.len() >= self.most && !series.contains_key(&key) {
            key.provider = ProviderId::from_static(OTHER);
            key.model = ModelId::from_static(OTHER);
        }
        let found = series.entry(key);
        let made = found.or_insert_with_key(|key| Arc::new(Series::new(key, Arc::clone(&self.families))));
        Arc::clone(made)
    }

    fn known(&self, names: &Names<'_>) -> Option<Arc<Series>> {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        series.get(names).cloned()
    }
}

/// What is counted of one operation at one model of one provider. What never happens there has no series.
pub(super) struct Series {
    pub(super) labels: Labels,
    families: Arc<Families>,
    answered: OnceLock<Counter>,
    duration: OnceLock<Histogram>,
    first_content: OnceLock<Histogram>,
    per_token: OnceLock<Histogram>,
    attempted: OnceLock<Counter>,
    attempt_duration: OnceLock<Histogram>,
    usage: [OnceLock<Histogram>; 2],
    tokens: [OnceLock<Counter>; TokenKind::COUNT],
}

impl Series {
    fn new(key: &Key, families: Arc<Families>) -> Self {
        Self {
            labels: Labels {
                operation: key.operation,
                provider: value(names::provider(&key.provider)),
                model: value(key.model.as_str()),
            },
            families,
            answered: OnceLock::new(),
            duration: OnceLock::new(),
            first_content: OnceLock::new(),
            per_token: OnceLock::new(),
            attempted: OnceLock::new(),
            attempt_duration: OnceLock::new(),
            usage: Default::default(),
            tokens: Default::default(),
        }
    }

    pub(super) fn answered(&self) -> &Counter {
        self.answered.get_or_init(|| {
            let labels = (self.labels.clone(), (Outcome("ok"), ErrorType(None)));
            self.families.calls.get_or_create_owned(&labels)
        })
    }

    pub(super) fn duration(&self) -> &Histogram {
        self.duration.get_or_init(|| {
            let labels = (self.labels.clone(), ErrorType(None));
            self.families.durations.get_or_create_owned(&labels)
        })
    }

    pub(super) fn first_content(&self) -> &Histogram {
        self.first_content
            .get_or_init(|| self.families.first_contents.get_or_create_owned(&self.labels))
    }

    pub(super) fn per_token(&self) -> &Histogram {
        self.per_token
            .get_or_init(|| self.families.per_token.get_or_create_owned(&self.labels))
    }

    pub(super) fn attempted(&self) -> &Counter {
        self.attempted.get_or_init(|| {
            let labels = (self.labels.clone(), ErrorType(None));
            self.families.attempts.get_or_create_owned(&labels)
        })
    }

    pub(super) fn attempt_duration(&self) -> &Histogram {
        self.attempt_duration
            .get_or_init(|| self.families.attempt_durations.get_or_create_owned(&self.labels))
    }

    /// Tokens of single calls: input or output.
    pub(super) fn usage(&self, kind: TokenKind) -> &Histogram {
        let place = usize::from(kind != TokenKind::Input);
        self.usage[place].get_or_init(|| {
            let labels = (self.labels.clone(), kind);
            self.families.usage.get_or_create_owned(&labels)
        })
    }

    /// Adds tokens of all calls, where they were told.
    pub(super) fn tokens(&self, kind: TokenKind, count: Option<u64>) {
        let Some(count) = count else { return };
        let counter = self.tokens[kind as usize].get_or_init(|| {
            let labels = (self.labels.clone(), kind);
            self.families.tokens.get_or_create_owned(&labels)
        });
        counter.inc_by(count);
    }
}

/// A name as a label: no longer than one can be read, and no key.
fn value(name: &str) -> Text {
    let masked = mask_secrets(name);
    match masked.char_indices().nth(LONGEST) {
        Some((cut, _)) => Text::from(&masked[..cut]),
        None => Text::from(&*masked),
    }
}
