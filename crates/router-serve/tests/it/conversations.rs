//! A caller names the conversation that its request goes on with.

use router_core::{ConversationId, Scripted};
use router_serve::Service;
use router_wire::HttpRequest;

fn request(id: &'static str) -> HttpRequest {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
    HttpRequest::post_json("/v1/chat/completions", body).with_header(
        "x-llm-router-conversation".parse().expect("a name"),
        http::HeaderValue::from_static(id),
    )
}

async fn status(service: &Service, id: &'static str) -> (u16, String) {
    let response = service.respond(request(id)).await.into_whole().await;
    (
        response.status,
        String::from_utf8(response.body.to_vec()).expect("text"),
    )
}

#[tokio::test]
async fn its_name_goes_on_with_the_call() {
    let provider = Scripted::new().text("hi");
    let service = Service::new(provider.clone()).with_conversations(true);
    assert_eq!(status(&service, "c-1").await.0, 200);
    let calls = provider.calls();
    assert_eq!(
        calls[0].context.extension::<ConversationId>(),
        Some(&ConversationId::new("c-1"))
    );
    let (status, body) = status(&service, "").await;
    assert!(
        status == 400 && body.contains("x-llm-router-conversation"),
        "{body}"
    );
}

#[tokio::test]
async fn where_none_are_kept_it_is_refused() {
    let provider = Scripted::new().text("hi");
    let (status, body) = status(&Service::new(provider.clone()), "c-1").await;
    assert!(
        status == 400 && body.contains("no conversations are kept here"),
        "{body}"
    );
    assert!(provider.calls().is_empty());
}
