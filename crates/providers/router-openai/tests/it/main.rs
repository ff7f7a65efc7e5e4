//! The suite that every provider runs, over both of OpenAI's chat APIs.

use router_conformance::Subject;
use router_openai::OpenAiCodec;

mod chat_completions {
    use super::{OpenAiCodec, Subject};

    fn subject() -> Subject {
        Subject::of::<OpenAiCodec>(env!("CARGO_MANIFEST_DIR"))
            .fixtures_in("chat_completions")
            .options(r#"{"api": "chat_completions"}"#)
            .model("gpt-4.1-mini")
            .embedding_model("text-embedding-3-small")
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
    }

    router_conformance::suite!(subject());
}
