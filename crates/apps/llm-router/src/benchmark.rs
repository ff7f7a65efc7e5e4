//! `llm-router benchmark`: the same call many times over, and how long the answers took.
//!
//! Calls that failed are counted by what was wrong, and their times are nowhere among those of answers.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use llm_api_router::error::TimeoutKind;
use llm_api_router::human::{format_duration, parse_duration};
use llm_api_router::{ChatRequest, Error, ErrorKind, ModelId, Provider, ProviderExt as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::chat::print;
use crate::failure::Failure;
use crate::known::open;
use crate::table::table;
use crate::test::millis;

/// The same call many times.
#[derive(Debug, Args)]
pub(crate) struct Benchmark {
    /// Provider and model, or a route of the configuration; several are tried one after the other and compared. The simulated
    /// vendor is there as `sim-model`.
    #[arg(short, long = "model", required = true, value_name = "MODEL")]
    models: Vec<String>,
    /// Providers and routes; see docs/configuration.md. Routes are called with all that stands around them, their cache too;
    /// vendors of the environment are called as they are, without a second attempt.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Calls of each model.
    #[arg(short = 'n', long = "calls", default_value = "100", value_name = "COUNT")]
    calls: NonZeroUsize,
    /// Of these, how many at the same time.
    #[arg(short, long, default_value = "8", value_name = "COUNT")]
    concurrency: NonZeroUsize,
    /// Take the answers in pieces, and tell how long their first content took.
    #[arg(long)]
    stream: bool,
    /// What is asked.
    #[arg(long, default_value = "Count from 1 to 20", value_name = "TEXT")]
    prompt: String,
    /// Most tokens of each answer.
    #[arg(long, default_value = "256", value_name = "COUNT")]
    max_tokens: u64,
    /// The longest wait for each answer, as in `500ms` or `1m`.
    #[arg(long, value_parser = parse_duration, default_value = "60s", value_name = "TIME")]
    timeout: Duration,
    /// Most failures of each model before the exit code says so. Unless set, it does when all calls of a model failed.
    #[arg(long, value_name = "COUNT")]
    max_failures: Option<usize>,
    /// Print one JSON line for each model instead of a table.
    #[arg(long)]
    json: bool,
}

/// One answer that came to its end.
struct Answered {
    latency: Duration,
    first_content: Option<Duration>,
    output_tokens: Option<u64>,
}

/// All calls of a model.
struct Report {
    model: String,
    calls: usize,
    wall: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
    /// Sorted; of streams.
    first_contents: Vec<Duration>,
    /// `None` where an answer told none.
    output_tokens: Option<u64>,
    /// By kind: how many, and what the first of them said.
    failures: BTreeMap<&'static str, (usize, String)>,
}

impl Benchmark {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (client, _) = open(self.config.as_deref(), &self.models)?;
        let mut targets = Vec::new();
        for name in &self.models {
            let (provider, model) = client
                .route(&name.as_str().into())
                .map_err(|error| Failure::Usage(error.message().to_owned()))?;
            targets.push((name.clone(), Arc::clone(provider), model));
        }
        let mut reports = Vec::new();
        for (name, provider, model) in targets {
            reports.push(self.measure(name, provider, model).await);
        }
        print(&match self.json {
            true => reports
                .iter()
                .map(|report| format!("{}\n", report.json()))
                .collect(),
            false => shown(&reports, self.stream),
        })?;
        let most = |report: &Report| self.max_failures.unwrap_or(report.calls - 1);
        let bad: Vec<String> = reports
            .iter()
            .filter(|report| report.failed() > most(report))
            .map(|report| {
                format!(
                    "{} of {} calls of {} failed",
                    report.failed(),
                    report.calls,
                    report.model
                )
            })
            .collect();
        match bad.is_empty() {
            true => Ok(()),
            false => Err(Failure::Io(bad.join("; "))),
        }
    }

    async fn measure(&self, name: String, provider: Arc<dyn Provider>, model: ModelId) -> Report {
        let request = ChatRequest::user(self.prompt.as_str()).with_max_output_tokens(self.max_tokens);
        let calls = self.calls.get();
        let asked = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        let start = Instant::now();
        for _ in 0..self.concurrency.get().min(calls) {
            let (provider, model) = (Arc::clone(&provider), model.clone());
            let (request, asked) = (request.clone(), Arc::clone(&asked));
            let (stream, timeout) = (self.stream, self.timeout);
            workers.spawn(async move {
                let mut outcomes = Vec::new();
                while asked.fetch_add(1, Ordering::Relaxed) < calls {
                    let call = call(&*provider, &model, request.clone(), stream);
                    let outcome = tokio::time::timeout(timeout, call).await;
                    outcomes.push(outcome.unwrap_or_else(|_| Err(late(timeout))));
                }
                outcomes
            });
        }
        let outcomes = workers.join_all().await;
        Report::new(name, calls, start.elapsed(), outcomes.into_iter().flatten())
    }
}

async fn call(
    provider: &dyn Provider,
    model: &ModelId,
    request: ChatRequest,
    stream: bool,
) -> Result<Answered, Error> {
    let start = Instant::now();
    let mut first_content = None;
    let answer = if stream {
        let answer = provider.chat_stream(model, request).await?;
        first_content = Some(start.elapsed());
        answer.into_value().collect().await?
    } else {
        provider.chat(model, request).await?.into_value()
    };
    Ok(Answered {
        latency: start.elapsed(),
        first_content,
        output_tokens: answer.usage.map(|usage| usage.output_tokens),
    })
}

fn late(timeout: Duration) -> Error {
    let message = format!("no answer within {}", format_duration(timeout));
    Error::new(ErrorKind::Timeout(TimeoutKind::Deadline), message)
}

impl Report {
    fn new(
        model: String,
        calls: usize,
        wall: Duration,
        outcomes: impl Iterator<Item = Result<Answered, Error>>,
    ) -> Self {
        let mut report = Self {
            model,
            calls,
            wall,
            latencies: Vec::new(),
            first_contents: Vec::new(),
            output_tokens: Some(0),
            failures: BTreeMap::new(),
        };
        for outcome in outcomes {
            match outcome {
                Ok(answered) => {
                    report.latencies.push(answered.latency);
                    report.first_contents.extend(answered.first_content);
                    let sum = report.output_tokens.zip(answered.output_tokens);
                    report.output_tokens = sum.map(|(sum, tokens)| sum + tokens);
                }
                Err(error) => {
                    let kind = report.failures.entry(error.kind().as_str());
                    kind.or_insert_with(|| (0, error.to_string())).0 += 1;
                }
            }
        }
        report.latencies.sort_unstable();
        report.first_contents.sort_unstable();
        report
    }

    fn failed(&self) -> usize {
        self.calls - self.latencies.len()
    }

    /// So many in a second of the clock, from the first call's beginning to the last one's end.
    fn per_second(&self, count: f64) -> f64 {
        count / self.wall.as_secs_f64().max(f64::EPSILON)
    }

    fn requests_per_second(&self) -> Option<f64> {
        (!self.latencies.is_empty()).then(|| self.per_second(self.latencies.len() as f64))
    }

    fn tokens_per_second(&self) -> Option<f64> {
        let tokens = self.output_tokens.filter(|_| !self.latencies.is_empty())?;
        Some(self.per_second(tokens as f64))
    }

    fn json(&self) -> Value {
        let percentiles = |sorted: &[Duration]| {
            PERCENTILES
                .iter()
                .filter_map(|(name, share)| {
                    Some(((*name).to_owned(), json!(millis(percentile(sorted, *share)?))))
                })
                .collect::<serde_json::Map<_, _>>()
        };
        let failures = self
            .failures
            .iter()
            .map(|(kind, (count, first))| ((*kind).to_owned(), json!({"count": count, "first": first})));
        json!({
            "model": self.model,
            "calls": self.calls,
            "answered": self.latencies.len(),
            "failed": self.failed(),
            "failures": failures.collect::<serde_json::Map<_, _>>(),
            "wall_ms": millis(self.wall),
            "latency_ms": percentiles(&self.latencies),
            "first_content_ms": percentiles(&self.first_contents),
            "output_tokens": self.output_tokens,
            "tokens_per_second": self.tokens_per_second(),
            "requests_per_second": self.requests_per_second(),
        })
    }
}

/// The shares that are told, in percent.
const PERCENTILES: [(&str, usize); 3] = [("p50", 50), ("p90", 90), ("p99", 99)];

/// The smallest time that so many percent of all do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn shown(reports: &[Report], stream: bool) -> String {
    let all = |sorted: &[Duration]| {
        let times = PERCENTILES.map(|(_, share)| match percentile(sorted, share) {
            Some(time) => format!("{:.1}", millis(time)),
            None => "-".to_owned(),
        });
        times.join(" / ")
    };
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| format!("{number:.1}"));
    let rows: Vec<[String; 7]> = reports
        .iter()
        .map(|report| {
            [
                report.model.clone(),
                report.latencies.len().to_string(),
                report.failed().to_string(),
                all(&report.latencies),
                if stream {
                    all(&report.first_contents)
                } else {
                    "-".to_owned()
                },
                number(report.tokens_per_second()),
                number(report.requests_per_second()),
            ]
        })
        .collect();
    let mut text = table(
        [
            "MODEL",
            "ANSWERED",
            "FAILED",
            "MS P50 / P90 / P99",
            "FIRST CONTENT MS",
            "TOKENS/S",
            "REQUESTS/S",
        ],
        &rows,
    );
    for report in reports {
        for (kind, (count, first)) in &report.failures {
            text.push_str(&format!(
                "{}: {count} x {kind}, the first: {first}\n",
                report.model
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(millis: u64) -> Result<Answered, Error> {
        Ok(Answered {
            latency: Duration::from_millis(millis),
            first_content: None,
            output_tokens: Some(10),
        })
    }

    fn failed() -> Result<Answered, Error> {
        Err(Error::new(ErrorKind::Server, "it broke"))
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        for (percent, millis) in [(50, 50), (90, 90), (99, 99)] {
            assert_eq!(percentile(&sorted, percent), Some(Duration::from_millis(millis)));
        }
        let one = [Duration::from_millis(7)];
        assert_eq!(percentile(&one, 50), Some(one[0]));
        assert_eq!(percentile(&one, 99), Some(one[0]));
        assert_eq!(percentile(&[], 50), None);
    }

    /// Figures are of answers alone and of the clock, whatever failed in between and how long calls overlapped.
    #[test]
    fn failures_are_in_no_figure_but_their_own() {
        let wall = Duration::from_secs(2);
        let outcomes = [failed(), answered(900), failed(), answered(100), answered(1900)];
        let report = Report::new("m".to_owned(), 5, wall, outcomes.into_iter());
        let json = report.json();
        assert_eq!(json["answered"], 3);
        assert_eq!(json["failed"], 2);
        assert_eq!(json["failures"]["server"]["count"], 2);
        assert_eq!(
            json["latency_ms"],
            json!({"p50": 900.0, "p90": 1900.0, "p99": 1900.0})
        );
        assert_eq!(json["requests_per_second"], 1.5);
        assert_eq!(json["tokens_per_second"], 15.0);
        let none = Report::new("m".to_owned(), 2, wall, [failed(), failed()].into_iter()).json();
        assert_eq!(none["latency_ms"], json!({}));
        assert!(none["requests_per_second"].is_null() && none["tokens_per_second"].is_null());
    }
}
