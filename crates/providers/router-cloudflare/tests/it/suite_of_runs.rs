//! The suite over models that are run, whose chats and vectors have a wire of their own.

use router_cloudflare::CloudflareCodec;
use router_conformance::Subject;

fn subject() -> Subject {
    let mut subject = Subject::of::<CloudflareCodec>(env!("CARGO_MANIFEST_DIR"))
        .fixtures_in("run")
        .options(r#"{"api": "run"}"#)
        .without_cached_tokens()
        .without_reasoning_tokens()
        .skip("chat_image_input", "pictures go by value alone")
        .skip("chat_tool_choice", "no tool can be asked for")
        .skip("chat_reasoning", "it cannot be asked for")
        .skip("stream_reasoning", "it cannot be asked for")
        .skip("chat_finish_length", "why it ended is not told")
        .skip("chat_finish_content_filter", "why it ended is not told")
        .skip("error_rate_limited_retry_after", "it tells no wait");
    for case in [
        "embed_one",
        "embed_batch_keeps_order",
        "image_generate",
        "image_edit",
        "image_url_and_base64",
        "rerank_scores_in_order",
        "speech_bytes_and_format",
        "transcribe_text_and_segments",
        "list_models",
    ] {
        subject = subject.skip(case, "the suite over the vendor has it");
    }
    subject
}

router_conformance::suite!(subject());
