//! What is stored in caches and scripts reads back as it was.

use proptest::prelude::*;
use router_core::{
    ChatRequest, ChatResponse, ContentPart, EmbeddingRequest, Media, Message, Output, ReasoningEffort,
    Settings, StreamEvent, ToolCall, ToolChoice, ToolResult, replay,
};
use serde_json::json;

use crate::answers::answer;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn answers_and_events(answer in answer()) {
        let text = serde_json::to_string(&Output::Chat(answer.clone())).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Output>(&text).expect("JSON"), Output::Chat(answer.clone()));
        for event in replay::events(answer) {
            let text = serde_json::to_string(&event).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<StreamEvent>(&text).expect("JSON"), event);
        }
    }
}

#[test]
fn requests() {
    let mut request = ChatRequest::new(vec![
        Message::user([ContentPart::text("Look:"), Media::image_url("https://x").into()]),
        Message::assistant([ContentPart::from(ToolCall::new("1", "f", "{}"))]),
        Message::tool([ToolResult::error("1", "no").with_name("f")]),
    ])
    .with_system("Be nice.")
    .with_tool_choice(ToolChoice::Tool("f".into()))
    .with_reasoning_effort(ReasoningEffort::Other("extreme".into()));
    request.settings.stop_sequences = vec!["END".into()];
    let text = serde_json::to_string(&request).expect("JSON");
    assert_eq!(serde_json::from_str::<ChatRequest>(&text).expect("JSON"), request);
    assert_eq!(
        serde_json::from_str::<ChatRequest>("{}").expect("all is optional"),
        ChatRequest::default()
    );
}

/// Nothing that was not set is written.
#[test]
fn defaults_are_absent() {
    assert_eq!(
        serde_json::to_value(Settings::default()).expect("JSON"),
        json!({})
    );
    let plain = serde_json::to_value(ChatRequest::user("Hi")).expect("JSON");
    assert_eq!(
        plain["messages"],
        json!([{"role": "user", "content": "Hi"}]),
        "text alone is no list"
    );
    let embedding = EmbeddingRequest::new(["x"]);
    let text = serde_json::to_string(&embedding).expect("JSON");
    assert_eq!(
        serde_json::from_str::<EmbeddingRequest>(&text).expect("JSON"),
        embedding
    );
}

#[test]
fn efforts() {
    for word in ["none", "minimal", "low", "medium", "high", "xhigh", "max"] {
        let effort: ReasoningEffort = serde_json::from_value(json!(word)).expect("a word");
        assert_eq!(
            (effort.as_str(), ReasoningEffort::parse(word)),
            (word, effort.clone())
        );
        assert!(!matches!(effort, ReasoningEffort::Other(_)), "{word}");
        let budget = effort.budget_tokens().expect("a budget");
        assert_eq!(ReasoningEffort::from_budget(budget), effort);
    }
    assert_eq!(
        ReasoningEffort::parse("extreme"),
        ReasoningEffort::Other("extreme".into())
    );
}

/// A stored answer of an older or newer version is read as far as it is known.
#[test]
fn unknown_fields_pass() {
    let answer: ChatResponse = serde_json::from_value(json!({
        "id": "x", "choices": [], "usage": {"input_tokens": 1, "output_tokens": 2, "future": 3}, "future": true
    }))
    .expect("unknown fields pass by");
    assert_eq!(answer.usage.map(|usage| usage.total_tokens()), Some(3));
}
