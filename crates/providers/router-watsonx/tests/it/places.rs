//! Regions, projects and keys, from a program, a configuration and the environment.

use std::sync::Arc;

use router_core::{EmbeddingRequest, ErrorKind, Provider as _, ProviderExt as _};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_watsonx::WatsonxBuilder;

const ANSWER: &str =
    r#"{"id":"a","model_id":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;

/// What is sent first by a provider that is built so.
async fn asked(with: impl FnOnce(WatsonxBuilder) -> WatsonxBuilder) -> (String, String, String) {
    let transport = Arc::new(ReplayTransport::new().json(200, ANSWER));
    let settings = ProviderSettings::default().with_transport(Arc::clone(&transport) as _);
    let watsonx = with(WatsonxBuilder::new().settings(settings))
        .build()
        .expect("a provider");
    watsonx.chat("m", "x").await.expect("an answer");
    let sent = &transport.requests()[0];
    let auth = sent.headers["authorization"].to_str().expect("text").to_owned();
    (
        sent.url.to_string(),
        auth,
        String::from_utf8_lossy(&sent.body).into_owned(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_region_is_a_host_and_a_space_stands_in_the_body() {
    let (url, auth, body) = asked(|watsonx| watsonx.region("jp-tok").space("s-1").token("t-1")).await;
    assert_eq!(
        url,
        "https://jp-tok.ml.cloud.ibm.com/ml/v1/text/chat?version=2024-03-13"
    );
    assert_eq!(auth, "Bearer t-1");
    assert!(body.contains(r#""space_id":"s-1""#), "{body}");
}

#[tokio::test(start_paused = true)]
async fn cloud_pak_has_keys_of_its_own() {
    let variables = |name: &str| match name {
        "WATSONX_URL" => Some("https://cpd.example.com".to_owned()),
        "WATSONX_ZENAPIKEY" => Some("dXNlcjprZXk=".to_owned()),
        "WX_PROJECT_ID" => Some("p-2".to_owned()),
        _ => None,
    };
    let (url, auth, body) = asked(|watsonx| watsonx.version("2025-01-01").from_variables(&variables)).await;
    assert_eq!(url, "https://cpd.example.com/ml/v1/text/chat?version=2025-01-01");
    assert_eq!(auth, "ZenApiKey dXNlcjprZXk=");
    assert!(body.contains(r#""project_id":"p-2""#), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_call_names_who_pays() {
    let watsonx = WatsonxBuilder::new().key("k").build().expect("a provider");
    let error = watsonx.chat("m", "x").await.expect_err("nobody pays");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("WATSONX_PROJECT_ID"), "{error}");
    let error = watsonx
        .embed("m", EmbeddingRequest::new(["x"]))
        .await
        .expect_err("nobody pays");
    assert!(error.message().contains("WATSONX_PROJECT_ID"), "{error}");
}

#[test]
fn what_is_missing_is_named() {
    let refused = |watsonx: WatsonxBuilder, name: &str| {
        let error = watsonx.build().expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(name), "{error}");
    };
    let new = || WatsonxBuilder::new().key("k");
    refused(new().project("p").space("s"), "not both");
    refused(WatsonxBuilder::new().project("p"), "WATSONX_APIKEY");
    refused(new().project("p").region("evil.example/"), "evil.example/");
    for (name, value) in [("regoin", "us-south"), ("credentials", "password")] {
        let settings = ProviderSettings::default().with_api_key("k");
        let settings = settings.with_option("project", "p").with_option(name, value);
        let error = router_watsonx::build(&settings).map(|built| built.id().clone());
        let error = error.expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("watsonx"), "{error}");
    }
}
