//! The suite that every provider runs, over Replicate; streams, which are a second request, have tests of their own.

mod predictions;
mod streams;

use router_conformance::Subject;
use router_core::OperationKind;
use router_replicate::ReplicateCodec;

const TWICE: &str = "a stream is a second request: see streams.rs";

fn subject() -> Subject {
    Subject::of::<ReplicateCodec>(env!("CARGO_MANIFEST_DIR"))
        .model_for(OperationKind::GenerateImage, "black-forest-labs/flux-schnell")
        .without_cached_tokens()
        .without_reasoning_tokens()
        .skip("chat_finish_length", "a prediction does not tell why it ended")
        .skip(
            "chat_finish_content_filter",
            "a filter is an error: see predictions.rs",
        )
        .skip("chat_reasoning", "reasoning is asked for and not told")
        .skip("stream_reasoning", "reasoning is asked for and not told")
        .skip("stream_usage_on_finish", "streams of predictions tell no counts")
        .skip("stream_text", TWICE)
        .skip("stream_split_anywhere", TWICE)
        .skip("stream_unknown_event_skipped", TWICE)
        .skip("stream_malformed_frame_errs", "pieces are plain text")
        .skip("stream_truncated_errs", TWICE)
        .skip("stream_error_event", TWICE)
        .skip("stream_drop_cancels", TWICE)
}

router_conformance::suite!(subject());
