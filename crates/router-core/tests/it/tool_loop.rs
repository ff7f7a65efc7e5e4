//! The model calls, the functions run, and it ends.

use router_core::tool::ToolCallKind;
use router_core::{
    ChatRequest, ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Json, Operation, Result, Role,
    Scripted, Text, ToolCall, ToolDefinition, Toolbox, Usage, run_tools,
};

fn calls(calls: &[(&'static str, &'static str, &'static str)]) -> ChatResponse {
    let mut answer = ChatResponse::text_answer("");
    answer.choices[0].content = calls
        .iter()
        .map(|(id, name, arguments)| ContentPart::from(ToolCall::new(*id, *name, *arguments)))
        .collect();
    answer.choices[0].finish_reason = FinishReason::ToolCalls;
    let mut usage = Usage::new(10, 1);
    usage.cache_creation_1h_input_tokens = Some(3);
    usage.image_input_tokens = Some(4);
    answer.usage = Some(usage);
    answer
}

fn answer(text: &'static str) -> ChatResponse {
    let mut answer = ChatResponse::text_answer(text);
    answer.usage = Some(Usage::new(20, 2));
    answer
}

#[derive(serde::Deserialize)]
struct Sum {
    a: i64,
    b: i64,
}

fn toolbox() -> Toolbox {
    let definition = ToolDefinition::function("add", "Adds.", Json::empty_object());
    let failing = ToolDefinition::function("fail", "Fails.", Json::empty_object());
    Toolbox::new()
        .with(
            definition,
            |sum: Sum| async move { Ok((sum.a + sum.b).to_string()) },
        )
        .with(failing, |_: serde_json::Value| async {
            Result::<Text>::Err(Error::new(ErrorKind::Server, "out of order"))
        })
}

#[tokio::test]
async fn until_the_model_answers() {
    let provider = Scripted::new()
        .output(calls(&[
            ("1", "add", "{\"a\":1,\"b\":2}"),
            ("2", "add", "{\"a\":3,\"b\":4}"),
        ]))
        .output(calls(&[("3", "add", "{\"a\":3,\"b\":7}")]))
        .output(answer("ten"));
    let request = ChatRequest::user("Add.").with_system("Use the tool.");
    let end = run_tools(&provider, "m", request, &toolbox(), 5)
        .await
        .expect("an answer");
    assert_eq!(end.answer.text(), "ten");
    assert_eq!(end.turns, 3);
    let mut spent = Usage::new(40, 4);
    spent.cache_creation_1h_input_tokens = Some(6);
    spent.image_input_tokens = Some(8);
    assert_eq!(end.usage, Some(spent));
    let roles: Vec<Role> = end.messages.iter().map(|message| message.role).collect();
    use Role::{Assistant, System, Tool, User};
    assert_eq!(roles, [System, User, Assistant, Tool, Assistant, Tool, Assistant]);
    let results: Vec<(String, String, bool)> = end.messages[3]
        .content
        .parts()
        .iter()
        .filter_map(|part| match part {
            ContentPart::ToolResult(result) => Some((
                result.call_id.to_string(),
                result.content.joined_text().to_string(),
                result.is_error,
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        results,
        [
            ("1".to_owned(), "3".to_owned(), false),
            ("2".to_owned(), "7".to_owned(), false)
        ]
    );
    // The tools were offered, and the model saw its own calls again.
    let sent = provider.calls();
    let Operation::Chat(first) = &sent[0].operation else {
        panic!("a chat")
    };
    assert_eq!(first.tools.len(), 2);
    let Operation::Chat(last) = &sent[2].operation else {
        panic!("a chat")
    };
    assert_eq!(last.messages, end.messages[..6]);
}

/// What goes wrong in a tool is told to the model, which can correct itself.
#[tokio::test]
async fn failures_are_told_to_the_model() {
    let provider = Scripted::new()
        .output(calls(&[
            ("1", "add", "{\"a\":\"one\"}"),
            ("2", "fail", "{}"),
            ("3", "unknown", "{}"),
            ("4", "add", "{\"a\":"),
        ]))
        .output(answer("sorry"));
    let end = run_tools(&provider, "m", "Add.", &toolbox(), 2)
        .await
        .expect("an answer");
    let results: Vec<(bool, String)> = end.messages[2]
        .content
        .parts()
        .iter()
        .filter_map(|part| match part {
            ContentPart::ToolResult(result) => {
                Some((result.is_error, result.content.joined_text().to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(results.len(), 4, "every call has its result");
    assert!(results.iter().all(|(is_error, _)| *is_error));
    assert!(results[0].1.contains("add"), "{}", results[0].1);
    assert_eq!(results[1].1, "out of order");
    assert!(results[2].1.contains("unknown"), "{}", results[2].1);
}

#[tokio::test]
async fn bounded() {
    let mut provider = Scripted::new();
    for _ in 0..10 {
        provider = provider.output(calls(&[("1", "add", "{\"a\":1,\"b\":2}")]));
    }
    let error = run_tools(&provider, "m", "Add.", &toolbox(), 3)
        .await
        .expect_err("it never ends");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains('3'), "{error}");
    assert_eq!(provider.calls().len(), 3);
}

#[tokio::test]
async fn an_error_of_the_provider_ends_it() {
    let provider = Scripted::new()
        .output(calls(&[("1", "add", "{\"a\":1,\"b\":2}")]))
        .error(Error::new(ErrorKind::Overloaded, "busy"));
    let error = run_tools(&provider, "m", "Add.", &toolbox(), 3)
        .await
        .expect_err("busy");
    assert_eq!(error.kind(), ErrorKind::Overloaded);
}

#[tokio::test]
async fn one_call() {
    let toolbox = toolbox();
    assert_eq!(format!("{toolbox:?}"), r#"[Some("add"), Some("fail")]"#);
    let mut call = ToolCall::new("1", "add", "{\"a\":1,\"b\":2}");
    call.kind = ToolCallKind::Function;
    let result = toolbox.run(&call).await;
    assert_eq!((result.name.as_deref(), result.is_error), (Some("add"), false));
}
