//! The suite over a text generation server's own wire, which takes prompts, and what only that wire has.

use router_conformance::Subject;
use router_core::collect::Collector;
use router_core::{Call, ChatRequest, ErrorKind, FinishReason, Output, ProviderId, ResponseFormat, Settings};
use router_huggingface::TgiCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, HttpResponse, StreamReader};
use router_wire_openai::completions;
use serde_json::{Value, json};

const PROMPT: &str = "a prompt is one text";

fn subject() -> Subject {
    let mut subject = Subject::of::<TgiCodec>(env!("CARGO_MANIFEST_DIR"))
        .fixtures_in("generate")
        .options(r#"{"api": "generate"}"#)
        .without_cached_tokens()
        .without_reasoning_tokens();
    for case in [
        "chat_multi_turn",
        "chat_image_input",
        "bad_oversize_image",
        "chat_tool_call",
        "chat_parallel_tool_calls",
        "chat_tool_result_round_trip",
        "chat_tool_choice",
        "stream_tool_call",
        "stream_parallel_tool_calls",
        "list_models",
    ] {
        subject = subject.skip(case, PROMPT);
    }
    subject
        .skip("chat_finish_content_filter", "it has no filter")
        .skip("error_permission", "a key is right or wrong")
        .skip("error_model_not_found", "it has one model, whatever the name")
        .skip("error_rate_limited_retry_after", "it tells no wait")
}

router_conformance::suite!(subject());

fn codec() -> TgiCodec {
    TgiCodec::new(ProviderId::from_static("tgi"))
}

fn sent(request: ChatRequest) -> (String, Value) {
    let encoded = codec().encode(&Call::new("tgi", request)).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    (encoded.request.path.to_string(), body)
}

/// What came as a text completion goes as a prompt without a word.
#[test]
fn text_completions_are_prompts() {
    let (path, body) = sent(completions::prompt("Once upon"));
    assert_eq!(path, "/generate");
    assert_eq!(
        body,
        json!({"inputs": "Once upon", "parameters": {"details": true}})
    );
    let call = Call::new("tgi", completions::prompt("Once upon")).streaming();
    let encoded = codec().encode(&call).expect("a request");
    assert_eq!(encoded.request.path, "/generate_stream");
}

/// Zero is no temperature, one no part, to this server; both are said otherwise.
#[test]
fn values_that_are_refused() {
    let mut settings = Settings::default();
    settings.temperature = Some(0.0);
    settings.top_p = Some(1.0);
    let (_, body) = sent(completions::prompt("x").with_settings(settings));
    assert_eq!(body["parameters"], json!({"do_sample": false, "details": true}));
    let mut settings = Settings::default();
    settings.stop_sequences = ["a", "b", "c", "d", "e"].map(Into::into).to_vec();
    let call = Call::new("tgi", completions::prompt("x").with_settings(settings));
    let error = codec().encode(&call).expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("stop_sequences"), "{error}");
}

#[test]
fn an_object_without_a_schema_is_any_object() {
    let request = completions::prompt("x").with_response_format(ResponseFormat::Json);
    let (_, body) = sent(request);
    let grammar = json!({"type": "json", "value": {"type": "object"}});
    assert_eq!(body["parameters"]["grammar"], grammar);
}

/// At the root of a server, and where others run it, the answer is a list of answers.
#[test]
fn a_list_of_answers_is_one_of_choices() {
    let call = Call::new("tgi", completions::prompt("x"));
    let body = r#"[{"generated_text":"one"},{"generated_text":"two","details":{"finish_reason":"length","generated_tokens":3}}]"#;
    let output = codec().decode(&call, &HttpResponse::json(200, body));
    let Ok(Output::Chat(answer)) = output else {
        panic!("an answer: {output:?}");
    };
    let texts: Vec<String> = answer
        .choices
        .iter()
        .map(|choice| choice.text().to_string())
        .collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(answer.choices[0].finish_reason, FinishReason::Other("".into()));
    assert_eq!(answer.choices[1].finish_reason, FinishReason::Length);
}

#[test]
fn an_error_between_tokens_ends_a_stream() {
    let call = Call::new("tgi", completions::prompt("x")).streaming();
    let stream = "data:{\"index\":1,\"token\":{\"id\":1,\"text\":\"Hi\",\"special\":false},\"generated_text\":null,\"details\":null}\n\ndata:{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}\n\n";
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([stream.into()]);
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    assert_eq!(collector.finish().text(), "Hi");
    let error = error.expect("an error");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Overloaded, Some("overloaded"))
    );
    assert!(error.is_retryable());
}
