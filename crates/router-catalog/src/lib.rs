#![doc = include_str!("../README.md")]

mod catalog;
mod cost;
mod model;

pub use catalog::{Catalog, SNAPSHOT};
pub use cost::Cost;
pub use model::{Ability, Mode, Model, Price, Tier};
