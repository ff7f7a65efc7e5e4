//! `cargo xtask bench gateway`: what the gateway adds to a call, how much it takes, and what it needs itself.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::load::{Client, Load};
use crate::server::Server;
use crate::totals::Totals;
use crate::{Arguments, Outcome, process, workspace};

/// Where the figures stand in the page of benchmarks.
const BEGIN: &str = "<!-- written by `cargo xtask bench gateway --save` -->";
const END: &str = "<!-- end of the gateway -->";

/// Requests a second at which the time that is added is measured.
const RATE: u32 = 1000;
/// Models that are configured where the start is timed.
const MODELS: usize = 1000;

/// A figure, and what it may be.
struct Figure {
    name: String,
    found: f64,
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    None,
    AtMost(f64),
    AtLeast(f64),
}

pub(super) fn run(arguments: Arguments<'_>) -> Outcome {
    let (mut binary, mut save) = (None, false);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--save" => save = true,
            "--binary" => binary = Some(PathBuf::from(words.next().ok_or("--binary names a file")?)),
            unknown => return Err(format!("unknown argument `{unknown}`")),
        }
    }
    let binary = match binary {
        Some(binary) => binary,
        None => built()?,
    };
    let figures = measured(&binary)?;
    let table = shown(&figures);
    println!("{table}");
    let mut totals = Totals::default();
    for figure in &figures {
        let well = match figure.bound {
            Bound::None => continue,
            Bound::AtMost(most) => figure.found <= most,
            Bound::AtLeast(least) => figure.found >= least,
        };
        if !well {
            println!("FAIL {}: {:.0}", figure.name, figure.found);
        }
        totals += Totals::of_check(well);
    }
    if save {
        let page = workspace::root().join(super::PAGE);
        let shown = |error| format!("{}: {error}", super::PAGE);
        let text = fs::read_to_string(&page).map_err(shown)?;
        fs::write(&page, written_into(&text, &table, &super::machine()?)?).map_err(shown)?;
    }
    Ok(totals)
}

/// The binary as it is released.
fn built() -> Result<PathBuf, String> {
    let mut cargo = process::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "llm-router"]);
    if !process::run(&mut cargo)? {
        return Err("llm-router does not build".to_owned());
    }
    Ok(workspace::target().join("release/llm-router"))
}

fn measured(binary: &Path) -> Result<Vec<Figure>, String> {
    let start = |arguments: &[&str], base: &str| {
        let mut command = Command::new(binary);
        process::without_vendors(&mut command)
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .env("CUSTOM_BASE_URL", format!("{base}/v1"))
            .stderr(Stdio::null());
        Server::start(&mut command)
    };
    let sim = start(&["sim"], "http://127.0.0.1:1")?;
    let gateway = start(&["serve"], &sim.url)?;
    let idle = resident(&gateway)?;

    let alone = Load {
        address: address(&sim),
        model: "sim-model",
        connections: 16,
    };
    let through = Load {
        address: address(&gateway),
        model: "custom/sim-model",
        ..alone
    };
    let warm = Duration::from_secs(1);
    alone.flat_out(warm)?;
    through.flat_out(warm)?;
    // In turns, so that what else the machine does falls on both.
    let (mut p50, mut p99) = ([f64::MAX; 2], [f64::MAX; 2]);
    for _ in 0..3 {
        for (place, load) in [alone, through].into_iter().enumerate() {
            let times = load.at_rate(RATE, Duration::from_secs(5))?;
            p50[place] = p50[place].min(micros(times.at(500)));
            p99[place] = p99[place].min(micros(times.at(990)));
        }
    }
    let time = Duration::from_secs(5);
    let per_second = |load: Load<'_>| {
        let times = load.flat_out(time)?;
        Ok::<_, String>(times.count() as f64 / time.as_secs_f64())
    };
    let (alone_per_second, through_per_second) = (per_second(alone)?, per_second(through)?);
    let busy = resident(&gateway)?;
    drop(gateway);

    let file = Models::written()?;
    let began = Instant::now();
    let many = start(&["serve", "--config", &file.0.to_string_lossy()], &sim.url)?;
    Client::connect(address(&many), &format!("route-{}", MODELS - 1))?.ask()?;
    let started = began.elapsed();
    let size = fs::metadata(binary)
        .map_err(|error| format!("the binary: {error}"))?
        .len();

    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let figure = |name: String, found, bound| Figure { name, found, bound };
    Ok(vec![
        figure(
            format!("µs added at {RATE} requests/s, half of them"),
            p50[1] - p50[0],
            Bound::AtMost(100.0),
        ),
        figure(
            format!("µs added at {RATE} requests/s, 99 %"),
            p99[1] - p99[0],
            Bound::AtMost(500.0),
        ),
        figure(
            "µs of the simulated vendor alone, half of them".to_owned(),
            p50[0],
            Bound::None,
        ),
        figure(
            "µs of the simulated vendor alone, 99 %".to_owned(),
            p99[0],
            Bound::None,
        ),
        figure(
            "requests/s through the gateway".to_owned(),
            through_per_second,
            Bound::AtLeast(10_000.0),
        ),
        figure(
            "requests/s of the simulated vendor alone".to_owned(),
            alone_per_second,
            Bound::None,
        ),
        figure(
            "MiB of memory before the first request".to_owned(),
            mib(idle),
            Bound::AtMost(20.0),
        ),
        figure(
            "MiB of memory after all of them".to_owned(),
            mib(busy),
            Bound::None,
        ),
        figure("MiB of the binary".to_owned(), mib(size), Bound::AtMost(25.0)),
        figure(
            format!("ms from start to the first answer with {MODELS} models"),
            micros(started) / 1000.0,
            Bound::AtMost(100.0),
        ),
    ])
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Host and port.
fn address(server: &Server) -> &str {
    server.url.trim_start_matches("http://")
}

/// What a server's process holds in memory, in bytes.
fn resident(server: &Server) -> Result<u64, String> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process()));
    let status = status.map_err(|error| format!("memory is read from /proc: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    Ok(kib.ok_or("/proc tells no VmRSS")? * 1024)
}

/// A configuration of many models.
struct Models(PathBuf);

impl Models {
    fn written() -> Result<Self, String> {
        let mut text = String::new();
        for number in 0..MODELS {
            let _ = writeln!(
                text,
                "[routes.route-{number}]\ntargets = [\"custom/sim-model\", \"custom/sim-alt\"]"
            );
        }
        let file = std::env::temp_dir().join(format!("xtask-bench-{}.toml", std::process::id()));
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self(file))
    }
}

impl Drop for Models {
    fn drop(&mut self) {
        // What lies in the folder for temporary files harms nobody.
        let _ = fs::remove_file(&self.0);
    }
}

fn shown(figures: &[Figure]) -> String {
    let width = figures
        .iter()
        .map(|figure| figure.name.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = format!(
        "| {:<width$} | {:>9} | {:>16} |\n| {} | {}: | {}: |\n",
        "the gateway",
        "found",
        "bound",
        "-".repeat(width),
        "-".repeat(8),
        "-".repeat(15)
    );
    for figure in figures {
        let bound = match figure.bound {
            Bound::None => String::new(),
            Bound::AtMost(most) => format!("at most {most:.0}"),
            Bound::AtLeast(least) => format!("at least {least:.0}"),
        };
        let digits = if figure.found < 100.0 { 1 } else { 0 };
        let found = format!("{:.digits$}", figure.found);
        let _ = writeln!(text, "| {:<width$} | {found:>9} | {bound:>16} |", figure.name);
    }
    text
}

/// The page with these figures in place of those in it.
fn written_into(page: &str, table: &str, circumstances: &str) -> Result<String, String> {
    let found = page
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        found.ok_or_else(|| format!("the page has no place for it: `{BEGIN}` and `{END}`"))?;
    Ok(format!(
        "{before}{BEGIN}\n\n{circumstances}\n\n{table}\n{END}{after}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_take_the_place_of_older_ones() {
        let page = format!("# Page\n\n{BEGIN}\nold\n{END}\n\nMore.\n");
        let table = shown(&[Figure {
            name: "µs".to_owned(),
            found: 71.26,
            bound: Bound::AtMost(100.0),
        }]);
        assert!(table.contains("|      71.3 |      at most 100 |"), "{table}");
        let written = written_into(&page, &table, "today").expect("it has a place");
        assert!(written.contains(&table) && written.contains("today") && !written.contains("old"));
        assert!(written.starts_with("# Page\n") && written.ends_with("\n\nMore.\n"));
        assert!(written_into("# Page", &table, "today").is_err());
    }
}
