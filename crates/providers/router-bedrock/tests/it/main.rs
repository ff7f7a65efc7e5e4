//! The suite that every provider runs, and what is particular to Bedrock.

#[cfg(feature = "reqwest")]
mod oracle;
#[cfg(feature = "client")]
mod places;
mod requests;
#[cfg(feature = "server")]
mod serve;
mod side;
#[cfg(feature = "client")]
mod signatures;

use router_bedrock::BedrockCodec;
use router_conformance::Subject;

fn subject() -> Subject {
    Subject::of::<BedrockCodec>(env!("CARGO_MANIFEST_DIR"))
        .embedding_model("cohere.embed-v4:0")
        .with_cache_creation_tokens()
        .without_reasoning_tokens()
}

router_conformance::suite!(subject());
