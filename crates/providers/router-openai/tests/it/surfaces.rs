//! Which of OpenAI's two chat APIs answers, and what is refused before either is asked.

use router_core::content::{MediaKind, MediaSource, Opaque};
use router_core::{
    Call, ChatRequest, ContentPart, ErrorKind, Json, Media, Message, ProviderId, Settings, ToolDefinition,
};
use router_openai::OpenAiCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, Encoded};
use router_wire_openai::completions;
use serde_json::{Value, json};

const CHAT: &str = "/chat/completions";
const RESPONSES: &str = "/responses";

fn encoded(model: &'static str, request: ChatRequest) -> router_core::Result<Encoded> {
    OpenAiCodec::new(ProviderId::from_static("openai")).encode(&Call::new(model, request))
}

fn sent(model: &'static str, request: ChatRequest) -> (String, Value) {
    let encoded = encoded(model, request).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    (encoded.request.path.to_string(), body)
}

fn hosted(tool: &Value) -> ToolDefinition {
    ToolDefinition::Provider(Opaque::new("openai", Json::from(tool.clone())))
}

fn asking(part: Media) -> ChatRequest {
    ChatRequest::new(vec![Message::user([
        ContentPart::text("What is this?"),
        part.into(),
    ])])
}

/// Only Responses runs tools, whatever the model.
#[test]
fn tools_that_the_vendor_runs() {
    for tool in [
        json!({"type": "web_search"}),
        json!({"type": "file_search", "vector_store_ids": ["vs_1"]}),
        json!({"type": "code_interpreter", "container": {"type": "auto"}}),
        json!({"type": "image_generation"}),
        json!({"type": "mcp", "server_label": "a", "server_url": "https://a.example"}),
    ] {
        for model in ["gpt-4.1-mini", "gpt-5.5"] {
            let (path, body) = sent(model, ChatRequest::user("x").with_tools([hosted(&tool)]));
            assert_eq!(
                (path.as_str(), &body["tools"]),
                (RESPONSES, &json!([tool])),
                "{model}"
            );
        }
    }
    assert_eq!(sent("gpt-4.1-mini", ChatRequest::user("x")).0, CHAT);
}

#[test]
fn what_the_vendor_keeps() {
    let options = json!({"conversation": "conv_1"});
    let request = ChatRequest::user("x")
        .with_provider_options("openai", &options)
        .expect("options");
    let (path, body) = sent("gpt-4.1-mini", request);
    assert_eq!(
        (path.as_str(), &body["conversation"]),
        (RESPONSES, &json!("conv_1"))
    );
    let mut settings = Settings::default();
    settings.previous_response_id = Some("resp_1".into());
    let (path, body) = sent("gpt-4.1-mini", ChatRequest::user("x").with_settings(settings));
    assert_eq!(
        (path.as_str(), &body["previous_response_id"]),
        (RESPONSES, &json!("resp_1"))
    );
}

/// A client of Responses that goes on with a conversation does so on a model that both APIs serve, too.
#[test]
fn a_conversation_of_a_client() {
    let mut request = ChatRequest::user("x");
    let wire = router_wire_openai::responses::WIRE;
    request
        .extra
        .insert(wire, "conversation", Json::from(json!({"id": "conv_1"})));
    let (path, body) = sent("gpt-4.1-mini", request);
    assert_eq!(
        (path.as_str(), &body["conversation"]),
        (RESPONSES, &json!({"id": "conv_1"}))
    );
}

#[test]
fn files_and_addresses() {
    let file = |kind| Media::new(kind, MediaSource::File("file_1".into()));
    let url = |kind| Media::url(kind, "https://example.com/a");
    for (media, path) in [
        (file(MediaKind::Document), CHAT),
        (file(MediaKind::Image), RESPONSES),
        (url(MediaKind::Document), RESPONSES),
        (url(MediaKind::Image), CHAT),
    ] {
        assert_eq!(sent("gpt-4.1-mini", asking(media.clone())).0, path, "{media:?}");
    }
    let (_, body) = sent("gpt-4.1-mini", asking(file(MediaKind::Document)));
    let part = &body["messages"][0]["content"][1];
    assert_eq!(*part, json!({"type": "file", "file": {"file_id": "file_1"}}));
    let responses = |media| {
        let options = json!({"api": "responses"});
        let request = asking(media)
            .with_provider_options("openai", &options)
            .expect("options");
        sent("gpt-4.1-mini", request).1["input"][0]["content"][1].clone()
    };
    assert_eq!(
        responses(file(MediaKind::Document)),
        json!({"type": "input_file", "file_id": "file_1"})
    );
    assert_eq!(
        responses(url(MediaKind::Document)),
        json!({"type": "input_file", "file_url": "https://example.com/a"})
    );
    assert_eq!(
        responses(file(MediaKind::Image)),
        json!({"type": "input_image", "file_id": "file_1"})
    );
    // Where the API is chosen, what it has not is refused.
    let options = json!({"api": "chat_completions"});
    let request = asking(url(MediaKind::Document))
        .with_provider_options("openai", &options)
        .expect("options");
    let error = encoded("gpt-4.1-mini", request).expect_err("no such parts");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn too_many_stops() {
    let request = ChatRequest::user("x").with_stop_sequences(["a", "b", "c", "d", "e"]);
    let error = encoded("gpt-4.1-mini", request).expect_err("four at most");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("stop_sequences"), "{error}");
}

/// What a chat cannot hold goes to a model that completes text, and to no other.
#[test]
fn text_completions_that_are_no_chats() {
    let wire = completions::WIRE;
    for (name, value) in [
        ("suffix", json!("end")),
        ("prompt", json!([1, 2, 3])),
        ("best_of", json!(3)),
    ] {
        let mut request = completions::prompt("Once");
        request.extra.insert(wire, name, Json::from(value.clone()));
        let (path, body) = sent("gpt-3.5-turbo-instruct", request.clone());
        assert_eq!((path.as_str(), &body[name]), ("/completions", &value));
        let error = encoded("gpt-4.1-mini", request).expect_err("a chat cannot hold it");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains(name), "{error}");
    }
    let mut request = completions::prompt("Once");
    request.extra.insert(wire, "best_of", Json::from(json!(1)));
    assert_eq!(sent("gpt-4.1-mini", request).0, CHAT);
}
