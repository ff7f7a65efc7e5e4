//! The suite that every provider runs.

use router_anthropic::AnthropicCodec;
use router_conformance::Subject;

fn subject() -> Subject {
    Subject::of::<AnthropicCodec>(env!("CARGO_MANIFEST_DIR"))
        .model("claude-opus-4-6")
        .with_cache_creation_tokens()
}

router_conformance::suite!(subject());
