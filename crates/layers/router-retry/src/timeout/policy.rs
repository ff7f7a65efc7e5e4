//! How long each wait of an attempt may be.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of [`Timeout`](super::Timeout). Every field has a default, unknown fields are refused, and the word `none` stands
/// for no limit. Connections have limits of their own, at the transport.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TimeoutPolicy {
    /// Longest wait for the first content of a stream: 60 s.
    #[serde(with = "limit")]
    pub first_content: Option<Duration>,
    /// Longest wait between two contents of a stream: 60 s. Comments, pings and empty deltas are no content. It is noticed at
    /// most a sixteenth later.
    #[serde(with = "limit")]
    pub between_contents: Option<Duration>,
    /// Longest time of one attempt at a whole answer: 600 s.
    #[serde(with = "limit")]
    pub attempt: Option<Duration>,
    /// Longest time of one attempt at a stream, to its end: none. It passes while the reader waits.
    #[serde(with = "limit")]
    pub stream_attempt: Option<Duration>,
}

impl Default for TimeoutPolicy {
    fn default() -> Self {
        Self {
            first_content: Some(Duration::from_secs(60)),
            between_contents: Some(Duration::from_secs(60)),
            attempt: Some(Duration::from_secs(600)),
            stream_attempt: None,
        }
    }
}

impl TimeoutPolicy {
    /// Without any limit but the deadlines of calls.
    #[must_use]
    pub fn none() -> Self {
        Self {
            first_content: None,
            between_contents: None,
            attempt: None,
            stream_attempt: None,
        }
    }

    /// With a limit for the first content of a stream.
    #[must_use]
    pub fn with_first_content(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.first_content = limit.into();
        self
    }

    /// With a limit between two contents of a stream.
    #[must_use]
    pub fn with_between_contents(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.between_contents = limit.into();
        self
    }

    /// With a limit for an attempt at a whole answer.
    #[must_use]
    pub fn with_attempt(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.attempt = limit.into();
        self
    }

    /// With a limit for an attempt at a stream, to its end.
    #[must_use]
    pub fn with_stream_attempt(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.stream_attempt = limit.into();
        self
    }
}

/// A limit as a time, or `none`.
mod limit {
    use std::borrow::Cow;
    use std::time::Duration;

    use router_core::human::{format_duration, parse_duration};
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    const NONE: &str = "none";

    pub(super) fn serialize<S: Serializer>(
        limit: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match limit {
            Some(limit) => serializer.serialize_str(&format_duration(*limit)),
            None => serializer.serialize_str(NONE),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if text == NONE {
            return Ok(None);
        }
        match parse_duration(&text).map_err(de::Error::custom)? {
            Duration::ZERO => Err(de::Error::custom(format!(
                "`{text}` leaves no time: write `{NONE}` for no limit"
            ))),
            limit => Ok(Some(limit)),
        }
    }
}
