//! What was asked and answered is told to those only who ask for it, and never a key.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use router_core::{Call, ChatRequest, ChatResponse, Error, ErrorKind, Layer as _, Provider, Reply};
use router_telemetry::{TelemetryLayer, TelemetryPolicy};
use tracing::Level;

use crate::traced::Traced;
use crate::vendor::{Step, Vendor, named, stream};

/// Keys as vendors give them out, each with the word `canary` in what has to be kept.
pub(crate) const KEYS: &[&str] = &[
    "sk-proj-canary0123456789abcdefghij",
    "sk-ant-api03-canary0123456789abcdef",
    "AIzaSycanary0123456789abcdefghijklmno",
    "xai-canary0123456789abcdefghijklmnop",
    "0123456789abcdef0123456789abcdef.canary0123456789",
    "gsk_canary0123456789abcdefghijklmnop",
    "https://example.com/v1?key=canary0123456789abcdef&alt=sse",
    "Authorization: Bearer canary0123456789abcdef",
];

/// What a model is asked, what it answers, and what it fails with, at a level at which all is heard.
async fn told(policy: TelemetryPolicy, asked: &str, answered: &str) -> Traced {
    let traced = Traced::at(Level::TRACE);
    let guard = tracing::subscriber::set_default(traced.clone());
    let answered = answered.to_owned();
    let provider = TelemetryLayer::new(policy).layer(Vendor::new(move |call| {
        let answered = answered.clone();
        async move {
            match call.model.as_str() {
                "bad" => Err(Error::new(ErrorKind::InvalidRequest, answered)),
                _ if call.is_stream() => stream(&[Step::Text, Step::Finish(1)]).await,
                _ => Ok(named(Reply::full(ChatResponse::text_answer(answered)))),
            }
        }
    }));
    let call = Call::new("good", ChatRequest::user(asked));
    provider.call(&call).await.expect("an answer");
    provider
        .call(&call.with_model("bad".into()))
        .await
        .expect_err("it is bad");
    let reply = provider.call(&call.streaming()).await.expect("an answer");
    reply.into_output().await.expect("an answer");
    drop(guard);
    traced
}

#[tokio::test]
async fn nothing_is_told_of_it_unless_asked_for() {
    let traced = told(
        TelemetryPolicy::default(),
        "a question of mine",
        "an answer of theirs",
    )
    .await;
    assert_eq!(traced.events("call").len(), 3);
    for word in ["question", "answer of", "word "] {
        assert!(!traced.text().contains(word), "{word}");
    }
}

#[tokio::test]
async fn it_is_told_where_asked_for() {
    let policy = TelemetryPolicy::default().with_content(true);
    let traced = told(policy, "a question of mine", "an answer of theirs").await;
    let spans = traced.spans();
    assert!(
        spans
            .iter()
            .all(|span| span["llm_router.request.content"].contains("a question of mine"))
    );
    assert!(spans[0]["llm_router.response.content"].contains("an answer of theirs"));
    assert_eq!(spans[1]["llm_router.error.message"], "an answer of theirs");
    assert_eq!(spans[2]["llm_router.response.content"], "word ");
    let lines = traced.events("call");
    assert!(lines[0].1["llm_router.request.content"].contains("a question of mine"));
}

#[tokio::test]
async fn keys_are_masked() {
    for key in KEYS {
        let text = format!("my key is\n{key}\nyou know");
        let policy = TelemetryPolicy::default().with_content(true);
        let traced = told(policy, &text, &text).await;
        let text = traced.text();
        assert!(text.contains("my key is"), "{text}");
        assert!(!text.contains("canary"), "{key}: {text}");
    }
}

#[tokio::test]
async fn files_are_replaced_and_the_rest_is_cut() {
    let file: Vec<u8> = (0..9_000_u32)
        .map(|number| (number * number % 251) as u8)
        .collect();
    let file = BASE64_STANDARD.encode(file);
    let long = "word ".repeat(1000);
    let asked = format!("see data:image/png;base64,{file} and read {long}");
    let policy = TelemetryPolicy::default()
        .with_content(true)
        .with_max_content_bytes(500);
    let traced = told(policy, &asked, &long).await;
    let span = &traced.spans()[0];
    let asked = &span["llm_router.request.content"];
    assert!(asked.contains("[9000 bytes in base64, blake3 "), "{asked}");
    for content in ["llm_router.request.content", "llm_router.response.content"] {
        let length = span[content].len();
        assert!((500..540).contains(&length), "{content}: {length}");
        assert!(span[content].ends_with("bytes in all)"));
    }
    assert!(!traced.text().contains(&file[100..200]));
}
