#![doc = include_str!("../README.md")]

mod check;
mod front_matter;
mod helpers;
mod library;
mod presets;
mod problem;
mod roles;
mod soundness;
mod variable;

pub use front_matter::{FrontMatter, OutputForm};
pub use library::{Library, Prompt, Template};
pub use problem::{Problem, ProblemKind, PromptError};
pub use variable::{Variable, VariableType, Vars};
