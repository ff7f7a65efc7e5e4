//! Counts what is told of calls, and shows it as a page for Prometheus.

mod families;
mod labels;
mod series;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use router_core::{ErrorKind, ModelId, ProviderId, Text, Usage};

use crate::policy::TelemetryPolicy;
use families::Families;
use labels::{Decision, ErrorType, Failover, Operation, Outcome, TokenKind, Version};
use series::Table;

pub use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;

/// Most kinds of decisions that are told apart.
const MOST_DECISIONS: usize = 200;

/// What calls come to, in counters and histograms. Clones share them.
///
/// Nothing is kept of single calls: what it holds depends on how many operations, providers and models there are, and that is
/// bounded by [`TelemetryPolicy::max_series`].
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Mutex<Registry>,
    families: Arc<Families>,
    table: Table,
    /// How many kinds of decisions there were.
    decisions: AtomicUsize,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("series", &self.0.table.len())
            .finish_non_exhaustive()
    }
}

/// A call, as far as it is counted.
pub(crate) struct Ended<'a> {
    pub(crate) operation: &'static str,
    /// Who answered, or failed last; nobody where no vendor was asked.
    pub(crate) target: Option<(&'a ProviderId, &'a ModelId)>,
    pub(crate) outcome: &'static str,
    pub(crate) error: Option<ErrorKind>,
    pub(crate) duration: Duration,
    /// Of a stream: how long until its first content.
    pub(crate) first_content: Option<Duration>,
    /// Tokens that this call has used.
    pub(crate) usage: Option<&'a Usage>,
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(policy: &TelemetryPolicy) -> Self {
        let mut registry = Registry::default();
        let families = Arc::new(Families::registered(&mut registry));
        families
            .build_info
            .get_or_create(&Version(env!("CARGO_PKG_VERSION")))
            .set(1);
        Self(Arc::new(Inner {
            registry: Mutex::new(registry),
            table: Table::new(policy.max_series, Arc::clone(&families)),
            families,
            decisions: AtomicUsize::new(0),
        }))
    }

    /// All of it in Prometheus's text format, of the type [`CONTENT_TYPE`].
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = String::new();
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        let _ = prometheus_client::encoding::prometheus_text::encode(&mut page, &registry);
        page
    }

    /// Shows a count that is kept elsewhere beside the others, as `NAME_total`.
    ///
    /// It is asked for whenever the page is made, and must never go back.
    pub fn show(
        &self,
        name: &'static str,
        help: &'static str,
        count: impl Fn() -> u64 + Send + Sync + 'static,
    ) {
        let mut registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register_collector(Box::new(Elsewhere {
            name,
            help,
            count: Box::new(count),
        }));
    }

    /// Counts a call as under way until what is given is dropped.
    pub(crate) fn enter(&self, operation: &'static str) -> InFlight {
        let gauge = self
            .0
            .families
            .in_flight
            .get_or_create_owned(&Operation(operation));
        gauge.inc();
        InFlight(gauge)
    }

    pub(crate) fn ended(&self, ended: &Ended<'_>) {
        let series = self.0.table.of(ended.operation, ended.target, ended.error);
        let error = ErrorType(ended.error.map(|kind| kind.as_str()));
        let outcome = Outcome(ended.outcome);
        let seconds = ended.duration.as_secs_f64();
        match ended.error {
            None => {
                series.answered().inc();
                series.duration().observe(seconds);
            }
            Some(_) => {
                let labels = (series.labels.clone(), error);
                self.0.families.durations.get_or_create(&labels).observe(seconds);
                let labels = (series.labels.clone(), (outcome, error));
                self.0.families.calls.get_or_create(&labels).inc();
            }
        }
        if let Some(first) = ended.first_content {
            series.first_content().observe(first.as_secs_f64());
            let after_first = ended
                .usage
                .map_or(0, |usage| usage.output_tokens.saturating_sub(1));
            if ended.error.is_none() && after_first > 0 {
                let rest = ended.duration.saturating_sub(first).as_secs_f64();
                series.per_token().observe(rest / after_first as f64);
            }
        }
        if let Some(usage) = ended.usage {
            for (kind, count) in [
                (TokenKind::Input, Some(usage.input_tokens)),
                (TokenKind::Output, Some(usage.output_tokens)),
            ] {
                series.usage(kind).observe(count.unwrap_or_default() as f64);
                series.tokens(kind, count);
            }
            series.tokens(TokenKind::CacheRead, usage.cache_read_input_tokens);
            series.tokens(TokenKind::CacheWrite, usage.cache_creation_input_tokens);
            series.tokens(TokenKind::Reasoning, usage.reasoning_output_tokens);
        }
    }

    /// One vendor was asked once.
    pub(crate) fn attempt(
        &self,
        operation: &'static str,
        provider: &ProviderId,
        model: &ModelId,
        duration: Duration,
        error: Option<ErrorKind>,
    ) {
        let series = self.0.table.of(operation, Some((provider, model)), error);
        series.attempt_duration().observe(duration.as_secs_f64());
        match error {
            None => {
                series.attempted().inc();
            }
            Some(kind) => {
                let labels = (series.labels.clone(), ErrorType(Some(kind.as_str())));
                self.0.families.attempts.get_or_create(&labels).inc();
            }
        }
    }

    /// A layer decided something; the first word says what.
    pub(crate) fn decision(&self, layer: &'static str, what: &Text) {
        let decisions = &self.0.families.decisions;
        let decision = Decision {
            layer,
            what: first_word(what),
        };
        if let Some(count) = decisions.get(&decision) {
            count.inc();
            return;
        }
        // Words are a layer's own: the bound is for one that does not keep to a few.
        let is_one_more = self.0.decisions.fetch_add(1, Ordering::Relaxed) >= MOST_DECISIONS;
        let what = if is_one_more {
            Text::from_static(labels::OTHER)
        } else {
            decision.what
        };
        decisions.get_or_create(&Decision { layer, what }).inc();
    }

    /// A balancer's target failed and another was asked, or none was left.
    pub(crate) fn failed(&self, balancer: &ProviderId, kind: ErrorKind) {
        let labels = (Failover(balancer.clone()), ErrorType(Some(kind.as_str())));
        self.0.families.failovers.get_or_create(&labels).inc();
    }

    /// What a call took beside its vendor.
    pub(crate) fn overhead(&self, time: Duration) {
        self.0.families.overhead.observe(time.as_secs_f64());
    }
}

/// The word by which a decision is counted.
fn first_word(what: &Text) -> Text {
    let end = what
        .find(|char: char| !char.is_ascii_lowercase() && char != '_')
        .unwrap_or(what.len());
    match &what[..end] {
        "" => Text::from_static(labels::OTHER),
        word => what.slice_ref(word),
    }
}

/// A call under way.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A count that is kept elsewhere.
struct Elsewhere {
    name: &'static str,
    help: &'static str,
    count: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Collector for Elsewhere {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metric = encoder.encode_descriptor(self.name, self.help, None, MetricType::Counter)?;
        ConstCounter::new((self.count)()).encode(metric)
    }
}
