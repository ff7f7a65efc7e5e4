//! What is refused before anything is sent, and what is left to the vendor.

use router_core::content::Opaque;
use router_core::rerank::RerankRequest;
use router_core::{
    Capabilities, ChatRequest, ContentPart, EmbeddingRequest, ErrorKind, Json, Media, Message, Operation,
    OperationKind, ToolCall, ToolResult,
};

fn capabilities() -> Capabilities {
    Capabilities::new([OperationKind::Chat], &[]).with_max_image_bytes(9)
}

/// What is said against an operation.
fn refused(operation: impl Into<Operation>) -> Option<String> {
    let error = operation.into().check(&capabilities()).err()?;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    Some(error.message().to_owned())
}

fn result_alone() -> ChatRequest {
    ChatRequest::new(vec![Message::tool([ToolResult::new("call_1", "21")])])
}

#[test]
fn what_nobody_can_answer_is_named() {
    let named = |operation: Operation, field: &str| {
        let said = refused(operation).expect("a refusal");
        assert!(said.starts_with(&format!("{field}:")), "{said}");
    };
    named(ChatRequest::new(Vec::new()).into(), "messages");
    named(result_alone().into(), "messages[0]");
    named(EmbeddingRequest::new(Vec::<String>::new()).into(), "inputs");
    named(RerankRequest::new("q", Vec::<String>::new()).into(), "documents");
    let picture = |bytes: &[u8]| {
        ChatRequest::new(vec![Message::user([ContentPart::from(Media::image_bytes(
            "image/png",
            bytes,
        ))])])
    };
    named(picture(&[0; 12]).into(), "messages[0].content[0]");
    assert_eq!(refused(picture(&[0; 9])), None);
    let seen = |bytes: &[u8]| {
        let call = Message::assistant([ContentPart::from(ToolCall::new("call_1", "look", "{}"))]);
        let picture = ContentPart::from(Media::image_bytes("image/png", bytes));
        let result = ToolResult::new("call_1", vec![picture]);
        ChatRequest::new(vec![call, Message::tool([result])])
    };
    named(seen(&[0; 12]).into(), "messages[1].content[0]");
    assert_eq!(refused(seen(&[0; 9])), None);
}

#[test]
fn a_result_behind_its_call_is_taken() {
    let call = Message::assistant([ContentPart::from(ToolCall::new("call_1", "f", "{}"))]);
    let with = |before: Message, result: ToolResult| ChatRequest::new(vec![before, Message::tool([result])]);
    assert_eq!(refused(with(call.clone(), ToolResult::new("call_1", "21"))), None);
    // Wires without ids.
    assert_eq!(refused(with(call.clone(), ToolResult::new("", "21"))), None);
    assert!(refused(with(call, ToolResult::new("call_2", "21"))).is_some());
    // What a vendor made may hold the call.
    let made = ContentPart::Opaque(Opaque::new(
        "openai",
        Json::from(serde_json::json!({"type": "x"})),
    ));
    assert_eq!(
        refused(with(Message::assistant([made]), ToolResult::new("call_1", "21"))),
        None
    );
}

#[test]
fn a_conversation_that_the_vendor_keeps_is_its_own_business() {
    let mut continued = result_alone();
    continued.settings.previous_response_id = Some("resp_1".into());
    assert_eq!(refused(continued), None);
    let mut kept = result_alone();
    kept.extra.insert(
        "openai.responses",
        "conversation",
        Json::from(serde_json::json!("conv_1")),
    );
    assert_eq!(refused(kept), None);
    let by_options = |options: serde_json::Value| {
        ChatRequest::new(Vec::new())
            .with_provider_options("openai", &options)
            .expect("JSON")
    };
    assert_eq!(
        refused(by_options(serde_json::json!({"prompt": {"id": "pmpt_1"}}))),
        None
    );
    assert!(refused(by_options(serde_json::json!({"api": "responses"}))).is_some());
}

#[test]
fn what_goes_on_with_something_kept_is_not_whole() {
    let said = |request: ChatRequest| {
        let error = Operation::from(request).check_whole().err()?;
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        Some((error.message().to_owned(), error.code().map(ToOwned::to_owned)))
    };
    let why = "nothing is kept at this vendor to go on with; send the whole conversation";
    assert_eq!(said(ChatRequest::user("Hi")), None);
    let mut continued = ChatRequest::user("Go on.");
    continued.settings.previous_response_id = Some("resp_1".into());
    let code = Some("previous_response_not_found".to_owned());
    assert_eq!(
        said(continued),
        Some((format!("previous_response_id: {why}"), code))
    );
    for name in ["conversation", "prompt"] {
        let mut kept = ChatRequest::user("Go on.");
        let id = || Json::from(serde_json::json!({"id": "kept_1"}));
        kept.extra.insert("openai.responses", name, id());
        assert_eq!(said(kept.clone()), Some((format!("{name}: {why}"), None)));
        // Another wire's field of that name is its own.
        kept.extra.insert("openai.chat", name, id());
        assert_eq!(said(kept), None);
    }
}
