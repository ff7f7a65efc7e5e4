//! The kinds of errors that all vendors share.

use std::fmt;

/// What went wrong, for all vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The key is missing, wrong or expired.
    Authentication,
    /// The key may not do this.
    PermissionDenied,
    /// The model or address does not exist.
    NotFound,
    /// The vendor, or this library before sending, refused the request.
    InvalidRequest,
    /// The prompt is longer than the model takes.
    ContextLengthExceeded,
    /// A filter refused the prompt or the answer.
    ContentFiltered,
    /// Too many requests or tokens at the moment.
    RateLimited,
    /// No credit, or a quota of a day or longer is used up.
    QuotaExceeded,
    /// The vendor has no capacity at the moment.
    Overloaded,
    /// The vendor failed.
    Server,
    /// Something took too long.
    Timeout(TimeoutKind),
    /// The connection could not be made, or broke.
    Transport,
    /// The vendor sent what cannot be read.
    Decode,
    /// The answer ended before its end.
    Truncated,
    /// The vendor has no such operation, feature or setting.
    Unsupported,
    /// The configuration is wrong: unknown provider, missing key, bad address.
    Config,
    /// The caller gave up.
    Cancelled,
}

/// Which wait took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// Making the connection.
    Connect,
    /// Waiting for a free connection of the pool.
    Pool,
    /// Waiting for the first content.
    FirstContent,
    /// Waiting between two contents.
    BetweenContents,
    /// One attempt as a whole.
    Attempt,
    /// The call's deadline.
    Deadline,
    /// At the vendor, by its own word.
    Vendor,
}

impl ErrorKind {
    /// The word used in logs, results and metrics.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::InvalidRequest => "invalid_request",
            Self::ContextLengthExceeded => "context_length_exceeded",
            Self::ContentFiltered => "content_filtered",
            Self::RateLimited => "rate_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Timeout(_) => "timeout",
            Self::Transport => "transport",
            Self::Decode => "decode",
            Self::Truncated => "truncated",
            Self::Unsupported => "unsupported",
            Self::Config => "config",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether trying the same call again may help, by the kind alone.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout(kind) => *kind != TimeoutKind::Deadline,
            Self::RateLimited | Self::Overloaded | Self::Server | Self::Transport | Self::Truncated => true,
            _ => false,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(TimeoutKind::Connect) => f.write_str("timeout (connect)"),
            Self::Timeout(TimeoutKind::Pool) => f.write_str("timeout (waiting for a connection)"),
            Self::Timeout(TimeoutKind::FirstContent) => f.write_str("timeout (first content)"),
            Self::Timeout(TimeoutKind::BetweenContents) => f.write_str("timeout (between contents)"),
            Self::Timeout(TimeoutKind::Attempt) => f.write_str("timeout (attempt)"),
            Self::Timeout(TimeoutKind::Deadline) => f.write_str("timeout (deadline)"),
            _ => f.write_str(self.as_str()),
        }
    }
}
