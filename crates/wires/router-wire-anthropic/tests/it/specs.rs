//! What is written fits the published schemas, in a folder named by `ROUTER_SPECS`.

use std::path::{Path, PathBuf};

use router_core::chat::JsonSchemaFormat;
use router_core::content::{CacheMark, Media, MediaKind, MediaSource, Reasoning};
use router_core::tokens::CountTokensRequest;
use router_core::tool::{FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, ContentPart, Json, Message, ReasoningEffort, ResponseFormat, Signature, Text,
    ToolChoice, ToolDefinition,
};
use router_wire_anthropic::{Service, request, tokens};
use serde_json::{Value, json};

use crate::side::speaker;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUTER_SPECS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ROUTER_SPECS not set");
    }
    folder
}

fn validator(folder: &Path, file: &str, root: &str) -> jsonschema::Validator {
    let path = folder.join("anthropic").join(file);
    let text = std::fs::read_to_string(path).expect("a file of schemas");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    schema["$ref"] = format!("#/$defs/{root}").into();
    jsonschema::validator_for(&schema).expect("a schema")
}

fn check(validator: &jsonschema::Validator, value: &Value, what: &str) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}\n{value}\n{}", errors.join("\n"));
}

const MODELS: &[&str] = &[
    "claude-3-opus-20240229",
    "claude-sonnet-4-20250514",
    "claude-sonnet-4-5",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-8",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-haiku-5-5",
];

/// A request with everything that this library has for the vendor.
fn full() -> ChatRequest {
    let mut tool = FunctionTool::new("look");
    tool.description = Some(Text::from("Looks."));
    tool.strict = Some(true);
    tool.cache = Some(CacheMark::with_ttl("1h"));
    tool.parameters =
        Some(Json::parse(r#"{"type":"object","properties":{"at":{"type":"string"}}}"#).expect("JSON"));
    let schema =
        Json::parse(r#"{"type":"object","properties":{"a":{"type":"number","maximum":3}}}"#).expect("JSON");
    let mut hidden = Reasoning::new("").with_signature(Signature::new("anthropic", "c2ln"));
    hidden.redacted = true;
    let mut result = ToolResult::new(
        "call.1",
        vec![
            ContentPart::text("Seen."),
            Media::bytes(MediaKind::Image, "image/png", b"png").into(),
        ],
    );
    result.is_error = true;
    let mut chat = ChatRequest::new(vec![
        Message::system("Be brief."),
        Message::user(vec![
            ContentPart::text("What is it?").with_cache(CacheMark::new()),
            Media::image_url("https://example.com/a.png").into(),
            Media::bytes(MediaKind::Image, "image/jpg", b"jpg").into(),
            Media::bytes(MediaKind::Document, "application/pdf", b"%PDF-").into(),
            Media::bytes(MediaKind::Document, "text/csv", b"a,b").into(),
            Media::new(MediaKind::Document, MediaSource::File(Text::from("file_1"))).into(),
        ]),
        Message::assistant(vec![
            ContentPart::Reasoning(Reasoning::new("hm").with_signature(Signature::new("anthropic", "c2ln"))),
            ContentPart::Reasoning(hidden),
            ContentPart::text("I look."),
            ContentPart::ToolCall(ToolCall::new("call.1", "look", r#"{"at":"it"}"#)),
        ]),
        Message::tool([result]),
        Message::user("Well?"),
    ])
    .with_tools([ToolDefinition::Function(tool)])
    .with_response_format(ResponseFormat::JsonSchema(JsonSchemaFormat::new("a", schema)))
    .with_temperature(0.5)
    .with_stop_sequences(["END"])
    .with_reasoning_effort(ReasoningEffort::XHigh);
    chat.settings.top_p = Some(0.9);
    chat.settings.top_k = Some(3);
    chat.settings.seed = Some(1);
    chat.settings.user = Some(Text::from("u"));
    chat.settings.service_tier = Some(Text::from("default"));
    chat
}

fn variants() -> Vec<ChatRequest> {
    let full = full();
    let mut between = full.clone();
    between.messages.push(Message::system("Mind this."));
    let mut off = full.clone().with_reasoning_effort(ReasoningEffort::None);
    off.parallel_tool_calls = Some(false);
    let mut bare = full.clone();
    bare.tools.clear();
    bare.response_format = Some(ResponseFormat::Json);
    vec![
        ChatRequest::user("x"),
        full.clone().with_tool_choice(ToolChoice::Required),
        full.clone()
            .with_tool_choice(ToolChoice::Tool(Text::from("look"))),
        full,
        between,
        off,
        bare,
    ]
}

#[test]
fn requests_fit_the_published_schema() {
    let Some(folder) = folder() else { return };
    const FILE: &str = "anthropic-request-schemas.json";
    let plain = validator(&folder, FILE, "MessageCreate_2023-06-01");
    let streaming = validator(&folder, FILE, "MessageCreateStreaming_2023-06-01");
    let newer = validator(&folder, FILE, "MessageCreate");
    let counting = validator(&folder, FILE, "CountTokens");
    let options = json!({"version": "2026-10-21"});
    let mut checked = 0;
    for chat in variants() {
        for model in MODELS.iter().copied() {
            let call = Call::new(model, chat.clone());
            let body = |call: &Call, chat: &ChatRequest| -> Value {
                let encoded =
                    request::encode(&Service::default(), &speaker(), call, chat).expect("a request");
                serde_json::from_slice(&encoded.request.body).expect("JSON")
            };
            check(&plain, &body(&call, &chat), model);
            check(&streaming, &body(&call.clone().streaming(), &chat), model);
            let chat = chat
                .clone()
                .with_provider_options("anthropic", &options)
                .expect("options");
            check(&newer, &body(&call, &chat), model);
            let count = CountTokensRequest::new(chat);
            let counted = tokens::encode(&Service::default(), &speaker(), &call, &count).expect("a request");
            let counted: Value = serde_json::from_slice(&counted.request.body).expect("JSON");
            check(&counting, &counted, model);
            checked += 4;
        }
    }
    println!("{checked} requests checked");
}
