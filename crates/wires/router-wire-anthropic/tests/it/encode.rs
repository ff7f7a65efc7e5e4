//! Requests in the form that the vendor takes, and what is said about the difference.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{CacheMark, Media, MediaKind, Opaque, Reasoning};
use router_core::tokens::CountTokensRequest;
use router_core::tool::{CustomTool, FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, Content, ContentPart, ErrorKind, Json, Message, ReasoningEffort, ResponseFormat,
    Signature, Text, ToolChoice, ToolDefinition,
};
use router_wire::provenance::Speaker;
use router_wire_anthropic::{Service, request, tokens};
use serde_json::{Value, json};

use crate::side::speaker;

/// What is sent to a model, and the settings that were warned about.
fn sent(model: &'static str, chat: &ChatRequest) -> (Value, Vec<String>) {
    let call = Call::new(model, chat.clone());
    let encoded = request::encode(&Service::default(), &speaker(), &call, chat).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let settings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    (body, settings.collect())
}

fn refused(model: &'static str, chat: &ChatRequest) -> ErrorKind {
    let call = Call::new(model, chat.clone());
    let encoded = request::encode(&Service::default(), &speaker(), &call, chat);
    encoded.expect_err("an error").kind()
}

fn look() -> ToolDefinition {
    ToolDefinition::function(
        "look",
        "Looks.",
        Json::parse(r#"{"type":"object"}"#).expect("JSON"),
    )
}

fn calls(id: &str) -> Message {
    Message::assistant(ContentPart::ToolCall(ToolCall::new(id, "look", "")))
}

#[test]
fn version_betas_and_options_are_sent_where_they_belong() {
    let chat = ChatRequest::user("x")
        .with_provider_options(
            "anthropic",
            &json!({"betas": ["b1", "b2"], "version": "2026-10-21", "container": "c"}),
        )
        .expect("options")
        .with_temperature(0.5);
    let call = Call::new("claude-sonnet-4-5", chat.clone());
    let encoded = request::encode(&Service::default(), &speaker(), &call, &chat).expect("a request");
    assert_eq!(encoded.request.header("anthropic-version"), Some("2026-10-21"));
    assert_eq!(encoded.request.header("anthropic-beta"), Some("b1,b2"));
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(body["container"], "c");
    assert!(body.get("temperature").is_none() && body.get("betas").is_none());
    assert_eq!(encoded.warnings.len(), 1);
}

#[test]
fn a_cloud_has_version_and_betas_in_the_body() {
    let chat = ChatRequest::user("x")
        .with_provider_options("anthropic", &json!({"betas": ["b1"]}))
        .expect("options");
    let call = Call::new("anthropic.claude-sonnet-4-5-v1:0", chat.clone()).streaming();
    let service = Service::cloud("bedrock-2023-05-31", false);
    let (bytes, _) = request::body(&service, &speaker(), &call, &chat).expect("a body");
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    let expected = json!({
        "anthropic_version": "bedrock-2023-05-31",
        "anthropic_beta": ["b1"],
        "max_tokens": 64_000,
        "messages": [{"role": "user", "content": "x"}],
    });
    assert_eq!(body, expected);
}

#[test]
fn a_count_in_a_cloud_may_name_its_model() {
    let count = CountTokensRequest::new(ChatRequest::user("x"));
    let call = Call::new("claude-sonnet-4-5", count.clone());
    let mut service = Service::cloud("vertex-2023-10-16", true);
    service.model_in_body = true;
    let (bytes, _) = tokens::body(&service, &speaker(), &call, &count).expect("a body");
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    let expected = json!({
        "model": "claude-sonnet-4-5",
        "anthropic_version": "vertex-2023-10-16",
        "messages": [{"role": "user", "content": "x"}],
    });
    assert_eq!(body, expected);
}

#[test]
fn options_may_be_given_under_the_wires_name() {
    let chat = ChatRequest::user("x")
        .with_provider_options("anthropic", &json!({"version": "2026-10-21", "container": "c"}))
        .expect("options");
    let eu = Speaker::new("claude-eu".into(), router_wire_anthropic::WIRE);
    let call = Call::new("claude-opus-4-8", chat.clone());
    let encoded = request::encode(&Service::default(), &eu, &call, &chat).expect("a request");
    assert_eq!(encoded.request.header("anthropic-version"), Some("2026-10-21"));
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(body["container"], "c");
}

#[test]
fn the_limit_is_always_sent() {
    let (body, warnings) = sent("claude-opus-4-6", &ChatRequest::user("x"));
    assert_eq!((&body["max_tokens"], warnings.len()), (&json!(128_000), 0));
    let (body, warnings) = sent("some-model", &ChatRequest::user("x"));
    assert_eq!(
        (&body["max_tokens"], warnings),
        (&json!(4096), vec!["max_output_tokens".to_owned()])
    );
    let (body, _) = sent("some-model", &ChatRequest::user("x").with_max_output_tokens(0));
    assert_eq!(body["max_tokens"], 0);
}

#[test]
fn results_stand_first_and_together() {
    let mut chat = ChatRequest::user("x").with_tools([look()]);
    chat.messages.extend([
        Message::assistant(vec![
            ContentPart::ToolCall(ToolCall::new("a.1", "look", "{}")),
            ContentPart::ToolCall(ToolCall::new("b", "look", "")),
        ]),
        Message::tool([ToolResult::new("a.1", "one")]),
        Message::tool([ToolResult::new("b", "two")]),
        Message::user("And now?"),
    ]);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    let expected = json!([
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "a_2e1", "name": "look", "input": {}},
            {"type": "tool_use", "id": "b", "name": "look", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a_2e1", "content": "one"},
            {"type": "tool_result", "tool_use_id": "b", "content": "two"},
            {"type": "text", "text": "And now?"},
        ]},
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn calls_in_the_history_bring_tools_along() {
    let mut chat = ChatRequest::user("x");
    chat.messages
        .extend([calls("a"), Message::tool([ToolResult::new("a", "one")])]);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    assert_eq!(
        body["tools"],
        json!([{"name": "look", "input_schema": {"type": "object"}}])
    );
    assert_eq!(body["tool_choice"], json!({"type": "none"}));
    assert_eq!(warnings, ["tools"]);
}

#[test]
fn blank_texts_are_left_out() {
    let mut chat = ChatRequest::new(vec![
        Message::user(vec![ContentPart::text(" "), ContentPart::text("x")]),
        Message::assistant("  "),
        Message::assistant(vec![
            ContentPart::text(""),
            ContentPart::ToolCall(ToolCall::new("a", "look", "{}")),
        ]),
        Message::tool([ToolResult::new("a", vec![ContentPart::text("")])]),
    ]);
    chat.messages.push(Message::assistant("Prefilled: "));
    let (body, _) = sent("claude-sonnet-4-5", &chat.with_tools([look()]));
    let expected = json!([
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]},
        {"role": "assistant", "content": "Prefilled:"},
    ]);
    assert_eq!(body["messages"], expected);
}

#[test]
fn only_what_the_vendor_made_goes_back() {
    let mine = Reasoning::new("").with_signature(Signature::new("anthropic", "sig"));
    let other = Reasoning::new("hm").with_signature(Signature::new("gemini", "sig"));
    let raw = Json::parse(r#"{"type":"compaction","content":"c"}"#).expect("JSON");
    let chat = ChatRequest::new(vec![
        Message::user("x"),
        Message::assistant(vec![
            ContentPart::Reasoning(other),
            ContentPart::Reasoning(Reasoning::new("unsigned")),
            ContentPart::Reasoning(mine),
            ContentPart::Opaque(Opaque::new("anthropic", raw.clone())),
            ContentPart::Opaque(Opaque::new("openai", raw)),
            ContentPart::text("y"),
        ]),
        Message::user("z"),
    ]);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    let expected = json!([
        {"type": "thinking", "thinking": "", "signature": "sig"},
        {"type": "compaction", "content": "c"},
        {"type": "text", "text": "y"},
    ]);
    assert_eq!(body["messages"][1]["content"], expected);
    assert_eq!(warnings, ["messages.reasoning", "messages.opaque"]);
    assert_eq!(
        refused("claude-sonnet-4-5", &chat.strict()),
        ErrorKind::Unsupported
    );
}

#[test]
fn instructions_go_where_the_model_takes_them() {
    let chat = ChatRequest::new(vec![
        Message::system("One."),
        Message::system(ContentPart::text("Two.").with_cache(CacheMark::new())),
        Message::user("x"),
        Message::system("Three."),
    ]);
    let (body, warnings) = sent("claude-opus-4-8", &chat);
    let expected = json!([
        {"type": "text", "text": "One."},
        {"type": "text", "text": "Two.", "cache_control": {"type": "ephemeral"}},
    ]);
    assert_eq!(body["system"], expected);
    assert_eq!(
        body["messages"][1],
        json!({"role": "system", "content": "Three."})
    );
    assert_eq!(warnings, Vec::<String>::new());
    let (body, warnings) = sent("claude-opus-4-6", &chat);
    assert_eq!(body["messages"][1], json!({"role": "user", "content": "Three."}));
    assert_eq!(warnings, ["messages.system"]);
}

#[test]
fn sampling_is_what_the_model_takes() {
    let mut chat = ChatRequest::user("x").with_temperature(1.5);
    chat.settings.top_p = Some(0.5);
    chat.settings.top_k = Some(5);
    let of = |model: &'static str| {
        let (body, warnings) = sent(model, &chat);
        (
            body["temperature"].clone(),
            body["top_p"].clone(),
            body["top_k"].clone(),
            warnings.len(),
        )
    };
    assert_eq!(of("some-model"), (json!(1.0), json!(0.5), json!(5), 2));
    assert_eq!(of("claude-sonnet-4-5"), (json!(1.0), Value::Null, json!(5), 2));
    assert_eq!(of("claude-opus-4-8"), (Value::Null, Value::Null, Value::Null, 3));
    chat.settings.reasoning = Some(ReasoningConfig::budget(2000));
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    assert_eq!(
        body["thinking"],
        json!({"type": "enabled", "budget_tokens": 2000})
    );
    assert_eq!((&body["temperature"], body.get("top_k")), (&json!(1.0), None));
    assert_eq!(warnings, ["temperature", "top_p", "top_k"]);
}

#[test]
fn thinking_leaves_room_for_the_answer() {
    let mut chat = ChatRequest::user("x")
        .with_reasoning_effort(ReasoningEffort::High)
        .with_max_output_tokens(4000);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    assert_eq!(body["thinking"]["budget_tokens"], 3999);
    assert_eq!(warnings, ["reasoning.budget_tokens"]);
    chat.settings.max_output_tokens = Some(1000);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    assert!(body.get("thinking").is_none());
    assert_eq!(warnings, ["reasoning"]);
    let mut chat = ChatRequest::user("x");
    chat.settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::Medium));
    if let Some(config) = &mut chat.settings.reasoning {
        config.include_thoughts = Some(true);
    }
    let (body, _) = sent("claude-opus-4-8", &chat);
    assert_eq!(
        body["thinking"],
        json!({"type": "adaptive", "display": "summarized"})
    );
    assert_eq!(body["output_config"], json!({"effort": "medium"}));
}

#[test]
fn calls_are_demanded_where_the_model_allows_it() {
    let chat = ChatRequest::user("x")
        .with_tools([look()])
        .with_tool_choice(ToolChoice::Required);
    let (body, _) = sent("claude-sonnet-4-5", &chat);
    assert_eq!(body["tool_choice"], json!({"type": "any"}));
    let (body, warnings) = sent("claude-sonnet-5-5", &chat);
    assert_eq!(body["tool_choice"], json!({"type": "auto"}));
    assert_eq!(warnings, ["tool_choice"]);
    let thinking = chat.clone().with_reasoning_effort(ReasoningEffort::Low);
    let (body, warnings) = sent("claude-sonnet-4-5", &thinking);
    assert_eq!(body["tool_choice"], json!({"type": "any"}));
    assert_eq!(body["thinking"], json!({"type": "disabled"}));
    assert_eq!(warnings, ["reasoning"]);
    let (body, warnings) = sent("claude-opus-4-6", &thinking);
    assert_eq!(body["tool_choice"], json!({"type": "any"}));
    assert_eq!(body["thinking"]["type"], "adaptive");
    assert_eq!(warnings, [""; 0]);
    let one = ChatRequest::user("x")
        .with_tools([look()])
        .with_parallel_tool_calls(false);
    let (body, _) = sent("claude-sonnet-4-5", &one);
    assert_eq!(
        body["tool_choice"],
        json!({"type": "auto", "disable_parallel_tool_use": true})
    );
    let none = one.with_tool_choice(ToolChoice::None);
    let (body, _) = sent("claude-sonnet-4-5", &none);
    assert_eq!(body["tool_choice"], json!({"type": "none"}));
}

#[test]
fn schemas_are_made_to_fit() {
    let schema =
        Json::parse(r#"{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}"#).expect("JSON");
    let mut tool = FunctionTool::new("count");
    tool.strict = Some(true);
    tool.parameters = Some(schema.clone());
    let format = ResponseFormat::JsonSchema(JsonSchemaFormat::new("n", schema));
    let chat = ChatRequest::user("x")
        .with_tools([
            ToolDefinition::Function(tool),
            ToolDefinition::Function(FunctionTool::new("bare")),
        ])
        .with_response_format(format);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    let fitted = json!({
        "type": "object",
        "properties": {"n": {"type": "integer", "description": "minimum: 1"}},
        "additionalProperties": false,
    });
    assert_eq!(
        body["output_config"]["format"],
        json!({"type": "json_schema", "schema": fitted})
    );
    assert_eq!(
        body["tools"][0],
        json!({"name": "count", "input_schema": fitted, "strict": true})
    );
    assert_eq!(
        body["tools"][1],
        json!({"name": "bare", "input_schema": {"type": "object"}})
    );
    assert_eq!(warnings, ["response_format.schema", "tools.parameters"]);
    let (body, warnings) = sent("claude-3-opus-20240229", &chat);
    assert!(
        body["system"]
            .as_str()
            .is_some_and(|text| text.contains("minimum"))
    );
    assert!(body.get("output_config").is_none());
    assert_eq!(warnings, ["response_format", "tools.strict"]);
    let (body, warnings) = sent(
        "claude-sonnet-4-5",
        &ChatRequest::user("x").with_response_format(ResponseFormat::Json),
    );
    assert!(body["system"].is_string());
    assert_eq!(warnings, ["response_format"]);
}

#[test]
fn settings_without_a_place_are_told() {
    let mut chat = ChatRequest::user("x");
    chat.settings.n = Some(2);
    chat.settings.seed = Some(1);
    chat.settings.frequency_penalty = Some(0.5);
    chat.settings.presence_penalty = Some(0.5);
    chat.settings.logprobs = Some(true);
    chat.settings.logit_bias = vec![(Text::from("1"), 1.0)];
    chat.settings.verbosity = Some(Text::from("low"));
    chat.settings.metadata = vec![(Text::from("a"), Text::from("b"))];
    chat.settings.user = Some(Text::from("u"));
    chat.settings.service_tier = Some(Text::from("flex"));
    chat.settings.stop_sequences = vec![Text::from(" "), Text::from("END")];
    let (body, warnings) = sent("claude-sonnet-4-5", &chat);
    assert_eq!(body["metadata"], json!({"user_id": "u"}));
    assert_eq!(body["stop_sequences"], json!(["END"]));
    let told = [
        "n",
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "logprobs",
        "logit_bias",
        "verbosity",
        "metadata",
        "stop_sequences",
        "service_tier",
    ];
    assert_eq!(warnings, told);
    assert_eq!(
        refused("claude-sonnet-4-5", &chat.strict()),
        ErrorKind::Unsupported
    );
}

#[test]
fn what_cannot_be_left_out_is_refused() {
    let of = |part: ContentPart| refused("claude-sonnet-4-5", &ChatRequest::new(vec![Message::user(part)]));
    assert_eq!(
        of(Media::bytes(MediaKind::Audio, "audio/wav", b"w").into()),
        ErrorKind::Unsupported
    );
    assert_eq!(
        of(Media::bytes(MediaKind::Video, "video/mp4", b"v").into()),
        ErrorKind::Unsupported
    );
    assert_eq!(
        of(Media::bytes(MediaKind::Document, "application/zip", b"z").into()),
        ErrorKind::Unsupported
    );
    let custom = ChatRequest::user("x").with_tools([ToolDefinition::Custom(CustomTool::new("run"))]);
    assert_eq!(refused("claude-sonnet-4-5", &custom), ErrorKind::Unsupported);
}

#[test]
fn documents_of_text_are_sent_as_text() {
    let media = Media::bytes(MediaKind::Document, "text/markdown", b"# Hi");
    let (body, _) = sent(
        "claude-sonnet-4-5",
        &ChatRequest::new(vec![Message::user(ContentPart::from(media))]),
    );
    let source = &body["messages"][0]["content"][0]["source"];
    assert_eq!(
        *source,
        json!({"type": "text", "media_type": "text/plain", "data": "# Hi"})
    );
}

#[test]
fn arguments_that_are_no_object_are_wrapped() {
    let cut = ContentPart::ToolCall(ToolCall::new("a", "look", r#"{"at":"#));
    let chat = ChatRequest::new(vec![
        Message::user("x"),
        Message::assistant(cut),
        Message::tool([ToolResult::new("a", Content::from("none"))]),
    ]);
    let (body, warnings) = sent("claude-sonnet-4-5", &chat.with_tools([look()]));
    assert_eq!(
        body["messages"][1]["content"][0]["input"],
        json!({"input": r#"{"at":"#})
    );
    assert_eq!(warnings, ["messages.tool_call.arguments"]);
}

/// The vendor checks thoughts against the very bytes in front of them: a longer history begins with the shorter one.
#[test]
fn a_history_grows_at_its_end_only() {
    let mut chat = ChatRequest::user("x")
        .with_system("Be brief.")
        .with_tools([look()]);
    let messages = |chat: &ChatRequest| {
        let call = Call::new("claude-opus-5-5", chat.clone());
        let encoded = request::encode(&Service::default(), &speaker(), &call, chat).expect("a request");
        let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
        body["messages"].as_array().cloned().unwrap_or_default()
    };
    let mut before = messages(&chat);
    let thought = Reasoning::new("hm").with_signature(Signature::new("anthropic", "sig"));
    for turn in [
        Message::assistant(vec![
            ContentPart::Reasoning(thought),
            ContentPart::ToolCall(ToolCall::new("a", "look", "{}")),
        ]),
        Message::tool([ToolResult::new("a", "one")]),
        Message::assistant("Seen."),
        Message::user("More."),
    ] {
        chat.messages.push(turn);
        let now = messages(&chat);
        assert_eq!(now[..before.len()], before[..]);
        before = now;
    }
}
