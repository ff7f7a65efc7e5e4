//! Where calls go on the two surfaces, and what is read from addresses and variables.

use std::sync::Arc;

use router_azure::{AzureBuilder, AzureCodec, Surface, build};
use router_core::audio::{SpeechRequest, TranscriptionRequest};
use router_core::content::MediaKind;
use router_core::image::ImageRequest;
use router_core::model::ListModelsRequest;
use router_core::{
    Call, ChatRequest, EmbeddingRequest, ErrorKind, Media, Operation, ProviderExt as _, ProviderId,
    ResponseFormat, Settings,
};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_wire::Codec as _;
use serde_json::{Value, json};

const ANSWER: &str =
    r#"{"id":"a","model":"gpt-4.1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;

fn path(surface: Surface, model: &'static str, operation: impl Into<Operation>) -> String {
    let codec = AzureCodec::at(ProviderId::from_static("azure"), surface);
    let call = Call::new(model, operation.into());
    codec.encode(&call).expect("a request").request.path.into()
}

#[test]
fn deployments_stand_in_the_path_and_the_version_behind_it() {
    let dated = |operation: Operation| path(Surface::deployments("2024-10-21"), "my gpt/4o", operation);
    let below = |rest: &str| format!("/deployments/my%20gpt%2F4o{rest}?api-version=2024-10-21");
    assert_eq!(dated(ChatRequest::user("x").into()), below("/chat/completions"));
    assert_eq!(dated(EmbeddingRequest::new(["x"]).into()), below("/embeddings"));
    assert_eq!(dated(ImageRequest::new("x").into()), below("/images/generations"));
    assert_eq!(dated(SpeechRequest::new("x").into()), below("/audio/speech"));
    let sound = || Media::base64(MediaKind::Audio, "audio/wav", "UklGRg==");
    assert_eq!(
        dated(TranscriptionRequest::new(sound()).into()),
        below("/audio/transcriptions")
    );
    assert_eq!(
        dated(ListModelsRequest::default().into()),
        "/models?api-version=2024-10-21"
    );
    let responses = ChatRequest::user("x")
        .with_provider_options("azure", &json!({"api": "responses"}))
        .expect("options");
    assert_eq!(
        path(Surface::deployments("2025-04-01-preview"), "d", responses.clone()),
        "/responses?api-version=2025-04-01-preview"
    );
    assert_eq!(path(Surface::V1, "d", responses), "/responses");
    assert_eq!(
        path(Surface::V1, "my gpt/4o", ChatRequest::user("x")),
        "/chat/completions"
    );
}

#[test]
fn whatever_was_pasted_becomes_the_address_of_a_surface() {
    let dated = Surface::deployments("2024-10-21");
    for pasted in [
        "https://r.openai.azure.com",
        "https://r.openai.azure.com/",
        "https://r.openai.azure.com/openai",
        "https://r.openai.azure.com/openai/v1/",
        "https://r.openai.azure.com//openai?api-version=2024-10-21",
    ] {
        assert_eq!(
            Surface::V1.address(pasted),
            "https://r.openai.azure.com/openai/v1",
            "{pasted}"
        );
        assert_eq!(
            dated.address(pasted),
            "https://r.openai.azure.com/openai",
            "{pasted}"
        );
    }
}

/// Dated versions refuse fields that are younger than they are.
#[test]
fn old_versions_are_not_sent_what_they_refuse() {
    let sent = |version: &str| -> Value {
        let codec = AzureCodec::at(ProviderId::from_static("azure"), Surface::deployments(version));
        let mut settings = Settings::default();
        settings.max_output_tokens = Some(9);
        let request = ChatRequest::user("x")
            .with_settings(settings)
            .with_response_format(ResponseFormat::Json);
        let call = Call::new("d", request).streaming();
        let encoded = codec.encode(&call).expect("a request");
        serde_json::from_slice(&encoded.request.body).expect("JSON")
    };
    let old = sent("2024-02-01");
    assert_eq!((&old["max_tokens"], old.get("stream_options")), (&json!(9), None));
    let young = sent("2025-04-01-preview");
    assert_eq!(young["max_completion_tokens"], 9);
    assert_eq!(young["stream_options"], json!({"include_usage": true}));
}

#[tokio::test]
async fn a_key_goes_in_its_own_header_and_a_token_in_the_usual_one() {
    let transport = Arc::new(ReplayTransport::new().json(200, ANSWER).json(200, ANSWER));
    let settings = || ProviderSettings::default().with_transport(Arc::clone(&transport) as _);
    let base = || {
        AzureBuilder::new()
            .endpoint("https://r.openai.azure.com/")
            .settings(settings())
    };
    let keyed = base().key("k-1").build().expect("a provider");
    keyed.chat("d", "x").await.expect("an answer");
    let dated = base()
        .surface(Surface::deployments("2024-10-21"))
        .token("t-1")
        .build()
        .expect("a provider");
    dated.chat("d", "x").await.expect("an answer");
    let sent = transport.requests();
    assert_eq!(
        sent[0].url,
        "https://r.openai.azure.com/openai/v1/chat/completions"
    );
    assert_eq!(sent[0].headers["api-key"], "k-1");
    assert!(!sent[0].headers.contains_key("authorization"));
    assert_eq!(
        sent[1].url,
        "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(sent[1].headers["authorization"], "Bearer t-1");
    assert!(!sent[1].headers.contains_key("api-key"));
    assert!(!format!("{keyed:?} {dated:?}").contains("k-1"));
}

#[tokio::test]
async fn a_configuration_names_the_version() {
    let transport = Arc::new(ReplayTransport::new().json(200, ANSWER));
    let settings = ProviderSettings::default()
        .with_base_url("https://r.openai.azure.com")
        .with_api_key("k-1")
        .with_option("api_version", "2024-10-21")
        .with_dialect(
            router_core::Json::parse(r#"{"max_tokens_field":"max_completion_tokens"}"#).expect("JSON"),
        )
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    let mut settings = Settings::default();
    settings.max_output_tokens = Some(9);
    let request = ChatRequest::user("x").with_settings(settings);
    provider.chat("d", request).await.expect("an answer");
    let sent = &transport.requests()[0];
    assert!(
        sent.url
            .ends_with("/openai/deployments/d/chat/completions?api-version=2024-10-21"),
        "{}",
        sent.url
    );
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["max_completion_tokens"], 9);
}

#[test]
fn variables_are_read_and_what_is_missing_is_named() {
    let of = |pairs: &[(&'static str, &'static str)]| {
        let pairs = pairs.to_vec();
        AzureBuilder::new()
            .from_variables(&move |name| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
            .build()
    };
    let endpoint = ("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com");
    let dated = of(&[
        endpoint,
        ("AZURE_OPENAI_API_KEY", "k"),
        ("OPENAI_API_VERSION", "2024-10-21"),
    ])
    .expect("a provider");
    assert_eq!(*dated.codec().surface(), Surface::deployments("2024-10-21"));
    let pasted = of(&[
        (
            "AZURE_OPENAI_ENDPOINT",
            "https://r.openai.azure.com/openai?api-version=2024-02-01",
        ),
        ("AZURE_API_KEY", "k"),
    ])
    .expect("a provider");
    assert_eq!(*pasted.codec().surface(), Surface::deployments("2024-02-01"));
    let app = of(&[
        endpoint,
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "s3cret"),
    ])
    .expect("a provider");
    assert_eq!(*app.codec().surface(), Surface::V1);
    assert!(!format!("{app:?}").contains("s3cret"), "{app:?}");
    let error = of(&[("AZURE_OPENAI_API_KEY", "k")])
        .map(|_| ())
        .expect_err("no endpoint");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("AZURE_OPENAI_ENDPOINT"), "{error}");
    let error = of(&[endpoint]).map(|_| ()).expect_err("no key");
    assert!(error.to_string().contains("AZURE_OPENAI_API_KEY"), "{error}");
}
