#![doc = include_str!("../README.md")]

mod cases;
mod exchange;
mod fixtures;
mod hang;
pub mod profile;
pub mod provider_contract;
pub mod redis;
mod requests;
mod subject;
mod suite;
mod trace;

pub use subject::Subject;
pub use suite::{CASES, Case, Needs, run, suite_is_complete};

/// The code of the guide is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/adding-a-layer.md")]
pub struct Guide;
