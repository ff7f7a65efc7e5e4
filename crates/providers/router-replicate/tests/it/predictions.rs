//! Names of models, inputs by maker, and how predictions end.

use router_conformance::profile::error_of;
use router_core::chat::{ReasoningConfig, ReasoningEffort};
use router_core::image::ImageRequest;
use router_core::{
    Call, ChatRequest, Error, ErrorKind, Media, Message, Operation, Output, ProviderId, Settings,
    ToolDefinition,
};
use router_replicate::ReplicateCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};

const VERSION: &str = "02e509c789964a7ea8736978a43525956ef40397be9033abf9fd2badfe68c9e3";

fn codec() -> ReplicateCodec {
    ReplicateCodec::new(ProviderId::from_static("replicate"))
}

/// Path and body of a request.
fn sent(model: &str, operation: impl Into<Operation>) -> Result<(String, Value), Error> {
    let encoded = codec().encode(&Call::new(model, operation))?;
    assert_eq!(encoded.request.header("prefer"), Some("wait"));
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    Ok((encoded.request.path.into(), body))
}

#[test]
fn names_of_models() {
    let with_version = format!("meta/llama:{VERSION}");
    for (model, path, version) in [
        ("meta/llama", "/models/meta/llama/predictions", Value::Null),
        (&with_version, "/predictions", json!(VERSION)),
        (VERSION, "/predictions", json!(VERSION)),
        (
            "deployments/acme/fast",
            "/deployments/acme/fast/predictions",
            Value::Null,
        ),
    ] {
        let (sent_to, body) = sent(model, ChatRequest::user("Hi")).expect("a request");
        assert_eq!((sent_to.as_str(), &body["version"]), (path, &version), "{model}");
        assert_eq!(body["input"], json!({"prompt": "Hi"}));
    }
    for model in [
        "llama",
        "",
        "a/b/c",
        "meta/llama:latest",
        "../predictions",
        "a b/c",
        "meta/",
    ] {
        let error = sent(model, ChatRequest::user("Hi")).expect_err("it is no model");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{model}");
        assert!(error.message().starts_with("model"), "{error}");
    }
}

fn conversation() -> ChatRequest {
    let mut settings = Settings::default();
    settings.max_output_tokens = Some(100);
    settings.stop_sequences = vec!["END".into(), "STOP".into()];
    settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::Low));
    ChatRequest::new(vec![
        Message::system("Be brief."),
        Message::user("Hi"),
        Message::assistant("Hello!"),
        Message::user("Bye"),
    ])
    .with_settings(settings)
}

#[test]
fn inputs_by_maker() {
    let (_, body) = sent("meta/llama", conversation()).expect("a request");
    let expected = json!({"prompt": "User: Hi\n\nAssistant: Hello!\n\nUser: Bye\n\nAssistant:",
        "system_prompt": "Be brief.", "max_tokens": 100, "stop_sequences": "END,STOP"});
    assert_eq!(body["input"], expected);

    let (_, body) = sent("openai/gpt-5", conversation()).expect("a request");
    let expected = json!({"messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye"}],
        "max_completion_tokens": 100, "stop_sequences": "END,STOP", "reasoning_effort": "low"});
    assert_eq!(body["input"], expected);

    let (_, body) = sent("replicate/vicuna-13b", conversation()).expect("a request");
    assert_eq!(body["input"]["max_length"], 100);

    let own = conversation()
        .with_provider_options(
            "replicate",
            &json!({"max_tokens": 7, "prompt_template": "{prompt}"}),
        )
        .expect("options");
    let (_, body) = sent("meta/llama", own).expect("a request");
    assert_eq!(body["input"]["max_tokens"], 7);
    assert_eq!(body["input"]["prompt_template"], "{prompt}");
}

#[test]
fn what_is_left_out_is_told() {
    let warned = |model: &str| -> Vec<String> {
        let encoded = codec().encode(&Call::new(model, conversation()));
        let warnings = encoded.expect("a request").warnings;
        warnings
            .iter()
            .map(|warning| warning.setting.to_string())
            .collect()
    };
    assert_eq!(warned("meta/llama"), ["reasoning", "messages"]);
    assert!(warned("openai/gpt-5").is_empty());
    let mut strict = conversation();
    strict.strict = true;
    let error = sent("meta/llama", strict).expect_err("strict");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let tool = ToolDefinition::function("f", "x", json!({"type": "object"}));
    let error = sent("meta/llama", ChatRequest::user("Hi").with_tools([tool])).expect_err("tools");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn pictures_to_start_from() {
    let picture = || Media::image_url("https://example.com/cat.png");
    for (model, field, value) in [
        (
            "black-forest-labs/flux-dev",
            "image",
            json!("https://example.com/cat.png"),
        ),
        (
            "black-forest-labs/flux-kontext-pro",
            "input_image",
            json!("https://example.com/cat.png"),
        ),
        (
            "google/nano-banana",
            "image_input",
            json!(["https://example.com/cat.png"]),
        ),
    ] {
        let mut request = ImageRequest::new("Blue.").with_image(picture());
        request.output_format = Some("jpeg".into());
        request.n = Some(2);
        let (_, body) = sent(model, request).expect("a request");
        let expected = json!({"prompt": "Blue.", field: value, "output_format": "jpg", "num_outputs": 2});
        assert_eq!(body["input"], expected);
    }
}

fn ended(prediction: Value) -> Result<Output, Error> {
    let call = Call::new("meta/llama", ChatRequest::user("Hi"));
    let response = HttpResponse::json(200, prediction.to_string());
    assert!(codec().pending(&call, &response, None)?.is_none(), "it is over");
    codec().decode(&call, &response)
}

#[test]
fn how_predictions_end() {
    for (output, text) in [
        (json!("Hello!"), "Hello!"),
        (json!(["Hel", "lo!"]), "Hello!"),
        (json!({"a": 1}), "{\"a\":1}"),
        (json!([]), ""),
    ] {
        let prediction = json!({"id": "a", "status": "succeeded", "output": output});
        let Ok(Output::Chat(answer)) = ended(prediction) else {
            panic!("an answer to {output}");
        };
        assert_eq!(answer.text(), text);
        assert_eq!(answer.usage, None);
    }
    for (prediction, kind, again) in [
        (
            json!({"id": "a", "status": "failed", "error": "CUDA out of memory"}),
            ErrorKind::Server,
            false,
        ),
        (
            json!({"id": "a", "status": "failed", "error": "Prediction interrupted; please retry (code: PA)"}),
            ErrorKind::Server,
            true,
        ),
        (
            json!({"id": "a", "status": "failed", "error": "NSFW content detected in output."}),
            ErrorKind::ContentFiltered,
            false,
        ),
        (
            json!({"id": "a", "status": "failed", "error": "prompt is too long: 9000 tokens"}),
            ErrorKind::ContextLengthExceeded,
            false,
        ),
        (
            json!({"id": "a", "status": "canceled"}),
            ErrorKind::Cancelled,
            false,
        ),
        (json!({"id": "a", "status": "aborted"}), ErrorKind::Server, true),
        (
            json!({"id": "a", "status": "succeeded", "output": null}),
            ErrorKind::Decode,
            false,
        ),
    ] {
        let error = ended(prediction.clone()).expect_err("it failed");
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, again),
            "{prediction}"
        );
    }
}

#[test]
fn errors_of_requests() {
    let body =
        |status: u16, detail: &str| json!({"title": "-", "detail": detail, "status": status}).to_string();
    let throttled = "Request was throttled. Your rate limit resets in ~30s.";
    let error = error_of::<ReplicateCodec>(429, &body(429, throttled));
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(30)));
    let poor = "You have insufficient credit to run this model.";
    let error = error_of::<ReplicateCodec>(402, &body(402, poor));
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::QuotaExceeded, false)
    );
    assert_eq!(error.message(), poor);
}
