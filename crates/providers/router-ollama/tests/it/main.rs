//! The suite that every provider runs, and what is special: both sides of the wire judged by each other.

mod encode;
#[cfg(feature = "server")]
mod requests;
#[cfg(feature = "server")]
mod round_trip;
#[cfg(feature = "server")]
mod serve;
mod side;

use router_conformance::Subject;
use router_ollama::OllamaCodec;

fn subject() -> Subject {
    Subject::of::<OllamaCodec>(env!("CARGO_MANIFEST_DIR"))
        .model("qwen3")
        .embedding_model("all-minilm")
        .without_cached_tokens()
        .without_reasoning_tokens()
        .skip("chat_finish_content_filter", "the vendor filters nothing")
}

router_conformance::suite!(subject());
