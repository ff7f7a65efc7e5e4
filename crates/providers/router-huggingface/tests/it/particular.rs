//! Names with the vendor behind them, who pays, and the shapes of errors.

use std::sync::Arc;

use router_conformance::profile::error_of;
use router_core::{ErrorKind, ProviderExt as _};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_huggingface::{HuggingFaceCodec, build};

const ANSWER: &str =
    r#"{"id":"a","model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"eos_token"}]}"#;

#[tokio::test]
async fn the_vendor_behind_is_part_of_the_name_and_who_pays_a_header() {
    let transport = Arc::new(ReplayTransport::new().json(200, ANSWER));
    let settings = ProviderSettings::default()
        .with_api_key("hf_1")
        .with_option("bill_to", "acme")
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    let answer = provider
        .chat("moonshotai/Kimi-K2-Instruct-0905:groq", "x")
        .await
        .expect("an answer");
    assert_eq!(answer.finish_reason(), Some(&router_core::FinishReason::Stop));
    let sent = &transport.requests()[0];
    assert_eq!(sent.headers["x-hf-bill-to"], "acme");
    let body: serde_json::Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["model"], "moonshotai/Kimi-K2-Instruct-0905:groq");
    // The router reads the beginning of a body.
    assert!(sent.body.starts_with(br#"{"model":"#), "{body}");
}

#[test]
fn errors_are_texts_objects_and_messages() {
    let kind = |status, body: &str| {
        let error = error_of::<HuggingFaceCodec>(status, body);
        (error.kind(), error.is_retryable())
    };
    let poor = r#"{"error":"You have exceeded your monthly included credits for Inference Providers."}"#;
    assert_eq!(kind(402, poor), (ErrorKind::QuotaExceeded, false));
    let loading = r#"{"error":"Model is currently loading","estimated_time":20.0}"#;
    assert_eq!(kind(503, loading), (ErrorKind::Overloaded, true));
    let unknown = r#"{"error":{"message":"The requested model 'nobody/nothing' does not exist","type":"invalid_request_error","code":"model_not_found"}}"#;
    assert_eq!(kind(400, unknown), (ErrorKind::NotFound, false));
    let generation = r#"{"error":"Request failed during generation","error_type":"generation"}"#;
    assert_eq!(kind(424, generation), (ErrorKind::Server, true));
    assert_eq!(
        kind(401, r#"{"message":"Invalid username or password."}"#),
        (ErrorKind::Authentication, false)
    );
}

/// Vectors and pictures stand beside the chats, whatever the address says of a version.
#[tokio::test]
async fn vectors_and_pictures_have_addresses_of_models() {
    let transport = Arc::new(ReplayTransport::new().json(200, "[0.5, 1.0]").reply(
        200,
        &[("content-type", "image/jpeg")],
        vec![Ok(b"\xFF\xD8\xFFx".as_slice().into())],
    ));
    let settings = ProviderSettings::default()
        .with_api_key("hf_1")
        .with_base_url("https://router.huggingface.co/v1/")
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    let vectors = provider
        .embed("intfloat/e5-small", router_core::EmbeddingRequest::new(["x"]))
        .await
        .expect("a vector");
    assert_eq!(vectors.embeddings, [vec![0.5, 1.0]]);
    let mut request = router_core::image::ImageRequest::new("A cat.");
    request.size = Some("1024x768".into());
    let request_with_steps = {
        let steps = serde_json::json!({"num_inference_steps": 4});
        request
            .provider_options
            .set("huggingface", &steps)
            .expect("options");
        request
    };
    let pictures = provider
        .generate_image("black-forest-labs/FLUX.1-schnell", request_with_steps)
        .await
        .expect("a picture");
    assert_eq!(pictures.images[0].media.media_type.as_deref(), Some("image/jpeg"));
    let sent = transport.requests();
    assert_eq!(
        sent[0].url,
        "https://router.huggingface.co/hf-inference/models/intfloat/e5-small/pipeline/feature-extraction"
    );
    assert_eq!(
        sent[1].url,
        "https://router.huggingface.co/hf-inference/models/black-forest-labs/FLUX.1-schnell"
    );
    let body: serde_json::Value = serde_json::from_slice(&sent[1].body).expect("JSON");
    let expected = serde_json::json!({"inputs": "A cat.",
        "parameters": {"width": 1024, "height": 768, "num_inference_steps": 4}});
    assert_eq!(body, expected);
}

#[test]
fn a_server_that_is_not_known_is_named() {
    let settings = ProviderSettings::default()
        .with_api_key("k")
        .with_option("server", "mars");
    let error = build(&settings).map(|_| ()).expect_err("no such server");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("router, tgi, tei"), "{error}");
}
