#![doc = include_str!("../README.md")]

mod body;
#[cfg(feature = "listener")]
pub mod listener;
mod service;
mod several;

pub use body::{OtherBody, ResponseBody, ServedResponse};
pub use service::{Keys, Serve, Service};
