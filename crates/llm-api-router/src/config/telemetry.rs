//! What is told of calls: logs, metrics, and how much of what is said in them.

use router_telemetry::TelemetryPolicy;
use router_telemetry::logs::{LogFormat, LogLevel, LogPolicy};
use serde::Deserialize;

/// What is told of calls. Every field has a default, and unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TelemetryConfig {
    /// The form of logs on stderr: `text`.
    pub logs: LogFormat,
    /// How much they tell: `warn`.
    pub level: LogLevel,
    /// Most lines of logs that wait to be written; further ones are dropped and counted: 10,000.
    pub log_queue: usize,
    /// Where `llm-router serve` shows metrics, as `/metrics`: nowhere.
    pub metrics: Option<String>,
    /// Most sets of operation, provider and model that metrics tell apart: 500.
    pub max_series: usize,
    /// Whether spans and logs hold what was asked and answered: no.
    pub content: bool,
    /// Most bytes of a request, and of an answer, where they are held: 8,192.
    pub max_content_bytes: usize,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        let (policy, logs) = (TelemetryPolicy::default(), LogPolicy::default());
        Self {
            logs: logs.format,
            level: logs.level,
            log_queue: logs.queue,
            metrics: None,
            max_series: policy.max_series,
            content: policy.content,
            max_content_bytes: policy.max_content_bytes,
        }
    }
}

impl TelemetryConfig {
    /// How the layer is set.
    #[must_use]
    pub fn policy(&self) -> TelemetryPolicy {
        TelemetryPolicy::default()
            .with_content(self.content)
            .with_max_content_bytes(self.max_content_bytes)
            .with_max_series(self.max_series)
    }

    /// How logs are set.
    #[must_use]
    pub fn log_policy(&self) -> LogPolicy {
        LogPolicy::default()
            .with_format(self.logs)
            .with_level(self.level)
            .with_queue(self.log_queue)
    }

    /// What is wrong with it, by the field.
    pub(super) fn wrong(&self, listen: Option<&str>) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.log_queue == 0 {
            wrong.push(
                "telemetry.log_queue: 0 would drop every line; `level = \"off\"` writes none".to_owned(),
            );
        }
        if self.max_series == 0 {
            wrong.push("telemetry.max_series: 0 would count all models as one".to_owned());
        }
        if self.content && self.max_content_bytes == 0 {
            wrong.push("telemetry.max_content_bytes: 0 holds nothing; `content = false` says so".to_owned());
        }
        if let Some(address) = &self.metrics {
            let port = address
                .rsplit_once(':')
                .and_then(|(_, port)| port.parse::<u16>().ok());
            match port {
                None => wrong.push(format!(
                    "telemetry.metrics: {address:?} is no address: write host and port, as in \"127.0.0.1:9464\""
                )),
                Some(0) => {}
                Some(_) if Some(address.as_str()) == listen => wrong.push(format!(
                    "telemetry.metrics: {address} is where callers come in: metrics need an address of their own"
                )),
                Some(_) => {}
            }
        }
        wrong
    }
}
