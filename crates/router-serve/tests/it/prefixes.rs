//! A path that begins with the name of a wire is of that wire, whatever the client calls itself.

use http::Method;
use router_core::Scripted;
use router_serve::Service;
use router_wire::HttpRequest;
use serde_json::{Value, json};

async fn answered(method: Method, path: &str, body: &Value) -> (u16, Value) {
    let service = Service::new(Scripted::new().text("Hi"));
    let mut request = HttpRequest::post_json(path, body.to_string());
    request.method = method;
    let response = service.respond(request).await.into_whole().await;
    let body = serde_json::from_slice(&response.body).expect("JSON");
    (response.status, body)
}

/// An address, what else the wire wants in a chat, and where its answer holds the text.
const CHATS: [(&str, &str); 6] = [
    ("/openai/v1/chat/completions", "/choices/0/message/content"),
    ("/mistral/v1/chat/completions", "/choices/0/message/content"),
    ("/anthropic/v1/messages?beta=true", "/content/0/text"),
    ("/cohere/v2/chat", "/message/content/0/text"),
    ("/ollama/api/chat", "/message/content"),
    (
        "/gemini/v1beta/models/m:generateContent",
        "/candidates/0/content/parts/0/text",
    ),
];

#[tokio::test]
async fn the_name_of_a_wire_chooses_it() {
    for (path, place) in CHATS {
        let body = match path.starts_with("/gemini") {
            true => json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
            false => json!({
                "model": "m",
                "max_tokens": 9,
                "stream": false,
                "messages": [{"role": "user", "content": "Hi"}],
            }),
        };
        let (status, answer) = answered(Method::POST, path, &body).await;
        assert_eq!(
            (status, answer.pointer(place)),
            (200, Some(&json!("Hi"))),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn it_is_refused_in_the_form_of_that_wire() {
    let path = "/mistral/v1/chat/completions";
    let (status, said) = answered(Method::POST, path, &json!({"model": "m"})).await;
    assert!((400..500).contains(&status), "{said}");
    assert_eq!(said["object"], "error", "{said}");
    let (status, said) = answered(Method::POST, "/mistral/v1/nowhere", &json!({})).await;
    assert_eq!((status, &said["object"]), (404, &json!("error")), "{said}");
    let (status, said) = answered(Method::POST, "/anthropic/v1/nowhere", &json!({})).await;
    assert_eq!((status, &said["type"]), (404, &json!("error")), "{said}");
}

/// Azure's own paths begin with the name of another's wire.
#[tokio::test]
async fn a_deployment_is_the_model() {
    let path = "/openai/deployments/m/chat/completions?api-version=2024-10-21";
    let body = json!({"messages": [{"role": "user", "content": "Hi"}]});
    let (status, answer) = answered(Method::POST, path, &body).await;
    assert_eq!(
        (status, &answer["choices"][0]["message"]["content"]),
        (200, &json!("Hi")),
        "{answer}"
    );
}
