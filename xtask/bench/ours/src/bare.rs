//! The vendor and nothing around it.

use bench_harness::canned;
use llm_api_router::openai::OpenAi;

pub use bench_harness::canned::MODEL;

pub type Layered = OpenAi;

pub fn connect(base_url: &str) -> Layered {
    OpenAi::builder()
        .base_url(base_url)
        .api_key(canned::KEY)
        .build()
        .expect("a provider")
}

/// What is asked: always the same.
#[derive(Default)]
pub struct Asked;

impl Asked {
    pub fn question(&self) -> &'static str {
        canned::QUESTION
    }

    /// A message that a conversation has besides.
    pub fn more(&self) -> Option<String> {
        None
    }
}
