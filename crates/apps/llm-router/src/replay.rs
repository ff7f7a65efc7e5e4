//! `llm-router replay`: recorded traffic through the codecs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use router_cassette::{Cassette, Verdict, read_dir, read_expected, replay, verdict};
use serde_json::Value;

use crate::failure::Failure;

/// A folder of recordings.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The folder: `<vendor>/<name>.json` in it.
    folder: PathBuf,
    /// Print one JSON object per recording instead of a summary.
    #[arg(long)]
    json: bool,
    /// Compare with the expected outcomes.
    #[arg(long)]
    check: bool,
    /// The expected outcomes, one JSON object a line; `expected.jsonl` in the folder by default.
    #[arg(long, value_name = "FILE", requires = "check")]
    expected: Option<PathBuf>,
    /// Only recordings whose id contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

impl Replay {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut cassettes = read_dir(&self.folder).map_err(|error| Failure::Usage(error.to_string()))?;
        if let Some(only) = &self.only {
            cassettes.retain(|cassette| cassette.id.contains(only));
        }
        if self.check {
            check(&cassettes, &self.expected()?, self.json)
        } else {
            print(&cassettes, self.json);
            Ok(())
        }
    }

    fn expected(&self) -> Result<BTreeMap<String, Value>, Failure> {
        let file = self.expected.clone();
        read_expected(&file.unwrap_or_else(|| self.folder.join("expected.jsonl")))
            .map_err(|error| Failure::Usage(error.to_string()))
    }
}

fn print(cassettes: &[Cassette], json: bool) {
    let mut skipped = 0;
    for cassette in cassettes {
        let outcome = replay(cassette);
        skipped += usize::from(outcome.get("skip").is_some());
        if json {
            println!("{outcome}");
        }
    }
    if !json {
        println!(
            "{} passed, 0 failed, {skipped} skipped",
            cassettes.len() - skipped
        );
    }
}

fn check(cassettes: &[Cassette], expected: &BTreeMap<String, Value>, json: bool) -> Result<(), Failure> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for cassette in cassettes {
        let outcome = replay(cassette);
        if json {
            println!("{outcome}");
        }
        match verdict(&outcome, expected.get(&cassette.id)) {
            Verdict::Equal => passed += 1,
            Verdict::Skipped(why) => {
                skipped += 1;
                if !json {
                    println!("SKIP {}: {why}", cassette.id);
                }
            }
            Verdict::Differs(found) => {
                failed += 1;
                if !json {
                    println!("FAIL {}\n    {}", cassette.id, found.join("\n    "));
                }
            }
        }
    }
    if !json {
        println!("{passed} passed, {failed} failed, {skipped} skipped");
    }
    if failed > 0 {
        return Err(Failure::Io(format!(
            "{failed} recordings differ from what was expected"
        )));
    }
    Ok(())
}
