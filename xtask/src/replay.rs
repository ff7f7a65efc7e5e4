//! `cargo xtask replay`: recorded traffic through the codecs, compared with what was expected of it.

use crate::totals::Runner;
use crate::{Arguments, Outcome, only_flags, process, workspace};

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &[])?;
    let folder = workspace::shared("ROUTER_CASSETTES", "cassettes")?
        .ok_or("no folder of recordings: name one with ROUTER_CASSETTES")?;
    let mut command = process::cargo();
    command
        .args([
            "run",
            "--quiet",
            "--package",
            "llm-router",
            "--",
            "replay",
            "--check",
            "--",
        ])
        .arg(folder);
    process::run_and_count(&mut command, Runner::Plain)
}
