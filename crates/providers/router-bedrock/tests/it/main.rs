//! The suite that every provider runs, and what is particular to Bedrock.

mod answers;
#[cfg(feature = "reqwest")]
mod oracle;
mod pictures;
#[cfg(feature = "client")]
mod places;
mod requests;
mod rerank;
#[cfg(feature = "server")]
mod serve;
mod side;
#[cfg(feature = "client")]
mod signatures;

use router_bedrock::BedrockCodec;
use router_conformance::Subject;
use router_core::OperationKind;

fn subject() -> Subject {
    Subject::of::<BedrockCodec>(env!("CARGO_MANIFEST_DIR"))
        .place("region", router_bedrock::build)
        .embedding_model("cohere.embed-v4:0")
        .model_for(OperationKind::GenerateImage, "amazon.nova-canvas-v1:0")
        .skip("image_url_and_base64", "pictures come by value alone")
        .model_for(OperationKind::Rerank, "cohere.rerank-v3-5:0")
        .with_cache_creation_tokens()
        .without_reasoning_tokens()
}

router_conformance::suite!(subject());

/// Claude over its own wire, by InvokeModel.
mod invoke {
    use super::*;

    fn subject() -> Subject {
        let elsewhere = "the suite over Converse has it: it is asked for in the same way";
        Subject::of::<BedrockCodec>(env!("CARGO_MANIFEST_DIR"))
            .fixtures_in("invoke")
            .options(r#"{"api": "invoke"}"#)
            .with_cache_creation_tokens()
            .skip("embed_one", elsewhere)
            .skip("embed_batch_keeps_order", elsewhere)
            .skip("embed_dimensions", elsewhere)
            .skip("count_tokens", elsewhere)
            .skip("list_models", elsewhere)
            .skip("image_generate", elsewhere)
            .skip("image_url_and_base64", elsewhere)
            .skip("rerank_scores_in_order", elsewhere)
    }

    router_conformance::suite!(subject());
}
