//! The command line as a user meets it: the binary is started, and told right and wrong things.

mod benchmark;
mod binary;
mod chat;
mod completions;
mod config;
mod key;
mod loopback;
mod misuse;
mod prompt;
mod replay;
mod serve;
mod session;
mod slow;
mod talk;
mod telemetry;
mod test;
