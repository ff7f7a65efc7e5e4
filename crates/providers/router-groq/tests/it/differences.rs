//! What Groq is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_groq::GroqCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "logprobs", "modalities", "n",
            "presence_penalty", "prompt_cache_key", "top_k", "top_logprobs", "verbosity"],
        "embedding": null,
        "limit": "max_completion_tokens",
        "stops": 4,
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<GroqCodec>(), expected(reference));
}
