//! What goes to which of xAI's APIs.

use router_core::content::{MediaKind, Opaque};
use router_core::image::ImageRequest;
use router_core::{Call, ChatRequest, Json, Media, ToolDefinition};
use serde_json::json;

use crate::sent;

fn search() -> ToolDefinition {
    let raw = r#"{"type":"web_search","filters":{"allowed_domains":["ruby-lang.org"]}}"#;
    ToolDefinition::Provider(Opaque::new("xai", Json::parse(raw).expect("JSON")))
}

/// Chat completions answer search settings with an error; the tools that search are in Responses.
#[test]
fn tools_of_the_vendor_go_to_the_responses_api() {
    let request = ChatRequest::user("What is new?").with_tools([search()]);
    let (path, body) = sent(&Call::new("grok-4.6", request));
    assert_eq!(path, "/responses");
    assert_eq!(
        body["tools"],
        json!([{"type": "web_search", "filters": {"allowed_domains": ["ruby-lang.org"]}}])
    );
    let (path, _) = sent(&Call::new("grok-4.6", ChatRequest::user("Hi")));
    assert_eq!(path, "/chat/completions");
}

#[test]
fn an_answer_that_the_vendor_keeps_is_gone_on_from() {
    let mut request = ChatRequest::user("And then?");
    request.settings.previous_response_id = Some("resp_1".into());
    let (path, body) = sent(&Call::new("grok-4.6", request));
    assert_eq!(
        (path.as_str(), &body["previous_response_id"]),
        ("/responses", &json!("resp_1"))
    );
}

#[test]
fn the_callers_word_decides() {
    let ask = |api: &str| {
        let options = json!({ "api": api });
        let request = ChatRequest::user("x")
            .with_provider_options("xai", &options)
            .expect("options");
        let (path, body) = sent(&Call::new("grok-4.6", request));
        assert_eq!(body.get("api"), None, "it steers, and is not sent");
        path
    };
    assert_eq!(ask("responses"), "/responses");
    assert_eq!(ask("chat_completions"), "/chat/completions");
}

/// One picture to start from has another field than several (<https://docs.x.ai/docs/guides/image-generations>, read 2026-11).
#[test]
fn pictures_are_changed_with_json() {
    let picture = || Media::base64(MediaKind::Image, "image/png", "iVBORw0KGgo=");
    let url = json!({"type": "image_url", "url": "data:image/png;base64,iVBORw0KGgo="});
    let mut request = ImageRequest::new("Make it blue.");
    request.images = vec![picture()];
    let (path, body) = sent(&Call::new("grok-imagine-image", request.clone()));
    assert_eq!(path, "/images/edits");
    assert_eq!((&body["image"], body.get("images")), (&url, None));
    request.images.push(picture());
    let (_, body) = sent(&Call::new("grok-imagine-image", request));
    assert_eq!((body.get("image"), &body["images"]), (None, &json!([url, url])));
}
