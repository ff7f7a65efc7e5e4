//! What stands in front of a template, between two lines `+++`: settings, variables, an example; in TOML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemKind};
use crate::variable::Variable;

/// The front matter of a template. Everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FrontMatter {
    /// What the template is for.
    pub description: String,
    /// Its version, in the author's words.
    pub version: Option<String>,
    /// The model it was written for, `provider/model`.
    pub model: Option<String>,
    /// Randomness.
    pub temperature: Option<f64>,
    /// Most tokens of the answer.
    pub max_output_tokens: Option<u64>,
    /// Names of tools that the model should have.
    pub tools: Vec<String>,
    /// `auto`, `none`, `required`, or the name of the tool to call.
    pub tool_choice: Option<String>,
    /// The form of the answer.
    pub output: Option<OutputForm>,
    /// Variables by name.
    pub variables: BTreeMap<String, Variable>,
    /// Values that show the template.
    pub example: Map<String, Value>,
}

/// The form of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OutputForm {
    /// The schema's name; the template's id when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// A JSON Schema, as a table or as a text of JSON.
    pub schema: Value,
}

const FENCE: &str = "+++";

/// Splits a file into front matter and body; and how many lines stand in front of the body.
pub(crate) fn split(id: &str, source: &str) -> Result<(FrontMatter, String, usize), Problem> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut lines = source.split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some(FENCE) {
        return Ok((FrontMatter::default(), source.to_owned(), 0));
    }
    let (mut toml, mut count) = (String::new(), 1);
    for line in lines.by_ref() {
        count += 1;
        if line.trim_end() == FENCE {
            return Ok((read(id, &toml)?, lines.collect(), count));
        }
        toml.push_str(line);
    }
    let problem = Problem::new(
        ProblemKind::FrontMatter,
        id,
        "the front matter has no second line +++",
    );
    Err(problem.at(1, 1))
}

fn read(id: &str, toml: &str) -> Result<FrontMatter, Problem> {
    let mut front: FrontMatter = toml::from_str(toml).map_err(|error| {
        let problem = Problem::new(ProblemKind::FrontMatter, id, error.message());
        match error.span() {
            Some(span) => {
                let before = &toml[..span.start];
                let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
                // The first line is the fence.
                problem.at(before.matches('\n').count() + 2, column)
            }
            None => problem,
        }
    })?;
    if let Some(OutputForm { schema, .. }) = &mut front.output
        && let Value::String(text) = schema
    {
        let parsed = serde_json::from_str(text).map_err(|error| {
            Problem::new(
                ProblemKind::FrontMatter,
                id,
                format!("output.schema is no JSON: {error}"),
            )
        })?;
        *schema = parsed;
    }
    Ok(front)
}
