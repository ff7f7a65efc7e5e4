//! Retries, timeouts and breakers, each property by name, with the clock standing still.

mod allocations;
mod breaker;
mod budget;
mod cancels;
mod contract;
mod old_traps;
mod over_the_wire;
mod retry;
mod settings;
mod streams;
mod timeout;
mod vendor;
