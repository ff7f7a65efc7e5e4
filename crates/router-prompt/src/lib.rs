#![doc = include_str!("../README.md")]

mod check;
mod files;
mod front_matter;
mod helpers;
mod library;
mod presets;
mod problem;
mod render;
mod roles;
mod soundness;
mod variable;
mod watched;

pub use front_matter::{FrontMatter, OutputForm};
pub use library::{Library, Template};
pub use problem::{Problem, ProblemKind, PromptError};
pub use render::Prompt;
pub use variable::{Variable, VariableType, Vars};
pub use watched::Watched;
