//! `cargo xtask bench`: what a call costs, beside others, and whether ours costs no more than it may.

mod contender;
mod gateway;
mod load;
mod measure;
mod slim;
mod table;

use std::fs;
use std::process::Command;

use crate::server::Server;
use crate::totals::Totals;
use crate::{Arguments, Outcome, only_flags, process, workspace};
use contender::{CONTENDERS, Contender, Kind, SERVER, Transport};
use measure::{Effort, ROWS, Unit};
use table::Table;

/// The page that holds the last table, which `--check` compares with.
const PAGE: &str = "docs/benchmarks.md";

/// Most that instructions of ours may grow from the kept table before the gate is shut.
const GROWTH: f64 = 1.05;

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    if let Some((name, rest)) = arguments.split_first()
        && name == "gateway"
    {
        return gateway::run(rest);
    }
    only_flags(arguments, &["--quick", "--peers", "--check", "--save", "--json"])?;
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let effort = Effort {
        quick: asked("--quick"),
        callgrind: process::exists("valgrind"),
    };
    let contenders = CONTENDERS
        .iter()
        .filter(|contender| contender.kind != Kind::Peer || asked("--peers"));
    let table = measured(contenders, effort)?;
    println!("{}", table.shown());
    if asked("--json") {
        print!("{}", table.json());
    }
    let mut totals = within_bounds(&table);
    totals += slim::weighed()?;
    if !effort.callgrind {
        println!("skipped: instructions: valgrind is not installed");
        totals += Totals::skipped(1);
    }
    let page = workspace::root().join(PAGE);
    let text = fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    if asked("--check") {
        totals += without_regression(&table, &Table::read(&text)?);
    }
    if asked("--save") {
        let kept = table.written_into(&text, &circumstances()?)?;
        fs::write(&page, kept).map_err(|error| format!("{PAGE}: {error}"))?;
    }
    Ok(totals)
}

fn measured(contenders: impl Iterator<Item = &'static Contender>, effort: Effort) -> Result<Table, String> {
    let server = Server::start(&mut Command::new(SERVER.build()?))?;
    let mut table = Table::new(ROWS.iter().map(|row| row.name));
    for contender in contenders {
        let binary = contender.build()?;
        eprintln!("measuring {}", contender.name);
        let cells = ROWS.iter().map(|row| row.measure(&binary, &server, effort));
        table.add(contender.name, cells.collect::<Result<_, _>>()?);
    }
    let bounds = |place: usize| ROWS.iter().map(move |row| Some(row.at_most?[place])).collect();
    table.add("at most on reqwest", bounds(0));
    table.add("at most on hyper", bounds(1));
    Ok(table)
}

/// Checks that ours costs no more than it may.
fn within_bounds(table: &Table) -> Totals {
    let mut totals = Totals::default();
    for contender in CONTENDERS {
        let (Kind::Ours(transport) | Kind::Stack(transport)) = contender.kind else {
            continue;
        };
        for row in ROWS {
            let Some(found) = table.cell(contender.name, row.name) else {
                continue;
            };
            let Some(bounds) = row.at_most else { continue };
            let most = bounds[match transport {
                Transport::Reqwest => 0,
                Transport::Hyper => 1,
            }];
            if found > most {
                println!(
                    "FAIL {}, {}: {found:.2} is more than {most}",
                    contender.name, row.name
                );
            }
            totals += Totals::of_check(found <= most);
        }
    }
    totals
}

/// Checks that ours takes hardly more instructions than in the kept table, each told by the raw transport of the same
/// run: compilers and machines differ, and what is by hand differs with them.
fn without_regression(table: &Table, kept: &Table) -> Totals {
    let mut totals = Totals::default();
    for contender in CONTENDERS {
        let raw = match contender.kind {
            Kind::Ours(Transport::Reqwest) | Kind::Stack(Transport::Reqwest) => "reqwest by hand",
            Kind::Ours(Transport::Hyper) | Kind::Stack(Transport::Hyper) => "hyper by hand",
            Kind::Raw | Kind::Peer => continue,
        };
        for row in ROWS.iter().filter(|row| row.unit == Unit::Instructions) {
            let ratio =
                |table: &Table| Some(table.cell(contender.name, row.name)? / table.cell(raw, row.name)?);
            let (Some(now), Some(then)) = (ratio(table), ratio(kept)) else {
                println!("skipped: {}, {}: nothing to compare", contender.name, row.name);
                totals += Totals::skipped(1);
                continue;
            };
            let grown = now / then;
            if grown > GROWTH {
                println!(
                    "FAIL {}, {}: {:.1} % more than in {PAGE}",
                    contender.name,
                    row.name,
                    (grown - 1.0) * 100.0
                );
            }
            totals += Totals::of_check(grown <= GROWTH);
        }
    }
    totals
}

/// When, where and with what was measured.
fn circumstances() -> Result<String, String> {
    let mut versions = Vec::new();
    for contender in CONTENDERS {
        versions.extend(contender.versions()?);
    }
    versions.dedup();
    Ok(format!(
        "{}, {}; {}",
        machine()?,
        said("valgrind", &["--version"])?,
        versions.join(", ")
    ))
}

/// When it is, on which machine, with which compiler.
fn machine() -> Result<String, String> {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unnamed processor", |(_, name)| name);
    Ok(format!(
        "{}, {processor}, {}",
        said("date", &["+%F"])?,
        said("rustc", &["--version"])?
    ))
}

fn said(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
