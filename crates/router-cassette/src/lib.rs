#![doc = include_str!("../README.md")]

mod cassette;
mod compare;
#[cfg(feature = "oracles")]
pub mod oracles;
mod outcome;
mod replay;
mod service;
mod verdict;

pub use cassette::{
    Cassette, File, LoadError, Recorded, RecordedRequest, RecordedResponse, read_dir, read_each,
};
pub use compare::differences;
pub use replay::replay;
pub use service::{Service, service};
pub use verdict::{Verdict, read_expected, verdict};
