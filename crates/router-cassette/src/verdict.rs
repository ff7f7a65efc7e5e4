//! Whether an outcome is the expected one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cassette::LoadError;
use crate::compare::differences;

/// What a recording shows of the code that read it.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The outcome is the expected one.
    Equal,
    /// It is not: what differs, one line each.
    Differs(Vec<String>),
    /// Nothing can be said: why.
    Skipped(String),
}

/// Compares the outcome of a recording with the expected one, if there is one.
#[must_use]
pub fn verdict(outcome: &Value, expected: Option<&Value>) -> Verdict {
    let reason = |line: &Value| line["skip"].as_str().map(str::to_owned);
    let Some(expected) = expected else {
        return Verdict::Skipped(reason(outcome).unwrap_or_else(|| "nothing is expected of it".to_owned()));
    };
    if let Some(why) = reason(expected).or_else(|| reason(outcome)) {
        return Verdict::Skipped(why);
    }
    let found = differences(expected, outcome);
    if found.is_empty() {
        Verdict::Equal
    } else {
        Verdict::Differs(found)
    }
}

/// Expected outcomes by id, from a file with one JSON object a line.
///
/// # Errors
/// For a file that cannot be read, and for a line that is no JSON object with an `id`, naming it.
pub fn read_expected(file: &Path) -> Result<BTreeMap<String, Value>, LoadError> {
    let text = fs::read_to_string(file).map_err(|error| LoadError::new(file.display(), error))?;
    let mut expected = BTreeMap::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let place = || format!("{} line {}", file.display(), number + 1);
        let value: Value = serde_json::from_str(line).map_err(|error| LoadError::new(place(), error))?;
        let Some(id) = value["id"].as_str().map(str::to_owned) else {
            return Err(LoadError::new(place(), "no id"));
        };
        expected.insert(id, value);
    }
    Ok(expected)
}
