//! `--log`: what is told of calls on stderr.

use std::fmt;

use clap::Args;
use llm_api_router::config::TelemetryConfig;
use llm_api_router::telemetry::TelemetryLayer;
use llm_api_router::telemetry::logs::{LogFormat, LogLevel, LogPolicy, Logs};
use llm_api_router::{Client, Stack};

use crate::failure::Failure;

/// What is told on stderr.
#[derive(Debug, Args)]
pub(crate) struct Telling {
    /// How much is told of calls on stderr: off, error, warn, info, debug, trace.
    #[arg(long = "log", value_name = "LEVEL", env = "LLM_ROUTER_LOG")]
    level: Option<LogLevel>,
    /// The form of it: text, json.
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

impl Telling {
    /// Tells of calls as a configuration says, unless it is said here.
    pub(crate) fn start(&self, set: TelemetryConfig) -> Result<Told, Failure> {
        let mut policy = set.log_policy();
        policy.level = self.level.unwrap_or(policy.level);
        policy.format = self.log_format.unwrap_or(policy.format);
        Told::new(set, &policy)
    }

    /// The same, where it is said here; else nothing is told.
    pub(crate) fn start_if_asked(&self, set: Option<TelemetryConfig>) -> Result<Told, Failure> {
        match self.level {
            Some(_) => self.start(set.unwrap_or_default()),
            None => Ok(Told {
                set,
                ..Told::default()
            }),
        }
    }
}

/// What is told, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) set: Option<TelemetryConfig>,
    logs: Option<Logs>,
    is_json: bool,
}

impl Told {
    fn new(set: TelemetryConfig, policy: &LogPolicy) -> Result<Self, Failure> {
        Ok(Self {
            set: Some(set),
            logs: Some(Logs::to_stderr(policy)?),
            is_json: policy.format == LogFormat::Json,
        })
    }

    /// The layers of a client that no configuration describes.
    pub(crate) fn stack(&self) -> Stack {
        let layer = self.set.as_ref().map(|set| TelemetryLayer::new(set.policy()));
        Stack::default().with_telemetry(layer)
    }

    /// A line for whoever started the program. Among lines of JSON it is one of them.
    pub(crate) fn note(&self, line: fmt::Arguments<'_>) {
        if self.is_json {
            tracing::info!("{line}");
        } else {
            eprintln!("{line}");
        }
    }

    /// Shows on the page of metrics what logs had to drop.
    pub(crate) fn count_dropped(&self, client: &Client) {
        if let (Some(metrics), Some(logs)) = (client.metrics(), &self.logs) {
            metrics.show(
                "llm_router_log_lines_dropped",
                "Lines of logs that were dropped, since nobody read them as fast as they came",
                logs.dropped_count(),
            );
        }
    }
}
