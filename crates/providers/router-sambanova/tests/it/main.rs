//! The suite that every provider runs, over SambaNova.

mod differences;

use router_conformance::Subject;
use router_sambanova::SambaNovaCodec;

fn subject() -> Subject {
    Subject::of::<SambaNovaCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("E5-Mistral-7B-Instruct")
}

router_conformance::suite!(subject());
