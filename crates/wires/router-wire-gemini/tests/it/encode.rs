//! Requests in the form that the vendor takes, and what is said about the difference.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{CacheMark, Media, MediaKind, MediaSource, Opaque, Reasoning};
use router_core::tool::{CustomTool, FunctionTool, ServerToolCall, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, ContentPart, ErrorKind, Json, Message, ReasoningEffort, ResponseFormat, Signature,
    Text, ToolChoice, ToolDefinition,
};
use router_wire_gemini::{Rules, Service, request};
use serde_json::{Value, json};

use crate::side::{encoded, sent, speaker};

const NOW: &str = "gemini-3-pro-preview";
const OLD: &str = "gemini-2.5-flash";

fn refused(model: &'static str, chat: &ChatRequest) -> ErrorKind {
    let call = Call::new(model, chat.clone());
    encoded(&call, chat).expect_err("an error").kind()
}

fn look() -> FunctionTool {
    let mut tool = FunctionTool::new("look");
    tool.parameters = Some(Json::from(
        json!({"type": "object", "properties": {"at": {"type": "string"}}}),
    ));
    tool
}

fn call(id: &str, name: &str) -> ContentPart {
    ContentPart::ToolCall(ToolCall::new(id, name, "{}"))
}

fn signed(part: ContentPart, maker: &str, data: &str) -> ContentPart {
    let mut part = part;
    if let Some(riders) = part.riders_mut() {
        riders.set_signature(Some(Signature::new(maker, data)));
    }
    part
}

fn search() -> ToolDefinition {
    ToolDefinition::Provider(Opaque::new("gemini", Json::from(json!({"googleSearch": {}}))))
}

#[test]
fn streams_have_a_method_of_their_own() {
    let chat = ChatRequest::user("x");
    let call = Call::new(NOW, chat.clone());
    let path = |call: &Call| encoded(call, &chat).expect("a request").request.path;
    assert_eq!(path(&call), "/models/gemini-3-pro-preview:generateContent");
    let path = path(&call.streaming());
    assert_eq!(path, "/models/gemini-3-pro-preview:streamGenerateContent?alt=sse");
}

#[test]
fn turns_are_joined_and_results_stand_where_their_calls_stood() {
    let chat = ChatRequest::new(vec![
        Message::user("a"),
        Message::user("b"),
        Message::assistant(vec![ContentPart::text(""), call("1", "look"), call("2", "hear")]),
        Message::tool([ToolResult::new("2", "bang"), ToolResult::error("1", "dark")]),
        Message::user("And now?"),
    ]);
    let (body, warnings) = sent(OLD, &chat);
    let expected = json!([
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [
            {"functionCall": {"id": "1", "name": "look", "args": {}}},
            {"functionCall": {"id": "2", "name": "hear", "args": {}}},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"id": "1", "name": "look", "response": {"error": "dark"}}},
            {"functionResponse": {"id": "2", "name": "hear", "response": {"output": "bang"}}},
            {"text": "And now?"},
        ]},
    ]);
    assert_eq!(body["contents"], expected);
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn calls_have_no_ids_where_the_service_knows_none() {
    let chat = ChatRequest::new(vec![
        Message::user("a"),
        Message::assistant(vec![call("1", "look"), call("2", "look")]),
        Message::tool([ToolResult::new("2", "two"), ToolResult::new("1", "one")]),
    ]);
    let call = Call::new(OLD, chat.clone());
    let encoded =
        request::encode(&Service::VERTEX, &Rules::of(OLD), &speaker(), &call, &chat).expect("a request");
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let expected = json!([
        {"functionResponse": {"name": "look", "response": {"output": "one"}}},
        {"functionResponse": {"name": "look", "response": {"output": "two"}}},
    ]);
    assert_eq!(body["contents"][2]["parts"], expected);
    assert_eq!(
        body["contents"][1]["parts"][0],
        json!({"functionCall": {"name": "look", "args": {}}})
    );
}

#[test]
fn what_tools_give_becomes_an_object() {
    let result = |content: &str| {
        let chat = ChatRequest::new(vec![
            Message::user("a"),
            Message::assistant(call("1", "look")),
            Message::tool([ToolResult::new("1", content)]),
        ]);
        sent(OLD, &chat).0["contents"][2]["parts"][0]["functionResponse"]["response"].clone()
    };
    assert_eq!(result("21 degrees"), json!({"output": "21 degrees"}));
    assert_eq!(result(r#"{"degrees": 21}"#), json!({"degrees": 21}));
    assert_eq!(result("[1]"), json!({"output": "[1]"}));
    assert_eq!(result(""), json!({"output": ""}));
}

#[test]
fn media_from_tools_stands_in_the_result_or_behind_it() {
    let picture = Media::bytes(MediaKind::Image, "image/png", b"png");
    let result = ToolResult::new("1", vec![ContentPart::text("seen"), picture.into()]);
    let chat = ChatRequest::new(vec![
        Message::user("a"),
        Message::assistant(call("1", "look")),
        Message::tool([result]),
    ]);
    let data = json!({"inlineData": {"mimeType": "image/png", "data": "cG5n"}});
    let parts = &sent(NOW, &chat).0["contents"][2]["parts"];
    assert_eq!(parts[0]["functionResponse"]["parts"], json!([data]));
    let parts = &sent(OLD, &chat).0["contents"][2]["parts"];
    assert_eq!(
        parts[0]["functionResponse"]["response"],
        json!({"output": "seen"})
    );
    assert_eq!((&parts[1], parts.as_array().map(Vec::len)), (&data, Some(2)));
}

/// Only the first call of a step is signed, and one that never was gets the word that stands for it.
#[test]
fn unsigned_history_gets_the_word_for_it() {
    let word = json!("skip_thought_signature_validator");
    let chat = ChatRequest::new(vec![
        Message::user("a"),
        Message::assistant(vec![call("1", "look"), call("2", "look")]),
        Message::tool([ToolResult::new("1", "one"), ToolResult::new("2", "two")]),
        Message::assistant(vec![
            signed(call("3", "look"), "gemini", "c2ln"),
            call("4", "look"),
        ]),
        Message::tool([ToolResult::new("3", "one"), ToolResult::new("4", "two")]),
        Message::assistant(signed(call("5", "look"), "anthropic", "c2ln")),
        Message::tool([ToolResult::new("5", "one")]),
    ]);
    let signatures = |model| {
        let (body, _) = sent(model, &chat);
        let turns = body["contents"].as_array().cloned().unwrap_or_default();
        let parts = turns
            .into_iter()
            .flat_map(|turn| turn["parts"].as_array().cloned().unwrap_or_default());
        let calls = parts.filter(|part| part.get("functionCall").is_some());
        calls
            .map(|part| part["thoughtSignature"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        signatures(NOW),
        [word.clone(), Value::Null, json!("c2ln"), Value::Null, word]
    );
    assert_eq!(
        signatures(OLD),
        [Value::Null, Value::Null, json!("c2ln"), Value::Null, Value::Null]
    );
}

#[test]
fn only_what_the_vendor_made_goes_back() {
    let own = Json::from(json!({"executableCode": {"code": "1"}, "thoughtSignature": "b3du"}));
    let opaque = Json::from(json!({"toolResponse": {"id": "1"}, "thoughtSignature": "cmVz"}));
    let chat = ChatRequest::new(vec![
        Message::user("x"),
        Message::assistant(vec![
            signed(
                ContentPart::Reasoning(Reasoning::new("other")),
                "anthropic",
                "sig",
            ),
            ContentPart::Reasoning(Reasoning::new("unsigned")),
            signed(ContentPart::Reasoning(Reasoning::new("mine")), "gemini", "sig"),
            ContentPart::ServerToolCall(ServerToolCall::new("gemini", "code_execution", own.clone())),
            ContentPart::Opaque(Opaque::new("gemini", opaque.clone())),
            ContentPart::Opaque(Opaque::new("openai", opaque.clone())),
            signed(ContentPart::text("y"), "anthropic", "sig"),
            signed(ContentPart::text(""), "gemini", "ZW5k"),
        ]),
        Message::user("z"),
    ]);
    let (body, warnings) = sent(NOW, &chat);
    let expected = json!([
        {"text": "mine", "thought": true, "thoughtSignature": "sig"},
        own.to_value(),
        opaque.to_value(),
        {"text": "y"},
        {"text": "", "thoughtSignature": "ZW5k"},
    ]);
    assert_eq!(body["contents"][1]["parts"], expected);
    assert_eq!(
        warnings,
        ["messages.reasoning", "messages.opaque", "messages.signature"]
    );
    assert_eq!(refused(NOW, &chat.strict()), ErrorKind::Unsupported);
}

#[test]
fn instructions_go_where_the_model_takes_them() {
    let mut chat = ChatRequest::new(vec![
        Message::system("One."),
        Message::system("Two."),
        Message::user("x"),
    ]);
    let (body, warnings) = sent(NOW, &chat);
    assert_eq!(
        body["systemInstruction"],
        json!({"parts": [{"text": "One."}, {"text": "Two."}]})
    );
    assert_eq!(warnings, Vec::<String>::new());
    let (body, _) = sent("gemma-3-27b-it", &chat);
    let parts = json!([{"text": "One."}, {"text": "Two."}, {"text": "x"}]);
    assert_eq!(
        (&body["contents"][0]["parts"], body.get("systemInstruction")),
        (&parts, None)
    );
    chat.messages.push(Message::system("Three."));
    let (body, warnings) = sent(NOW, &chat);
    assert_eq!(body["systemInstruction"]["parts"][2], json!({"text": "Three."}));
    assert_eq!(warnings, ["messages.system"]);
    assert_eq!(
        refused(NOW, &ChatRequest::new(vec![Message::system("x")])),
        ErrorKind::InvalidRequest
    );
}

#[test]
fn empty_texts_are_left_out_unless_nothing_else_is_said() {
    let chat = ChatRequest::new(vec![
        Message::user(vec![ContentPart::text(""), ContentPart::text("x")]),
        Message::assistant(""),
        Message::user(""),
    ]);
    let contents =
        json!([{"role": "user", "parts": [{"text": "x"}]}, {"role": "user", "parts": [{"text": ""}]}]);
    assert_eq!(sent(NOW, &chat).0["contents"], contents);
}

#[test]
fn thinking_is_asked_for_as_the_model_takes_it() {
    let config = |model, reasoning: ReasoningConfig| {
        let mut chat = ChatRequest::user("x");
        chat.settings.reasoning = Some(reasoning);
        let (body, warnings) = sent(model, &chat);
        (
            body["generationConfig"]["thinkingConfig"].clone(),
            warnings.join(","),
        )
    };
    let effort = |model, effort| config(model, ReasoningConfig::effort(effort));
    let level = |level: &str| json!({"thinkingLevel": level, "includeThoughts": true});
    let budget = |tokens: u64| json!({"thinkingBudget": tokens, "includeThoughts": true});
    let told = |name: &str| name.to_owned();
    assert_eq!(effort(NOW, ReasoningEffort::High), (level("HIGH"), told("")));
    assert_eq!(
        effort(NOW, ReasoningEffort::Max),
        (level("HIGH"), told("reasoning.effort"))
    );
    assert_eq!(
        effort(NOW, ReasoningEffort::Minimal),
        (level("LOW"), told("reasoning.effort"))
    );
    assert_eq!(
        effort("gemini-3-flash-preview", ReasoningEffort::Minimal),
        (level("MINIMAL"), told(""))
    );
    let off = json!({"thinkingLevel": "LOW"});
    assert_eq!(
        effort(NOW, ReasoningEffort::None),
        (off, told("reasoning.effort"))
    );
    assert_eq!(
        effort(OLD, ReasoningEffort::None),
        (json!({"thinkingBudget": 0}), told(""))
    );
    assert_eq!(effort(OLD, ReasoningEffort::Medium), (budget(10_240), told("")));
    let least = json!({"thinkingBudget": 128});
    assert_eq!(
        effort("gemini-2.5-pro", ReasoningEffort::None),
        (least, told("reasoning.effort"))
    );
    assert_eq!(
        config(OLD, ReasoningConfig::budget(99_000)),
        (budget(24_576), told("reasoning.budget_tokens"))
    );
    assert_eq!(
        config(NOW, ReasoningConfig::budget(9000)),
        (level("MEDIUM"), told("reasoning.budget_tokens"))
    );
    assert_eq!(
        effort("gemini-2.0-flash", ReasoningEffort::High),
        (Value::Null, told("reasoning"))
    );
    let mut both = ReasoningConfig::effort(ReasoningEffort::Low);
    both.budget_tokens = Some(20_000);
    both.include_thoughts = Some(false);
    let expected = json!({"thinkingLevel": "LOW", "includeThoughts": false});
    assert_eq!(config(NOW, both), (expected, told("reasoning.budget_tokens")));
}

#[test]
fn schemas_are_json_schemas() {
    let schema = json!({"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}});
    let format = JsonSchemaFormat::new("n", Json::from(schema.clone()));
    let chat = ChatRequest::user("x").with_response_format(ResponseFormat::JsonSchema(format));
    let expected = json!({"responseMimeType": "application/json", "responseJsonSchema": schema});
    assert_eq!(sent(OLD, &chat).0["generationConfig"], expected);
    let tools = [
        ToolDefinition::Function(look()),
        ToolDefinition::Function(FunctionTool::new("bare")),
    ];
    let with_tools = chat.clone().with_tools(tools.clone());
    assert_eq!(refused(OLD, &with_tools), ErrorKind::Unsupported);
    let (body, _) = sent(NOW, &with_tools);
    let declared = json!([{"functionDeclarations": [
        {"name": "look", "parametersJsonSchema": {"type": "object", "properties": {"at": {"type": "string"}}}},
        {"name": "bare"},
    ]}]);
    assert_eq!(body["tools"], declared);
    let json = ChatRequest::user("x").with_response_format(ResponseFormat::Json);
    assert_eq!(
        sent(OLD, &json).0["generationConfig"],
        json!({"responseMimeType": "application/json"})
    );
    let mut nothing = JsonSchemaFormat::new("n", Json::null());
    nothing.schema = None;
    let none = ChatRequest::user("x").with_response_format(ResponseFormat::JsonSchema(nothing));
    assert_eq!(refused(NOW, &none), ErrorKind::Unsupported);
    // Older models refuse an object without fields, which says no more than its absence.
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let mut empty = FunctionTool::new("empty");
    empty.parameters = Some(Json::from(schema.clone()));
    let chat = ChatRequest::user("x").with_tools([ToolDefinition::Function(empty)]);
    let declared = |model| sent(model, &chat).0["tools"][0]["functionDeclarations"].clone();
    assert_eq!(declared(OLD), json!([{"name": "empty"}]));
    assert_eq!(
        declared(NOW),
        json!([{"name": "empty", "parametersJsonSchema": schema}])
    );
}

#[test]
fn calls_are_demanded_allowed_or_held_to_their_schema() {
    let config = |choice: Option<ToolChoice>, strict| {
        let mut tool = look();
        tool.strict = strict;
        let mut chat = ChatRequest::user("x").with_tools([ToolDefinition::Function(tool)]);
        chat.tool_choice = choice;
        sent(NOW, &chat).0.get("toolConfig").cloned().unwrap_or_default()["functionCallingConfig"].clone()
    };
    assert_eq!(config(None, None), Value::Null);
    assert_eq!(config(None, Some(false)), Value::Null);
    assert_eq!(config(None, Some(true)), json!({"mode": "VALIDATED"}));
    assert_eq!(config(Some(ToolChoice::Auto), None), json!({"mode": "AUTO"}));
    assert_eq!(config(Some(ToolChoice::None), None), json!({"mode": "NONE"}));
    assert_eq!(
        config(Some(ToolChoice::Required), Some(true)),
        json!({"mode": "ANY"})
    );
    let named = json!({"mode": "ANY", "allowedFunctionNames": ["look"]});
    assert_eq!(config(Some(ToolChoice::Tool(Text::from("look"))), None), named);
}

#[test]
fn own_tools_stand_beside_functions_where_the_model_takes_both() {
    let alone = ChatRequest::user("x").with_tools([search()]);
    let (body, warnings) = sent(OLD, &alone);
    assert_eq!(
        (&body["tools"], warnings.len()),
        (&json!([{"googleSearch": {}}]), 0)
    );
    let mixed = alone.with_tools([search(), ToolDefinition::Function(look())]);
    let (body, _) = sent(NOW, &mixed);
    assert_eq!(
        body["toolConfig"],
        json!({"includeServerSideToolInvocations": true})
    );
    assert_eq!(refused(OLD, &mixed), ErrorKind::Unsupported);
    let foreign = ToolDefinition::Provider(Opaque::new("openai", Json::from(json!({"type": "web_search"}))));
    assert_eq!(
        refused(NOW, &ChatRequest::user("x").with_tools([foreign])),
        ErrorKind::Unsupported
    );
    let custom = ToolDefinition::Custom(CustomTool::new("free"));
    assert_eq!(
        refused(NOW, &ChatRequest::user("x").with_tools([custom])),
        ErrorKind::Unsupported
    );
}

#[test]
fn options_are_fields_of_the_body_and_of_its_settings() {
    let options = json!({
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "cachedContent": "cachedContents/1",
        "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW", "temperature": 0.1},
    });
    let chat = ChatRequest::user("x")
        .with_temperature(0.5)
        .with_provider_options("gemini", &options)
        .expect("options");
    let (body, _) = sent(NOW, &chat);
    assert_eq!(body["safetySettings"], options["safetySettings"]);
    assert_eq!(body["cachedContent"], "cachedContents/1");
    assert_eq!(body["generationConfig"], options["generationConfig"]);
    let wrong = ChatRequest::user("x")
        .with_provider_options("gemini", &json!(["x"]))
        .expect("JSON");
    assert_eq!(refused(NOW, &wrong), ErrorKind::InvalidRequest);
    let others = ChatRequest::user("x")
        .with_provider_options("openai", &json!({"x": 1}))
        .expect("options");
    assert_eq!(sent(NOW, &others).0, sent(NOW, &ChatRequest::user("x")).0);
}

#[test]
fn cache_marks_are_told() {
    let chat = ChatRequest::new(vec![Message::user(
        ContentPart::text("x").with_cache(CacheMark::new()),
    )]);
    assert_eq!(sent(NOW, &chat).1, ["cache"]);
}

#[test]
fn bounds_of_the_vendor_are_told_before_it_is_asked() {
    let with = |set: fn(&mut ChatRequest)| {
        let mut chat = ChatRequest::user("x");
        set(&mut chat);
        refused(NOW, &chat)
    };
    assert_eq!(
        with(|chat| chat.settings.seed = Some(1 << 40)),
        ErrorKind::InvalidRequest
    );
    let stops = |chat: &mut ChatRequest| chat.settings.stop_sequences = vec![Text::from("x"); 6];
    assert_eq!(with(stops), ErrorKind::InvalidRequest);
    let bytes = |chat: &mut ChatRequest| {
        let media = Media::new(MediaKind::Image, MediaSource::Base64(Text::from("cG5n")));
        chat.messages.push(Message::user(ContentPart::from(media)));
    };
    assert_eq!(with(bytes), ErrorKind::InvalidRequest);
}
