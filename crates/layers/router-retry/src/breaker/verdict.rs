//! What an outcome says about the vendor's health.

use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::stream::End;
use router_core::{Error, ErrorKind};

/// What an outcome says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The vendor is well.
    Success,
    /// It is not.
    Failure,
    /// Nothing: the mistake, or the going away, was the caller's, or a limit was.
    Nothing,
}

impl Verdict {
    /// Of a call that failed after `waited`.
    pub(super) fn of_error(error: &Error, waited: Duration, patience: Duration) -> Self {
        match error.kind() {
            ErrorKind::Timeout(TimeoutKind::Deadline) if waited >= patience => Self::Failure,
            // Our own pool was full.
            ErrorKind::Timeout(TimeoutKind::Deadline | TimeoutKind::Pool) => Self::Nothing,
            ErrorKind::Timeout(_)
            | ErrorKind::Overloaded
            | ErrorKind::Server
            | ErrorKind::Transport
            | ErrorKind::Decode
            | ErrorKind::Truncated => Self::Failure,
            // Requests that are wrong, keys, quotas; and rate limits, which end when the vendor says.
            _ => Self::Nothing,
        }
    }

    /// Of an answer, at its end. A deadline that passes in the middle of one is no fault of the vendor's.
    pub(super) fn of_end(end: End<'_>) -> Self {
        match end {
            End::Finished(_) => Self::Success,
            End::Failed(error) => Self::of_error(error, Duration::ZERO, Duration::MAX),
            End::Dropped => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_count_for_those_who_waited() {
        let error = Error::new(ErrorKind::Timeout(TimeoutKind::Deadline), "late");
        let verdict =
            |seconds| Verdict::of_error(&error, Duration::from_secs(seconds), Duration::from_secs(10));
        assert_eq!((verdict(9), verdict(10)), (Verdict::Nothing, Verdict::Failure));
        assert_eq!(Verdict::of_end(End::Failed(&error)), Verdict::Nothing);
    }
}
