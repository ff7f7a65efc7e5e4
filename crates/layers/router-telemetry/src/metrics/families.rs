//! All metrics there are: their names, what they say, and their buckets.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::labels::{Decision, ErrorType, Failover, Labels, Operation, Outcome, TokenKind, Version};

/// Seconds, as OpenTelemetry's conventions divide them for calls of models.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// Seconds for a token.
const TOKEN_SECONDS: [f64; 12] = [
    0.001, 0.002_5, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1, 0.2, 0.5, 1.0,
];

/// Tokens of a call, as OpenTelemetry's conventions divide them.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Seconds that are spent here, and not at a vendor.
const OWN_SECONDS: [f64; 13] = [
    0.000_002, 0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01,
    0.1,
];

type Histograms<S> = Family<S, Histogram, fn() -> Histogram>;

pub(super) struct Families {
    pub(super) calls: Family<(Labels, (Outcome, ErrorType)), Counter>,
    pub(super) durations: Histograms<(Labels, ErrorType)>,
    pub(super) first_contents: Histograms<Labels>,
    pub(super) per_token: Histograms<Labels>,
    pub(super) usage: Histograms<(Labels, TokenKind)>,
    pub(super) tokens: Family<(Labels, TokenKind), Counter>,
    pub(super) in_flight: Family<Operation, Gauge>,
    pub(super) attempts: Family<(Labels, ErrorType), Counter>,
    pub(super) attempt_durations: Histograms<Labels>,
    pub(super) failovers: Family<(Failover, ErrorType), Counter>,
    pub(super) decisions: Family<Decision, Counter>,
    pub(super) overhead: Histogram,
    pub(super) build_info: Family<Version, Gauge>,
}

impl Families {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let seconds = || Histogram::new(SECONDS);
        let families = Self {
            calls: Family::default(),
            durations: Family::new_with_constructor(seconds),
            first_contents: Family::new_with_constructor(seconds),
            per_token: Family::new_with_constructor(|| Histogram::new(TOKEN_SECONDS)),
            usage: Family::new_with_constructor(|| Histogram::new(TOKENS)),
            tokens: Family::default(),
            in_flight: Family::default(),
            attempts: Family::default(),
            attempt_durations: Family::new_with_constructor(seconds),
            failovers: Family::default(),
            decisions: Family::default(),
            overhead: Histogram::new(OWN_SECONDS),
            build_info: Family::default(),
        };
        registry.register(
            "llm_router_calls",
            "Calls that are over, by how they ended: ok, error, incomplete (a stream that broke after its first content), cancelled",
            families.calls.clone(),
        );
        registry.register_with_unit(
            "gen_ai_client_operation_duration",
            "Time of a call, of a stream to its end, retries and waits included",
            Unit::Seconds,
            families.durations.clone(),
        );
        registry.register_with_unit(
            "gen_ai_client_operation_time_to_first_chunk",
            "Time from the call to the first content of a stream, retries and waits included",
            Unit::Seconds,
            families.first_contents.clone(),
        );
        registry.register_with_unit(
            "llm_router_time_per_output_token",
            "Time of a stream after its first content, for each of its further tokens",
            Unit::Seconds,
            families.per_token.clone(),
        );
        registry.register(
            "gen_ai_client_token_usage",
            "Tokens of a call, input and output",
            families.usage.clone(),
        );
        registry.register(
            "llm_router_tokens",
            "Tokens used; cache_read and cache_write are part of input, reasoning of output",
            families.tokens.clone(),
        );
        registry.register(
            "llm_router_calls_in_flight",
            "Calls under way, streams until their end",
            families.in_flight.clone(),
        );
        registry.register(
            "llm_router_attempts",
            "Times that a vendor was asked, retries and failovers included",
            families.attempts.clone(),
        );
        registry.register_with_unit(
            "llm_router_attempt_duration",
            "Time until a vendor answered or failed; of a stream, until its first content",
            Unit::Seconds,
            families.attempt_durations.clone(),
        );
        registry.register(
            "llm_router_target_failures",
            "Targets of a balancer that failed a call, so that another was asked",
            families.failovers.clone(),
        );
        registry.register(
            "llm_router_decisions",
            "What layers decided: hits and misses of caches, waits of retries, refusals of limits and breakers",
            families.decisions.clone(),
        );
        registry.register_with_unit(
            "llm_router_overhead",
            "Time of a call that was spent in the router and not at a vendor; of a stream, until its first content. Calls that waited for something else are left out",
            Unit::Seconds,
            families.overhead.clone(),
        );
        registry.register(
            "llm_router_build_info",
            "1, with the version as label",
            families.build_info.clone(),
        );
        families
    }
}
