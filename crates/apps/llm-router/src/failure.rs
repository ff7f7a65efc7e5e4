//! Why a command failed, in one line, and its exit code.

use std::fmt;
use std::process::ExitCode;

use llm_api_router::{Error, ErrorKind};

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A call failed.
    Call(Error),
    /// The command was not used right.
    Usage(String),
    /// The machine did not play along.
    Io(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Call(error) if error.kind() == ErrorKind::Config => ExitCode::from(2),
            Self::Usage(_) => ExitCode::from(2),
            Self::Call(_) | Self::Io(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Usage(message) | Self::Io(message) => f.write_str(message),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}
