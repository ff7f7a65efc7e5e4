#![doc = include_str!("../README.md")]

mod answer;
#[cfg(feature = "client")]
mod client;
mod clues;
mod conversation;
mod embed;
mod fault;
mod faulty;
mod instance;
mod ledger;
mod media;
mod model;
mod pieces;
mod prompted;
mod service;
mod signature;
mod tokens;
mod tools;

#[cfg(feature = "client")]
pub use client::{SimClient, SimCodec, SimTransport, SimVendor};
pub use fault::{Fault, FaultKind};
pub use ledger::{Ended, Entry, Ledger};
pub use model::SimModel;
pub use service::{Sim, SimService};
