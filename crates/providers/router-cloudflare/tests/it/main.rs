//! The suite that every provider runs, over Cloudflare, and what is particular to it.

mod differences;
mod particular;

use router_cloudflare::CloudflareCodec;
use router_conformance::Subject;

fn subject() -> Subject {
    Subject::of::<CloudflareCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
        .embedding_model("@cf/baai/bge-m3")
}

router_conformance::suite!(subject());
