//! The suite that every provider runs, over both of OpenAI's chat APIs.

mod surfaces;

use router_conformance::Subject;
use router_core::OperationKind;
use router_openai::OpenAiCodec;

mod chat_completions {
    use super::{OpenAiCodec, OperationKind, Subject};

    fn subject() -> Subject {
        Subject::of::<OpenAiCodec>(env!("CARGO_MANIFEST_DIR"))
            .fixtures_in("chat_completions")
            .options(r#"{"api": "chat_completions"}"#)
            .model("gpt-4.1-mini")
            .embedding_model("text-embedding-3-small")
            .model_for(OperationKind::GenerateImage, "gpt-image-1.5")
            .model_for(OperationKind::Speak, "gpt-4o-mini-tts")
            .voice("alloy")
            .model_for(OperationKind::Transcribe, "whisper-1")
            .model_for(OperationKind::Moderate, "omni-moderation-latest")
            .skip("count_tokens", "a request of the Responses API is counted")
            .skip(
                "chat_reasoning",
                "chat completions neither show nor take reasoning",
            )
            .skip(
                "stream_reasoning",
                "chat completions neither show nor take reasoning",
            )
    }

    router_conformance::suite!(subject());
}

mod responses {
    use super::{OpenAiCodec, Subject};

    fn subject() -> Subject {
        let other = "it is no part of the Responses API, and runs in the other suite";
        Subject::of::<OpenAiCodec>(env!("CARGO_MANIFEST_DIR"))
            .fixtures_in("responses")
            .options(r#"{"api": "responses"}"#)
            .model("gpt-5.5")
            .skip("embed_one", other)
            .skip("embed_batch_keeps_order", other)
            .skip("embed_dimensions", other)
            .skip("list_models", other)
            .skip("image_generate", other)
            .skip("image_edit", other)
            .skip("image_url_and_base64", other)
            .skip("speech_bytes_and_format", other)
            .skip("transcribe_text_and_segments", other)
            .skip("moderate_categories", other)
    }

    router_conformance::suite!(subject());
}
