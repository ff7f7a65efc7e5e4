//! What of vendors' own a request holds, and how its prompt begins.

use std::hash::{DefaultHasher, Hasher as _};

use router_core::content::{MediaKind, MediaSource, Opaque, Reasoning};
use router_core::held::Held;
use router_core::tool::ServerToolCall;
use router_core::{
    ChatRequest, ContentPart, EmbeddingRequest, EventStream, FinishReason, Json, Media, Message, Operation,
    Reply, Signature, StreamEvent, ToolDefinition, ToolResult,
};

fn held(operation: impl Into<Operation>) -> Vec<String> {
    let mut found = Vec::new();
    operation.into().held(|held| {
        found.push(match held {
            Held::Response(id) => format!("response {id}"),
            Held::File(id) => format!("file {id}"),
            Held::Opaque(maker) => format!("opaque {maker}"),
            Held::Signature(maker) => format!("signature {maker}"),
            other => format!("{other:?}"),
        });
    });
    found
}

#[test]
fn requests_tell_what_they_hold() {
    assert!(held(ChatRequest::user("Hi")).is_empty());
    assert!(held(EmbeddingRequest::new(["x"])).is_empty());
    let opaque = || Opaque::new("a", Json::empty_object());
    let file = || Media::new(MediaKind::Document, MediaSource::File("file-1".into()));
    let mut request = ChatRequest::new(vec![
        Message::user([file().into()]),
        Message::assistant([
            ContentPart::Reasoning(Reasoning::new("x").with_signature(Signature::new("b", "sig"))),
            ContentPart::ServerToolCall(ServerToolCall::new("c", "search", Json::empty_object())),
            ContentPart::Opaque(opaque()),
        ]),
        Message::tool([ToolResult::new("1", [ContentPart::from(file())])]),
    ])
    .with_tools([ToolDefinition::Provider(opaque())]);
    request.settings.previous_response_id = Some("resp-1".into());
    let id = Json::from(serde_json::json!("conv_1"));
    request.extra.insert("openai.responses", "conversation", id);
    assert_eq!(
        held(request),
        [
            "opaque a",
            "file file-1",
            "signature b",
            "signature c",
            "opaque a",
            "file file-1",
            "response resp-1",
            "Kept(\"conversation\")"
        ]
    );
}

fn start(request: ChatRequest) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    Operation::from(request)
        .hash_prompt_start(&mut hasher)
        .then(|| hasher.finish())
}

#[test]
fn turns_of_a_conversation_begin_alike() {
    let first = ChatRequest::user("Hi").with_system("Be nice.");
    let second = first
        .clone()
        .with_message(Message::assistant("Hello."))
        .with_message(Message::user("Bye."));
    assert!(start(first.clone()).is_some());
    assert_eq!(start(first.clone()), start(second));
    assert_ne!(
        start(first.clone()),
        start(ChatRequest::user("Hi").with_system("Be rude."))
    );
    let mut named = first.clone();
    named.settings.prompt_cache_key = Some("k".into());
    let mut other = ChatRequest::user("Something else");
    other.settings.prompt_cache_key = Some("k".into());
    assert_eq!(start(named), start(other), "the caller's own key decides");
    let mut hasher = DefaultHasher::new();
    assert!(!Operation::from(EmbeddingRequest::new(["x"])).hash_prompt_start(&mut hasher));
}

#[tokio::test]
async fn an_answer_tells_its_id_before_it_is_read() {
    let events = [
        StreamEvent::start(Some("id-1".into()), None),
        StreamEvent::text("a"),
        StreamEvent::finish(FinishReason::Stop, None),
    ];
    let stream = EventStream::from_events(events)
        .committed()
        .await
        .expect("content");
    let reply = Reply::stream(stream);
    assert_eq!(reply.answer_id().map(|id| id.as_str()), Some("id-1"));
}
