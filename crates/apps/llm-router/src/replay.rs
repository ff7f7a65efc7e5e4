//! `llm-router replay`: recorded traffic through the codecs.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use router_cassette::{differences, read_dir, replay};
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
        let expected = if self.check {
            let file = self.expected.clone();
            expected(file.unwrap_or_else(|| self.folder.join("expected.jsonl")))?
        } else {
            BTreeMap::new()
        };
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for cassette in &cassettes {
            let outcome = replay(cassette);
            if self.json {
                println!("{outcome}");
            }
            let skip = outcome.get("skip").and_then(Value::as_str);
            let Some(want) = expected
                .get(&cassette.id)
                .filter(|want| want.get("skip").is_none())
            else {
                match skip {
                    Some(_) => skipped += 1,
                    None if self.check => skipped += 1,
                    None => passed += 1,
                }
                continue;
            };
            if let Some(why) = skip {
                skipped += 1;
                if !self.json {
                    println!("SKIP {}: {why}", cassette.id);
                }
                continue;
            }
            let found = differences(want, &outcome);
            if found.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            if !self.json {
                println!("FAIL {}\n    {}", cassette.id, found.join("\n    "));
            }
        }
        if !self.json {
            println!("{passed} passed, {failed} failed, {skipped} skipped");
        }
        if failed > 0 {
            return Err(Failure::Io(format!(
                "{failed} recordings differ from what was expected"
            )));
        }
        Ok(())
    }
}

fn expected(file: PathBuf) -> Result<BTreeMap<String, Value>, Failure> {
    let text =
        fs::read_to_string(&file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let mut expected = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let value: Value = serde_json::from_str(line)
            .map_err(|error| Failure::Usage(format!("{} line {}: {error}", file.display(), number + 1)))?;
        let id = value["id"].as_str().unwrap_or_default().to_owned();
        expected.insert(id, value);
    }
    Ok(expected)
}
