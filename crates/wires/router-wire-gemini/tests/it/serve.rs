//! The wire as a server sees it.

use http::Method;
use router_core::content::{MediaSource, Opaque};
use router_core::{
    ChatRequest, ContentPart, Error, ErrorKind, Head, Json, Mode, Operation, Output, ReasoningEffort,
    ResponseFormat, StreamEvent, ToolChoice, ToolDefinition,
};
use router_wire::{HttpRequest, ServerCodec};
use router_wire_gemini::server::{CountTokens, EmbedContent, GenerateContent, Models};
use serde_json::{Value, json};

fn post(body: &Value) -> HttpRequest {
    HttpRequest::post_json("/v1beta/models/gemini-x:generateContent", body.to_string())
}

fn chat(body: &Value) -> ChatRequest {
    let ingress = GenerateContent.decode(&post(body)).expect("a request");
    let Operation::Chat(chat) = ingress.operation else {
        unreachable!("this method is a chat")
    };
    (*chat).clone()
}

fn said(part: Value) -> Value {
    json!({"contents": [{"role": "user", "parts": [part]}]})
}

fn parsed(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

#[test]
fn endpoints_are_told_by_their_path() {
    let matches = |codec: &dyn ServerCodec, path: &str| codec.matches(&Method::POST, path);
    for path in [
        "/v1beta/models/m:generateContent",
        "/v1/models/m:streamGenerateContent",
        "/v1beta/tunedModels/t:generateContent",
        "/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
    ] {
        assert!(matches(&GenerateContent, path), "{path}");
    }
    assert!(!matches(&GenerateContent, "/v1beta/models/m:countTokens"));
    assert!(!matches(&GenerateContent, "/v1beta/models/generateContent"));
    assert!(!GenerateContent.matches(&Method::GET, "/v1beta/models/m:generateContent"));
    assert!(matches(&CountTokens, "/v1beta/models/m:countTokens"));
    assert!(matches(&EmbedContent, "/v1beta/models/m:batchEmbedContents"));
    let model = |path: &str| {
        GenerateContent
            .decode(&HttpRequest::post_json(
                path,
                said(json!({"text": "x"})).to_string(),
            ))
            .map(|it| it.model.to_string())
    };
    assert_eq!(
        model("/v1beta/models/a%2Fb:generateContent").expect("a model"),
        "a/b"
    );
    assert_eq!(
        model("/v1beta/models/openai/gpt:x:generateContent").expect("a model"),
        "openai/gpt:x"
    );
    assert_eq!(
        model("/v1beta/models/:generateContent").expect_err("none").kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn names_come_in_two_forms_and_odd_shapes_are_read() {
    let body = json!({
        "system_instruction": "Be brief.",
        "contents": {"parts": [{"inline_data": {"mime_type": "image/png", "data": "-_8"}}, {"file_data": {"file_uri": "files/a"}}]},
        "generation_config": {"max_output_tokens": 5, "topK": 40.0, "stop_sequences": ["x"], "response_mime_type": "application/json",
            "response_schema": {"type": "OBJECT"}, "thinking_config": {"thinking_budget": 0, "include_thoughts": false}},
        "tool_config": {"function_calling_config": {"mode": "any", "allowed_function_names": ["f"]}},
        "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": {"type": "object"}}], "google_search": {}}],
        "safety_settings": [],
    });
    let chat = chat(&body);
    assert_eq!(chat.messages[0].content.joined_text(), "Be brief.");
    let [ContentPart::Media(picture), ContentPart::Media(file)] = chat.messages[1].content.parts() else {
        panic!("two media")
    };
    assert_eq!(picture.source, MediaSource::Base64("+/8=".into()));
    assert_eq!(file.source, MediaSource::File("files/a".into()));
    assert_eq!(
        (chat.settings.max_output_tokens, chat.settings.top_k),
        (Some(5), Some(40))
    );
    assert_eq!(chat.settings.stop_sequences, ["x"]);
    let reasoning = chat.settings.reasoning.as_ref().expect("thinking");
    assert_eq!(
        (&reasoning.effort, reasoning.include_thoughts),
        (&Some(ReasoningEffort::None), Some(false))
    );
    assert!(matches!(
        chat.response_format,
        Some(ResponseFormat::JsonSchema(_))
    ));
    assert_eq!(chat.tool_choice, Some(ToolChoice::Tool("f".into())));
    assert_eq!(chat.tools.len(), 2);
    assert!(
        matches!(&chat.tools[1], ToolDefinition::Provider(tool) if tool.raw.as_str() == r#"{"google_search":{}}"#)
    );
    assert!(chat.extra.get("gemini", "safety_settings").is_some());
}

#[test]
fn results_find_their_calls_by_id_or_by_name() {
    let call = |id: Option<&str>, name: &str| json!({"functionCall": {"id": id, "name": name}});
    let result = |id: Option<&str>, name: &str| json!({"functionResponse": {"id": id, "name": name, "response": {"output": name}}});
    let body = json!({"contents": [
        {"role": "user", "parts": [{"text": "x"}]},
        {"role": "model", "parts": [call(None, "a"), call(None, "a"), call(Some("7"), "b")]},
        {"role": "function", "parts": [result(Some("7"), "b"), result(None, "a"), result(None, "a"), {"text": "and"}]},
    ]});
    let chat = chat(&body);
    let ids: Vec<_> = chat.messages[1]
        .content
        .parts()
        .iter()
        .filter_map(|part| match part {
            ContentPart::ToolCall(call) => Some(call.id.clone()),
            _ => None,
        })
        .collect();
    let answered: Vec<_> = chat.messages[2]
        .content
        .parts()
        .iter()
        .filter_map(|part| match part {
            ContentPart::ToolResult(result) => Some(result.call_id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(answered, [ids[2].clone(), ids[0].clone(), ids[1].clone()]);
    assert_eq!(chat.messages[3].content.joined_text(), "and");
}

#[test]
fn wrong_requests_name_the_field() {
    let cases = [
        (json!({}), "contents"),
        (json!({"contents": []}), "contents"),
        (json!({"contents": 5}), "contents"),
        (
            json!({"contents": [{"role": "robot", "parts": []}]}),
            "contents[0].role",
        ),
        (json!({"contents": [{"parts": [5]}]}), "contents[0].parts[0]"),
        (
            said(json!({"inlineData": {"mimeType": "image/png", "data": "?"}})),
            "contents[0].parts[0].inlineData.data",
        ),
        (
            said(json!({"inlineData": {"data": "cG5n"}})),
            "contents[0].parts[0].inlineData.mimeType",
        ),
        (
            said(json!({"fileData": {}})),
            "contents[0].parts[0].fileData.fileUri",
        ),
        (
            said(json!({"functionResponse": {"name": "f", "response": {}}})),
            "contents[0].parts[0].functionResponse.name",
        ),
        (
            said(json!({"functionCall": {}})),
            "contents[0].parts[0].functionCall.name",
        ),
        (
            json!({"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"temperature": "hot"}}),
            "generationConfig.temperature",
        ),
        (
            json!({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"functionDeclarations": [{}]}]}),
            "tools[0].functionDeclarations[0].name",
        ),
        (
            json!({"contents": [{"parts": [{"text": "x"}]}], "systemInstruction": {"parts": [{"inlineData": {}}]}}),
            "systemInstruction.parts",
        ),
        (json!([1]), "the body"),
    ];
    for (body, field) in cases {
        let error = GenerateContent.decode(&post(&body)).expect_err(field);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{field}");
        assert!(error.message().starts_with(field), "{field}: {}", error.message());
        assert_eq!(GenerateContent.error(&error).status, 400);
    }
}

#[test]
fn what_is_not_known_is_kept_for_this_wire() {
    let body = json!({
        "contents": [{"role": "user", "parts": [{"newKind": {"x": 1}}]}],
        "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW", "responseMimeType": "text/x.enum", "responseSchema": {"enum": ["a"]}},
        "cachedContent": "cachedContents/1",
    });
    let chat = chat(&body);
    let opaque = ContentPart::Opaque(Opaque::new("gemini", Json::from(json!({"newKind": {"x": 1}}))));
    assert_eq!(chat.messages[0].content.parts(), [opaque]);
    assert_eq!(chat.response_format, None);
    let options = chat.provider_options.get("gemini").expect("options").to_value();
    assert_eq!(options["generationConfig"], body["generationConfig"]);
    assert!(chat.extra.get("gemini", "cachedContent").is_some());
}

fn encoder(path: &str) -> Box<dyn router_wire::ReplyEncoder> {
    let request = HttpRequest::post_json(path, said(json!({"text": "x"})).to_string());
    GenerateContent.decode(&request).expect("a request").reply
}

#[test]
fn streams_end_in_the_form_they_began_in() {
    let path = "/v1beta/models/m:streamGenerateContent";
    let request = HttpRequest::post_json(path, said(json!({"text": "x"})).to_string());
    assert_eq!(
        GenerateContent.decode(&request).expect("a request").mode,
        Mode::Stream
    );
    let mut sse = encoder(&format!("{path}?alt=sse"));
    let mut out = bytes::BytesMut::new();
    assert_eq!(
        sse.stream_head(&Head::default()).header("content-type"),
        Some("text/event-stream")
    );
    sse.event(&StreamEvent::text("Hi"), &mut out);
    sse.heartbeat(&mut out);
    sse.stream_error(&Error::new(ErrorKind::Overloaded, "busy"), &mut out);
    let pieces = parsed(&out);
    assert_eq!(
        pieces[0]["candidates"][0]["content"],
        json!({"parts": [{"text": "Hi"}], "role": "model"})
    );
    assert_eq!(pieces[1]["error"]["status"], "UNAVAILABLE");
    let mut list = encoder(path);
    let mut out = bytes::BytesMut::new();
    list.event(&StreamEvent::text("Hi"), &mut out);
    list.heartbeat(&mut out);
    list.stream_error(&Error::new(ErrorKind::Server, "broken"), &mut out);
    let pieces: Vec<Value> = serde_json::from_slice(&out).expect("one list");
    assert_eq!((pieces.len(), &pieces[1]["error"]["code"]), (2, &json!(500)));
}

#[test]
fn keys_are_told_to_be_wrong_as_the_vendor_tells_it() {
    let error = Error::new(ErrorKind::Authentication, "no such key");
    let body: Value = serde_json::from_slice(&GenerateContent.error(&error).body).expect("JSON");
    assert_eq!(body["error"]["details"][0]["reason"], "API_KEY_INVALID");
}

#[test]
fn other_outputs_are_not_written() {
    let models = Output::ListModels(router_core::model::ModelList::new(Vec::new()));
    let error = encoder("/v1beta/models/m:generateContent")
        .full(&Head::default(), &models)
        .expect_err("no chat");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn models_are_listed_and_told_one_by_one() {
    assert!(Models.matches(&Method::GET, "/v1beta/models"));
    assert!(
        !Models.matches(&Method::GET, "/v1/models"),
        "another wire has a list there"
    );
    let mut info = router_core::model::ModelInfo::new("a/b");
    info.context_window = Some(10);
    let output = Output::ListModels(router_core::model::ModelList::new(vec![info]));
    let get = |path: &str| {
        let reply = Models
            .decode(&HttpRequest::get(path))
            .expect("a request")
            .reply
            .full(&Head::default(), &output);
        reply.map(|response| serde_json::from_slice::<Value>(&response.body).expect("JSON"))
    };
    let all = get("/v1beta/models").expect("a list");
    assert_eq!(
        (&all["models"][0]["name"], &all["models"][0]["inputTokenLimit"]),
        (&json!("models/a/b"), &json!(10))
    );
    assert_eq!(
        get("/v1beta/models/a%2Fb").expect("a model")["name"],
        "models/a/b"
    );
    assert_eq!(
        get("/v1beta/models/c").expect_err("none").kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn embeddings_need_contents() {
    let embed =
        |path: &str, body: Value| EmbedContent.decode(&HttpRequest::post_json(path, body.to_string()));
    let one = embed(
        "/v1beta/models/m:embedContent",
        json!({"content": {"parts": [{"text": "a"}, {"text": "b"}]}}),
    )
    .expect("a request");
    let Operation::Embed(request) = one.operation else {
        unreachable!("this method embeds")
    };
    assert_eq!(
        request.inputs,
        [router_core::embedding::EmbeddingInput::Text("ab".into())]
    );
    let none = embed("/v1beta/models/m:embedContent", json!({})).expect_err("no content");
    assert_eq!(
        (none.kind(), none.message().starts_with("content")),
        (ErrorKind::InvalidRequest, true)
    );
    let batch = embed(
        "/v1beta/models/m:batchEmbedContents",
        json!({"requests": [{"content": {"parts": [{"text": "a"}]}}, {}]}),
    );
    assert!(
        batch
            .expect_err("no content")
            .message()
            .starts_with("requests[1].content")
    );
}
