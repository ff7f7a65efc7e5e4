//! The suite over DashScope's own API, and what only that API has.

use router_aliyun::AliyunCodec;
use router_conformance::Subject;
use router_core::chat::{ReasoningConfig, ReasoningEffort};
use router_core::content::MediaKind;
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, ErrorKind, Media, Message, OperationKind, Output,
    ProviderId, Settings, StreamEvent,
};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, Encoded, FrameLimits, HttpResponse, StreamReader};
use serde_json::{Value, json};

fn subject() -> Subject {
    Subject::of::<AliyunCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .fixtures_in("native")
        .options(r#"{"api": "native"}"#)
        .embedding_model("text-embedding-v4")
        .model_for(OperationKind::GenerateImage, "qwen-image-2.0")
        .model_for(OperationKind::Rerank, "qwen3-rerank")
        .skip("image_url_and_base64", "pictures come by address only")
}

router_conformance::suite!(subject());

fn codec() -> AliyunCodec {
    AliyunCodec::new(ProviderId::from_static("aliyun"))
}

fn native(request: ChatRequest) -> ChatRequest {
    request
        .with_provider_options("aliyun", &json!({"api": "native", "enable_search": true}))
        .expect("options")
}

fn body(encoded: &Encoded) -> Value {
    serde_json::from_slice(&encoded.request.body).expect("JSON")
}

/// Content other than text goes to another address, in parts without types.
#[test]
fn several_kinds_of_content() {
    let sound = Media::base64(MediaKind::Audio, "audio/wav", "UklGRg==");
    let parts = [
        ContentPart::text("What is this?"),
        Media::image_url("oss://bucket/cat.png").into(),
        sound.into(),
        Media::url(MediaKind::Video, "https://example.com/cat.mp4").into(),
    ];
    let request = ChatRequest::new(vec![
        Message::user("Hello."),
        Message::assistant("Hello!"),
        Message::user(parts),
    ]);
    let encoded = codec()
        .encode(&Call::new("qwen3-vl-plus", native(request)))
        .expect("a request");
    assert_eq!(
        encoded.request.path,
        "/api/v1/services/aigc/multimodal-generation/generation"
    );
    assert_eq!(
        encoded.request.header("x-dashscope-ossresourceresolve"),
        Some("enable")
    );
    assert_eq!(encoded.request.header("x-dashscope-sse"), None);
    let expected = json!({
        "model": "qwen3-vl-plus",
        "input": {"messages": [
            {"role": "user", "content": [{"text": "Hello."}]},
            {"role": "assistant", "content": [{"text": "Hello!"}]},
            {"role": "user", "content": [
                {"text": "What is this?"},
                {"image": "oss://bucket/cat.png"},
                {"audio": "data:audio/wav;base64,UklGRg=="},
                {"video": "https://example.com/cat.mp4"},
            ]},
        ]},
        "parameters": {"result_format": "message", "enable_search": true},
    });
    assert_eq!(body(&encoded), expected);
}

#[test]
fn a_stream_is_asked_for_by_a_header() {
    let call = Call::new("qwen-plus", native(ChatRequest::user("Hi"))).streaming();
    let encoded = codec().encode(&call).expect("a request");
    assert_eq!(
        encoded.request.path,
        "/api/v1/services/aigc/text-generation/generation"
    );
    assert_eq!(encoded.request.header("x-dashscope-sse"), Some("enable"));
    let body = body(&encoded);
    assert_eq!(body["parameters"]["incremental_output"], true);
    assert_eq!(body["stream"], Value::Null);
    assert_eq!(body["parameters"]["stream"], Value::Null);
    assert!(encoded.streams);
}

const PIECE: &str = "id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":[{\"text\":\"Hel\"}],\"role\":\"assistant\"},\"finish_reason\":\"null\"}]},\"usage\":{\"input_tokens\":5,\"output_tokens\":1,\"total_tokens\":6},\"request_id\":\"r-1\"}\n\n";
const LAST: &str = "id:2\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":[{\"text\":\"lo!\"}],\"role\":\"assistant\"},\"finish_reason\":\"stop\"}]},\"usage\":{\"input_tokens\":5,\"output_tokens\":2,\"total_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":1}},\"request_id\":\"r-1\"}\n\n";
const FAILED: &str = "id:2\nevent:error\n:HTTP_STATUS/400\ndata:{\"code\":\"DataInspectionFailed\",\"message\":\"Output data may contain inappropriate content.\",\"request_id\":\"r-1\"}\n\n";

fn read(stream: String) -> (Vec<StreamEvent>, Option<router_core::Error>) {
    let call = Call::new("qwen-plus", ChatRequest::user("Hi")).streaming();
    StreamReader::new(codec().stream_decoder(&call), FrameLimits::default()).read_all([stream.into()])
}

/// There is no mark at the end but a reason that is not the word "null"; counts are those so far.
#[test]
fn how_streams_end() {
    let (events, error) = read(format!("{PIECE}{LAST}"));
    assert!(error.is_none(), "{error:?}");
    let mut collector = router_core::collect::Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    let answer = collector.finish();
    assert_eq!(answer.text(), "Hello!");
    assert_eq!(answer.id.as_deref(), Some("r-1"));
    let usage = answer.usage.expect("counts");
    assert_eq!((usage.input_tokens, usage.output_tokens), (5, 2));
    assert_eq!(usage.reasoning_output_tokens, Some(1));

    let (_, error) = read(PIECE.to_owned());
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Truncated));

    let (_, error) = read(format!("{PIECE}{FAILED}"));
    let error = error.expect("an error");
    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    assert_eq!(error.code(), Some("DataInspectionFailed"));
    assert_eq!(error.request_id(), Some("r-1"));
}

#[test]
fn an_error_inside_of_a_success() {
    let call = Call::new("qwen-plus", ChatRequest::user("Hi"));
    let body =
        r#"{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded","request_id":"r-1"}"#;
    let error = codec()
        .decode(&call, &HttpResponse::json(200, body))
        .expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.is_retryable());
}

#[test]
fn embeddings_for_a_purpose() {
    let mut request = EmbeddingRequest::new(["a", "b"]).with_dimensions(512);
    request.input_type = Some("search_query".into());
    let call = Call::new("text-embedding-v4", request.clone());
    let encoded = codec().encode(&call).expect("a request");
    let expected = json!({
        "model": "text-embedding-v4",
        "input": {"texts": ["a", "b"]},
        "parameters": {"dimension": 512, "text_type": "query"},
    });
    assert_eq!(body(&encoded), expected);
    let answer = json!({"output": {"embeddings": [{"text_index": 1, "embedding": [0.5]},
        {"text_index": 0, "embedding": [0.25]}]}, "usage": {"total_tokens": 4}});
    let output = codec().decode(&call, &HttpResponse::json(200, answer.to_string()));
    let Ok(Output::Embed(answer)) = output else {
        panic!("vectors: {output:?}");
    };
    assert_eq!(answer.embeddings, [vec![0.25], vec![0.5]]);
    assert_eq!(answer.usage.map(|usage| usage.input_tokens), Some(4));
}

/// More texts than one request takes are several requests, and one answer.
#[tokio::test]
async fn many_texts() {
    use router_core::ProviderExt as _;
    let vectors = |count: usize| {
        let rows = (0..count).map(|at| json!({"text_index": at, "embedding": [0.5]}));
        json!({"output": {"embeddings": rows.collect::<Vec<_>>()}, "usage": {"total_tokens": count}})
            .to_string()
    };
    let transport = router_http::replay::ReplayTransport::new()
        .json(200, vectors(10))
        .json(200, vectors(2));
    let transport = std::sync::Arc::new(transport);
    let provider = router_aliyun::Aliyun::builder()
        .api_key("k")
        .transport(std::sync::Arc::clone(&transport) as _)
        .build()
        .expect("the provider builds");
    let mut request = EmbeddingRequest::new(vec!["a"; 12]);
    request.input_type = Some("query".into());
    let answer = provider
        .embed("text-embedding-v4", request)
        .await
        .expect("vectors");
    assert_eq!(answer.embeddings.len(), 12);
    assert_eq!(answer.usage.as_ref().map(|usage| usage.input_tokens), Some(12));
    assert_eq!(transport.requests().len(), 2);
}

fn thinking(effort: ReasoningEffort) -> ChatRequest {
    let mut settings = Settings::default();
    settings.reasoning = Some(ReasoningConfig::effort(effort));
    ChatRequest::user("Hi").with_settings(settings)
}

/// A plain call to a model that answers in pieces only is made as a stream, and gathered.
#[tokio::test]
async fn models_that_only_stream() {
    for (model, request, streams) in [
        ("qwq-plus", ChatRequest::user("Hi"), true),
        ("qwen3-32b", ChatRequest::user("Hi"), true),
        ("qwen3-32b", thinking(ReasoningEffort::None), false),
        ("qwen-plus", ChatRequest::user("Hi"), false),
    ] {
        let encoded = codec().encode(&Call::new(model, request)).expect("a request");
        assert_eq!(encoded.streams, streams, "{model}");
        assert_eq!(body(&encoded)["stream"] == true, streams, "{model}");
    }
    use router_core::ProviderExt as _;
    let stream = "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo!\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let transport = router_http::replay::ReplayTransport::new().events(stream);
    let provider = router_aliyun::Aliyun::builder()
        .api_key("k")
        .transport(std::sync::Arc::new(transport))
        .build()
        .expect("the provider builds");
    let answer = provider.chat("qwq-plus", "Hi").await.expect("an answer");
    assert_eq!(answer.text(), "Hello!");
}

#[test]
fn a_model_that_always_thinks_is_not_told_otherwise() {
    let call = Call::new("qwq-plus", thinking(ReasoningEffort::None));
    let encoded = codec().encode(&call).expect("a request");
    assert_eq!(body(&encoded)["enable_thinking"], Value::Null);
    assert_eq!(encoded.warnings[0].setting, "reasoning");
    let mut strict = thinking(ReasoningEffort::None);
    strict.strict = true;
    let error = codec()
        .encode(&Call::new("qwq-plus", strict))
        .expect_err("it cannot be turned off");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

/// Reasoning goes back where the caller says that the model takes it.
#[test]
fn preserved_thinking() {
    let answer = json!({"id": "a", "choices": [{"index": 0, "finish_reason": "stop", "message":
        {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}}]});
    let call = Call::new("qwen3.7-plus", ChatRequest::user("Hi"));
    let output = codec().decode(&call, &HttpResponse::json(200, answer.to_string()));
    let Ok(Output::Chat(answer)) = output else {
        panic!("an answer: {output:?}");
    };
    let next = ChatRequest::new(vec![
        Message::user("Hi"),
        answer.to_message(),
        Message::user("Again."),
    ]);
    let sent = |request: ChatRequest| {
        let encoded = codec().encode(&Call::new("qwen3.7-plus", request));
        body(&encoded.expect("a request"))
    };
    assert_eq!(
        sent(next.clone())["messages"][1]["reasoning_content"],
        Value::Null
    );
    let options = json!({"preserve_thinking": true});
    let next = next.with_provider_options("aliyun", &options).expect("options");
    let body = sent(next);
    assert_eq!(body["messages"][1]["reasoning_content"], "Hm.");
    assert_eq!(body["preserve_thinking"], true);
}

/// A schema is sent to the models that take one.
#[test]
fn schemas_by_model() {
    let sent = |model: &str| {
        let request =
            ChatRequest::user("As JSON.").with_response_format(router_core::ResponseFormat::JsonSchema(
                router_core::chat::JsonSchemaFormat::new("a", json!({"type": "object"})),
            ));
        let encoded = codec().encode(&Call::new(model, request)).expect("a request");
        let kind = body(&encoded)["response_format"]["type"].clone();
        (kind, encoded.warnings.len())
    };
    assert_eq!(sent("qwen3.8-max"), (json!("json_schema"), 0));
    assert_eq!(sent("qwen-plus"), (json!("json_object"), 1));
}
