//! `llm-router completions`: what a shell needs to complete its arguments.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::Cli;
use crate::failure::Failure;

/// A script for a shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell; the script goes where it looks for such, as in `llm-router completions bash >
    /// ~/.local/share/bash-completion/completions/llm-router`.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "llm-router", &mut script);
        let script = String::from_utf8(script)
            .map_err(|error| Failure::Io(format!("the script is no UTF-8: {error}")))?;
        crate::chat::print(&script)
    }
}
