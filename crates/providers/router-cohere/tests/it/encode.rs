//! What the client side sends, warns of, and refuses; and what it makes of odd answers.

use router_cohere::{CitationMode, CohereEmbedOptions, CohereOptions};
use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{Media, MediaKind, MediaSource, Reasoning};
use router_core::embedding::EmbeddingInput;
use router_core::model::ListModelsRequest;
use router_core::rerank::RerankRequest;
use router_core::tool::{CustomTool, FunctionTool};
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, ErrorKind, FinishReason, Json, Message, Operation,
    Output, ReasoningEffort, ResponseFormat, Signature, Text, ToolCall, ToolChoice, ToolDefinition,
    ToolResult,
};
use router_wire::{Codec as _, Encoded, HttpResponse};
use serde_json::{Value, json};

use crate::side::{codec, collected, decoded};
use crate::specs;

fn encoded(operation: impl Into<Operation>) -> router_core::Result<Encoded> {
    codec().encode(&Call::new("m", operation.into()))
}

fn body(operation: impl Into<Operation>) -> Value {
    let encoded = encoded(operation).expect("a request that can be written");
    serde_json::from_slice(&encoded.request.body).expect("JSON")
}

/// The settings warned of; a strict caller gets an error instead. The request fits the schema all the same.
fn warned(request: ChatRequest) -> Vec<String> {
    let encoded = encoded(request.clone()).expect("a request that can be written");
    assert_eq!(refused(request.strict()).is_some(), !encoded.warnings.is_empty());
    assert_eq!(specs::CHAT.errors(&encoded.request.body), [""; 0]);
    let settings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    settings.collect()
}

fn refused(operation: impl Into<Operation>) -> Option<(ErrorKind, String)> {
    let error = encoded(operation).err()?;
    Some((error.kind(), error.message().to_owned()))
}

#[test]
fn nothing_is_sent_that_was_not_set() {
    let bare = json!({"model": "m", "messages": [{"role": "user", "content": "Hello."}]});
    assert_eq!(body(ChatRequest::user("Hello.")), bare);
}

#[test]
fn settings_are_moved_into_the_ranges_of_the_vendor() {
    type Change = fn(&mut router_core::Settings);
    let moved: [(&str, &str, Change, Value); 6] = [
        (
            "temperature",
            "temperature",
            |s| s.temperature = Some(1.5),
            json!(1.0),
        ),
        ("top_p", "p", |s| s.top_p = Some(1.0), json!(0.99)),
        ("top_p", "p", |s| s.top_p = Some(0.0), json!(0.01)),
        ("top_k", "k", |s| s.top_k = Some(1000), json!(500)),
        (
            "frequency_penalty",
            "frequency_penalty",
            |s| s.frequency_penalty = Some(2.0),
            json!(1.0),
        ),
        (
            "presence_penalty",
            "presence_penalty",
            |s| s.presence_penalty = Some(1.25),
            json!(1.0),
        ),
    ];
    for (name, field, change, sent) in moved {
        let mut request = ChatRequest::user("x");
        change(&mut request.settings);
        assert_eq!(body(request.clone())[field], sent, "{name}");
        assert_eq!(warned(request), [name]);
    }
    let kept: [(&str, Change, Value); 6] = [
        ("temperature", |s| s.temperature = Some(1.0), json!(1.0)),
        ("p", |s| s.top_p = Some(0.99), json!(0.99)),
        ("k", |s| s.top_k = Some(500), json!(500)),
        ("seed", |s| s.seed = Some(7), json!(7)),
        ("presence_penalty", |s| s.presence_penalty = Some(0.0), json!(0.0)),
        ("logprobs", |s| s.logprobs = Some(true), json!(true)),
    ];
    for (field, change, sent) in kept {
        let mut request = ChatRequest::user("x");
        change(&mut request.settings);
        assert_eq!(body(request.clone())[field], sent, "{field}");
        assert_eq!(warned(request), [""; 0]);
    }
}

#[test]
fn what_the_vendor_refuses_is_not_sent() {
    type Change = fn(&mut router_core::Settings);
    let wrong: [(&str, Change); 4] = [
        ("frequency_penalty", |s| s.frequency_penalty = Some(-0.5)),
        ("presence_penalty", |s| s.presence_penalty = Some(-2.0)),
        ("seed", |s| s.seed = Some(-1)),
        ("stop_sequences", |s| s.stop_sequences = vec![Text::from("x"); 6]),
    ];
    for (name, change) in wrong {
        let mut request = ChatRequest::user("x");
        change(&mut request.settings);
        let (kind, message) = refused(request).expect("a refusal");
        assert_eq!(kind, ErrorKind::InvalidRequest);
        assert!(message.starts_with(&format!("{name}: ")), "{message}");
    }
    let (kind, message) = refused(ChatRequest::default()).expect("a refusal");
    assert!(kind == ErrorKind::InvalidRequest && message.starts_with("messages: "));
    let orphan = ChatRequest::new(vec![
        Message::user("x"),
        Message::tool([ToolResult::new("c", "y")]),
    ]);
    let (_, message) = refused(orphan).expect("a refusal");
    assert!(message.starts_with("messages[1].tool_call_id: "), "{message}");
}

#[test]
fn thinking_is_a_switch_and_a_budget() {
    let think = |config: ReasoningConfig| {
        let mut request = ChatRequest::user("x");
        request.settings.reasoning = Some(config);
        (body(request.clone())["thinking"].clone(), warned(request))
    };
    let level = |effort| think(ReasoningConfig::effort(effort));
    assert_eq!(
        level(ReasoningEffort::None),
        (json!({"type": "disabled"}), vec![])
    );
    assert_eq!(
        level(ReasoningEffort::Low),
        (json!({"type": "enabled", "token_budget": 4096}), vec![])
    );
    let other = level(ReasoningEffort::Other("wild".into()));
    assert_eq!(
        other,
        (json!({"type": "enabled"}), vec!["reasoning.effort".to_owned()])
    );
    let budget = think(ReasoningConfig::budget(500));
    assert_eq!(budget, (json!({"type": "enabled", "token_budget": 500}), vec![]));
    assert_eq!(think(ReasoningConfig::budget(0)).0, json!({"type": "disabled"}));
    assert_eq!(think(ReasoningConfig::default()), (Value::Null, vec![]));
}

#[test]
fn tools_are_told_as_far_as_the_wire_can() {
    let tool = |name: &'static str, strict| {
        let mut tool = FunctionTool::new(name);
        tool.strict = strict;
        ToolDefinition::Function(tool)
    };
    let request = |one, other| ChatRequest::user("x").with_tools([tool("f", one), tool("g", other)]);
    let plain = body(request(None, None));
    let no_arguments = json!({"type": "object", "properties": {}});
    assert_eq!(
        plain["tools"][0]["function"],
        json!({"name": "f", "parameters": no_arguments})
    );
    assert_eq!(plain["strict_tools"], Value::Null);
    assert_eq!(body(request(Some(true), Some(true)))["strict_tools"], true);
    assert_eq!(warned(request(Some(true), None)), ["tools.strict"]);
    let named = request(None, None).with_tool_choice(ToolChoice::Tool("g".into()));
    let sent = body(named.clone());
    assert_eq!(
        (&sent["tool_choice"], sent["tools"].as_array().map(Vec::len)),
        (&json!("REQUIRED"), Some(1))
    );
    assert_eq!(sent["tools"][0]["function"]["name"], "g");
    assert_eq!(warned(named), ["tool_choice"]);
    let unknown = request(None, None).with_tool_choice(ToolChoice::Tool("h".into()));
    assert_eq!(
        refused(unknown).map(|(kind, _)| kind),
        Some(ErrorKind::InvalidRequest)
    );
    assert_eq!(
        body(request(None, None).with_tool_choice(ToolChoice::None))["tool_choice"],
        "NONE"
    );
    assert_eq!(
        body(request(None, None).with_tool_choice(ToolChoice::Auto))["tool_choice"],
        Value::Null
    );
    assert_eq!(
        warned(ChatRequest::user("x").with_tool_choice(ToolChoice::Required)),
        ["tool_choice"]
    );
    assert_eq!(
        warned(request(None, None).with_parallel_tool_calls(false)),
        ["parallel_tool_calls"]
    );
    assert_eq!(
        warned(request(None, None).with_parallel_tool_calls(true)),
        [""; 0]
    );
    let custom = ChatRequest::user("x").with_tools([ToolDefinition::Custom(CustomTool::new("f"))]);
    assert_eq!(
        refused(custom).map(|(kind, _)| kind),
        Some(ErrorKind::Unsupported)
    );
}

#[test]
fn formats_are_one_word_with_or_without_a_schema() {
    let with = |format| body(ChatRequest::user("x").with_response_format(format))["response_format"].clone();
    assert_eq!(with(ResponseFormat::Text), json!({"type": "text"}));
    assert_eq!(with(ResponseFormat::Json), json!({"type": "json_object"}));
    let schema = json!({"type": "object"});
    let mut format = JsonSchemaFormat::new("answer", Json::from(&schema));
    let sent = with(ResponseFormat::JsonSchema(format.clone()));
    assert_eq!(sent, json!({"type": "json_object", "json_schema": schema}));
    format.schema = None;
    let request = ChatRequest::user("x").with_response_format(ResponseFormat::JsonSchema(format));
    assert_eq!(
        refused(request).map(|(kind, _)| kind),
        Some(ErrorKind::Unsupported)
    );
}

#[test]
fn documents_stand_beside_the_messages() {
    let notes =
        Media::new(MediaKind::Document, MediaSource::Text("Ruby is red.".into())).with_name("facts.txt");
    let file = Media::bytes(MediaKind::Document, "text/plain", b"Jade is green.");
    let options = CohereOptions::default()
        .with_document(json!("Onyx is black."))
        .with_citations(CitationMode::Fast);
    let request = ChatRequest::new(vec![Message::user([
        notes.into(),
        ContentPart::text("Which?"),
        file.into(),
    ])])
    .with_provider_options("cohere", &options)
    .expect("options");
    let sent = body(request.clone());
    assert_eq!(
        sent["documents"],
        json!([
            {"data": {"title": "facts.txt", "text": "Ruby is red."}},
            {"data": {"text": "Jade is green."}},
            "Onyx is black.",
        ])
    );
    assert_eq!(
        sent["messages"],
        json!([{"role": "user", "content": [{"type": "text", "text": "Which?"}]}])
    );
    assert_eq!(sent["citation_options"], json!({"mode": "FAST"}));
    assert_eq!(warned(request), [""; 0]);
    let pdf = Media::bytes(MediaKind::Document, "application/pdf", b"%PDF");
    let request = ChatRequest::new(vec![Message::user([pdf.into()])]);
    assert_eq!(
        refused(request).map(|(kind, _)| kind),
        Some(ErrorKind::Unsupported)
    );
}

#[test]
fn what_the_wire_cannot_carry_is_told() {
    let said = |part: ContentPart| ChatRequest::new(vec![Message::user("x"), Message::assistant([part])]);
    let signed = Reasoning::new("Hm.").with_signature(Signature::new("anthropic", "c2ln"));
    assert_eq!(
        warned(said(signed.into())),
        ["messages.content", "messages.reasoning"]
    );
    assert_eq!(
        body(said(ContentPart::text("")))["messages"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF");
    let asked = ChatRequest::new(vec![Message::user([sound.into()])]);
    assert_eq!(refused(asked).map(|(kind, _)| kind), Some(ErrorKind::Unsupported));
    assert_eq!(
        warned(ChatRequest::new(vec![Message::user("x").with_name("Zoë")])),
        ["messages.name"]
    );
}

/// The plan of an answer goes back as a plan, its sources with the text, and thoughts as thoughts.
#[test]
fn an_answer_goes_back_as_it_came() {
    let message = json!({
        "role": "assistant", "tool_plan": "I look.",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Red."}],
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        "citations": [{"start": 0, "end": 3, "text": "Red", "sources": [{"type": "tool", "id": "t:0",
            "tool_output": {"title": "Stones", "url": "https://example.com"}}], "type": "TEXT_CONTENT"}],
    });
    let answer = json!({"id": "a", "message": message, "finish_reason": "COMPLETE"});
    let response = HttpResponse::json(200, answer.to_string());
    let Output::Chat(answer) = decoded(ChatRequest::user("x"), &response) else {
        unreachable!("a chat was asked for")
    };
    let choice = answer.first().expect("a choice");
    let ContentPart::Text(text) = &choice.content[2] else {
        panic!("{:?}", choice.content)
    };
    let citation = &text.citations[0];
    assert_eq!(
        (citation.range, citation.title.as_deref()),
        (Some((0, 3)), Some("Stones"))
    );
    assert_eq!(citation.url.as_deref(), Some("https://example.com"));
    let next = ChatRequest::new(vec![
        Message::user("x"),
        choice.to_message(),
        Message::tool([ToolResult::new("c", "y")]),
    ]);
    assert_eq!(body(next)["messages"][1], message);
}

#[test]
fn arguments_that_are_null_are_none() {
    let whole = r#"{"id":"a","message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"null"}}]},
        "finish_reason":"TOOL_CALL"}"#;
    let Output::Chat(answer) = decoded(ChatRequest::user("x"), &HttpResponse::json(200, whole)) else {
        unreachable!("a chat was asked for")
    };
    let start = r#"{"type":"tool-call-start","index":3,"delta":{"message":{"tool_calls":{"id":"c","function":{"name":"f","arguments":""}}}}}"#;
    let delta = |arguments: &str| {
        format!(
            r#"{{"type":"tool-call-delta","index":3,"delta":{{"message":{{"tool_calls":{{"function":{{"arguments":{arguments:?}}}}}}}}}}}"#
        )
    };
    let end = r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}"#;
    let streamed = |pieces: &[&str]| {
        let mut body = format!("data: {start}\n\n");
        pieces
            .iter()
            .for_each(|piece| body.push_str(&format!("data: {}\n\n", delta(piece))));
        body.push_str(&format!("data: {end}\n\n"));
        let answer = collected(body.into());
        assert_eq!(
            answer.first().map(|choice| &choice.finish_reason),
            Some(&FinishReason::ToolCalls)
        );
        answer.tool_calls().next().expect("a call").arguments.to_string()
    };
    assert_eq!(answer.tool_calls().next().expect("a call").arguments, "{}");
    assert_eq!(streamed(&[]), "{}");
    assert_eq!(streamed(&["nu", "ll"]), "{}");
    assert_eq!(streamed(&["n", "ope"]), "nope");
    assert_eq!(streamed(&["", "{\"a\"", ":1}"]), "{\"a\":1}");
}

#[test]
fn an_error_in_the_last_event_is_an_error() {
    let reader = crate::side::reader();
    let body = "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\",\"error\":\"out of memory\"}}\n\n";
    let (events, error) = reader.read_all([body.into()]);
    let error = error.expect("an error");
    assert!(events.is_empty());
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Server, "out of memory")
    );
}

fn error_of(status: u16, message: &str) -> ErrorKind {
    let response = HttpResponse::json(status, json!({ "message": message }).to_string());
    codec()
        .error(&Call::new("m", ChatRequest::user("x")), &response)
        .kind()
}

#[test]
fn statuses_mean_what_the_vendor_means() {
    let month = "You are using a Trial key, which is limited to 1000 API calls / month.";
    let minute = "You are using a Trial key, which is limited to 20 API calls / minute.";
    assert_eq!(error_of(429, month), ErrorKind::QuotaExceeded);
    assert_eq!(error_of(429, minute), ErrorKind::RateLimited);
    for (status, kind) in [
        (402, ErrorKind::QuotaExceeded),
        (405, ErrorKind::InvalidRequest),
        (413, ErrorKind::InvalidRequest),
        (422, ErrorKind::InvalidRequest),
        (498, ErrorKind::ContentFiltered),
        (499, ErrorKind::Cancelled),
        (501, ErrorKind::Unsupported),
        (504, ErrorKind::Timeout(router_core::error::TimeoutKind::Vendor)),
    ] {
        assert_eq!(error_of(status, "it failed"), kind, "{status}");
    }
}

#[test]
fn vectors_are_asked_for_with_a_purpose() {
    let sent = |request: EmbeddingRequest| {
        let encoded = encoded(request).expect("a request");
        assert_eq!(specs::EMBED.errors(&encoded.request.body), [""; 0]);
        serde_json::from_slice::<Value>(&encoded.request.body).expect("JSON")
    };
    let plain =
        json!({"model": "m", "input_type": "search_document", "texts": ["x"], "embedding_types": ["float"]});
    assert_eq!(sent(EmbeddingRequest::new(["x"])), plain);
    let mut request = EmbeddingRequest::new(["x"]).with_dimensions(256);
    request.input_type = Some("query".into());
    request.truncate = Some(false);
    request.encoding_format = Some("base64".into());
    let written = sent(request.clone());
    assert_eq!(written["input_type"], "search_query");
    assert_eq!(
        (&written["output_dimension"], &written["truncate"]),
        (&json!(256), &json!("NONE"))
    );
    assert_eq!(written["embedding_types"], json!(["base64"]));
    let mut options = CohereEmbedOptions::default();
    options.embedding_types = vec!["int8".into(), "float".into()];
    request.provider_options.set("cohere", &options).expect("options");
    assert_eq!(sent(request)["embedding_types"], json!(["int8", "float"]));
    let tokens = EmbeddingRequest::new([EmbeddingInput::Tokens(vec![1])]);
    assert_eq!(
        refused(tokens).map(|(kind, _)| kind),
        Some(ErrorKind::Unsupported)
    );
    let nothing = EmbeddingRequest::new([""; 0]);
    assert_eq!(
        refused(nothing).map(|(kind, _)| kind),
        Some(ErrorKind::InvalidRequest)
    );
}

#[test]
fn pictures_become_vectors_too() {
    let picture = || Media::bytes(MediaKind::Image, "image/png", b"png");
    let url = "data:image/png;base64,cG5n";
    let both = EmbeddingInput::Parts(vec![ContentPart::text("A stone."), picture().into()]);
    let sent = body(EmbeddingRequest::new([both, "x".into()]));
    assert_eq!(
        sent["inputs"],
        json!([
            {"content": [{"type": "text", "text": "A stone."}, {"type": "image_url", "image_url": {"url": url}}]},
            {"content": [{"type": "text", "text": "x"}]},
        ])
    );
    let mut alone = EmbeddingRequest::new([EmbeddingInput::from(picture())]);
    alone.input_type = Some("image".into());
    assert_eq!(body(alone)["images"], json!([url]));
    let sound = EmbeddingInput::from(Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF"));
    assert_eq!(
        refused(EmbeddingRequest::new([sound])).map(|(kind, _)| kind),
        Some(ErrorKind::Unsupported)
    );
}

#[test]
fn of_several_kinds_of_vectors_none_is_lost() {
    let answer = json!({"id": "a", "embeddings": {"int8": [[1, -2]], "float": [[0.5, -1.0]]}});
    let response = HttpResponse::json(200, answer.to_string());
    let Output::Embed(answer) = decoded(EmbeddingRequest::new(["x"]), &response) else {
        unreachable!("vectors were asked for")
    };
    assert_eq!(answer.embeddings, [[0.5, -1.0]]);
    let others = answer
        .extra
        .get(router_cohere::embed::WIRE, "embeddings")
        .expect("the others");
    assert_eq!(others.to_value(), json!({"int8": [[1, -2]]}));
    for (kind, coded) in [
        ("uint8", json!([[7]])),
        ("base64", json!(["AADgQA=="])),
        ("ubinary", json!([[7]])),
    ] {
        let response = HttpResponse::json(200, json!({"embeddings": {kind: coded}}).to_string());
        let Output::Embed(answer) = decoded(EmbeddingRequest::new(["x"]), &response) else {
            unreachable!("vectors were asked for")
        };
        assert_eq!(answer.embeddings, [[7.0]], "{kind}");
    }
}

#[test]
fn rankings_are_of_texts() {
    let sent = encoded(RerankRequest::new("x", ["a", "b"]).with_top_n(1)).expect("a request");
    assert_eq!(
        (
            sent.request.path.as_str(),
            specs::RERANK.errors(&sent.request.body)
        ),
        ("/v2/rerank", vec![])
    );
    let picture = RerankRequest::new("x", [Media::bytes(MediaKind::Image, "image/png", b"png")]);
    assert_eq!(
        refused(picture).map(|(kind, _)| kind),
        Some(ErrorKind::Unsupported)
    );
    let mut repeating = RerankRequest::new("x", ["a"]);
    repeating.return_documents = Some(true);
    assert_eq!(encoded(repeating).expect("a request").warnings.len(), 1);
}

#[test]
fn models_come_page_by_page() {
    let mut request = ListModelsRequest::default();
    request.page = Some("a&b=".into());
    assert_eq!(
        encoded(request).expect("a request").request.path,
        "/v1/models?page_size=1000&page_token=a%26b%3D"
    );
    let body = r#"{"models":[{"name":"a","context_length":128000}],"next_page_token":"n"}"#;
    let Output::ListModels(list) = decoded(ListModelsRequest::default(), &HttpResponse::json(200, body))
    else {
        unreachable!("models were asked for")
    };
    assert_eq!(
        (list.models[0].context_window, list.next_page.as_deref()),
        (Some(128_000), Some("n"))
    );
}

#[test]
fn results_follow_their_calls() {
    let request = ChatRequest::new(vec![
        Message::user("x"),
        Message::assistant([ToolCall::new("c", "look", "{}").into()]),
        Message::tool([ToolResult::new(
            "c",
            [
                ContentPart::text("Red."),
                Media::new(MediaKind::Document, MediaSource::Text("All of it.".into())).into(),
            ],
        )]),
    ]);
    let sent = body(request);
    assert_eq!(sent["messages"][1]["content"], Value::Null);
    let parts = json!([
        {"type": "text", "text": "Red."},
        {"type": "document", "document": {"data": {"text": "All of it."}}},
    ]);
    assert_eq!(
        sent["messages"][2],
        json!({"role": "tool", "tool_call_id": "c", "content": parts})
    );
}
