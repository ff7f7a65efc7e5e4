#![doc = include_str!("../README.md")]

mod admission;
mod asker;
mod body;
mod endpoints;
mod error;
mod keys;
#[cfg(feature = "listener")]
pub mod listener;
mod service;
mod several;

pub use body::{OtherBody, ResponseBody, ServedResponse};
pub use keys::{KeyHash, Keys, NoKeyHash};
pub use service::{Admitted, Serve, Service};
