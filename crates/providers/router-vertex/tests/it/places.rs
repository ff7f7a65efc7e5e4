//! Addresses: projects, locations, publishers, and what goes with them.

use std::sync::Arc;

use router_core::content::{ContentPart, Reasoning};
use router_core::model::ListModelsRequest;
use router_core::tokens::CountTokensRequest;
use router_core::{
    Call, ChatRequest, EmbeddingRequest, ErrorKind, Message, ModelId, Operation, ProviderExt as _, ProviderId,
};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_vertex::{Place, VertexBuilder, VertexCodec, build};
use router_wire::Codec as _;
use serde_json::{Value, json};

const PREFIX: &str = "/v1/projects/p/locations/us-east5";

fn codec() -> VertexCodec {
    VertexCodec::at(
        ProviderId::from("vertex"),
        Place::new("p", "us-east5").expect("a place"),
    )
}

fn sent(model: &'static str, operation: impl Into<Operation>, streams: bool) -> (String, Value) {
    let mut call = Call::new(ModelId::from_static(model), operation);
    if streams {
        call = call.streaming();
    }
    let encoded = codec().encode(&call).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).unwrap_or_default();
    (encoded.request.path.into(), body)
}

#[test]
fn each_publisher_has_its_path() {
    let chat = || ChatRequest::user("x");
    let path = |model, operation: Operation, streams| {
        let (path, _) = sent(model, operation, streams);
        path.strip_prefix(PREFIX)
            .map(str::to_owned)
            .expect("a path of the project")
    };
    assert_eq!(
        path("gemini-3-pro", chat().into(), false),
        "/publishers/google/models/gemini-3-pro:generateContent"
    );
    assert_eq!(
        path("gemini-3-pro", chat().into(), true),
        "/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse"
    );
    assert_eq!(
        path("endpoints/12", chat().into(), false),
        "/endpoints/12:generateContent"
    );
    assert_eq!(
        path("claude-sonnet-4-5@20250929", chat().into(), false),
        "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
    );
    assert_eq!(
        path("anthropic/claude-opus-5-5", chat().into(), true),
        "/publishers/anthropic/models/claude-opus-5-5:streamRawPredict"
    );
    let count = || Operation::from(CountTokensRequest::new(chat()));
    assert_eq!(
        path("gemini-3-pro", count(), false),
        "/publishers/google/models/gemini-3-pro:countTokens"
    );
    assert_eq!(
        path("claude-opus-5-5", count(), false),
        "/publishers/anthropic/models/count-tokens:rawPredict"
    );
    let embed = || Operation::from(EmbeddingRequest::new(["x"]));
    assert_eq!(
        path("text-embedding-005", embed(), false),
        "/publishers/google/models/text-embedding-005:predict"
    );
    assert_eq!(
        path("gemini-embedding-2", embed(), false),
        "/publishers/google/models/gemini-embedding-2:embedContent"
    );
}

#[test]
fn claude_has_its_version_in_the_body_and_its_model_in_the_path() {
    let (_, body) = sent("claude-opus-4-6", ChatRequest::user("x"), true);
    assert_eq!(
        (&body["anthropic_version"], &body["stream"]),
        (&json!("vertex-2023-10-16"), &json!(true))
    );
    assert!(body.get("model").is_none());
    let (_, body) = sent(
        "claude-opus-4-6",
        CountTokensRequest::new(ChatRequest::user("x")),
        false,
    );
    assert_eq!(
        (&body["anthropic_version"], &body["model"]),
        (&json!("vertex-2023-10-16"), &json!("claude-opus-4-6"))
    );
    let embed = Call::new("claude-opus-4-6", EmbeddingRequest::new(["x"]));
    assert_eq!(
        codec().encode(&embed).expect_err("no vectors").kind(),
        ErrorKind::Unsupported
    );
}

#[test]
fn tiers_are_headers_and_metadata_labels() {
    let mut chat = ChatRequest::user("x");
    chat.settings.service_tier = Some("flex".into());
    chat.settings.metadata = vec![("team".into(), "a".into())];
    let encoded = codec()
        .encode(&Call::new("gemini-3-pro", chat))
        .expect("a request");
    assert_eq!(
        encoded.request.header("x-vertex-ai-llm-shared-request-type"),
        Some("flex")
    );
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(
        (&body["labels"], body.get("serviceTier")),
        (&json!({"team": "a"}), None)
    );
    assert_eq!(encoded.warnings, []);
}

#[test]
fn models_are_listed_for_the_project_that_pays() {
    let encoded = codec()
        .encode(&Call::new("", ListModelsRequest::default()))
        .expect("a request");
    assert_eq!(
        encoded.request.path,
        "/v1beta1/publishers/google/models?pageSize=1000"
    );
    assert_eq!(encoded.request.header("x-goog-user-project"), Some("p"));
}

/// What Gemini signed is not sent to Claude, nor the other way.
#[test]
fn signatures_stay_with_their_maker() {
    let thought = |maker: &'static str| {
        let signature = router_core::Signature::new(maker, "c2ln");
        let thought = ContentPart::Reasoning(Reasoning::new("hm").with_signature(signature));
        let turn = Message::assistant(vec![thought, ContentPart::text("y")]);
        ChatRequest::new(vec![Message::user("x"), turn, Message::user("z")])
    };
    let has = |model, maker| sent(model, thought(maker), false).1.to_string().contains("c2ln");
    assert!(has("gemini-3-pro", "vertex") && !has("gemini-3-pro", "anthropic"));
    assert!(has("claude-opus-4-6", "anthropic") && !has("claude-opus-4-6", "vertex"));
}

#[tokio::test]
async fn providers_are_built_for_a_place() {
    let answer = r#"{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}"#;
    let transport = Arc::new(ReplayTransport::new().json(200, answer).json(200, answer));
    let settings = ProviderSettings::default().with_transport(Arc::clone(&transport) as _);
    let vertex = VertexBuilder::new()
        .project("p")
        .location("eu")
        .token("ya29.given")
        .settings(settings.clone())
        .build();
    vertex
        .expect("a provider")
        .chat("gemini-3-pro", "x")
        .await
        .expect("an answer");
    let sent = &transport.requests()[0];
    assert_eq!(
        sent.url,
        "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/google/models/gemini-3-pro:generateContent"
    );
    assert_eq!(sent.headers["authorization"], "Bearer ya29.given");
    // An API key is the express mode: no project, no location.
    let express = build(&settings.clone().with_api_key("AIza-key")).expect("a provider");
    express.chat("gemini-3-pro", "x").await.expect("an answer");
    let sent = &transport.requests()[1];
    assert_eq!(
        sent.url,
        "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro:generateContent"
    );
    assert_eq!(sent.headers["x-goog-api-key"], "AIza-key");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let message = |builder: VertexBuilder| builder.build().map(|_| ()).expect_err("an error").to_string();
    assert!(message(VertexBuilder::new().token("t")).contains("GOOGLE_CLOUD_PROJECT"));
    assert!(message(VertexBuilder::new().project("p")).contains("GOOGLE_APPLICATION_CREDENTIALS"));
    let evil = VertexBuilder::new()
        .project("p")
        .token("t")
        .location("x.evil.example/");
    assert!(message(evil).contains("location"));
    let unknown = ProviderSettings::default().with_option("region", "eu");
    assert!(
        build(&unknown)
            .err()
            .expect("an error")
            .to_string()
            .contains("project, location")
    );
}
