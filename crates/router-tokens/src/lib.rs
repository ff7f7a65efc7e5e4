#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod counter;
mod family;
mod picture;
mod profile;
mod script;
mod size;
mod tally;
mod tools;
mod typescript;
mod vendor;
mod vocabulary;

pub use api::OpenAiApi;
pub use counter::{Basis, Counter};
pub use family::Family;
pub use tally::Tally;
pub use vendor::{Asked, ask};
