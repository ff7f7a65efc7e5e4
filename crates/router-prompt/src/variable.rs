//! Variables of a template: their types and defaults, and the values given for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemKind};

/// What a variable holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VariableType {
    /// Text.
    #[default]
    String,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A list.
    List,
    /// Values by name.
    Object,
    /// Anything.
    Any,
}

impl VariableType {
    /// The word for it in front matter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Object => "object",
            Self::Any => "any",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
            Self::Any => true,
        }
    }
}

/// A variable as a template declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Variable {
    /// What it holds; text without a word.
    #[serde(rename = "type")]
    pub kind: VariableType,
    /// What it is for.
    pub description: String,
    /// Its value when none is given.
    pub default: Option<Value>,
    /// Whether it may be left out although it has no default; it is then null.
    pub optional: bool,
    /// The only values it may have; any when empty.
    pub values: Vec<Value>,
}

impl Variable {
    /// Whether a value must be given.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !self.optional
    }

    /// Reads a value from text, as a command line has it: JSON where the type is no string.
    ///
    /// # Errors
    /// The reason why the text is no such value.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match self.kind {
            VariableType::String => Ok(Value::from(text)),
            VariableType::Any => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
            kind => serde_json::from_str(text)
                .ok()
                .filter(|value| kind.fits(value))
                .ok_or_else(|| format!("{text:?} is no {}; write it as JSON", kind.as_str())),
        }
    }

    fn check(&self, value: &Value) -> Option<String> {
        if value.is_null() && !self.is_required() {
            return None;
        }
        if !self.kind.fits(value) {
            return Some(format!("must be a {}", self.kind.as_str()));
        }
        if !self.values.is_empty() && !self.values.contains(value) {
            let values: Vec<String> = self.values.iter().map(Value::to_string).collect();
            return Some(format!("must be one of {}", values.join(", ")));
        }
        None
    }
}

/// Values for a template's variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vars(Map<String, Value>);

impl Vars {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The values as a template sees them: defaults filled in, types checked.
    pub(crate) fn resolve(
        &self,
        template: &str,
        variables: &BTreeMap<String, Variable>,
    ) -> Result<Value, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut problem = |kind, message| problems.push(Problem::new(kind, template, message));
        for name in self.0.keys().filter(|name| !variables.contains_key(*name)) {
            problem(ProblemKind::UnknownValue, format!("has no variable {name:?}"));
        }
        let mut values = Map::with_capacity(variables.len());
        for (name, variable) in variables {
            let value = match self.0.get(name) {
                Some(value) => {
                    if let Some(why) = variable.check(value) {
                        problem(ProblemKind::WrongType, format!("variable {name:?} {why}"));
                    }
                    value.clone()
                }
                None if variable.is_required() => {
                    problem(
                        ProblemKind::MissingValue,
                        format!("variable {name:?} has no value"),
                    );
                    continue;
                }
                None => variable.default.clone().unwrap_or(Value::Null),
            };
            values.insert(name.clone(), value);
        }
        if problems.is_empty() {
            Ok(Value::Object(values))
        } else {
            Err(problems)
        }
    }

    /// The values as they are, and defaults for those that are not given.
    pub(crate) fn lenient(&self, variables: &BTreeMap<String, Variable>) -> Value {
        let mut values = self.0.clone();
        for (name, variable) in variables {
            values
                .entry(name.as_str())
                .or_insert_with(|| variable.default.clone().unwrap_or(Value::Null));
        }
        Value::Object(values)
    }
}

impl From<Map<String, Value>> for Vars {
    fn from(values: Map<String, Value>) -> Self {
        Self(values)
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Vars {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        Self(
            values
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
