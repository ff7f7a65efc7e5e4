//! Logs of a program: lines of JSON or text, keys masked, through a queue that never makes a call wait.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use router_core::secret::mask_secrets;
use router_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use tracing::Dispatch;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::span::TARGET;

/// Settings of logs. Every field has a default, unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LogPolicy {
    /// The form of a line: text.
    pub format: LogFormat,
    /// What is told: `warn`, which is trouble; `info` tells of every call.
    pub level: LogLevel,
    /// Most lines that wait to be written; further ones are dropped and counted: 10,000.
    pub queue: usize,
}

impl Default for LogPolicy {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            level: LogLevel::default(),
            queue: 10_000,
        }
    }
}

impl LogPolicy {
    /// With another form.
    #[must_use]
    pub fn with_format(mut self, format: LogFormat) -> Self {
        self.format = format;
        self
    }

    /// With more told, or less.
    #[must_use]
    pub fn with_level(mut self, level: LogLevel) -> Self {
        self.level = level;
        self
    }

    /// With another length of the queue.
    #[must_use]
    pub fn with_queue(mut self, lines: usize) -> Self {
        self.queue = lines;
        self
    }
}

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
}

/// How much is told; each level has those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What somebody must see to.
    Error,
    /// Calls that failed.
    #[default]
    Warn,
    /// Every call, in a line of its own.
    Info,
    /// What happened on the way: attempts, failovers, decisions of layers, settings that were dropped.
    Debug,
    /// What the libraries below tell.
    Trace,
}

/// Reads one of the words that name a value in configurations.
macro_rules! from_words {
    ($name:ident: $($word:literal => $value:ident),+) => {
        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$value),)+
                    _ => Err(UnknownWord(&[$($word),+])),
                }
            }
        }
    };
}

from_words!(LogFormat: "text" => Text, "json" => Json);
from_words!(
    LogLevel: "off" => Off, "error" => Error, "warn" => Warn, "info" => Info, "debug" => Debug, "trace" => Trace
);

/// A word that is none of those that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord(&'static [&'static str]);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {}", self.0.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

impl LogLevel {
    fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// Logs that are being written. Dropping it writes what still waits, for at most a second.
#[derive(Debug)]
pub struct Logs {
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Logs {
    /// Writes logs of the whole process to stderr.
    ///
    /// # Errors
    /// `Config` when the process has logs already.
    pub fn to_stderr(policy: &LogPolicy) -> router_core::Result<Self> {
        let (dispatch, logs) = Self::to(policy, io::stderr());
        tracing::dispatcher::set_global_default(dispatch).map_err(|_| {
            Error::new(
                ErrorKind::Config,
                "the process has a subscriber for its logs already",
            )
        })?;
        Ok(logs)
    }

    /// What writes logs to `sink`, to be made the subscriber of a process or of a part of it.
    pub fn to(policy: &LogPolicy, sink: impl Write + Send + 'static) -> (Dispatch, Self) {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(policy.queue)
            .lossy(true)
            .thread_name("llm-router-logs")
            .finish(sink);
        let logs = Self {
            dropped: writer.error_counter(),
            _writer: guard,
        };
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(Masking(writer));
        let level = policy.level.filter();
        // Spans are for what is told inside of them. Where that is not told, writing them down is left out.
        let has_spans = policy.level >= LogLevel::Debug;
        let wanted = filter_fn(move |told| {
            *told.level() <= level && (has_spans || !told.is_span() || told.target() != TARGET)
        });
        let subscriber = tracing_subscriber::registry().with(wanted.with_max_level_hint(level));
        let dispatch = match policy.format {
            LogFormat::Text => Dispatch::new(subscriber.with(lines)),
            LogFormat::Json => {
                Dispatch::new(subscriber.with(lines.json().flatten_event(true).with_span_list(false)))
            }
        };
        (dispatch, logs)
    }

    /// How many lines were dropped since nobody read as fast as they came.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.dropped_lines() as u64
    }

    /// The same for a page of metrics, which outlives this.
    pub fn dropped_count(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let dropped = self.dropped.clone();
        move || dropped.dropped_lines() as u64
    }
}

/// Masks keys in lines before they are put into the queue.
struct Masking(NonBlocking);

impl fmt::Debug for Masking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masking")
    }
}

impl<'a> MakeWriter<'a> for Masking {
    type Writer = MaskedLine;

    fn make_writer(&'a self) -> MaskedLine {
        MaskedLine(self.0.clone())
    }
}

/// Takes one line.
struct MaskedLine(NonBlocking);

impl Write for MaskedLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(mask_secrets(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
