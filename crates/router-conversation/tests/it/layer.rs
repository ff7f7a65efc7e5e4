//! The layer: history in front, the turn kept behind.

use std::sync::Arc;

use router_conversation::{
    Conversation, ConversationId, ConversationLayer, MemoryStore, Policy, Store, Strategy, Summarizer,
};
use router_core::{
    Call, ChatRequest, Context, Error, ErrorKind, Layer as _, Message, Operation, Provider, ProviderExt as _,
    Role, Scripted,
};

fn context(id: &str) -> Context {
    Context::new().with_extension(ConversationId::new(id.to_owned()))
}

fn texts(call: &Call) -> Vec<String> {
    let Operation::Chat(request) = &call.operation else {
        panic!("a chat")
    };
    request
        .messages
        .iter()
        .map(|message| message.text().to_string())
        .collect()
}

async fn stored(store: &dyn Store, key: &str) -> Vec<String> {
    let page = store.read(key, 0).await.expect("a log");
    let conversation = Conversation::from_records(key, page.records);
    conversation
        .messages()
        .iter()
        .map(|message| message.text().to_string())
        .collect()
}

#[tokio::test]
async fn everything_else_passes() {
    router_conformance::provider_contract::check(|inner| {
        ConversationLayer::new(Policy::default()).layer(inner)
    })
    .await;
}

#[tokio::test]
async fn the_history_stands_in_front_of_the_next_call() {
    let vendor = Scripted::new()
        .text("Hello Ann.")
        .text("You are Ann.")
        .text("Who?");
    let store = Arc::new(MemoryStore::new());
    let provider = ConversationLayer::new(Policy::default())
        .with_store(store.clone())
        .layer(vendor.clone());
    let first = ChatRequest::user("I am Ann.").with_system("Be brief.");
    provider.send("m", first, context("c")).await.expect("an answer");
    provider
        .send("m", ChatRequest::user("Who am I?"), context("c"))
        .await
        .expect("an answer");
    provider
        .send("m", ChatRequest::user("Who am I?"), context("other"))
        .await
        .expect("an answer");
    let calls = vendor.calls();
    assert_eq!(
        texts(&calls[1]),
        ["Be brief.", "I am Ann.", "Hello Ann.", "Who am I?"]
    );
    assert_eq!(texts(&calls[2]), ["Who am I?"]);
    assert_eq!(
        stored(store.as_ref(), "c").await,
        [
            "Be brief.",
            "I am Ann.",
            "Hello Ann.",
            "Who am I?",
            "You are Ann."
        ]
    );
}

#[tokio::test]
async fn instructions_of_a_call_stand_for_those_that_are_kept() {
    let vendor = Scripted::new().text("a").text("b");
    let provider = ConversationLayer::new(Policy::default()).layer(vendor.clone());
    provider
        .send("m", ChatRequest::user("1").with_system("old"), context("c"))
        .await
        .expect("an answer");
    provider
        .send("m", ChatRequest::user("2").with_system("new"), context("c"))
        .await
        .expect("an answer");
    assert_eq!(texts(&vendor.calls()[1]), ["new", "1", "a", "2"]);
}

#[tokio::test]
async fn callers_never_share_a_conversation() {
    let vendor = Scripted::new().text("a").text("b");
    let provider = ConversationLayer::new(Policy::default()).layer(vendor.clone());
    for caller in ["one", "two"] {
        provider
            .send("m", ChatRequest::user(caller), context("c").with_caller(caller))
            .await
            .expect("an answer");
    }
    assert_eq!(texts(&vendor.calls()[1]), ["two"]);
}

#[tokio::test]
async fn a_stream_is_kept_before_its_last_event() {
    let vendor = Scripted::new().text("one two three");
    let store = Arc::new(MemoryStore::new());
    let provider = ConversationLayer::new(Policy::default())
        .with_store(store.clone())
        .layer(vendor);
    let call = Call::new("m", ChatRequest::user("Count."))
        .streaming()
        .with_context(context("c"));
    let reply = provider.call(&call).await.expect("a stream");
    let output = reply.into_output().await.expect("an answer");
    assert!(matches!(output, router_core::Output::Chat(answer) if answer.text() == "one two three"));
    assert_eq!(stored(store.as_ref(), "c").await, ["Count.", "one two three"]);
}

#[tokio::test]
async fn a_stream_that_is_dropped_and_a_call_that_fails_are_not_kept() {
    let vendor = Scripted::new()
        .text("one two three")
        .error(Error::new(ErrorKind::Overloaded, "busy"));
    let store = Arc::new(MemoryStore::new());
    let provider = ConversationLayer::new(Policy::default())
        .with_store(store.clone())
        .layer(vendor);
    let call = Call::new("m", ChatRequest::user("Count."))
        .streaming()
        .with_context(context("c"));
    drop(provider.call(&call).await.expect("a stream"));
    provider
        .send("m", ChatRequest::user("Again."), context("c"))
        .await
        .expect_err("busy");
    assert!(stored(store.as_ref(), "c").await.is_empty());
}

#[tokio::test]
async fn what_does_not_fit_is_left_out_with_a_warning() {
    let vendor = (0..30).fold(Scripted::new(), |vendor, at| vendor.text(format!("answer {at}")));
    let provider = ConversationLayer::new(Policy::new(200)).layer(vendor.clone());
    let mut warnings = Vec::new();
    for at in 0..30 {
        let answer = provider
            .send("m", ChatRequest::user(format!("question {at}")), context("c"))
            .await;
        warnings = answer.expect("an answer").head.warnings;
    }
    assert_eq!(warnings[0].setting, "messages");
    let sent = texts(vendor.calls().last().expect("a call"));
    assert!(
        sent.len() < 40 && sent.last().expect("a message") == "question 29",
        "{sent:?}"
    );
}

#[tokio::test]
async fn pins_set_by_hand_hold_in_the_layer_and_summaries_are_kept() {
    let store = Arc::new(MemoryStore::new());
    let mut conversation = Conversation::new("c");
    conversation.push_pinned(Message::user("My allergy: nuts."));
    conversation.push(Message::assistant("Noted."));
    store
        .append("c", &conversation.take_records())
        .await
        .expect("room");

    let vendor = (0..30).fold(Scripted::new(), |vendor, at| vendor.text(format!("answer {at}")));
    let small = (0..30).fold(Scripted::new(), |vendor, _| vendor.text("Small talk."));
    let policy = Policy::new(300).with_strategy(Strategy::Summary { budget: 40 });
    let layer = ConversationLayer::new(policy)
        .with_store(store.clone())
        .with_summarizer(Summarizer::new(Arc::new(small.clone()), "small"));
    let provider = layer.layer(vendor.clone());
    for at in 0..30 {
        provider
            .send("m", ChatRequest::user(format!("question {at}")), context("c"))
            .await
            .expect("an answer");
    }
    let last = vendor.calls().pop().expect("a call");
    let sent = texts(&last);
    assert!(
        sent[0].contains("Small talk.") && sent.contains(&"My allergy: nuts.".to_owned()),
        "{sent:?}"
    );
    let Operation::Chat(request) = &last.operation else {
        panic!("a chat")
    };
    assert_eq!(request.messages[1].role, Role::User);
    assert!(
        small.calls().len() < 8,
        "not every turn sums up: {}",
        small.calls().len()
    );
    let page = store.read("c", 0).await.expect("a log");
    assert_eq!(
        Conversation::from_records("c", page.records)
            .summary()
            .expect("a summary"),
        "Small talk."
    );
}
