//! What all contenders share: the rows, the counting, the canned answers, and the run itself.

pub mod by_hand;
pub mod canned;
mod count;
mod run;

pub use run::{Contender, run};

#[global_allocator]
static COUNTING: count::Counting = count::Counting;
