//! The tasks of the workspace: `cargo xtask NAME`.

mod bench;
mod ci;
mod clients;
mod examples;
mod new_provider;
mod process;
mod replay;
mod report;
mod scaffold;
mod server;
mod servers;
mod setup;
mod test;
mod tidy;
mod totals;
mod workspace;

use std::process::ExitCode;

use totals::Totals;

/// What a task was called with, after its name.
type Arguments<'a> = &'a [String];

/// What a task comes to: its checks, counted, or the reason why it could not start.
type Outcome = Result<Totals, String>;

struct Task {
    name: &'static str,
    usage: &'static str,
    run: fn(Arguments<'_>) -> Outcome,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        usage: "test [--setup]            all tests; --setup first installs the servers that they need",
        run: test::run,
    },
    Task {
        name: "clients",
        usage: "clients [--setup]         vendors' own SDKs against `llm-router serve`; --setup first installs them;\n\
                \x20                             --dir DIR or $ROUTER_CLIENTS names the scripts, --against sim also runs\n\
                \x20                             them against the simulated vendor itself",
        run: clients::run,
    },
    Task {
        name: "examples",
        usage: "examples [--bless]        every example prints what stands in its expected.txt",
        run: examples::run,
    },
    Task {
        name: "new-provider",
        usage: "new-provider NAME --compatible\n\
                \x20                             the crate of a vendor of OpenAI's family; --title for its name in full",
        run: new_provider::run,
    },
    Task {
        name: "scaffold",
        usage: "scaffold                  a vendor made by new-provider passes its tests as it is",
        run: scaffold::run,
    },
    Task {
        name: "replay",
        usage: "replay                    recorded traffic in $ROUTER_CASSETTES, compared with what was expected",
        run: replay::run,
    },
    Task {
        name: "bench",
        usage: "bench                     instructions and allocations of a call, beside the bare transports;\n\
                \x20                             --peers also beside other libraries, --quick with fewer calls, --json as lines,\n\
                \x20                             --check against the table in docs/benchmarks.md, --save into it\n\
                \x20   bench gateway             time that the gateway adds, requests a second, memory, size and start;\n\
                \x20                             --binary FILE measures one that is built, --save into docs/benchmarks.md",
        run: bench::run,
    },
    Task {
        name: "tidy",
        usage: "tidy                      the structure of the workspace",
        run: tidy::run,
    },
    Task {
        name: "ci",
        usage: "ci [--setup]              formatting, lints, tidy, tests: what the workflow runs",
        run: ci::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        eprintln!("{}", usage());
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("error: no task `{name}`\n\n{}", usage());
        return ExitCode::from(2);
    };
    match (task.run)(rest) {
        Ok(totals) => {
            println!("{totals}");
            // Elsewhere than in CI, a machine without what a task needs is no failure of ours.
            if totals.is_success(std::env::var_os("CI").is_some()) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::from(2)
        }
    }
}

fn usage() -> String {
    let mut text = "usage: cargo xtask TASK\n".to_owned();
    for task in TASKS {
        text.push_str("\n    ");
        text.push_str(task.usage);
    }
    text
}

/// Refuses arguments that a task does not know, so that a misspelt one is not ignored.
fn only_flags(arguments: Arguments<'_>, known: &[&str]) -> Result<(), String> {
    match arguments
        .iter()
        .find(|argument| !known.contains(&argument.as_str()))
    {
        Some(unknown) => Err(format!("unknown argument `{unknown}`")),
        None => Ok(()),
    }
}
