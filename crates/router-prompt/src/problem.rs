//! What is wrong with a template or with the values given to it, and where.

use std::fmt;

use router_core::{Error, ErrorKind};

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The template cannot be read: an unclosed block, a wrong close, bad syntax.
    Syntax,
    /// The front matter cannot be read.
    FrontMatter,
    /// The template uses a variable that it does not declare.
    UndeclaredVariable,
    /// The template declares a variable that it does not use.
    UnusedVariable,
    /// The template uses a helper that is not there.
    UnknownHelper,
    /// The template includes one that is not there.
    UnknownPartial,
    /// A template includes itself, over others perhaps.
    CircularPartial,
    /// A value that is needed was not given.
    MissingValue,
    /// A value was given that the template does not declare.
    UnknownValue,
    /// A value has another type than declared.
    WrongType,
    /// No template has this id.
    UnknownTemplate,
    /// A helper failed, or messages are not where they may be.
    Render,
    /// A file cannot be read.
    File,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// The template.
    pub template: String,
    /// The line, counted from 1 in the whole file, where known.
    pub line: Option<usize>,
    /// The column, counted from 1, where known.
    pub column: Option<usize>,
    /// One sentence.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, template: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            template: template.to_owned(),
            line: None,
            column: None,
            message: message.into(),
        }
    }

    pub(crate) fn at(mut self, line: usize, column: usize) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.template)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Why a template cannot be taken in or rendered: at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptError(Vec<Problem>);

impl PromptError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self(problems)
    }

    /// The problems, in the order they were found.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }

    /// The kind of the first problem.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        self.0.first().map(|problem| problem.kind)
    }
}

impl From<Problem> for PromptError {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for PromptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PromptError {}

impl From<PromptError> for Error {
    fn from(error: PromptError) -> Self {
        Self::new(ErrorKind::InvalidRequest, format!("prompt {error}"))
    }
}
