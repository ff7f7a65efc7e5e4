//! Kinds of errors as settings name them: `rate_limited`, `timeout`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{ErrorKind, TimeoutKind};

/// The word of an [`ErrorKind`], checked when it is read: the key of what settings say per kind. `timeout` is every timeout.
///
/// ```
/// use router_core::ErrorKind;
/// use router_core::kind_word::KindWord;
///
/// let word: KindWord = serde_json::from_str("\"rate_limited\"")?;
/// assert_eq!(word, KindWord::from(ErrorKind::RateLimited));
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindWord(&'static str);

impl KindWord {
    /// One kind for each word there is.
    const KINDS: &'static [ErrorKind] = &[
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::InvalidRequest,
        ErrorKind::ContextLengthExceeded,
        ErrorKind::ContentFiltered,
        ErrorKind::RateLimited,
        ErrorKind::QuotaExceeded,
        ErrorKind::Overloaded,
        ErrorKind::Server,
        ErrorKind::Timeout(TimeoutKind::Attempt),
        ErrorKind::Transport,
        ErrorKind::Decode,
        ErrorKind::Truncated,
        ErrorKind::Unsupported,
        ErrorKind::Config,
        ErrorKind::Cancelled,
    ];

    /// All words.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::KINDS.iter().map(|kind| Self(kind.as_str()))
    }

    /// Reads a word.
    ///
    /// # Errors
    /// One line with the words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        Self::all().find(|known| known.0 == word).ok_or_else(|| {
            let words: Vec<&str> = Self::all().map(|known| known.0).collect();
            format!("`{word}` is no kind of error; there are: {}", words.join(", "))
        })
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl From<ErrorKind> for KindWord {
    fn from(kind: ErrorKind) -> Self {
        Self(kind.as_str())
    }
}

impl fmt::Debug for KindWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for KindWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for KindWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for KindWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&word).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_as_they_are_written() {
        for word in KindWord::all() {
            assert_eq!(KindWord::parse(word.as_str()), Ok(word));
        }
        assert_eq!(
            KindWord::from(ErrorKind::Timeout(TimeoutKind::Connect)),
            KindWord::from(ErrorKind::Timeout(TimeoutKind::Deadline)),
        );
        let error = KindWord::parse("ratelimited").unwrap_err();
        assert!(
            error.contains("`ratelimited`") && error.contains("rate_limited"),
            "{error}"
        );
    }
}
