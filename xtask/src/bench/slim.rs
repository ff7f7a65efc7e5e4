//! What the least program that chats brings with it: crates, and bytes when it is stripped.

use std::fs;

use super::contender::Transport;
use crate::totals::Totals;
use crate::{process, workspace};

/// A transport, and the most that a program with it may bring along.
struct Bound {
    transport: Transport,
    feature: &'static str,
    crates: usize,
    megabytes: f64,
}

const BOUNDS: [Bound; 2] = [
    Bound {
        transport: Transport::Reqwest,
        feature: "reqwest",
        crates: 98,
        megabytes: 3.1,
    },
    Bound {
        transport: Transport::Hyper,
        feature: "hyper",
        crates: 60,
        megabytes: 2.5,
    },
];

/// Weighs the program on either transport.
pub(super) fn weighed() -> Result<Totals, String> {
    let mut totals = Totals::default();
    for bound in BOUNDS {
        let crates = bound.crates()?;
        let megabytes = bound.megabytes()?;
        println!(
            "a program with one vendor on {:?}: {crates} crates of at most {}, {megabytes:.2} MB of at most {}",
            bound.transport, bound.crates, bound.megabytes
        );
        totals += Totals::of_check(crates <= bound.crates);
        totals += Totals::of_check(megabytes <= bound.megabytes);
    }
    Ok(totals)
}

impl Bound {
    /// Crates that are built for the library: its own and itself counted, the program not.
    fn crates(&self) -> Result<usize, String> {
        let output = process::cargo()
            .current_dir(workspace::root())
            .args([
                "tree",
                "--locked",
                "--package",
                "llm-api-router",
                "--no-default-features",
            ])
            .args(["--features", &format!("openai,{}", self.feature)])
            .args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
            .output()
            .map_err(|error| format!("cargo tree: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut crates: Vec<&str> = text
            .lines()
            .map(|line| line.trim_end_matches(" (*)").trim_end_matches(" (proc-macro)"))
            .collect();
        crates.sort_unstable();
        crates.dedup();
        Ok(crates.len())
    }

    /// The size of the program: thin link-time optimization, no unwinding, no symbols.
    fn megabytes(&self) -> Result<f64, String> {
        let folder = workspace::root().join("xtask/bench/hello");
        let target = workspace::target().join("bench");
        let shown = |error: std::io::Error| format!("bench-hello: {error}");
        fs::copy(workspace::root().join("Cargo.lock"), folder.join("Cargo.lock")).map_err(shown)?;
        let mut cargo = process::cargo();
        cargo
            .current_dir(&folder)
            .args([
                "build",
                "--quiet",
                "--profile",
                "slim",
                "--features",
                self.feature,
            ])
            .args(["--config", "profile.slim.inherits = 'release'"])
            .args(["--config", "profile.slim.lto = 'thin'"])
            .args(["--config", "profile.slim.codegen-units = 1"])
            .args(["--config", "profile.slim.panic = 'abort'"])
            .args(["--config", "profile.slim.strip = true"])
            .arg("--target-dir")
            .arg(&target);
        if !process::run(&mut cargo)? {
            return Err("bench-hello does not build".to_owned());
        }
        let size = fs::metadata(target.join("slim/bench-hello"))
            .map_err(shown)?
            .len();
        Ok(size as f64 / 1e6)
    }
}
