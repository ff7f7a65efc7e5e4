//! The suite that every provider runs, over Azure's v1 surface, and what is particular to Azure.

mod differences;
mod failures;
mod filters;
mod surfaces;
mod tokens;

use router_azure::AzureCodec;
use router_conformance::Subject;
use router_core::OperationKind;

fn subject() -> Subject {
    Subject::of::<AzureCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
        .model("my-deployment")
        .model_for(OperationKind::Speak, "my-tts")
        .voice("alloy")
}

router_conformance::suite!(subject());
