//! `llm-router replay`: recorded traffic through the codecs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use router_cassette::{Cassette, LoadError, Verdict, read_each, read_expected, replay, verdict};
use serde_json::{Value, json};

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
        let files = read_each(&self.folder).map_err(|error| Failure::Usage(error.to_string()))?;
        let asked = |id: &str| self.only.as_ref().is_none_or(|only| id.contains(only));
        let outcomes = files.into_iter().filter(|(id, _)| asked(id)).map(outcome);
        if self.check {
            check(outcomes, &self.expected()?, self.json)
        } else {
            print(outcomes, self.json);
            Ok(())
        }
    }

    fn expected(&self) -> Result<BTreeMap<String, Value>, Failure> {
        let file = self.expected.clone();
        read_expected(&file.unwrap_or_else(|| self.folder.join("expected.jsonl")))
            .map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// What is made of a file; one that is no recording is skipped with the reason.
fn outcome((id, cassette): (String, Result<Cassette, LoadError>)) -> Value {
    match cassette {
        Ok(cassette) => replay(&cassette),
        Err(error) => json!({"id": id, "skip": error.to_string()}),
    }
}

fn print(outcomes: impl Iterator<Item = Value>, json: bool) {
    let (mut read, mut skipped) = (0, 0);
    for outcome in outcomes {
        let is_skipped = outcome.get("skip").is_some();
        *(if is_skipped { &mut skipped } else { &mut read }) += 1;
        if json {
            println!("{outcome}");
        }
    }
    if !json {
        println!("{read} passed, 0 failed, {skipped} skipped");
    }
}

fn check(
    outcomes: impl Iterator<Item = Value>,
    expected: &BTreeMap<String, Value>,
    json: bool,
) -> Result<(), Failure> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for outcome in outcomes {
        if json {
            println!("{outcome}");
        }
        let id = outcome["id"].as_str().unwrap_or_default();
        match verdict(&outcome, expected.get(id)) {
            Verdict::Equal => passed += 1,
            Verdict::Skipped(why) => {
                skipped += 1;
                if !json {
                    println!("SKIP {id}: {why}");
                }
            }
            Verdict::Differs(found) => {
                failed += 1;
                if !json {
                    println!("FAIL {id}\n    {}", found.join("\n    "));
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
