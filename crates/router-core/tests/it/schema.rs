//! Tools and answers from Rust types.

use router_core::schema::json_schema;
use router_core::{
    ChatRequest, ChatResponse, ErrorKind, FinishReason, ProviderExt as _, ResponseFormat, Scripted,
    ToolDefinition, Toolbox, run_tools,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A place and its weather.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Weather {
    /// The city.
    city: String,
    degrees: i32,
    note: Option<String>,
    hours: Vec<Hour>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Hour {
    at: u8,
}

/// Strict vendors take closed objects whose properties are all required; what is optional is nullable.
#[test]
fn strict_schemas() {
    let schema = json_schema::<Weather>().to_value();
    assert_eq!(schema["additionalProperties"], false);
    let mut required: Vec<&str> = schema["required"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    required.sort_unstable();
    assert_eq!(required, ["city", "degrees", "hours", "note"]);
    assert_eq!(schema["properties"]["city"]["description"], "The city.");
    let hour = &schema["$defs"]["Hour"];
    assert_eq!(
        (&hour["additionalProperties"], &hour["required"]),
        (&json!(false), &json!(["at"]))
    );
    assert!(schema.get("$schema").is_none());
    assert_eq!(
        json_schema::<Weather>(),
        json_schema::<Weather>(),
        "equal types make equal bytes"
    );
}

#[tokio::test]
async fn typed_answers() {
    let text = r#"{"city":"Paris","degrees":21,"note":null,"hours":[{"at":9}]}"#;
    let provider = Scripted::new().text(text).text("no JSON");
    let request = || ChatRequest::user("Weather?").with_response_format(ResponseFormat::of::<Weather>());
    let weather: Weather = provider
        .chat("m", request())
        .await
        .expect("an answer")
        .parse()
        .expect("a Weather");
    assert_eq!((weather.city.as_str(), weather.hours[0].at), ("Paris", 9));
    let answer = provider.chat("m", request()).await.expect("an answer");
    assert_eq!(
        answer.parse::<Weather>().expect_err("no JSON").kind(),
        ErrorKind::Decode
    );
    let Some(ResponseFormat::JsonSchema(format)) = request().response_format else {
        panic!("a schema")
    };
    assert_eq!((format.name.as_str(), format.strict), ("Weather", Some(true)));
}

/// An answer that a limit or a filter cut says so instead of "invalid JSON".
#[test]
fn cut_answers() {
    let kind = |reason| {
        let mut answer = ChatResponse::text_answer("{\"city\":\"Par");
        answer.choices[0].finish_reason = reason;
        answer.parse::<Weather>().expect_err("cut").kind()
    };
    assert_eq!(kind(FinishReason::Length), ErrorKind::Truncated);
    assert_eq!(kind(FinishReason::ContentFilter), ErrorKind::ContentFiltered);
}

#[tokio::test]
async fn typed_tools() {
    let toolbox = Toolbox::new().with_typed("weather", "Tells the weather.", |hour: Hour| async move {
        Ok(format!("{} degrees", hour.at))
    });
    let ToolDefinition::Function(tool) = &toolbox.definitions()[0] else {
        panic!("a function")
    };
    assert_eq!((tool.name.as_str(), tool.strict), ("weather", Some(true)));
    let mut calls = ChatResponse::text_answer("");
    calls.choices[0].content = vec![router_core::ToolCall::new("1", "weather", "{\"at\":9}").into()];
    let provider = Scripted::new().output(calls).text("done");
    let end = run_tools(&provider, "m", "Weather?", &toolbox, 2)
        .await
        .expect("an answer");
    let result = end.messages[2].content.parts()[0].clone();
    let router_core::ContentPart::ToolResult(result) = result else {
        panic!("a result")
    };
    assert_eq!(result.content.joined_text(), "9 degrees");
}
