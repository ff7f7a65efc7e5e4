//! Every wire, judged by traffic that others have recorded: a folder named by `ROUTER_CASSETTES`.

mod aliases;
mod cuts;
mod folder;
mod keepsakes;
mod outcomes;
mod requests;
mod schema;
#[cfg(feature = "oracles")]
mod seeds;
mod served;
mod specs;
mod streams;
mod truncations;
