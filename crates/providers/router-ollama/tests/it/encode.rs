//! What the client side sends, warns of, and refuses.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{Media, MediaKind, MediaSource, Reasoning};
use router_core::embedding::EmbeddingInput;
use router_core::tool::{CustomTool, FunctionTool};
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, ErrorKind, Json, Message, Operation, ReasoningEffort,
    ResponseFormat, Signature, ToolCall, ToolChoice, ToolDefinition, ToolResult,
};
use router_ollama::{KeepAlive, OllamaOptions, Think};
use router_wire::{Codec as _, Encoded};
use serde_json::{Value, json};

use crate::side::codec;

fn encoded(operation: impl Into<Operation>) -> router_core::Result<Encoded> {
    codec().encode(&Call::new("qwen3", operation.into()))
}

fn body(operation: impl Into<Operation>) -> Value {
    let encoded = encoded(operation).expect("a request that can be written");
    serde_json::from_slice(&encoded.request.body).expect("JSON")
}

fn warned(request: ChatRequest) -> Vec<String> {
    let encoded = encoded(request.clone()).expect("a request that can be written");
    let strict = encoded_kind(request.strict());
    assert_eq!(
        strict.is_some(),
        !encoded.warnings.is_empty(),
        "strict callers get an error instead"
    );
    encoded
        .warnings
        .iter()
        .map(|warning| warning.setting.to_string())
        .collect()
}

fn encoded_kind(operation: impl Into<Operation>) -> Option<ErrorKind> {
    encoded(operation).err().map(|error| error.kind())
}

#[test]
fn nothing_is_sent_that_was_not_set() {
    let body = body(ChatRequest::user("Hello."));
    let bare =
        json!({"model": "qwen3", "messages": [{"role": "user", "content": "Hello."}], "stream": false});
    assert_eq!(body, bare);
}

#[test]
fn streams_are_asked_for() {
    let call = Call::new("qwen3", ChatRequest::user("x")).streaming();
    let encoded = codec().encode(&call).expect("a request");
    assert!(encoded.streams);
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(body["stream"], true);
}

#[test]
fn settings_stand_among_the_runners_options() {
    let mut request = ChatRequest::user("x")
        .with_max_output_tokens(9)
        .with_temperature(0.5);
    request.settings.top_p = Some(0.75);
    request.settings.top_k = Some(7);
    request.settings.seed = Some(-3);
    request.settings.frequency_penalty = Some(0.25);
    request.settings.presence_penalty = Some(0.125);
    request.settings.stop_sequences = vec!["END".into()];
    request.settings.logprobs = Some(true);
    request.settings.top_logprobs = Some(2);
    let body = body(request);
    assert_eq!(
        body["options"],
        json!({
            "num_predict": 9, "temperature": 0.5, "top_p": 0.75, "top_k": 7, "seed": -3,
            "frequency_penalty": 0.25, "presence_penalty": 0.125, "stop": ["END"],
        })
    );
    assert_eq!(
        (&body["logprobs"], &body["top_logprobs"]),
        (&json!(true), &json!(2))
    );
}

#[test]
fn own_options_go_beside_the_settings_and_win() {
    let options = OllamaOptions::default()
        .with_keep_alive(KeepAlive::Seconds(0))
        .with_context(8192)
        .with_option("temperature", 0.1);
    let mut options = options;
    options.truncate = Some(false);
    options.think = Some(Think::Toggle(true));
    let request = ChatRequest::user("x")
        .with_temperature(0.9)
        .with_max_output_tokens(5);
    let request = request.with_reasoning_effort(ReasoningEffort::Low);
    let body = body(
        request
            .with_provider_options("ollama", &options)
            .expect("options"),
    );
    assert_eq!(
        body["options"],
        json!({"num_predict": 5, "temperature": 0.1, "num_ctx": 8192})
    );
    assert_eq!(body["keep_alive"], 0);
    assert_eq!(body["truncate"], false);
    assert_eq!(body["think"], true);
}

#[test]
fn thinking_is_a_level_or_a_choice() {
    let think = |config: ReasoningConfig| {
        let mut request = ChatRequest::user("x");
        request.settings.reasoning = Some(config);
        (body(request.clone())["think"].clone(), warned(request))
    };
    let level = |effort| think(ReasoningConfig::effort(effort));
    assert_eq!(level(ReasoningEffort::None), (json!(false), vec![]));
    assert_eq!(level(ReasoningEffort::Medium), (json!("medium"), vec![]));
    assert_eq!(
        level(ReasoningEffort::XHigh),
        (json!("max"), vec!["reasoning.effort".to_owned()])
    );
    assert_eq!(
        think(ReasoningConfig::budget(4096)),
        (json!(true), vec!["reasoning.budget_tokens".to_owned()])
    );
    assert_eq!(think(ReasoningConfig::budget(0)), (json!(false), vec![]));
    assert_eq!(think(ReasoningConfig::default()), (Value::Null, vec![]));
}

#[test]
fn formats_are_the_word_or_the_schema_itself() {
    let with = |format| body(ChatRequest::user("x").with_response_format(format))["format"].clone();
    assert_eq!(with(ResponseFormat::Text), Value::Null);
    assert_eq!(with(ResponseFormat::Json), "json");
    let schema = json!({"type": "object"});
    let format = JsonSchemaFormat::new("answer", Json::from(&schema));
    assert_eq!(with(ResponseFormat::JsonSchema(format.clone())), schema);
    let mut described = format;
    described.description = Some("What to say.".into());
    let request = ChatRequest::user("x").with_response_format(ResponseFormat::JsonSchema(described.clone()));
    assert_eq!(warned(request), ["response_format.description"]);
    described.schema = None;
    let request = ChatRequest::user("x").with_response_format(ResponseFormat::JsonSchema(described));
    assert_eq!(encoded_kind(request), Some(ErrorKind::Unsupported));
}

#[test]
fn tools_are_left_out_when_none_may_be_called() {
    let request = || ChatRequest::user("x").with_tools([ToolDefinition::Function(FunctionTool::new("f"))]);
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    assert_eq!(body(request())["tools"], tools);
    assert_eq!(
        body(request().with_tool_choice(ToolChoice::None))["tools"],
        Value::Null
    );
    assert!(warned(request().with_tool_choice(ToolChoice::None)).is_empty());
    assert_eq!(
        warned(request().with_tool_choice(ToolChoice::Required)),
        ["tool_choice"]
    );
    assert_eq!(
        warned(request().with_parallel_tool_calls(false)),
        ["parallel_tool_calls"]
    );
    let custom = ChatRequest::user("x").with_tools([ToolDefinition::Custom(CustomTool::new("f"))]);
    assert_eq!(encoded_kind(custom), Some(ErrorKind::Unsupported));
}

#[test]
fn a_conversation_is_written_message_by_message() {
    let request = ChatRequest::new(vec![
        Message::system("Be brief."),
        Message::user([
            ContentPart::text("Look: "),
            Media::bytes(MediaKind::Image, "image/png", b"png").into(),
            ContentPart::text("what is it?"),
        ]),
        Message::assistant([
            Reasoning::new("Hm.").into(),
            ContentPart::text("Let me see."),
            ToolCall::new("call-1", "look", r#"{"at": 1}"#).into(),
        ]),
        Message::tool([
            ToolResult::new("call-1", "A cat."),
            ToolResult::new("call-0", "?"),
        ]),
    ]);
    assert_eq!(
        body(request)["messages"],
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Look: what is it?", "images": ["cG5n"]},
            {"role": "assistant", "content": "Let me see.", "thinking": "Hm.",
             "tool_calls": [{"id": "call-1", "function": {"name": "look", "arguments": {"at": 1}}}]},
            {"role": "tool", "content": "A cat.", "tool_name": "look", "tool_call_id": "call-1"},
            {"role": "tool", "content": "?", "tool_call_id": "call-0"},
        ])
    );
}

#[test]
fn what_the_wire_cannot_carry_is_told() {
    let said = |part: ContentPart| ChatRequest::new(vec![Message::user("x"), Message::assistant([part])]);
    let signed = Reasoning::new("Hm.").with_signature(Signature::new("anthropic", "c2ln"));
    assert_eq!(warned(said(signed.clone().into())), ["messages.reasoning"]);
    assert_eq!(
        body(said(signed.into()))["messages"][1],
        json!({"role": "assistant", "content": ""})
    );
    let asked = |media: Media| ChatRequest::new(vec![Message::user([media.into()])]);
    let url = Media::image_url("https://example.com/cat.png");
    assert_eq!(encoded_kind(asked(url)), Some(ErrorKind::Unsupported));
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF");
    assert_eq!(encoded_kind(asked(sound)), Some(ErrorKind::Unsupported));
    let notes = Media::new(MediaKind::Document, MediaSource::Text("Notes.".into()));
    assert_eq!(warned(asked(notes.clone())), ["messages.document"]);
    assert_eq!(body(asked(notes))["messages"][0]["content"], "Notes.\n");
    assert_eq!(
        warned(ChatRequest::new(vec![Message::user("x").with_name("Zoë")])),
        ["messages.name"]
    );
}

#[test]
fn texts_become_vectors_and_tokens_do_not() {
    let mut request = EmbeddingRequest::new(["one", "two"]).with_dimensions(3);
    request.truncate = Some(false);
    assert_eq!(
        body(request),
        json!({"model": "qwen3", "input": ["one", "two"], "truncate": false, "dimensions": 3})
    );
    let tokens = EmbeddingRequest::new([EmbeddingInput::Tokens(vec![1])]);
    assert_eq!(encoded_kind(tokens), Some(ErrorKind::Unsupported));
}
