//! What watsonx.ai is sent that OpenAI's family is not, and what it answers: by its reference, and not by the code.

use router_conformance::profile::error_of;
use router_core::chat::{FinishReason, ReasoningConfig};
use router_core::embedding::EmbeddingInput;
use router_core::model::ListModelsRequest;
use router_core::rerank::RerankRequest;
use router_core::{
    Call, ChatRequest, EmbeddingRequest, ErrorKind, Json, Media, Operation, Output, ProviderId,
    ReasoningEffort, ToolChoice, ToolDefinition,
};
use router_watsonx::{Holder, Place, WatsonxCodec};
use router_wire::framing::Frame;
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};

fn codec() -> WatsonxCodec {
    WatsonxCodec::at(
        ProviderId::from("watsonx"),
        Place::of(Holder::Project("p-1".to_owned())),
    )
}

fn sent_to(model: &'static str, operation: impl Into<Operation>) -> (String, Value, Vec<String>) {
    let encoded = codec()
        .encode(&Call::new(model, operation.into()))
        .expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).unwrap_or_default();
    let settings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    (encoded.request.path.to_string(), body, settings.collect())
}

fn sent(operation: impl Into<Operation>) -> (Value, Vec<String>) {
    let (_, body, warned) = sent_to("m", operation);
    (body, warned)
}

fn decoded(operation: impl Into<Operation>, answer: &Value) -> Output {
    let response = HttpResponse::json(200, answer.to_string());
    let call = Call::new("m", operation.into());
    codec().decode(&call, &response).expect("an answer")
}

fn schema() -> Json {
    Json::from(
        json!({"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": false}),
    )
}

#[test]
fn names_are_its_own_and_the_path_says_whether_it_streams() {
    let (path, body, warned) = sent_to("m", ChatRequest::user("x"));
    assert_eq!(path, "/ml/v1/text/chat?version=2024-03-13");
    assert_eq!(
        body,
        json!({"model_id": "m", "project_id": "p-1", "messages": [{"role": "user", "content": "x"}]})
    );
    assert_eq!(warned, [""; 0]);
    let call = Call::new("m", Operation::from(ChatRequest::user("x"))).streaming();
    let encoded = codec().encode(&call).expect("a request");
    assert_eq!(encoded.request.path, "/ml/v1/text/chat_stream?version=2024-03-13");
    let streamed: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(streamed, body);
}

#[test]
fn deployments_have_their_model_and_their_space() {
    let (path, body, _) = sent_to("deployment/d 1", ChatRequest::user("x"));
    assert_eq!(path, "/ml/v1/deployments/d%201/text/chat?version=2024-03-13");
    assert_eq!(body, json!({"messages": [{"role": "user", "content": "x"}]}));
}

#[test]
fn options_of_a_call_name_another_project() {
    let options = json!({"space_id": "s", "time_limit": 1000});
    let request = ChatRequest::user("x")
        .with_provider_options("watsonx", &options)
        .expect("options");
    let (body, _) = sent(request);
    assert_eq!(
        (&body["space_id"], &body["time_limit"]),
        (&json!("s"), &json!(1000))
    );
    assert_eq!(body.get("project_id"), None);
}

#[test]
fn a_choice_is_a_word_in_a_field_of_its_own() {
    let tool = || ToolDefinition::function("f", "F.", schema());
    let choice = |choice| {
        let mut request = ChatRequest::user("x");
        request.tools = vec![tool()];
        request.tool_choice = Some(choice);
        sent(request)
    };
    let (body, warned) = choice(ToolChoice::Required);
    assert_eq!(body["tool_choice_option"], "required");
    assert_eq!(body.get("tool_choice"), None);
    assert_eq!(
        body["tools"][0]["function"]["parameters"],
        json!({"type": "object", "properties": {"city": {"type": "string"}}})
    );
    assert_eq!(warned, ["tools.parameters"]);
    let (body, _) = choice(ToolChoice::Tool("f".into()));
    assert_eq!(
        body["tool_choice"],
        json!({"type": "function", "function": {"name": "f"}})
    );
    assert_eq!(body.get("tool_choice_option"), None);
}

#[test]
fn what_is_not_there_is_said() {
    let mut request = ChatRequest::user("x");
    let settings = &mut request.settings;
    settings.top_k = Some(3);
    settings.user = Some("u".into());
    settings.max_output_tokens = Some(0);
    settings.store = Some(true);
    settings.service_tier = Some("flex".into());
    let (body, mut warned) = sent(request);
    warned.sort();
    assert_eq!(warned, ["service_tier", "store", "top_k", "user"]);
    assert_eq!(body["max_tokens"], 0);
    let mut request = ChatRequest::user("x");
    let mut reasoning = ReasoningConfig::default();
    reasoning.effort = Some(ReasoningEffort::XHigh);
    reasoning.include_thoughts = Some(false);
    request.settings.reasoning = Some(reasoning.clone());
    let (body, warned) = sent(request.clone());
    assert_eq!(body["reasoning_effort"], "high");
    assert_eq!(body["include_reasoning"], false);
    assert_eq!(warned, [""; 0]);
    reasoning.effort = Some(ReasoningEffort::None);
    request.settings.reasoning = Some(reasoning);
    let (body, warned) = sent(request);
    assert_eq!(body.get("reasoning_effort"), None);
    assert_eq!(warned, ["reasoning"]);
    let mut request = ChatRequest::user("x");
    request.settings.stop_sequences = ["a", "b", "c", "d", "e"].map(Into::into).to_vec();
    let error = codec()
        .encode(&Call::new("m", Operation::from(request)))
        .expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("stop_sequences"), "{error}");
}

#[test]
fn embeddings_are_of_texts() {
    let mut request = EmbeddingRequest::new(["a", "b"]).with_dimensions(8);
    request.truncate = Some(true);
    let (path, body, warned) = sent_to("m", request.clone());
    assert_eq!(path, "/ml/v1/text/embeddings?version=2024-03-13");
    assert_eq!(
        body,
        json!({"model_id": "m", "project_id": "p-1", "inputs": ["a", "b"]})
    );
    assert_eq!(warned, ["dimensions", "truncate"]);
    let answer = json!({"model_id": "m-1", "created_at": "2024-02-21T17:32:28Z", "input_token_count": 7,
        "results": [{"embedding": [1.0, 0.5], "input": {"text": "a"}}, {"embedding": [0.0, 2.0]}]});
    let Output::Embed(vectors) = decoded(request, &answer) else {
        unreachable!("vectors were asked for")
    };
    assert_eq!(vectors.embeddings, [[1.0, 0.5], [0.0, 2.0]]);
    assert_eq!(vectors.model.as_deref(), Some("m-1"));
    assert_eq!(vectors.usage.map(|usage| usage.input_tokens), Some(7));
    for input in [
        EmbeddingInput::Tokens(vec![1]),
        EmbeddingInput::from(Media::image_url("https://example.com/a.png")),
    ] {
        let call = Call::new("m", Operation::from(EmbeddingRequest::new([input])));
        assert_eq!(
            codec().encode(&call).expect_err("a refusal").kind(),
            ErrorKind::Unsupported
        );
    }
}

#[test]
fn rankings_are_asked_for_in_inputs() {
    let mut request = RerankRequest::new("q", ["a", "b"]).with_top_n(1);
    request.return_documents = Some(true);
    let (path, body, _) = sent_to("m", request.clone());
    assert_eq!(path, "/ml/v1/text/rerank?version=2024-03-13");
    assert_eq!(
        body,
        json!({"model_id": "m", "project_id": "p-1", "query": "q", "inputs": [{"text": "a"}, {"text": "b"}],
            "parameters": {"return_options": {"top_n": 1, "inputs": true}}})
    );
    let answer = json!({"model_id": "m", "query": null, "input_token_count": 9,
        "results": [{"index": 1, "score": -0.5, "input": {"text": "b"}}, {"index": 0, "score": -2}]});
    let Output::Rerank(ranking) = decoded(request, &answer) else {
        unreachable!("a ranking was asked for")
    };
    assert_eq!((ranking.results[0].index, ranking.results[0].score), (1, -0.5));
    assert_eq!(ranking.results[0].document, Some("b".into()));
    assert_eq!(ranking.results[1].document, None);
    assert_eq!(ranking.usage.map(|usage| usage.input_tokens), Some(9));
}

#[test]
fn models_come_in_pages() {
    let (path, ..) = sent_to("m", ListModelsRequest::default());
    assert_eq!(path, "/ml/v1/foundation_model_specs?version=2024-03-13&limit=200");
    let answer = json!({"total_count": 3, "limit": 1, "first": {"href": "https://x/?version=1"},
        "next": {"href": "https://us-south.ml.cloud.ibm.com/ml/v1/foundation_model_specs?start=g1AA&limit=1&version=2024-03-13"},
        "resources": [{"model_id": "ibm/granite-4-h-small", "label": "granite-4-h-small", "provider": "IBM",
            "functions": [{"id": "text_chat"}], "model_limits": {"max_sequence_length": 131072, "max_output_tokens": 16384}}]});
    let Output::ListModels(list) = decoded(ListModelsRequest::default(), &answer) else {
        unreachable!("models were asked for")
    };
    let model = &list.models[0];
    assert_eq!(model.id.as_str(), "ibm/granite-4-h-small");
    assert_eq!(
        (model.context_window, model.max_output_tokens),
        (Some(131_072), Some(16_384))
    );
    assert_eq!(list.next_page.as_deref(), Some("g1AA"));
    let mut request = ListModelsRequest::default();
    request.page = list.next_page;
    let (path, ..) = sent_to("m", request);
    assert!(path.ends_with("&limit=200&start=g1AA"), "{path}");
}

/// The answer of a stream of these frames, or its error.
fn streamed(frames: &[(&str, &str)]) -> router_core::Result<router_core::ChatResponse> {
    let call = Call::new("m", Operation::from(ChatRequest::user("x"))).streaming();
    let (_, mut decoder) = codec().stream_decoder(&call);
    let mut events = Default::default();
    for (event, data) in frames {
        let mut frame = Frame::new(*data);
        frame.event = Some((*event).into());
        decoder.decode(&frame, &mut events)?;
    }
    decoder.finish(&mut events)?;
    let mut collector = router_core::collect::Collector::default();
    for event in events {
        collector.push(event);
    }
    Ok(collector.finish())
}

#[test]
fn a_stream_ends_with_its_connection() {
    let said = r#"{"id":"chat-1","model_id":"ibm/g","choices":[{"index":0,"finish_reason":null,"delta":{"role":"assistant","content":"He"}}],"created":1}"#;
    let done = r#"{"id":"chat-1","model_id":"ibm/g","choices":[{"index":0,"finish_reason":"time_limit","delta":{"content":"y"}}]}"#;
    let counts = r#"{"id":"chat-1","model_id":"ibm/g","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;
    let answer = streamed(&[
        ("message", said),
        ("message", done),
        ("message", counts),
        ("close", "{}"),
    ]);
    let answer = answer.expect("an answer");
    assert_eq!(answer.text(), "Hey");
    assert_eq!(answer.model.as_deref(), Some("ibm/g"));
    assert_eq!(answer.choices[0].finish_reason, FinishReason::Length);
    assert_eq!(answer.usage.map(|usage| usage.output_tokens), Some(2));
    let cut = streamed(&[("message", said), ("close", "{}")]).expect_err("no reason to finish");
    assert_eq!(cut.kind(), ErrorKind::Truncated);
    let failed = r#"{"errors":[{"code":"model_no_support_for_function","message":"Model has no chat."}],"status_code":400}"#;
    let error = streamed(&[("message", said), ("error", failed)]).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[test]
fn its_words_for_errors() {
    let body = |code: &str, message: &str, status: u16| {
        json!({"errors": [{"code": code, "message": message, "more_info": "https://cloud.ibm.com/apidocs/watsonx-ai"}],
            "trace": "0f1e", "status_code": status})
        .to_string()
    };
    for (code, message, status, kind) in [
        (
            "invalid_request_entity",
            "Missing 'messages'.",
            400,
            ErrorKind::InvalidRequest,
        ),
        (
            "invalid_input_argument",
            "the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model",
            400,
            ErrorKind::ContextLengthExceeded,
        ),
        (
            "authentication_token_expired",
            "Token expired.",
            401,
            ErrorKind::Authentication,
        ),
        ("token_quota_reached", "Quota.", 403, ErrorKind::QuotaExceeded),
        (
            "user_authorization_failed",
            "No.",
            403,
            ErrorKind::PermissionDenied,
        ),
        (
            "model_not_supported",
            "Model 'x' is not supported.",
            404,
            ErrorKind::NotFound,
        ),
        (
            "model_withdrawn",
            "Model 'x' was withdrawn.",
            404,
            ErrorKind::NotFound,
        ),
        (
            "consumption_limit_reached",
            "Limit.",
            429,
            ErrorKind::QuotaExceeded,
        ),
        (
            "rate_limit_reached_requests",
            "Limit of 8 per second.",
            429,
            ErrorKind::RateLimited,
        ),
    ] {
        let error = error_of::<WatsonxCodec>(status, &body(code, message, status));
        assert_eq!(error.kind(), kind, "{code}");
        assert_eq!(error.request_id(), Some("0f1e"));
    }
}
