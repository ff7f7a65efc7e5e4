//! Requests at Azure's addresses: the deployment in the path is the model.

use http::Method;
use router_core::{Error, OperationKind};
use router_wire::multipart::Form;
use router_wire::{HttpRequest, Ingress};
use router_wire_openai::endpoints;

fn served(request: &HttpRequest) -> Result<Ingress, Error> {
    let endpoints = endpoints();
    let endpoint = endpoints.iter().find(|endpoint| endpoint.claims(request));
    endpoint.expect("an endpoint").decode(request)
}

fn post(path: &str, body: &str) -> HttpRequest {
    HttpRequest::post_json(path, body.to_owned())
}

#[test]
fn the_deployment_counts_and_the_body_does_not() {
    let path = "/openai/deployments/my%20gpt%2F4o/chat/completions?api-version=2024-10-21";
    for body in [
        r#"{"model":"whatever","messages":[{"role":"user","content":"x"}],"temperature":0.5}"#,
        r#" {"messages":[{"role":"user","content":"x"}],"temperature":0.5}"#,
    ] {
        let ingress = served(&post(path, body)).expect("a chat");
        assert_eq!(
            (ingress.model.as_str(), ingress.operation.kind()),
            ("my gpt/4o", OperationKind::Chat)
        );
        let router_core::Operation::Chat(chat) = &ingress.operation else {
            panic!("no chat");
        };
        assert_eq!((chat.messages.len(), chat.settings.temperature), (1, Some(0.5)));
    }
    let empty = served(&post(path, "{}")).expect_err("no messages");
    assert!(empty.message().contains("messages"), "{empty}");
}

#[test]
fn every_operation_has_deployments() {
    let at = |rest: &str| format!("/openai/deployments/d/{rest}?api-version=2024-10-21");
    let kind = |rest: &str, body: &str| {
        let ingress = served(&post(&at(rest), body)).expect("a request");
        assert_eq!(ingress.model.as_str(), "d", "{rest}");
        ingress.operation.kind()
    };
    assert_eq!(kind("embeddings", r#"{"input":"x"}"#), OperationKind::Embed);
    assert_eq!(
        kind("images/generations", r#"{"prompt":"x"}"#),
        OperationKind::GenerateImage
    );
    assert_eq!(
        kind("audio/speech", r#"{"input":"x","voice":"alloy"}"#),
        OperationKind::Speak
    );
    let mut form = Form::new();
    form.push_file("file", "a.wav", Some("audio/wav"), "RIFF");
    let form = form.into_request(at("audio/transcriptions")).expect("a form");
    let ingress = served(&form).expect("a request");
    assert_eq!(
        (ingress.model.as_str(), ingress.operation.kind()),
        ("d", OperationKind::Transcribe)
    );
}

#[test]
fn a_version_is_needed_and_nothing_else_is_there() {
    let body = r#"{"messages":[{"role":"user","content":"x"}]}"#;
    let error = served(&post("/openai/deployments/d/chat/completions", body)).expect_err("no version");
    assert!(error.message().contains("api-version"), "{error}");
    let unknown = post("/openai/deployments/d/evals?api-version=2024-10-21", "{}");
    assert!(endpoints().iter().all(|endpoint| !endpoint.claims(&unknown)));
}

#[test]
fn models_and_the_undated_surface_are_at_their_places() {
    for path in [
        "/v1/models",
        "/openai/models?api-version=2024-10-21",
        "/openai/v1/models",
    ] {
        let mut request = HttpRequest::get(path);
        request.method = Method::GET;
        let ingress = served(&request).expect("a list");
        assert_eq!(ingress.operation.kind(), OperationKind::ListModels, "{path}");
    }
    let body = r#"{"model":"d","messages":[{"role":"user","content":"x"}]}"#;
    let ingress = served(&post("/openai/v1/chat/completions", body)).expect("a chat");
    assert_eq!(ingress.model.as_str(), "d");
}
