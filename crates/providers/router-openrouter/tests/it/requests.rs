//! What only OpenRouter can be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use router_core::audio::TranscriptionRequest;
use router_core::chat::ReasoningConfig;
use router_core::content::MediaKind;
use router_core::{
    Call, ChatRequest, ContentPart, Json, Media, Message, ProviderExt as _, ReasoningEffort, Settings,
};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_openrouter::{MaxPrice, OpenRouterOptions, Plugin, Routing, build};
use serde_json::json;

use crate::{answer, body, codec};

fn ask(options: &OpenRouterOptions) -> ChatRequest {
    ChatRequest::user("x")
        .with_provider_options("openrouter", options)
        .expect("options")
}

#[test]
fn vendors_fallbacks_and_plugins_are_asked_for() {
    let mut price = MaxPrice::default();
    price.prompt = Some("0.5".to_owned());
    let mut routing = Routing::default();
    routing.order = vec!["anthropic".to_owned(), "amazon-bedrock".to_owned()];
    routing.allow_fallbacks = Some(false);
    routing.require_parameters = Some(true);
    routing.sort = Some("latency".to_owned());
    routing.max_price = Some(price);
    let mut web = Plugin::new("web");
    web.settings = BTreeMap::from([("max_results".to_owned(), Json::parse("3").expect("JSON"))]);
    let mut options = OpenRouterOptions::default();
    options.models = vec!["anthropic/claude-sonnet-4.5".to_owned()];
    options.provider = Some(routing);
    options.plugins = vec![web, Plugin::new("response-healing")];
    options.image_config = Some(Json::parse(r#"{"aspect_ratio":"16:9"}"#).expect("JSON"));
    options.session_id = Some("s-1".to_owned());
    assert_eq!(
        body(&Call::new("openai/gpt-5.5", ask(&options))),
        json!({
            "model": "openai/gpt-5.5",
            "messages": [{"role": "user", "content": "x"}],
            "models": ["anthropic/claude-sonnet-4.5"],
            "provider": {
                "order": ["anthropic", "amazon-bedrock"], "allow_fallbacks": false,
                "require_parameters": true, "sort": "latency", "max_price": {"prompt": "0.5"}
            },
            "plugins": [{"id": "web", "max_results": 3}, {"id": "response-healing"}],
            "image_config": {"aspect_ratio": "16:9"},
            "session_id": "s-1"
        })
    );
}

#[test]
fn reasoning_is_a_level_or_a_budget_and_may_be_left_out_of_the_answer() {
    let with = |config: ReasoningConfig| {
        let mut settings = Settings::default();
        settings.reasoning = Some(config);
        Call::new("m", ChatRequest::user("x").with_settings(settings))
    };
    let mut hidden = ReasoningConfig::effort(ReasoningEffort::Low);
    hidden.include_thoughts = Some(false);
    hidden.summary = Some("concise".into());
    assert_eq!(
        body(&with(hidden))["reasoning"],
        json!({"effort": "low", "summary": "concise", "exclude": true})
    );
    let mut both = ReasoningConfig::effort(ReasoningEffort::Low);
    both.budget_tokens = Some(2_000);
    let encoded = router_wire::Codec::encode(&codec(), &with(both)).expect("a request");
    let sent: serde_json::Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(sent["reasoning"], json!({"effort": "low"}));
    assert_eq!(encoded.warnings.len(), 1, "{:?}", encoded.warnings);
}

#[test]
fn documents_may_be_addresses_and_marks_stand_in_parts() {
    let file = Media::url(MediaKind::Document, "https://example.com/a.pdf").with_name("a.pdf");
    let marked = ContentPart::text("a").with_cache(router_core::CacheMark::default());
    let request = ChatRequest::new(vec![Message::user([marked, ContentPart::Media(file)])]);
    assert_eq!(
        body(&Call::new("m", request))["messages"][0]["content"],
        json!([
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://example.com/a.pdf"}}
        ])
    );
}

#[test]
fn a_sound_to_write_down_goes_as_json() {
    let sound = Media::base64(MediaKind::Audio, "audio/mpeg", "//NkxAAA");
    let mut request = TranscriptionRequest::new(sound);
    request.language = Some("en".into());
    let call = Call::new("openai/whisper-1", request);
    assert_eq!(
        body(&call),
        json!({"model": "openai/whisper-1", "input_audio": {"data": "//NkxAAA", "format": "mp3"}, "language": "en"})
    );
}

#[test]
fn the_responses_api_answers_when_asked() {
    let mut options = OpenRouterOptions::default();
    options.api = Some("responses".to_owned());
    let encoded = router_wire::Codec::encode(&codec(), &Call::new("m", ask(&options))).expect("a request");
    assert_eq!(encoded.request.path, "/responses");
    let sent: serde_json::Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(sent["api"], serde_json::Value::Null, "it steers, and is not sent");
    assert!(sent.get("input").is_some(), "{sent}");
}

#[tokio::test]
async fn site_and_app_go_in_headers() {
    let reply =
        r#"{"id":"gen-1","model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;
    let transport = Arc::new(ReplayTransport::new().json(200, reply));
    let settings = ProviderSettings::default()
        .with_api_key("sk-or-1")
        .with_option("site", "https://example.com")
        .with_option("app", "Example")
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    provider.chat("openrouter/auto", "x").await.expect("an answer");
    let sent = &transport.requests()[0];
    assert_eq!(sent.headers["http-referer"], "https://example.com");
    assert_eq!(sent.headers["x-title"], "Example");
    let unknown = ProviderSettings::default()
        .with_api_key("k")
        .with_option("region", "eu");
    let error = build(&unknown).map(|_| ()).expect_err("no such option");
    assert!(error.to_string().contains("region"), "{error}");
}

/// What a vendor sealed comes back as it was sent, over two turns with calls, and without the text beside it.
#[test]
fn details_of_reasoning_go_back_untouched_over_two_turns() {
    let first = json!([
        {"type": "reasoning.summary", "summary": "**Weather**", "format": "openai-responses-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "gAAAAAB/enc+rypted==", "format": "openai-responses-v1", "id": "rs_1", "index": 0},
        {"type": "reasoning.encrypted", "data": "second", "format": "openai-responses-v1", "id": "rs_2", "index": 0}
    ]);
    let second = json!([
        {"type": "reasoning.text", "text": "Now Oslo.", "signature": "EqQB/sig==", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.server_tool_call", "name": "new kind", "index": 1}
    ]);
    let turn = |id: &str, details: &serde_json::Value| {
        answer(&json!({"id": id, "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "", "reasoning": "**Weather**", "reasoning_details": details,
            "tool_calls": [{"id": id, "index": 0, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]
        }}]}))
        .expect("an answer")
        .to_message()
    };
    let result = |id: &str| Message::tool([router_core::ToolResult::new(id, "18")]);
    let messages = vec![
        Message::user("Paris and Oslo?"),
        turn("call_1", &first),
        result("call_1"),
        turn("call_2", &second),
        result("call_2"),
    ];
    let sent = body(&Call::new("m", ChatRequest::new(messages)));
    for (at, details) in [(1, &first), (3, &second)] {
        let message = &sent["messages"][at];
        assert_eq!(&message["reasoning_details"], details, "message {at}");
        assert_eq!(message.get("reasoning"), None, "the text is in the details");
    }
}
