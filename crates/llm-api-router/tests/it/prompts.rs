//! What only text completions can hold, behind the gateway: it reaches a vendor that completes texts, and costs nothing elsewhere.

use std::sync::Arc;

use llm_api_router::http::replay::ReplayTransport;
use llm_api_router::serve::Service;
use llm_api_router::wire::HttpRequest;
use llm_api_router::{ProviderSettings, Registry};
use serde_json::{Value, json};

#[tokio::test]
async fn no_vendor_is_asked_for_what_it_cannot_hold() {
    let (mut refused, mut completed) = (0, 0);
    for entry in Registry::builtin().entries() {
        let id = entry.vendor().id;
        // The simulated vendor costs nothing, and is asked over no transport.
        if id == "sim" {
            continue;
        }
        for (name, value) in [("prompt", json!([1, 2, 3])), ("suffix", json!("The end."))] {
            let transport = Arc::new(ReplayTransport::new());
            let mut settings = ProviderSettings::default()
                .with_api_key("sk-canary")
                .with_base_url("http://vendor.test")
                .with_transport(Arc::clone(&transport) as _);
            if id == "watsonx" {
                settings = settings
                    .with_option("credentials", "token")
                    .with_option("project", "p");
            }
            let provider = Registry::builtin().build(id, &settings).expect("a provider");
            let mut body = json!({"model": entry.vendor().default_model.unwrap_or("m"), "prompt": "Once"});
            body[name] = value.clone();
            let request = HttpRequest::post_json("/v1/completions", body.to_string());
            let reply = Service::new(provider).respond(request).await;
            match transport.requests().first() {
                Some(sent) => {
                    let sent: Value = serde_json::from_slice(&sent.body).expect("JSON");
                    assert_eq!(sent[name], value, "{id}: {name} is lost");
                    completed += 1;
                }
                None => {
                    assert_eq!(reply.status(), 400, "{id}: {name}");
                    refused += 1;
                }
            }
        }
    }
    assert!(
        refused >= 50 && completed >= 8,
        "{refused} refused, {completed} completed"
    );
}
