//! Runs other programs, and reads what they sum up.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::report::Report;
use crate::totals::{Runner, Totals};

/// Runs a command; its output goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<bool, String> {
    let name = name(command);
    let status = command
        .status()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    Ok(status.success())
}

/// Runs a command, passes its output on, and adds up its summaries. A failure without a failed check counts as one.
pub(crate) fn run_and_count(command: &mut Command, runner: Runner) -> Result<Totals, String> {
    let name = name(command);
    println!("== {name}");
    let merged = runner == Runner::Nextest;
    command.stdin(Stdio::null());
    if merged {
        // nextest sums up on stderr, where cargo's own output goes too.
        command.stderr(Stdio::piped());
    } else {
        command.stdout(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    let output: Box<dyn std::io::Read> = match (child.stdout.take(), child.stderr.take()) {
        (Some(stdout), _) => Box::new(stdout),
        (None, Some(stderr)) => Box::new(stderr),
        (None, None) => return Err(format!("{name} has no output")),
    };
    let mut report = Report::new(runner);
    let mut lines = BufReader::new(output).split(b'\n');
    while let Some(Ok(line)) = lines.next() {
        let line = String::from_utf8_lossy(&line);
        if report.line(&line) {
            println!("{line}");
        }
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    let mut totals = report.totals();
    if !status.success() && totals.failed == 0 {
        println!("{name} failed: {status}");
        totals += Totals::of_check(false);
    }
    Ok(totals)
}

/// Whether a program is there.
pub(crate) fn exists(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Cargo, as it called us.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(crate::workspace::root());
    command
}

/// Keeps the vendors that the machine has keys or addresses for from a program: no test may reach a network.
pub(crate) fn without_vendors(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.ends_with("_API_KEY") || name.ends_with("_BASE_URL") || name == "LLM_ROUTER_KEYS" {
            command.env_remove(&*name);
        }
    }
    command
}

/// A command as a person would type it.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
