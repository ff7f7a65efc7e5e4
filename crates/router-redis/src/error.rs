//! What a caller learns when Redis does not serve it.

/// Why a command has no result.
///
/// Neither fails the call that needed it: a cache takes it as a miss, a limit follows its policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisError {
    /// Redis does not answer, or not in time. At once, without trying, while the breaker is open.
    ///
    /// Whether a command that was sent took effect is not known.
    #[error("Redis does not answer")]
    Down,
    /// Redis answers, and refuses the command or gives what was not asked for: a mistake of the caller's.
    #[error("Redis refused the command: {0}")]
    Refused(String),
}
