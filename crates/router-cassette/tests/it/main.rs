//! Every wire, judged by traffic that others have recorded: a folder named by `ROUTER_CASSETTES`.

mod cuts;
mod folder;
mod outcomes;
mod schema;
mod streams;
mod truncations;
