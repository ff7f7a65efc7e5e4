//! What layers need to know of a call, without knowing its operation.

use router_core::chat::JsonSchemaFormat;
use router_core::content::MediaKind;
use router_core::{
    Call, Capabilities, ChatRequest, ContentPart, EmbeddingRequest, Feature, Json, Media, Message, ModelId,
    ModelRef, Operation, OperationKind, ResponseFormat, ToolDefinition, ToolResult,
};

fn needs(request: ChatRequest) -> Vec<&'static str> {
    let needs = Call::new("m", request).needs();
    needs.features.iter().map(Feature::as_str).collect()
}

#[test]
fn needs_of_chats() {
    assert!(needs(ChatRequest::user("Hi")).is_empty());
    assert_eq!(
        needs(ChatRequest::user("Hi").with_system("Be nice.")),
        ["system_messages"]
    );
    let tool = ToolDefinition::function("f", "d", Json::empty_object());
    assert_eq!(needs(ChatRequest::user("Hi").with_tools([tool])), ["tools"]);
    let format = ResponseFormat::JsonSchema(JsonSchemaFormat::new("s", Json::empty_object()));
    assert_eq!(
        needs(ChatRequest::user("Hi").with_response_format(format)),
        ["json_schema"]
    );
    let with = |part: ContentPart| needs(ChatRequest::new(vec![Message::user([part])]));
    assert_eq!(with(Media::image_url("https://x").into()), ["image_url_input"]);
    assert_eq!(
        with(Media::image_bytes("image/png", b"x").into()),
        ["image_input"]
    );
    assert_eq!(
        with(Media::url(MediaKind::Audio, "https://x").into()),
        ["audio_input"]
    );
    let inside = ToolResult::new(
        "c",
        [ContentPart::from(Media::url(MediaKind::Document, "https://x"))],
    );
    assert_eq!(with(inside.into()), ["document_input"]);
    let call = Call::new("m", ChatRequest::user("Hi")).streaming();
    assert!(call.needs().features.contains(Feature::Streaming));
}

#[test]
fn capable_or_not() {
    let capabilities = Capabilities::new([OperationKind::Chat], &[Feature::Streaming]);
    let model = ModelId::from("m");
    let fits = Call::new("m", ChatRequest::user("Hi")).streaming();
    assert!(capabilities.lacks(&model, &fits.needs()).is_empty());
    let embed = Call::new("m", EmbeddingRequest::new(["x"]).with_dimensions(3));
    let lacks = capabilities.lacks(&model, &embed.needs());
    assert_eq!(lacks.to_string(), "embed, dimensions");
}

/// Equal requests make equal bytes, different ones different bytes: what cache keys are made of.
#[test]
fn serialized() {
    let bytes = |request: ChatRequest| serde_json::to_vec(&Operation::from(request)).expect("JSON");
    let base = || ChatRequest::user("Hi").with_temperature(0.5);
    assert_eq!(bytes(base()), bytes(base()));
    let mut others = vec![
        bytes(base()),
        bytes(ChatRequest::user("Hi")),
        bytes(ChatRequest::user("Hi!").with_temperature(0.5)),
        bytes(base().with_system("x")),
        bytes(base().with_max_output_tokens(5)),
        bytes(base().strict()),
        bytes(
            base()
                .with_provider_options("openai", &serde_json::json!({"x": 1}))
                .expect("JSON"),
        ),
        serde_json::to_vec(&Operation::from(EmbeddingRequest::new(["Hi"]))).expect("JSON"),
    ];
    let all = others.len();
    others.sort();
    others.dedup();
    assert_eq!(others.len(), all);
}

#[test]
fn estimates() {
    let tokens = |text: &str| Operation::from(ChatRequest::user(text)).token_estimate();
    assert!(tokens("Hello there, how are you?") > 3);
    assert!(tokens(&"word ".repeat(1000)) > 800);
    assert!(tokens(&"word ".repeat(1000)) < 2500);
    assert!(tokens("") < 10);
}

#[test]
fn names_with_slashes() {
    let known = |name: &str| name == "openrouter" || name == "openai";
    let parse = |name: &str| {
        let name = ModelRef::parse(name, known);
        (name.provider.map(|id| id.to_string()), name.model.to_string())
    };
    assert_eq!(
        parse("openai/gpt-5.5"),
        (Some("openai".to_owned()), "gpt-5.5".to_owned())
    );
    assert_eq!(
        parse("openrouter/meta/llama-4"),
        (Some("openrouter".to_owned()), "meta/llama-4".to_owned())
    );
    for alone in ["meta/llama-4", "gpt-5.5", "/x", "openai/", ""] {
        assert_eq!(parse(alone), (None, alone.to_owned()));
    }
    assert_eq!(
        ModelRef::parse("openai/gpt-5.5", known).to_string(),
        "openai/gpt-5.5"
    );
}

#[test]
fn data_urls() {
    let media = Media::from_data_url(MediaKind::Image, &"data:image/png;base64,AAEC".into()).expect("base64");
    assert_eq!(media.decode().as_deref(), Some(&[0, 1, 2][..]));
    assert_eq!(media.to_data_url().as_deref(), Some("data:image/png;base64,AAEC"));
    for other in ["https://x", "data:text/plain,hello", "data:", ""] {
        assert!(
            Media::from_data_url(MediaKind::Image, &other.into()).is_none(),
            "{other}"
        );
    }
}

#[test]
fn the_most_an_answer_can_be() {
    let most = |request: ChatRequest| Operation::from(request).max_output_tokens();
    assert_eq!(most(ChatRequest::user("Hi")), None);
    let mut request = ChatRequest::user("Hi").with_max_output_tokens(50);
    assert_eq!(most(request.clone()), Some(50));
    request.settings.n = Some(3);
    assert_eq!(most(request), Some(150), "all choices together");
    let embed = Operation::from(EmbeddingRequest::new(["one"]));
    assert_eq!(embed.max_output_tokens(), Some(0), "vectors are no tokens");
}
