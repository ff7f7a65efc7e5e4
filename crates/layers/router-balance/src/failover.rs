//! What an error says: of the target, and of where to go next.

use router_core::error::TimeoutKind;
use router_core::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::health::Failure;

/// Where to go when the targets cannot answer: models in order, by the kind of what went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Fallbacks<T = String> {
    /// When the prompt is longer than a target takes, and no target takes more.
    pub context_length: Vec<T>,
    /// When a filter refused the prompt or the answer. Without any, such an error is final.
    pub content_filtered: Vec<T>,
    /// When no target is left that can answer, for errors that another may not make.
    pub any: Vec<T>,
}

impl<T> Default for Fallbacks<T> {
    fn default() -> Self {
        Self {
            context_length: Vec::new(),
            content_filtered: Vec::new(),
            any: Vec::new(),
        }
    }
}

impl<T> Fallbacks<T> {
    pub(crate) fn lists_mut(&mut self) -> [&mut Vec<T>; 3] {
        [
            &mut self.context_length,
            &mut self.content_filtered,
            &mut self.any,
        ]
    }

    pub(crate) fn into_lists(self) -> [Vec<T>; 3] {
        [self.context_length, self.content_filtered, self.any]
    }

    /// The same lists of something else.
    pub(crate) fn map<U, E>(self, mut f: impl FnMut(T) -> Result<U, E>) -> Result<Fallbacks<U>, E> {
        let mut list = |list: Vec<T>| list.into_iter().map(&mut f).collect::<Result<Vec<U>, E>>();
        Ok(Fallbacks {
            context_length: list(self.context_length)?,
            content_filtered: list(self.content_filtered)?,
            any: list(self.any)?,
        })
    }
}

/// What is chosen among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// Vendors and models: another one may not make this one's errors.
    Targets,
    /// Keys of one vendor: another one helps where the key is what is wrong.
    Keys,
}

/// Where a call goes after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nowhere: it is the caller's mistake, or the caller's end.
    Stop,
    /// To the next that can be asked.
    Next,
    /// To one that takes longer prompts.
    Longer,
    /// To those that are named for refused content.
    Unfiltered,
}

impl Among {
    /// Where to go after an error of a target; `names_model`: the target, and not the caller, chose the model.
    pub(crate) fn turn(self, error: &Error, names_model: bool) -> Turn {
        if self == Self::Keys {
            return if self.is_dead_key(error.kind()) || error.kind() == ErrorKind::RateLimited {
                Turn::Next
            } else {
                Turn::Stop
            };
        }
        match error.kind() {
            ErrorKind::ContextLengthExceeded => Turn::Longer,
            ErrorKind::ContentFiltered => Turn::Unfiltered,
            ErrorKind::Cancelled | ErrorKind::Timeout(TimeoutKind::Deadline) => Turn::Stop,
            ErrorKind::NotFound if names_model => Turn::Next,
            ErrorKind::PermissionDenied | ErrorKind::Unsupported => Turn::Next,
            kind if tells_of_target(kind) || error.is_retryable() => Turn::Next,
            _ => Turn::Stop,
        }
    }

    /// What an error says of its target's health; `None` when it says nothing.
    pub(crate) fn failure(self, error: &Error) -> Option<Failure> {
        let kind = error.kind();
        let dead_key = self.is_dead_key(kind);
        let counts = match self {
            // A limit on this side of the wire may be one caller's, and another has room. Asking again costs nothing.
            _ if kind == ErrorKind::RateLimited && error.is_unsent() => false,
            Self::Targets => tells_of_target(kind),
            // What fails for every key of a vendor is no key's failure.
            Self::Keys => dead_key || kind == ErrorKind::RateLimited,
        };
        counts.then_some(Failure {
            kind,
            retry_after: error.retry_after(),
            dead_key,
        })
    }

    /// Whether a key is of no use, for now or for good. Of a vendor with several keys, "may not do this" is a key's fault; of a
    /// target as a whole, it may be what was asked.
    fn is_dead_key(self, kind: ErrorKind) -> bool {
        match kind {
            ErrorKind::Authentication | ErrorKind::QuotaExceeded => true,
            ErrorKind::PermissionDenied => self == Self::Keys,
            _ => false,
        }
    }
}

/// Whether an error of this kind is the target's doing, whoever asks for what.
fn tells_of_target(kind: ErrorKind) -> bool {
    match kind {
        // The caller's time was over, or our own pool was full.
        ErrorKind::Timeout(which) => !matches!(which, TimeoutKind::Deadline | TimeoutKind::Pool),
        ErrorKind::Authentication
        | ErrorKind::QuotaExceeded
        | ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::Server
        | ErrorKind::Transport
        | ErrorKind::Decode
        | ErrorKind::Truncated
        | ErrorKind::Config => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(among: Among, kind: ErrorKind) -> Turn {
        among.turn(&Error::new(kind, ""), true)
    }

    #[test]
    fn mistakes_of_callers_go_nowhere_and_say_nothing() {
        for kind in [
            ErrorKind::InvalidRequest,
            ErrorKind::Cancelled,
            ErrorKind::Timeout(TimeoutKind::Deadline),
        ] {
            assert_eq!(turn(Among::Targets, kind), Turn::Stop, "{kind}");
            assert!(Among::Targets.failure(&Error::new(kind, "")).is_none(), "{kind}");
        }
        let unknown = Error::new(ErrorKind::NotFound, "");
        assert_eq!(
            Among::Targets.turn(&unknown, false),
            Turn::Stop,
            "the caller named the model"
        );
        assert_eq!(
            Among::Targets.turn(&unknown, true),
            Turn::Next,
            "the target named the model"
        );
        assert!(Among::Targets.failure(&unknown).is_none());
    }

    #[test]
    fn a_vendor_that_says_to_try_again_is_believed() {
        let error =
            Error::new(ErrorKind::InvalidRequest, "the model wrote no valid call").with_retryable(true);
        assert_eq!(Among::Targets.turn(&error, true), Turn::Next);
        assert!(Among::Targets.failure(&error).is_none());
    }

    #[test]
    fn keys_change_only_for_what_is_a_keys_fault() {
        for kind in [
            ErrorKind::Authentication,
            ErrorKind::PermissionDenied,
            ErrorKind::QuotaExceeded,
            ErrorKind::RateLimited,
        ] {
            assert_eq!(turn(Among::Keys, kind), Turn::Next, "{kind}");
            assert!(Among::Keys.failure(&Error::new(kind, "")).is_some(), "{kind}");
        }
        for kind in [
            ErrorKind::Server,
            ErrorKind::Overloaded,
            ErrorKind::ContextLengthExceeded,
        ] {
            assert_eq!(turn(Among::Keys, kind), Turn::Stop, "{kind}");
            assert!(Among::Keys.failure(&Error::new(kind, "")).is_none(), "{kind}");
        }
    }
}
