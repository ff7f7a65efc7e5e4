//! The simulated vendor, called as a provider and over its wires.

mod faults;
mod rules;
