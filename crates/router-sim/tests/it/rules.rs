//! What the simulated model answers.

use router_core::chat::{ChatRequest, FinishReason, ReasoningEffort};
use router_core::content::{ContentPart, MediaKind};
use router_core::{Json, Media, Message, ProviderExt, ToolChoice, ToolDefinition, ToolResult};
use router_sim::SimModel;

const MODEL: &str = "sim-model";

fn weather() -> ToolDefinition {
    ToolDefinition::function(
        "get_weather",
        "The weather",
        Json::parse(
            r#"{"type":"object","properties":{"location":{"type":"string"}},"required":["location"]}"#,
        )
        .expect("a schema is JSON"),
    )
}

#[tokio::test]
async fn streams_are_the_same_as_plain_answers() {
    let model = SimModel::new();
    for request in [
        ChatRequest::user("Count from 1 to 40"),
        ChatRequest::user("What is the weather in Paris and in London?").with_tools([weather()]),
        ChatRequest::user("Hello").with_reasoning_effort(ReasoningEffort::Low),
    ] {
        let plain = model.chat(MODEL, request.clone()).await.unwrap();
        let stream = model.chat_stream(MODEL, request).await.unwrap();
        let events = stream.into_value().collect().await.unwrap();
        assert_eq!(events, plain.into_value());
    }
}

#[tokio::test]
async fn tools_are_called_for_each_place() {
    let model = SimModel::new();
    let request = ChatRequest::user("What is the weather in Paris and in London?").with_tools([weather()]);
    let answer = model.chat(MODEL, request.clone()).await.unwrap();
    let arguments: Vec<_> = answer
        .tool_calls()
        .map(|call| call.arguments.to_string())
        .collect();
    assert_eq!(arguments, [r#"{"location":"Paris"}"#, r#"{"location":"London"}"#]);
    assert_eq!(answer.choices[0].finish_reason, FinishReason::ToolCalls);

    let one = model
        .chat(MODEL, request.clone().with_parallel_tool_calls(false))
        .await
        .unwrap();
    assert_eq!(one.tool_calls().count(), 1);
    let none = model
        .chat(MODEL, request.with_tool_choice(ToolChoice::None))
        .await
        .unwrap();
    assert_eq!(none.tool_calls().count(), 0);
}

#[tokio::test]
async fn results_of_tools_are_told() {
    let model = SimModel::new();
    let mut request = ChatRequest::user("What is the weather in Paris?").with_tools([weather()]);
    let answer = model.chat(MODEL, request.clone()).await.unwrap();
    let call = answer.tool_calls().next().unwrap().clone();
    request = request
        .with_message(Message::assistant(answer.choices[0].content.clone()))
        .with_message(Message::tool([ToolResult::new(call.id, "foggy")]));
    assert_eq!(
        model.chat(MODEL, request).await.unwrap().text(),
        "The tool returned: foggy"
    );

    let orphan = ChatRequest::user("hi").with_message(Message::tool([ToolResult::new("call_nope", "x")]));
    let error = model.chat(MODEL, orphan).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert!(error.to_string().contains("call_nope"), "{error}");
}

#[tokio::test]
async fn attachments_are_measured() {
    let content: Vec<ContentPart> = vec![
        "Describe the attachment.".into(),
        Media::image_bytes("image/png", &[0; 70]).into(),
        Media::base64(MediaKind::Document, "application/pdf", "not base64!").into(),
    ];
    let model = SimModel::new();
    let error = model
        .chat(MODEL, ChatRequest::new(vec![Message::user(content.clone())]))
        .await;
    assert_eq!(error.unwrap_err().status(), Some(400));
    let answer = model
        .chat(
            MODEL,
            ChatRequest::new(vec![Message::user(content[..2].to_vec())]),
        )
        .await
        .unwrap();
    assert!(answer.text().contains("image/png, 70 bytes"), "{}", answer.text());
}

#[tokio::test]
async fn thoughts_are_signed_and_the_signature_is_checked() {
    let model = SimModel::new();
    let asked = ChatRequest::user("What is 17 * 23?").with_reasoning_effort(ReasoningEffort::Low);
    let answer = model.chat(MODEL, asked.clone()).await.unwrap();
    assert!(answer.usage.as_ref().unwrap().reasoning_output_tokens.unwrap() > 0);
    let mut content = answer.choices[0].content.clone();
    let again = asked
        .clone()
        .with_message(Message::assistant(content.clone()))
        .with_message(Message::user("Say only: ok"));
    assert_eq!(model.chat(MODEL, again).await.unwrap().text(), "ok");

    let ContentPart::Reasoning(reasoning) = &mut content[0] else {
        panic!("no reasoning")
    };
    reasoning.text = "Something else.".into();
    let changed = asked
        .with_message(Message::assistant(content))
        .with_message(Message::user("Say only: ok"));
    assert_eq!(model.chat(MODEL, changed).await.unwrap_err().status(), Some(400));
}

#[tokio::test]
async fn other_names_are_not_found() {
    let error = SimModel::new().chat("gpt-x", "hi").await.unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(404), Some("model_not_found"))
    );
}

#[tokio::test]
async fn the_ledger_has_every_call() {
    let model = SimModel::new();
    let answer = model.chat(MODEL, "Count from 1 to 3").await.unwrap();
    let _ = model.chat("sim-fault-500", "hi").await;
    drop(model.chat_stream(MODEL, "Count from 1 to 3").await.unwrap());
    let entries = model.ledger().entries();
    let ended: Vec<_> = entries.iter().map(|entry| entry.ended).collect();
    use router_sim::Ended::{Answered, Dropped, Failed};
    assert_eq!(ended, [Answered, Failed, Dropped]);
    assert_eq!(entries[0].usage, answer.usage);
    assert_eq!(entries[1].fault.as_deref(), Some("Status(500)"));
}

#[tokio::test]
async fn attachments_behind_results_are_what_the_tool_returned() {
    let call = router_core::ToolCall::new("a", "look", "{}");
    let request = ChatRequest::new([
        Message::user("look"),
        Message::assistant(vec![ContentPart::ToolCall(call)]),
        Message::tool([ToolResult::new("a", "a shot")]),
        Message::user(vec![ContentPart::Media(Media::image_bytes("image/png", b"1234"))]),
    ])
    .with_tools([ToolDefinition::function("look", "", Json::null())]);
    let answer = SimModel::new().chat(MODEL, request).await.unwrap();
    assert_eq!(answer.text(), "The tool returned: a shot; image/png, 4 bytes");
}

#[tokio::test]
async fn a_schema_in_words_is_followed() {
    let schema = r#"{"properties":{"name":{"type":"string"},"age":{"type":"integer"}},"type":"object"}"#;
    let request = ChatRequest::new([
        Message::system(format!("Answer with JSON that fits this schema: {schema}")),
        Message::user("name: Alice, age: 31"),
    ]);
    let answer = SimModel::new().chat(MODEL, request).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(answer, serde_json::json!({"name": "Alice", "age": 31}));
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_name() {
    let mut kept = ChatRequest::user("Hello");
    kept.settings.previous_response_id = Some("resp_1".into());
    let unknown = ChatRequest::user("Hello")
        .with_tools([weather()])
        .with_tool_choice(ToolChoice::Tool("nobody".into()));
    for (request, field) in [(kept, "previous_response_id"), (unknown, "tool_choice")] {
        let error = SimModel::new().chat(MODEL, request).await.unwrap_err();
        assert_eq!(error.status(), Some(400));
        assert!(error.message().starts_with(field), "{error}");
    }
}

#[tokio::test]
async fn parts_of_a_message_are_lines_of_their_own() {
    let parts = ["<reminder/>", "Reply with exactly: ok"].map(ContentPart::text);
    let request = ChatRequest::new([Message::user(parts.to_vec())]);
    assert_eq!(SimModel::new().chat(MODEL, request).await.unwrap().text(), "ok");
}
