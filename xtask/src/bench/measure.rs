//! Runs a contender and counts: instructions under callgrind, allocations by its own allocator.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::Server;

/// What is measured of each contender, and what ours may cost at most, the full stack around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    /// Of a call on reqwest, and on hyper.
    pub(super) at_most: Option<[f64; 2]>,
    scene: Scene,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Instructions,
    Allocations,
}

/// What a contender does, and the number by which its cost is told.
#[derive(Clone, Copy, Debug)]
enum Scene {
    /// A question, a plain answer.
    Unary,
    /// A question, an answer with text to unescape and more headers.
    Escapes,
    /// A chunk more in a stream.
    Chunk,
    /// 33 KB of messages, a whole answer.
    History,
    /// A message more in 33 KB of messages.
    Message,
}

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "unary: instructions",
        unit: Unit::Instructions,
        at_most: Some([100_000.0, 65_000.0]),
        scene: Scene::Unary,
    },
    Row {
        name: "unary: allocations",
        unit: Unit::Allocations,
        at_most: Some([80.0, 45.0]),
        scene: Scene::Unary,
    },
    Row {
        name: "unary, text to unescape: instructions",
        unit: Unit::Instructions,
        at_most: None,
        scene: Scene::Escapes,
    },
    Row {
        name: "unary, text to unescape: allocations",
        unit: Unit::Allocations,
        at_most: None,
        scene: Scene::Escapes,
    },
    Row {
        name: "stream, per chunk: instructions",
        unit: Unit::Instructions,
        at_most: Some([14_000.0, 13_000.0]),
        scene: Scene::Chunk,
    },
    Row {
        name: "stream, per chunk: allocations",
        unit: Unit::Allocations,
        at_most: Some([1.5, 1.0]),
        scene: Scene::Chunk,
    },
    Row {
        name: "33 KB history built and sent: instructions",
        unit: Unit::Instructions,
        at_most: Some([800_000.0, 800_000.0]),
        scene: Scene::History,
    },
    Row {
        name: "33 KB history built and sent: allocations",
        unit: Unit::Allocations,
        at_most: Some([80.0, 80.0]),
        scene: Scene::History,
    },
    Row {
        name: "history, per message more: allocations",
        unit: Unit::Allocations,
        at_most: Some([0.1, 0.1]),
        scene: Scene::Message,
    },
];

/// How often a call is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) quick: bool,
    pub(super) callgrind: bool,
}

impl Effort {
    fn calls(self) -> u64 {
        if self.quick { 10 } else { 40 }
    }
}

/// Chunks of a stream, and messages of a history; measured with twice as many, too.
const SIZE: u64 = 64;

/// Calls that a contender makes before it counts its allocations. Callgrind counts them too.
const WARM_UP: u64 = 4;

/// A run of a contender.
#[derive(Clone, Copy)]
struct Run<'a> {
    binary: &'a Path,
    server: &'a Server,
    row: &'static str,
}

impl Row {
    /// What a call of this row costs; nothing where the machine cannot tell.
    pub(super) fn measure(
        &self,
        binary: &Path,
        server: &Server,
        effort: Effort,
    ) -> Result<Option<f64>, String> {
        if self.unit == Unit::Instructions && !effort.callgrind {
            return Ok(None);
        }
        let calls = effort.calls();
        let row = match self.scene {
            Scene::Unary => "plain",
            Scene::Escapes => "unary",
            Scene::Chunk => "stream",
            Scene::History | Scene::Message => "history",
        };
        let run = Run { binary, server, row };
        let cost = |calls, size| match self.unit {
            Unit::Instructions => run.instructions(calls, size),
            Unit::Allocations => run.allocations(calls, size),
        };
        // What is the same in both runs, the start of the program above all, falls out of the difference.
        let (less, more, divisor) = match self.scene {
            Scene::Unary | Scene::Escapes | Scene::History => {
                (cost(calls, SIZE)?, cost(2 * calls, SIZE)?, calls)
            }
            Scene::Chunk | Scene::Message => {
                let made = match self.unit {
                    Unit::Instructions => WARM_UP + calls,
                    Unit::Allocations => calls,
                };
                (cost(calls, SIZE)?, cost(calls, 2 * SIZE)?, made * SIZE)
            }
        };
        Ok(Some((more as f64 - less as f64) / divisor as f64))
    }
}

impl Run<'_> {
    fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        command
    }

    fn arguments(self, command: &mut Command, calls: u64, size: u64) {
        let Self { server, row, .. } = self;
        command
            .arg(row)
            .arg(match row {
                "plain" => format!("{}/plain/0/v1", server.url),
                _ => format!("{}/chunks/{size}/v1", server.url),
            })
            .args([calls.to_string(), size.to_string()]);
    }

    fn allocations(self, calls: u64, size: u64) -> Result<u64, String> {
        let mut command = self.command(self.binary);
        self.arguments(&mut command, calls, size);
        let output = command.output().map_err(|error| self.failed(&error))?;
        if !output.status.success() {
            return Err(self.failed(&String::from_utf8_lossy(&output.stderr)));
        }
        number_behind("allocations", &output.stdout).ok_or_else(|| self.failed(&"it tells no allocations"))
    }

    fn instructions(self, calls: u64, size: u64) -> Result<u64, String> {
        let mut command = self.command("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(self.binary);
        self.arguments(&mut command, calls, size);
        let output = command.output().map_err(|error| self.failed(&error))?;
        let told = output.status.success().then_some(output.stderr.as_slice());
        told.and_then(|told| number_behind("Collected :", told))
            .ok_or_else(|| self.failed(&String::from_utf8_lossy(&output.stderr)))
    }

    fn failed(self, why: &dyn std::fmt::Display) -> String {
        format!("{} {}: {why}", self.binary.display(), self.row)
    }
}

/// The number behind a word, wherever that stands in a line.
fn number_behind(word: &str, text: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(text);
    text.lines().find_map(|line| {
        let (_, rest) = line.split_once(word)?;
        rest.trim().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found() {
        let callgrind = b"==12== Events    : Ir\n==12== Collected : 38640638\n==12== \n";
        assert_eq!(number_behind("Collected :", callgrind), Some(38_640_638));
        assert_eq!(number_behind("allocations", b"allocations 75\n"), Some(75));
        assert_eq!(number_behind("allocations", b"panicked\n"), None);
    }
}
