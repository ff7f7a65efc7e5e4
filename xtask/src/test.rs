//! `cargo xtask test`: every test of the workspace.

use std::process::Command;

use crate::totals::{Runner, Totals};
use crate::{Arguments, Outcome, examples, only_flags, process, scaffold, servers, workspace};

/// Folders that tests are judged by when they are there, by variable and name.
const FOLDERS: [(&str, &str); 4] = [
    ("ROUTER_CASSETTES", "cassettes"),
    ("ROUTER_SPECS", "specs"),
    ("ROUTER_CLIENTS", "clients"),
    ("ROUTER_ORACLES", "oracles"),
];

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &["--setup"])?;
    if arguments.iter().any(|argument| argument == "--setup") {
        servers::install();
    }
    let mut totals = Totals::default();
    let nextest = process::exists("cargo-nextest");
    let mut command = process::cargo();
    if nextest {
        command.args([
            "nextest",
            "run",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
            // Shown to us alone: tests that cannot run here say so in what they print.
            "--status-level",
            "pass",
            "--success-output",
            "immediate",
        ]);
        totals += process::run_and_count(with_folders(&mut command)?, Runner::Nextest)?;
        // nextest runs no examples of the documentation.
        let mut command = process::cargo();
        command.args(["test", "--workspace", "--all-features", "--doc", "--no-fail-fast"]);
        totals += process::run_and_count(with_folders(&mut command)?, Runner::Libtest)?;
    } else {
        command.args([
            "test",
            "--workspace",
            "--all-features",
            "--no-fail-fast",
            "--",
            "--show-output",
        ]);
        totals += process::run_and_count(with_folders(&mut command)?, Runner::Libtest)?;
    }
    totals += examples::run(&[])?;
    totals += scaffold::run(&[])?;
    Ok(totals)
}

fn with_folders(command: &mut Command) -> Result<&mut Command, String> {
    for (variable, name) in FOLDERS {
        match workspace::shared(variable, name)? {
            Some(folder) => command.env(variable, folder),
            None => command.env_remove(variable),
        };
    }
    Ok(command)
}
