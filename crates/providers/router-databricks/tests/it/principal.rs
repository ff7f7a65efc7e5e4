//! A service principal: its secret goes to the workspace's token endpoint alone, its token to the models.

use std::sync::Arc;

use router_core::{ErrorKind, ProviderExt as _};
use router_databricks::build;
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;

const ANSWER: &str =
    r#"{"id":"c","model":"m","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;

#[tokio::test]
async fn a_secret_is_exchanged_once_for_a_token() {
    let token = r#"{"access_token":"eyJ.token","token_type":"Bearer","expires_in":3600}"#;
    let transport = ReplayTransport::new()
        .json(200, token)
        .json(200, ANSWER)
        .json(200, ANSWER);
    let transport = Arc::new(transport);
    let settings = ProviderSettings::default()
        .with_base_url("dbc-1.cloud.databricks.com")
        .with_api_key("dose-very-secret")
        .with_option("client_id", "principal-1")
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    for _ in 0..2 {
        provider
            .chat("databricks-claude-sonnet-5", "x")
            .await
            .expect("an answer");
    }
    let sent = transport.requests();
    assert_eq!(sent[0].url, "https://dbc-1.cloud.databricks.com/oidc/v1/token");
    // principal-1:dose-very-secret
    assert_eq!(
        sent[0].headers["authorization"],
        "Basic cHJpbmNpcGFsLTE6ZG9zZS12ZXJ5LXNlY3JldA=="
    );
    assert_eq!(&sent[0].body[..], b"grant_type=client_credentials&scope=all-apis");
    assert_eq!(sent.len(), 3, "one token serves both");
    for chat in &sent[1..] {
        let url = "https://dbc-1.cloud.databricks.com/serving-endpoints/chat/completions";
        assert_eq!(chat.url, url);
        assert_eq!(chat.headers["authorization"], "Bearer eyJ.token");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_told_and_not_shown() {
    let refused = r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#;
    let settings = ProviderSettings::default()
        .with_base_url("https://dbc-1.cloud.databricks.com")
        .with_api_key("dose-very-secret")
        .with_option("client_id", "principal-1")
        .with_transport(Arc::new(ReplayTransport::new().json(401, refused)));
    let provider = build(&settings).expect("a provider");
    let error = provider
        .chat("m", "x")
        .await
        .map(|_| ())
        .expect_err("a wrong secret");
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert!(error.to_string().contains("invalid_client"), "{error}");
    assert!(!format!("{error:?}").contains("very-secret"), "{error:?}");
    let alone = ProviderSettings::default()
        .with_base_url("https://dbc-1.cloud.databricks.com")
        .with_option("client_id", "principal-1");
    let error = build(&alone).map(|_| ()).expect_err("no secret");
    assert!(error.message().contains("DATABRICKS_CLIENT_SECRET"), "{error}");
}
