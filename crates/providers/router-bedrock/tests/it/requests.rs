//! What is sent and what is refused, against the vendor's reference and, where there is a folder of them, its schemas.

use router_bedrock::{Api, BedrockOptions};
use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{CacheMark, MediaKind, Reasoning};
use router_core::tokens::CountTokensRequest;
use router_core::tool::FunctionTool;
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, ErrorKind, Json, Media, Message, ReasoningEffort,
    ResponseFormat, Signature, Text, ToolCall, ToolChoice, ToolDefinition, ToolResult,
};
use serde_json::{Value, json};

use crate::side::{body, codec, encode};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn sent(model: &str, request: ChatRequest) -> (Value, Vec<String>) {
    let (body, warnings) = body(&Call::new(model, request)).expect("a request");
    (
        body,
        warnings
            .iter()
            .map(|warning| warning.setting.to_string())
            .collect(),
    )
}

fn refused(request: ChatRequest) -> String {
    let error = body(&Call::new(CLAUDE, request)).expect_err("a refusal");
    assert!(
        matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::Unsupported),
        "{error}"
    );
    error.message().to_owned()
}

fn weather() -> ToolDefinition {
    ToolDefinition::function("get_weather", "", json!({"type": "object"}))
}

fn called() -> ChatRequest {
    ChatRequest::new(vec![
        Message::user("How is the weather?"),
        Message::assistant([ContentPart::from(ToolCall::new("call/1", "get_weather", ""))]),
        Message::tool([ToolResult::error("call/1", "no such station")]),
    ])
}

#[test]
fn bad_requests_are_refused_before_they_are_sent() {
    let image = |size: usize| Media::bytes(MediaKind::Image, "image/png", &vec![0; size]);
    let with = |part: Media| ChatRequest::new(vec![Message::user([ContentPart::text("Look."), part.into()])]);
    let lost = ChatRequest::new(vec![
        Message::user("x"),
        Message::tool([ToolResult::new("nobody", "x")]),
    ]);
    let mut cold = ChatRequest::user("x");
    cold.settings.top_p = Some(-0.5);
    for (request, field) in [
        (ChatRequest::default(), "messages: "),
        (ChatRequest::new(vec![Message::system("x")]), "messages: "),
        (
            ChatRequest::new(vec![Message::assistant("x")]),
            "messages[0].role: ",
        ),
        (ChatRequest::user(" "), "messages[0].content: "),
        (lost, "messages[1].content[0].call_id: "),
        (ChatRequest::user("x").with_temperature(1.5), "temperature: "),
        (cold, "top_p: "),
        (
            ChatRequest::user("x").with_max_output_tokens(0),
            "max_output_tokens: ",
        ),
        (
            ChatRequest::user("x").with_stop_sequences([""]),
            "stop_sequences: ",
        ),
        (with(image(4_000_000)), "messages[0].content[1]: the image has "),
        (
            with(Media::bytes(MediaKind::Image, "image/tiff", b"x")),
            "messages[0].content[1]: ",
        ),
        (
            ChatRequest::new(vec![Message::user([ContentPart::from(Media::bytes(
                MediaKind::Document,
                "application/pdf",
                b"x",
            ))])]),
            "messages[0].content: ",
        ),
        (
            ChatRequest::user("x")
                .with_tools([weather()])
                .with_tool_choice(ToolChoice::Tool("other".into())),
            "tool_choice: ",
        ),
    ] {
        let message = refused(request);
        assert!(message.starts_with(field), "{message}");
        assert!(
            message.contains("AWS Bedrock") || message.contains("there is no tool"),
            "{message}"
        );
    }
    assert!(refused(with(Media::image_url("https://example.com/cat.png"))).contains("s3://"));
}

#[test]
fn one_side_speaks_at_a_time() {
    let (body, warnings) = sent(
        CLAUDE,
        called()
            .with_message(Message::user("Go on."))
            .with_message(Message::assistant("Well, ")),
    );
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [{"text": "How is the weather?"}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_2f1", "name": "get_weather", "input": {}}}]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "call_2f1", "content": [{"text": "no such station"}], "status": "error"}},
                {"text": "Go on."},
            ]},
            {"role": "assistant", "content": [{"text": "Well,"}]},
        ])
    );
    // The vendor wants tools where calls are.
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["name"], "get_weather");
    assert_eq!(warnings, ["tools"]);
}

#[test]
fn calls_cannot_be_forbidden_but_by_offering_none() {
    let none = |request: ChatRequest| request.with_tools([weather()]).with_tool_choice(ToolChoice::None);
    let (body, warnings) = sent(CLAUDE, none(ChatRequest::user("x")));
    assert_eq!((body.get("toolConfig"), warnings.len()), (None, 0));
    let (body, warnings) = sent(CLAUDE, none(called()));
    assert_eq!(
        body["toolConfig"]["tools"][0]["toolSpec"].get("description"),
        None,
        "an empty one is refused"
    );
    assert_eq!(warnings, ["tool_choice"]);
}

#[test]
fn each_family_gets_its_own_fields() {
    let mut request = ChatRequest::user("x").with_reasoning_effort(ReasoningEffort::High);
    request.settings.top_k = Some(5);
    let fields = |model: &str| {
        let (body, warnings) = sent(model, request.clone());
        (body["additionalModelRequestFields"].clone(), warnings)
    };
    let (claude, warnings) = fields(CLAUDE);
    assert_eq!(
        claude["thinking"],
        json!({"type": "enabled", "budget_tokens": 16384}),
        "{warnings:?}"
    );
    assert_eq!(
        fields("us.amazon.nova-2-lite-v1:0").0,
        json!({"inferenceConfig": {"topK": 5}, "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}})
    );
    assert_eq!(
        fields("openai.gpt-oss-120b-1:0"),
        (json!({"reasoning_effort": "high"}), vec!["top_k".to_owned()])
    );
    assert_eq!(
        fields("cohere.command-r-v1:0"),
        (json!({"k": 5}), vec!["reasoning".to_owned()])
    );
    assert_eq!(
        fields("meta.llama3-1-8b-instruct-v1:0"),
        (Value::Null, vec!["top_k".to_owned(), "reasoning".to_owned()])
    );
    let adaptive = sent("us.anthropic.claude-opus-4-8", request.clone()).0;
    let passed = &adaptive["additionalModelRequestFields"];
    assert_eq!(passed["thinking"]["type"], "adaptive");
    assert_eq!(passed["output_config"], json!({"effort": "high"}));
}

#[test]
fn options_win_and_are_joined() {
    let mut options = BedrockOptions::default();
    options
        .additional_model_request_fields
        .insert("top_k".to_owned(), json!(9));
    options.guardrail_config = Some(json!({"guardrailIdentifier": "g1", "guardrailVersion": "DRAFT"}));
    let mut request = ChatRequest::user("x").with_reasoning_effort(ReasoningEffort::High);
    request.settings.top_k = Some(5);
    request.settings.metadata = vec![("team".into(), "blue".into())];
    request.settings.service_tier = Some("flex".into());
    let request = request.with_provider_options("bedrock", &options).expect("JSON");
    let (body, _) = sent("cohere.command-r-v1:0", request);
    assert_eq!(body["additionalModelRequestFields"], json!({"k": 5, "top_k": 9}));
    assert_eq!(body["guardrailConfig"]["guardrailIdentifier"], "g1");
    assert_eq!(body["requestMetadata"], json!({"team": "blue"}));
    assert_eq!(body["serviceTier"], json!({"type": "flex"}));
    assert_eq!(body.get("api"), None);
}

#[test]
fn schemas_are_held_to_or_asked_for() {
    let schema = json!({"type": "object", "properties": {}});
    let format = ResponseFormat::JsonSchema(JsonSchemaFormat::new("thing", schema));
    let request = ChatRequest::user("x").with_response_format(format);
    let (body, warnings) = sent("minimax.minimax-m2", request.clone());
    let held = &body["outputConfig"]["textFormat"]["structure"]["jsonSchema"];
    assert!(
        held["schema"]
            .as_str()
            .is_some_and(|text| text.contains("\"object\"")),
        "a string: {held}"
    );
    assert!(warnings.is_empty());
    let (body, warnings) = sent("amazon.nova-pro-v1:0", request);
    assert_eq!(body.get("outputConfig"), None);
    assert!(
        body["system"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("JSON Schema"))
    );
    assert_eq!(warnings, ["response_format"]);
}

#[test]
fn another_vendors_reasoning_stays_at_home() {
    let thought = |maker: &'static str| Reasoning::new("Hm.").with_signature(Signature::new(maker, "sig"));
    let request = |maker| {
        ChatRequest::new(vec![
            Message::user("x"),
            Message::assistant([ContentPart::from(thought(maker)), ContentPart::text("y")]),
            Message::user("z"),
        ])
    };
    let (body, warnings) = sent(CLAUDE, request("gemini"));
    assert_eq!(body["messages"][1]["content"], json!([{"text": "y"}]));
    assert_eq!(warnings, ["messages.reasoning"]);
    let (body, warnings) = sent(CLAUDE, request("bedrock"));
    let kept = &body["messages"][1]["content"][0]["reasoningContent"]["reasoningText"];
    assert_eq!(
        (kept, warnings.len()),
        (&json!({"text": "Hm.", "signature": "sig"}), 0)
    );
}

#[test]
fn claude_is_invoked_on_its_own_wire() {
    let mut options = BedrockOptions::default();
    options.api = Some(Api::Invoke);
    let request = ChatRequest::user("x")
        .with_provider_options("bedrock", &options)
        .expect("JSON");
    let call = Call::new(CLAUDE, request.clone());
    let http = encode(&call.clone().streaming());
    assert!(
        http.path.ends_with("-v1%3A0/invoke-with-response-stream"),
        "{}",
        http.path
    );
    let (body, _) = body(&call).expect("a request");
    assert_eq!(body["anthropic_version"], "bedrock-2023-05-31");
    for field in ["model", "stream", "api"] {
        assert_eq!(body.get(field), None, "{field}");
    }
    let other =
        crate::side::body(&Call::new("ai21.jamba-1-5-large-v1:0", request)).expect_err("unknown form");
    assert_eq!(other.kind(), ErrorKind::Unsupported);
}

/// A conversation of three turns, with settings, for InvokeModel.
fn invoked(model: &str) -> (Value, Vec<String>) {
    let mut options = BedrockOptions::default();
    options.api = Some(Api::Invoke);
    let mut request = ChatRequest::new(vec![
        Message::system("Be brief."),
        Message::user("Hi"),
        Message::assistant("Hello."),
        Message::user("Why?"),
    ])
    .with_provider_options("bedrock", &options)
    .expect("JSON");
    request.settings.max_output_tokens = Some(9);
    request.settings.temperature = Some(0.5);
    request.settings.top_k = Some(3);
    request.settings.stop_sequences = vec!["END".into()];
    sent(model, request)
}

#[test]
fn models_that_take_text_are_told_who_spoke() {
    assert_eq!(
        invoked("amazon.titan-text-premier-v1:0"),
        (
            json!({"inputText": "Be brief.\n\nUser: Hi\nBot: Hello.\nUser: Why?\nBot:",
                "textGenerationConfig": {"maxTokenCount": 9, "temperature": 0.5, "stopSequences": ["END"]}}),
            vec!["top_k".to_owned()]
        )
    );
    let (llama, warned) = invoked("us.meta.llama3-3-70b-instruct-v1:0");
    assert_eq!(
        llama,
        json!({"max_gen_len": 9, "temperature": 0.5, "prompt": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n\
            Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>\
            <|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>\
            <|start_header_id|>assistant<|end_header_id|>\n\n"})
    );
    assert_eq!(warned, ["stop_sequences", "top_k"]);
    let (llama, _) = invoked("meta.llama4-scout-17b-instruct-v1:0");
    assert!(llama["prompt"].as_str().expect("text").ends_with(
        "<|header_start|>user<|header_end|>\n\nWhy?<|eot|><|header_start|>assistant<|header_end|>\n\n"
    ));
    assert_eq!(
        invoked("mistral.mistral-7b-instruct-v0:2").0,
        json!({"prompt": "<s>[INST] Be brief.\n\nHi [/INST] Hello.</s>[INST] Why? [/INST]",
            "max_tokens": 9, "temperature": 0.5, "top_k": 3, "stop": ["END"]})
    );
    assert_eq!(
        invoked("cohere.command-r-plus-v1:0").0,
        json!({"message": "Why?", "preamble": "Be brief.", "max_tokens": 9, "temperature": 0.5, "k": 3, "stop_sequences": ["END"],
            "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello."}]})
    );
}

#[test]
fn models_that_take_messages_are_given_them() {
    let (nova, _) = invoked("us.amazon.nova-pro-v1:0");
    assert_eq!(
        nova,
        json!({"schemaVersion": "messages-v1", "system": [{"text": "Be brief."}],
            "messages": [{"role": "user", "content": [{"text": "Hi"}]}, {"role": "assistant", "content": [{"text": "Hello."}]},
                {"role": "user", "content": [{"text": "Why?"}]}],
            "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["END"], "topK": 3}})
    );
    for (model, limit) in [
        ("openai.gpt-oss-120b-1:0", "max_completion_tokens"),
        ("qwen.qwen3-32b-v1:0", "max_tokens"),
        ("deepseek.v3-v1:0", "max_tokens"),
        ("moonshot.kimi-k2-thinking", "max_tokens"),
        ("mistral.mistral-large-2407-v1:0", "max_tokens"),
    ] {
        let (body, _) = invoked(model);
        assert_eq!(body[limit], 9, "{model}");
        assert_eq!(body["messages"][0]["role"], "system", "{model}");
        for field in ["model", "stream", "api"] {
            assert_eq!(body.get(field), None, "{field}");
        }
    }
}

#[test]
fn text_takes_text_only() {
    let mut options = BedrockOptions::default();
    options.api = Some(Api::Invoke);
    let tools =
        ChatRequest::user("x").with_tools([ToolDefinition::function("f", "F.", json!({"type": "object"}))]);
    let picture = ChatRequest::new(vec![Message::user([ContentPart::from(Media::image_bytes(
        "image/png",
        b"x",
    ))])]);
    for request in [tools, picture] {
        let request = request.with_provider_options("bedrock", &options).expect("JSON");
        let error =
            crate::side::body(&Call::new("meta.llama3-8b-instruct-v1:0", request)).expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn embeddings_have_the_form_of_their_maker() {
    let of = |model: &str| {
        let request = EmbeddingRequest::new(["one"]).with_dimensions(256);
        body(&Call::new(model, request)).expect("a request")
    };
    assert_eq!(
        of("amazon.titan-embed-text-v2:0").0,
        json!({"inputText": "one", "dimensions": 256})
    );
    let (first, warnings) = of("amazon.titan-embed-text-v1");
    assert_eq!((first, warnings.len()), (json!({"inputText": "one"}), 1));
    assert_eq!(
        of("amazon.titan-embed-image-v1").0["embeddingConfig"]["outputEmbeddingLength"],
        256
    );
    let nova = of("amazon.nova-2-multimodal-embeddings-v1:0").0;
    assert_eq!(nova["singleEmbeddingParams"]["embeddingDimension"], 256);
    assert_eq!(
        nova["singleEmbeddingParams"]["text"],
        json!({"truncationMode": "END", "value": "one"})
    );
    let cohere = of("cohere.embed-multilingual-v3").0;
    assert_eq!(cohere, json!({"texts": ["one"], "input_type": "search_document"}));
    let several = Call::new(
        "amazon.titan-embed-text-v2:0",
        EmbeddingRequest::new(["one", "two"]),
    );
    let error = body(&several).expect_err("one at a time");
    assert!(error.message().starts_with("inputs: "), "{error}");
}

#[test]
fn an_arn_of_another_region_is_refused() {
    use router_wire::Codec as _;
    let codec = router_bedrock::BedrockCodec::in_region("bedrock".into(), "us-east-1", "");
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0";
    let error = codec
        .encode(&Call::new(arn, ChatRequest::user("x")))
        .expect_err("another region");
    assert!(error.message().starts_with("model: "), "{error}");
    assert!(codec_takes(arn));
}

fn codec_takes(arn: &str) -> bool {
    use router_wire::Codec as _;
    codec()
        .encode(&Call::new(arn.to_owned(), ChatRequest::user("x")))
        .is_ok()
}

/// A request with everything that this library has for the vendor.
pub(crate) fn full() -> ChatRequest {
    let mut tool = FunctionTool::new("look");
    tool.description = Some(Text::from("Looks."));
    tool.strict = Some(true);
    tool.cache = Some(CacheMark::with_ttl("1h"));
    let mut request = ChatRequest::new(vec![
        Message::system([ContentPart::text("Be brief.").with_cache(CacheMark::new())]),
        Message::user([
            ContentPart::text("Look."),
            Media::image_bytes("image/jpg", b"x").into(),
            Media::bytes(MediaKind::Document, "text/csv", b"a,b")
                .with_name("a_b.csv")
                .into(),
            Media::bytes(MediaKind::Video, "video/quicktime", b"x").into(),
            Media::bytes(MediaKind::Audio, "audio/mpeg", b"x").into(),
        ]),
        Message::assistant([
            ContentPart::from(Reasoning::new("Hm.").with_signature(Signature::new("bedrock", "sig"))),
            ContentPart::text("Well."),
            ContentPart::from(ToolCall::new("call 1", "look", r#"{"at": 1}"#)),
        ]),
        Message::tool([ToolResult::new(
            "call 1",
            vec![
                ContentPart::text("seen"),
                Media::image_bytes("image/png", b"x").into(),
            ],
        )]),
        Message::user([ContentPart::text("Go on.").with_cache(CacheMark::new())]),
    ])
    .with_tools([ToolDefinition::Function(tool), weather()])
    .with_tool_choice(ToolChoice::Auto)
    .with_stop_sequences(["END"])
    .with_max_output_tokens(20_000);
    request.settings.temperature = Some(0.5);
    request.settings.top_k = Some(3);
    request.settings.metadata = vec![("team".into(), "blue".into())];
    request.settings.service_tier = Some("priority".into());
    request.settings.reasoning = Some(ReasoningConfig::budget(2048));
    request.response_format = Some(ResponseFormat::JsonSchema(JsonSchemaFormat::new(
        "thing",
        Json::parse(r#"{"type":"object"}"#).expect("JSON"),
    )));
    request
}

#[test]
fn what_is_sent_fits_the_vendors_schemas() {
    let Some(folder) = std::env::var_os("ROUTER_SPECS") else {
        println!("skipped: ROUTER_SPECS not set");
        return;
    };
    let path = std::path::Path::new(&folder).join("aws/bedrock-converse-request-schemas.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).expect("schemas")).expect("JSON");
    let validator = |root: &str| {
        let mut schema = file.clone();
        schema["$ref"] = format!("#/$defs/{root}").into();
        jsonschema::validator_for(&schema).expect("a schema")
    };
    let (converse, count) = (validator("ConverseRequest"), validator("CountTokensRequest"));
    let check = |validator: &jsonschema::Validator, call: &Call| {
        let (body, _) = body(call).expect("a request");
        let errors: Vec<String> = validator
            .iter_errors(&body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}\n{body}\n{}", call.model, errors.join("\n"));
    };
    for model in [
        CLAUDE,
        "anthropic.claude-3-haiku-20240307-v1:0",
        "us.anthropic.claude-opus-4-8",
        "us.anthropic.claude-opus-5-5",
        "us.amazon.nova-2-lite-v1:0",
        "amazon.titan-text-express-v1",
        "meta.llama3-1-8b-instruct-v1:0",
        "mistral.mistral-large-2402-v1:0",
        "openai.gpt-oss-120b-1:0",
        "cohere.command-r-v1:0",
        "minimax.minimax-m2",
    ] {
        for request in [full(), called(), ChatRequest::user("x")] {
            check(&converse, &Call::new(model, request.clone()));
            check(&count, &Call::new(model, CountTokensRequest::new(request)));
        }
    }
}
