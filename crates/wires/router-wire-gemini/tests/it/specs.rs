//! What is written fits the published schemas of Vertex AI, which has the same messages, in a folder named by `ROUTER_SPECS`.

use std::path::{Path, PathBuf};

use router_core::chat::JsonSchemaFormat;
use router_core::content::{Media, MediaKind, MediaSource, Opaque};
use router_core::embedding::EmbeddingRequest;
use router_core::tokens::CountTokensRequest;
use router_core::tool::{FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, ContentPart, Json, Message, ReasoningEffort, ResponseFormat, Signature, Text,
    ToolChoice, ToolDefinition,
};
use router_wire::Encoded;
use router_wire_gemini::{Rules, Service, embeddings, predict, request, tokens};
use serde_json::{Value, json};

use crate::side::speaker;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUTER_SPECS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ROUTER_SPECS not set");
    }
    folder
}

fn validator(folder: &Path, kind: &str, root: &str) -> jsonschema::Validator {
    let path = folder.join(format!("google/vertex-generative-{kind}-schemas.json"));
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
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemini-3-pro-preview",
    "gemini-3.8-flash",
];

fn body(encoded: &Encoded) -> Value {
    serde_json::from_slice(&encoded.request.body).expect("JSON")
}

/// Requests with everything that this library has for the vendor.
fn variants() -> Vec<ChatRequest> {
    let schema = || Json::from(json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    let mut tool = FunctionTool::new("look");
    tool.description = Some(Text::from("Looks."));
    tool.strict = Some(true);
    tool.parameters = Some(schema());
    let mut film = Media::new(MediaKind::Video, MediaSource::File(Text::from("gs://b/a.mp4")));
    film.media_type = Some(Text::from("video/mp4"));
    let mut picture = Media::bytes(MediaKind::Image, "image/png", b"png");
    picture.detail = Some(Text::from("high"));
    let mut call = ToolCall::new("call-1", "look", r#"{"at":"it"}"#);
    call.riders.set_signature(Some(Signature::new("gemini", "c2ln")));
    let seen = vec![
        ContentPart::text("Seen."),
        Media::bytes(MediaKind::Image, "image/png", b"png").into(),
    ];
    let mut full = ChatRequest::new(vec![
        Message::system("Be brief."),
        Message::user(vec![
            ContentPart::text("What is it?"),
            picture.into(),
            film.into(),
            Media::new(MediaKind::Document, MediaSource::Text(Text::from("words"))).into(),
        ]),
        Message::assistant(vec![
            ContentPart::text("I look."),
            ContentPart::ToolCall(call),
            ContentPart::ToolCall(ToolCall::new("call-2", "look", "")),
        ]),
        Message::tool([
            ToolResult::new("call-1", seen),
            ToolResult::error("call-2", "dark"),
        ]),
        Message::user("Well?"),
    ])
    .with_tools([ToolDefinition::Function(tool)])
    .with_stop_sequences(["END"])
    .with_temperature(0.5)
    .with_reasoning_effort(ReasoningEffort::Low);
    full.settings.top_p = Some(0.9);
    full.settings.top_k = Some(3);
    full.settings.seed = Some(1);
    full.settings.n = Some(2);
    full.settings.logprobs = Some(true);
    full.settings.top_logprobs = Some(3);
    full.settings.presence_penalty = Some(0.1);
    full.settings.modalities = vec![Text::from("text")];
    full.settings.metadata = vec![(Text::from("team"), Text::from("a"))];
    let mut formed = full.clone();
    formed.tools.clear();
    formed.response_format = Some(ResponseFormat::JsonSchema(JsonSchemaFormat::new("a", schema())));
    let mut searching = formed.clone();
    searching.tools = vec![ToolDefinition::Provider(Opaque::new(
        "gemini",
        Json::from(json!({"googleSearch": {}})),
    ))];
    searching.response_format = None;
    vec![
        ChatRequest::user("x"),
        full.clone().with_tool_choice(ToolChoice::Required),
        full.clone()
            .with_tool_choice(ToolChoice::Tool(Text::from("look"))),
        full.clone().with_reasoning_effort(ReasoningEffort::None),
        full,
        formed,
        searching,
    ]
}

#[test]
fn requests_fit_the_published_schema() {
    let Some(folder) = folder() else { return };
    let generate = validator(&folder, "request", "GenerateContentRequest");
    let count = validator(&folder, "request", "CountTokensRequest");
    let mut checked = 0;
    for chat in variants() {
        for model in MODELS.iter().copied() {
            let rules = Rules::of(model);
            for service in [Service::VERTEX, Service::GEMINI] {
                let call = Call::new(model, chat.clone());
                let encoded = request::encode(&service, &rules, &speaker(), &call, &chat).expect("a request");
                check(&generate, &body(&encoded), model);
                let request = CountTokensRequest::new(chat.clone());
                let counted =
                    tokens::encode(&service, &rules, &speaker(), &call, &request).expect("a request");
                let counted = match service.plain_count {
                    true => body(&counted),
                    // The Gemini API takes the whole request there.
                    false => {
                        let mut inner = body(&counted)["generateContentRequest"].clone();
                        inner.as_object_mut().expect("an object").remove("model");
                        check(&generate, &inner, model);
                        continue;
                    }
                };
                check(&count, &counted, model);
                checked += 2;
            }
        }
    }
    println!("{checked} requests checked");
}

#[test]
fn embeddings_fit_the_published_schema() {
    let Some(folder) = folder() else { return };
    let embed = validator(&folder, "request", "EmbedContentRequest");
    let predicted = validator(&folder, "request", "PredictRequest");
    let mut request = EmbeddingRequest::new(["one"]).with_dimensions(3);
    request.input_type = Some(Text::from("RETRIEVAL_QUERY"));
    request.truncate = Some(false);
    let call = Call::new("gemini-embedding-2", request.clone());
    let apart = body(&embeddings::encode_one(&speaker(), &call, &request).expect("a request"));
    check(&embed, &apart, "apart");
    let config = json!({"taskType": "RETRIEVAL_QUERY", "outputDimensionality": 3, "autoTruncate": false});
    assert_eq!(
        apart,
        json!({"content": {"parts": [{"text": "one"}]}, "embedContentConfig": config})
    );
    request.truncate = None;
    check(
        &embed,
        &body(&embeddings::encode(&speaker(), &call, &request).expect("a request")),
        "one",
    );
    let many = EmbeddingRequest::new(["one", "two"]);
    let encoded = predict::encode_embeddings(&speaker(), &call, &many, 250).expect("a request");
    check(&predicted, &body(&encoded), "predict");
    assert_eq!(
        body(&encoded),
        json!({"instances": [{"content": "one"}, {"content": "two"}], "parameters": {}})
    );
    request.truncate = Some(true);
    let encoded = predict::encode_embeddings(&speaker(), &call, &request, 1).expect("a request");
    let expected = json!({
        "instances": [{"content": "one", "task_type": "RETRIEVAL_QUERY"}],
        "parameters": {"outputDimensionality": 3, "autoTruncate": true},
    });
    assert_eq!(body(&encoded), expected);
    assert!(predict::encode_embeddings(&speaker(), &call, &many, 1).is_err());
    assert!(embeddings::encode_one(&speaker(), &call, &many).is_err());
}

#[cfg(feature = "server")]
#[test]
fn replies_fit_the_published_schema() {
    use router_core::collect::Collector;

    use crate::round_trip::{streamed, whole};
    use crate::side::reader;

    let (Some(folder), Some(recordings)) = (folder(), crate::cassettes::folder()) else {
        return;
    };
    let schema = validator(&folder, "response", "GenerateContentResponse");
    let mut checked = 0;
    for cassette in crate::cassettes::of_endpoint(&recordings, "generateContent") {
        let response = cassette.response();
        let text = String::from_utf8_lossy(&response.body);
        // Kinds of parts that the schema does not know, and enums as numbers.
        let newer = text.contains("toolCall")
            || text.contains("\"finishReason\": 1")
            || text.contains("\"finishReason\":1");
        let (events, error) = reader().read_all([response.body.clone()]);
        if response.status >= 400 || newer || error.is_some() {
            continue;
        }
        let mut collector = Collector::new();
        events.into_iter().for_each(|event| collector.push(event));
        let answer = collector.finish();
        let body: Value = serde_json::from_slice(&whole(answer.clone()).body).expect("JSON");
        check(&schema, &body, &cassette.id);
        let bytes = streamed(answer, "?alt=sse");
        let text = std::str::from_utf8(&bytes).expect("UTF-8");
        for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
            check(&schema, &serde_json::from_str(data).expect("JSON"), &cassette.id);
        }
        checked += 1;
    }
    println!("{checked} replies checked");
}
