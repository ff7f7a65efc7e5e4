//! What is Mistral's own, and that it fits what the vendor has published.

use std::path::PathBuf;

use router_core::audio::{SpeechRequest, Timestamps, TranscriptionRequest};
use router_core::chat::ReasoningConfig;
use router_core::content::{Media, MediaKind, MediaSource};
use router_core::tool::FunctionTool;
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, ErrorKind, Message, Operation, Output, ProviderId,
    ReasoningEffort, ResponseFormat, Signature, ToolCall, ToolChoice, ToolDefinition, ToolResult,
};
use router_mistral::{MistralCodec, MistralOptions};
use router_wire::framing::FrameLimits;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, Encoded, HttpResponse, StreamReader};
use router_wire_openai::completions;
use serde_json::{Value, json};

pub(crate) fn codec() -> MistralCodec {
    MistralCodec::new(ProviderId::from("mistral"))
}

fn encoded(operation: impl Into<Operation>) -> router_core::Result<Encoded> {
    codec().encode(&Call::new("m", operation.into()))
}

/// The body of a request, which fits the schema where `ROUTER_SPECS` names the folder of schemas.
fn body(operation: impl Into<Operation>) -> Value {
    let encoded = encoded(operation).expect("a request that can be written");
    let value: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let root = match encoded.request.path.as_str() {
        "/chat/completions" => "ChatCompletionRequest",
        "/fim/completions" => "FIMCompletionRequest",
        "/embeddings" => "EmbeddingRequest",
        _ => return value,
    };
    assert_eq!(misfits(root, &value), [""; 0], "{value}");
    value
}

pub(crate) fn misfits(root: &str, value: &Value) -> Vec<String> {
    let Some(folder) = std::env::var_os("ROUTER_SPECS").map(PathBuf::from) else {
        return Vec::new();
    };
    let text =
        std::fs::read_to_string(folder.join("mistral/mistral-schemas.json")).expect("a file of schemas");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    schema["$ref"] = format!("#/$defs/{root}").into();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn warned(request: ChatRequest) -> Vec<String> {
    let encoded = encoded(request.clone()).expect("a request that can be written");
    let strict = encoded_kind(request.strict());
    assert_eq!(strict.is_some(), !encoded.warnings.is_empty());
    encoded
        .warnings
        .iter()
        .map(|warning| warning.setting.to_string())
        .collect()
}

fn encoded_kind(operation: impl Into<Operation>) -> Option<ErrorKind> {
    encoded(operation).err().map(|error| error.kind())
}

fn called(id: &str) -> ContentPart {
    ToolCall::new(id, "look", "{}").into()
}

#[test]
fn a_field_that_is_not_known_is_refused_by_the_schema_and_never_sent() {
    if std::env::var_os("ROUTER_SPECS").is_none() {
        println!("skipped: ROUTER_SPECS not set");
    } else {
        let wrong = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "seed": 7});
        assert!(!misfits("ChatCompletionRequest", &wrong).is_empty());
    }
    let mut request = ChatRequest::user("x")
        .with_temperature(2.0)
        .with_stop_sequences(["END"]);
    let settings = &mut request.settings;
    settings.seed = Some(7);
    settings.user = Some("u".into());
    settings.metadata = vec![("a".into(), "b".into())];
    settings.presence_penalty = Some(-1.0);
    settings.n = Some(2);
    settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::High));
    request.response_format = Some(ResponseFormat::Json);
    let options = MistralOptions::default()
        .with_safe_prompt(true)
        .with_prediction("let x");
    let request = request
        .with_provider_options("mistral", &options)
        .expect("options");
    let sent = body(request.clone());
    assert_eq!(
        (&sent["random_seed"], &sent["seed"], &sent["user"]),
        (&json!(7), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&sent["temperature"], &sent["safe_prompt"]),
        (&json!(1.5), &json!(true))
    );
    assert_eq!(sent["reasoning_effort"], "high");
    assert_eq!(warned(request), ["user", "temperature"]);
}

#[test]
fn tools_have_a_schema_and_a_choice_of_any() {
    let tools = || ChatRequest::user("x").with_tools([ToolDefinition::Function(FunctionTool::new("f"))]);
    let sent = body(tools().with_tool_choice(ToolChoice::Required));
    let function = json!({"name": "f", "parameters": {"type": "object", "properties": {}}});
    assert_eq!(
        (&sent["tool_choice"], &sent["tools"][0]["function"]),
        (&json!("any"), &function)
    );
    let named = body(tools().with_tool_choice(ToolChoice::Tool("f".into())));
    assert_eq!(
        named["tool_choice"],
        json!({"type": "function", "function": {"name": "f"}})
    );
}

#[test]
fn ids_of_calls_fit_in_every_turn() {
    let long = "chatcmpl-tool-0123456789";
    let turn = [
        Message::user("x"),
        Message::assistant([called(long), called("aB3dE6gH9")]),
        Message::tool([ToolResult::new(long, "1"), ToolResult::new("aB3dE6gH9", "2")]),
    ];
    let sent = body(ChatRequest::new(turn.to_vec()))["messages"].clone();
    let id = sent[1]["tool_calls"][0]["id"].as_str().expect("an id").to_owned();
    assert!(
        id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{id}"
    );
    assert_eq!(sent[1]["tool_calls"][1]["id"], "aB3dE6gH9");
    assert_eq!(
        (&sent[2]["tool_call_id"], &sent[3]["tool_call_id"]),
        (&json!(id), &json!("aB3dE6gH9"))
    );
    let mut later = vec![
        Message::user("y"),
        Message::assistant([called("other")]),
        Message::tool([ToolResult::new("other", "0")]),
    ];
    later.push(Message::assistant("z"));
    later.extend(turn);
    assert_eq!(
        body(ChatRequest::new(later))["messages"][5]["tool_calls"][0]["id"],
        id
    );
}

#[test]
fn turns_are_put_in_order() {
    let request = ChatRequest::new(vec![
        Message::user("x"),
        Message::assistant([called("aB3dE6gH9")]),
        Message::tool([ToolResult::new("aB3dE6gH9", "1")]),
        Message::user("y"),
    ]);
    assert_eq!(warned(request.clone()), [""; 0]);
    let mut options = MistralOptions::default();
    options.separate_results = Some(true);
    let request = request
        .with_provider_options("mistral", &options)
        .expect("options");
    let roles: Vec<Value> = body(request.clone())["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| message["role"].clone())
        .collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant", "user"]);
    assert_eq!(warned(request), ["messages"]);
    let begun = ChatRequest::new(vec![Message::user("x"), Message::assistant("Once upon")]);
    assert_eq!(body(begun.clone())["messages"][1]["prefix"], true);
    assert_eq!(warned(begun), [""; 0]);
    assert_eq!(
        encoded_kind(ChatRequest::default()),
        Some(ErrorKind::InvalidRequest)
    );
}

#[test]
fn documents_and_sounds_are_parts_of_its_own() {
    let pdf = Media::bytes(MediaKind::Document, "application/pdf", b"%PDF").with_name("a.pdf");
    let text = Media::new(MediaKind::Document, MediaSource::Text("Notes.".into()));
    let address = Media::url(MediaKind::Document, "https://example.com/a.pdf");
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF");
    let parts: Vec<ContentPart> = [pdf, text, address, sound].map(ContentPart::Media).to_vec();
    let sent = body(ChatRequest::new(vec![Message::user(parts)]));
    assert_eq!(
        sent["messages"][0]["content"],
        json!([
            {"type": "document_url", "document_url": "data:application/pdf;base64,JVBERg==", "document_name": "a.pdf"},
            {"type": "document_url", "document_url": "data:text/plain;base64,Tm90ZXMu"},
            {"type": "document_url", "document_url": "https://example.com/a.pdf"},
            {"type": "input_audio", "input_audio": "UklGRg=="},
        ])
    );
    let seen = ChatRequest::new(vec![
        Message::user("x"),
        Message::assistant([called("aB3dE6gH9")]),
        Message::tool([ToolResult::new(
            "aB3dE6gH9",
            [Media::image_bytes("image/png", b"png").into()],
        )]),
    ]);
    let sent = body(seen.clone());
    let url = json!({"url": "data:image/png;base64,cG5n"});
    assert_eq!(
        sent["messages"][2]["content"],
        json!([{"type": "image_url", "image_url": url}])
    );
    assert_eq!(
        (sent["messages"].as_array().map(Vec::len), warned(seen)),
        (Some(3), vec![])
    );
}

/// The first choice of an answer to a chat.
fn answer(message: &Value) -> router_core::chat::Choice {
    let body = json!({"id": "a", "object": "chat.completion", "model": "m", "created": 0,
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}]});
    let call = Call::new("m", ChatRequest::user("x"));
    let response = HttpResponse::json(200, body.to_string());
    let Ok(Output::Chat(answer)) = codec().decode(&call, &response) else {
        panic!("a chat")
    };
    answer.first().expect("a choice").clone()
}

#[test]
fn thoughts_go_back_as_they_came() {
    let content = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "signature": "c2ln"},
        {"type": "text", "text": "Red."},
    ]);
    let choice = answer(&json!({"role": "assistant", "content": content}));
    assert_eq!(
        (choice.reasoning().as_str(), choice.text().as_str()),
        ("Hm.", "Red.")
    );
    let signature = choice.content[0].riders().and_then(|riders| riders.signature());
    assert_eq!(signature, Some(&Signature::new("mistral", "c2ln")));
    let next = ChatRequest::new(vec![Message::user("x"), choice.to_message(), Message::user("y")]);
    let sent = encoded(next).expect("a request");
    let sent: Value = serde_json::from_slice(&sent.request.body).expect("JSON");
    assert_eq!(sent["messages"][1]["content"], content);
    // Another vendor gets the answer without them.
    let other = router_wire_openai::Compatible::new(
        ProviderId::from("other"),
        router_wire_openai::Dialect::default(),
    );
    let next = ChatRequest::new(vec![Message::user("x"), choice.to_message(), Message::user("y")]);
    let elsewhere = other.encode(&Call::new("m", next)).expect("a request");
    assert!(!String::from_utf8_lossy(&elsewhere.request.body).contains("Hm."));
    assert_eq!(elsewhere.warnings[0].setting, "messages.reasoning");
}

#[test]
fn sources_among_the_parts_are_citations() {
    let reference = json!({"type": "tool_reference", "tool": "web_search", "title": "Stones", "url": "https://example.com"});
    let content =
        json!([{"type": "text", "text": "Red"}, reference, {"type": "reference", "reference_ids": [3]}]);
    let choice = answer(&json!({"role": "assistant", "content": content}));
    let ContentPart::Text(text) = &choice.content[0] else {
        panic!("{:?}", choice.content)
    };
    assert_eq!(text.citations[0].url.as_deref(), Some("https://example.com"));
    let raw = text.citations[1]
        .raw
        .as_ref()
        .expect("the vendor's own")
        .raw
        .to_value();
    assert_eq!(raw["reference_ids"], json!([3]));
}

#[test]
fn calls_without_ids_stay_apart() {
    let call = |name: &str| json!({"id": "null", "function": {"name": name, "arguments": {"at": 1}}});
    let choice = answer(&json!({"content": null, "tool_calls": [call("look"), call("look")]}));
    let calls: Vec<&ToolCall> = choice.tool_calls().collect();
    assert_eq!(calls.len(), 2);
    assert_ne!(calls[0].id, calls[1].id);
    assert!(
        calls
            .iter()
            .all(|call| call.id != "null" && call.arguments == r#"{"at":1}"#)
    );
}

#[test]
fn text_is_filled_in() {
    let mut request = completions::prompt("def f(").with_max_output_tokens(9);
    request.extra.insert(
        completions::WIRE,
        "suffix",
        router_core::Json::from(json!("return x")),
    );
    request.settings.seed = Some(7);
    let encoded = encoded(request.clone()).expect("a request");
    assert_eq!(
        (encoded.request.path.as_str(), encoded.warnings.len()),
        ("/fim/completions", 0)
    );
    assert_eq!(
        body(request.clone()),
        json!({"model": "m", "prompt": "def f(", "suffix": "return x", "max_tokens": 9, "random_seed": 7})
    );
    let mut penalized = request.clone();
    penalized.settings.frequency_penalty = Some(1.0);
    penalized.settings.n = Some(2);
    body(penalized.clone());
    assert_eq!(warned(penalized), ["frequency_penalty", "n"]);
    let answer = json!({"id": "a", "object": "chat.completion", "model": "m", "created": 0,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x):"}}]});
    let call = Call::new("m", request);
    let Ok(Output::Chat(filled)) = codec().decode(&call, &HttpResponse::json(200, answer.to_string())) else {
        panic!("a chat")
    };
    assert_eq!(filled.text(), "x):");
    let chunk = |delta: &str, end: Value| {
        let chunk = json!({"id": "a", "model": "m", "choices": [{"index": 0, "delta": {"content": delta}, "finish_reason": end}]});
        format!("data: {chunk}\n\n")
    };
    let stream = chunk("x)", Value::Null) + &chunk(":", json!("stop")) + "data: [DONE]\n\n";
    let reader = StreamReader::new(codec().stream_decoder(&call.streaming()), FrameLimits::default());
    let (events, error) = reader.read_all([stream.into()]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = router_core::collect::Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    assert_eq!(collector.finish().text(), "x):");
}

#[test]
fn vectors_have_a_length_by_another_name() {
    let mut request = EmbeddingRequest::new(["x"]).with_dimensions(256);
    request.user = Some("u".into());
    let sent = body(request.clone());
    assert_eq!(
        sent,
        json!({"model": "m", "input": ["x"], "output_dimension": 256})
    );
    assert_eq!(encoded(request).expect("a request").warnings[0].setting, "user");
}

#[test]
fn speech_is_asked_for_by_the_id_of_a_voice() {
    let request = SpeechRequest::new("Hello.").with_voice("paul").with_format("mp3");
    let sent = body(request.clone());
    assert_eq!(
        sent,
        json!({"model": "m", "input": "Hello.", "voice_id": "paul", "response_format": "mp3"})
    );
    let call = Call::new("m", Operation::from(request)).streaming();
    let encoded = codec().encode(&call).expect("a request");
    let sent: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!((&sent["stream"], encoded.streams), (&json!(true), true));
    let events = "data: {\"type\":\"speech.audio.delta\",\"audio_data\":\"UklG\"}\n\n\
        data: {\"type\":\"speech.audio.delta\",\"audio_data\":\"Rg==\"}\n\ndata: {\"type\":\"speech.audio.done\"}\n\n";
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([events.into()]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = router_core::collect::Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    let Output::Speak(speech) = collector.finish_output() else {
        panic!("a sound")
    };
    assert_eq!(&speech.audio[..], b"RIFF");
}

#[test]
fn transcripts_have_times_in_their_one_format() {
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF");
    let request = TranscriptionRequest::new(sound).with_timestamps([Timestamps::Word]);
    let encoded = encoded(request).expect("a request");
    let form = String::from_utf8_lossy(&encoded.request.body).into_owned();
    assert!(
        form.contains("timestamp_granularities[]") && !form.contains("response_format"),
        "{form}"
    );
    assert!(encoded.warnings.is_empty());
}

#[test]
fn documents_are_read() {
    let pdf = Media::url(MediaKind::Document, "https://example.com/a.pdf");
    let request = TranscriptionRequest::new(pdf);
    let encoded = encoded(request.clone()).expect("a request");
    assert_eq!(encoded.request.path, "/ocr");
    let document = json!({"type": "document_url", "document_url": "https://example.com/a.pdf"});
    assert_eq!(body(request.clone()), json!({"model": "m", "document": document}));
    let answer = json!({"model": "mistral-ocr-latest", "usage_info": {"pages_processed": 2},
        "pages": [{"index": 0, "markdown": "# One"}, {"index": 1, "markdown": "Two."}]});
    let call = Call::new("m", Operation::from(request));
    let Ok(Output::Transcribe(read)) = codec().decode(&call, &HttpResponse::json(200, answer.to_string()))
    else {
        panic!("a text")
    };
    assert_eq!(
        (read.text.as_str(), read.model.as_deref()),
        ("# One\n\nTwo.", Some("mistral-ocr-latest"))
    );
    assert!(read.extra.get(router_mistral::ocr::WIRE, "pages").is_some());
    let film = TranscriptionRequest::new(Media::url(MediaKind::Video, "https://example.com/a.mp4"));
    assert_eq!(encoded_kind(film), Some(ErrorKind::Unsupported));
}
