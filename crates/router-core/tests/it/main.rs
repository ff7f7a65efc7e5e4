//! Types that everything else leans on: what holds for all of them.

mod answers;
mod call;
mod check;
mod collect;
mod context;
mod errors;
mod held;
mod media;
mod provider_ext;
#[cfg(feature = "schema")]
mod schema;
mod secrets;
mod serde_shapes;
mod streams;
mod text;
mod tool_loop;
