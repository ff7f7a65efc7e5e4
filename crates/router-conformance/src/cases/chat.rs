//! Chats answered whole.

use router_core::{
    ChatRequest, ContentPart, ErrorKind, Feature, FinishReason, Message, Operation, ProviderExt as _, Warning,
};
use router_http::replay::ReplayTransport;
use serde_json::{Value, json};

use crate::exchange::{Exchange, chat};
use crate::requests::{self, CUT_TEXT, REASONING, SETTINGS, TEXT};
use crate::subject::{KEY, Subject};

pub(crate) async fn text(subject: Subject) {
    let answer = chat(&subject, &["chat_text"], requests::text()).await;
    assert_eq!(answer.text(), TEXT, "chat_text: the text");
    assert_eq!(answer.choices.len(), 1, "chat_text: one choice");
    assert_eq!(
        answer.finish_reason(),
        Some(&FinishReason::Stop),
        "chat_text: finish reason"
    );
    assert!(
        answer.head.warnings.is_empty(),
        "chat_text: {:?}",
        answer.head.warnings
    );
    assert_eq!(
        answer.head.status(),
        Some(200),
        "chat_text: the raw reply is at hand"
    );
    assert_eq!(
        answer.head.provider.as_str(),
        subject.id,
        "chat_text: who answered"
    );
    assert_eq!(answer.head.model, subject.model, "chat_text: the model asked for");
    let raw = answer.head.raw.as_ref().expect("a status came from it");
    assert!(!raw.body.is_empty(), "chat_text: the raw body is at hand");
    assert!(!answer.trail.is_empty(), "chat_text: the trail has the attempt");
}

pub(crate) async fn system_message(subject: Subject) {
    let cases = ["chat_system_message", "chat_text"];
    let answer = chat(&subject, &cases, requests::system_message()).await;
    assert_eq!(answer.text(), TEXT);
}

pub(crate) async fn multi_turn(subject: Subject) {
    let cases = ["chat_multi_turn", "chat_text"];
    let answer = chat(&subject, &cases, requests::multi_turn()).await;
    assert_eq!(answer.text(), TEXT);
}

/// Each setting changes the request or is warned of; none vanishes.
pub(crate) async fn settings_mapped(subject: Subject) {
    let cases = ["chat_settings_mapped", "chat_text"];
    chat(&subject, &cases, requests::common_settings()).await;
    let plain = sent(&subject, requests::text()).await.0;
    assert_eq!(
        plain,
        sent(&subject, requests::text()).await.0,
        "equal calls make equal requests"
    );
    for (name, set) in SETTINGS {
        let mut request = requests::text();
        set(&mut request.settings);
        let (body, warnings) = sent(&subject, request).await;
        let warned = warnings.iter().any(|warning| is_about(warning, name));
        assert!(
            body != plain || warned,
            "chat_settings_mapped: {name} neither changes the request nor gives a warning"
        );
    }
}

/// What a strict caller gets an error for is what others are warned of.
pub(crate) async fn unsupported_setting_warns(subject: Subject) {
    for (name, set) in SETTINGS {
        let mut request = requests::text();
        set(&mut request.settings);
        let (_, warnings) = sent(&subject, request.clone()).await;
        let dropped = warnings.iter().any(|warning| {
            is_about(warning, name) && warning.kind == router_core::warning::WarningKind::Dropped
        });
        let answer = subject.fixtures.response_of(&["chat_text"]);
        let exchange = Exchange::of(&subject, &answer);
        match exchange.chat(&subject, request.strict()).await {
            Ok(_) => assert!(!dropped, "{name} is dropped for a strict caller too"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}: {error}");
                assert!(!warnings.is_empty(), "{name} is refused, but not warned of");
                assert!(
                    exchange.sent().is_empty(),
                    "{name}: a refused request must not be sent"
                );
            }
        }
        for warning in &warnings {
            assert!(
                !warning.message.is_empty(),
                "{name}: a warning says what happened"
            );
        }
    }
    // A stream tells its warnings with its first event and with the head.
    if let Some(answer) = subject.fixtures.response("stream_text") {
        for (_, set) in SETTINGS {
            let mut request = requests::text();
            set(&mut request.settings);
            let (_, warnings) = sent(&subject, request.clone()).await;
            let exchange = Exchange::of(&subject, &answer);
            let stream = exchange
                .stream(&subject, request)
                .await
                .unwrap_or_else(|error| panic!("stream_text: {error}"));
            assert_eq!(
                stream.head.warnings, warnings,
                "a stream warns as a whole answer does"
            );
        }
    }
}

fn is_about(warning: &Warning, setting: &str) -> bool {
    warning.setting.split('.').next() == Some(setting)
}

/// What a request is sent as, some settings being headers, and the warnings.
async fn sent(subject: &Subject, request: ChatRequest) -> (Value, Vec<Warning>) {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(&["chat_text"]));
    let answer = exchange
        .chat(subject, request)
        .await
        .unwrap_or_else(|error| panic!("a request with one setting fails: {error}"));
    let sent = exchange.sent();
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap_or_default();
    let headers = sent[0].headers.iter();
    let headers: Vec<String> = headers
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    (json!([sent[0].url, headers, body]), answer.head.warnings)
}

pub(crate) async fn image_input(subject: Subject) {
    let cases = ["chat_image_input", "chat_text"];
    let answer = chat(&subject, &cases, requests::with_image(requests::image_by_value())).await;
    assert_eq!(answer.text(), TEXT);
    let by_url = requests::with_image(requests::image_by_url());
    if subject.capabilities().features.contains(Feature::ImageUrlInput) {
        let cases = ["chat_image_input_url", "chat_text"];
        assert_eq!(chat(&subject, &cases, by_url).await.text(), TEXT);
    } else {
        let exchange = Exchange::over(&subject, ReplayTransport::new());
        let error = exchange
            .chat(&subject, by_url)
            .await
            .expect_err("a vendor without addresses cannot take one");
        assert!(
            matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidRequest),
            "chat_image_input: an image by address gives {error}"
        );
        assert!(
            exchange.sent().is_empty(),
            "chat_image_input: nothing may be sent"
        );
    }
}

pub(crate) async fn json_schema(subject: Subject) {
    let answer = chat(&subject, &["chat_json_schema"], requests::json_schema()).await;
    let value: Value = answer
        .parse()
        .unwrap_or_else(|error| panic!("chat_json_schema: {error}"));
    assert_eq!(value, json!({"city": "Paris", "degrees": 21}));
}

/// Reasoning comes out apart from the text, and goes back as the vendor wants it.
pub(crate) async fn reasoning(subject: Subject) {
    let answer = chat(&subject, &["chat_reasoning"], requests::reasoning()).await;
    assert_eq!(answer.text(), TEXT, "chat_reasoning: the text");
    assert_eq!(answer.reasoning(), REASONING, "chat_reasoning: the reasoning");
    let mut next = requests::reasoning();
    next.messages.push(answer.to_message());
    next.messages.push(Message::user("Again."));
    let cases = ["chat_reasoning_replay", "chat_reasoning"];
    chat(&subject, &cases, next).await;
    // Another vendor's signature is not sent, and its going is told.
    let mut foreign = requests::reasoning();
    foreign.messages.push(Message::assistant([
        ContentPart::Reasoning(
            router_core::content::Reasoning::new(REASONING)
                .with_signature(router_core::Signature::new("another-vendor", "c2lnbmF0dXJl")),
        ),
        ContentPart::text(TEXT),
    ]));
    foreign.messages.push(Message::user("Again."));
    let (body, warnings) = sent(&subject, foreign).await;
    assert!(
        !body.to_string().contains("c2lnbmF0dXJl"),
        "chat_reasoning: another vendor's signature was sent"
    );
    assert!(
        !warnings.is_empty(),
        "chat_reasoning: another vendor's signature was dropped without a warning"
    );
}

pub(crate) async fn finish_length(subject: Subject) {
    let request = requests::text().with_max_output_tokens(5);
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_finish_length"]));
    let answer = exchange
        .chat(&subject, request)
        .await
        .unwrap_or_else(|error| panic!("chat_finish_length: {error}"));
    assert_eq!(answer.text(), CUT_TEXT);
    assert_eq!(answer.finish_reason(), Some(&FinishReason::Length));
}

/// A filtered answer says so, by its reason or as an error; it never looks like an empty answer.
pub(crate) async fn finish_content_filter(subject: Subject) {
    let answer = subject.fixtures.response_of(&["chat_finish_content_filter"]);
    let exchange = Exchange::of(&subject, &answer);
    match exchange.chat(&subject, requests::text()).await {
        Ok(answer) => {
            assert_eq!(answer.finish_reason(), Some(&FinishReason::ContentFilter));
            let choice = answer.first().expect("an answer with a reason has a choice");
            assert!(
                choice.finish_reason_raw.is_some(),
                "the vendor's own word stands beside ours"
            );
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::ContentFiltered, "{error}"),
    }
}

pub(crate) async fn usage(subject: Subject) {
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_usage"]));
    let answer = exchange
        .chat(&subject, requests::text())
        .await
        .unwrap_or_else(|error| panic!("chat_usage: {error}"));
    let found = answer.usage.clone().expect("chat_usage: the counts are lost");
    let expected = &subject.usage;
    let totals = |usage: &router_core::Usage| {
        (
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_input_tokens.unwrap_or(0),
            usage.cache_creation_input_tokens.unwrap_or(0),
            usage.reasoning_output_tokens.unwrap_or(0),
        )
    };
    assert_eq!(
        totals(&found),
        totals(expected),
        "chat_usage: input, output, cache read, cache written, reasoning"
    );
}

/// Every object of the answer gets a field nobody knows; the answer stays the same.
pub(crate) async fn unknown_fields_ignored(subject: Subject) {
    let whole = subject.fixtures.response_of(&["chat_text"]);
    let mut value: Value = serde_json::from_slice(&whole.body).expect("chat_text.response is JSON");
    add_unknown(&mut value);
    let exchange = Exchange::of(&subject, &whole.with_body(value.to_string()));
    let answer = exchange
        .chat(&subject, requests::text())
        .await
        .unwrap_or_else(|error| panic!("unknown fields: {error}"));
    let plain = Exchange::of(&subject, &whole)
        .chat(&subject, requests::text())
        .await
        .unwrap_or_else(|error| panic!("chat_text: {error}"));
    assert_eq!(answer.text(), plain.text());
    assert_eq!(answer.finish_reason(), plain.finish_reason());
    assert_eq!(answer.id, plain.id);
    assert_eq!(answer.model, plain.model);
    let counts = |usage: &Option<router_core::Usage>| {
        usage
            .as_ref()
            .map(|usage| (usage.input_tokens, usage.output_tokens))
    };
    assert_eq!(counts(&answer.usage), counts(&plain.usage));
    // Where a field is null it reads as absent.
    let sparse = sparse(serde_json::from_slice(&whole.body).expect("chat_text.response is JSON"));
    let exchange = Exchange::of(&subject, &whole.with_body(sparse.to_string()));
    let answer = exchange
        .chat(&subject, requests::text())
        .await
        .unwrap_or_else(|error| panic!("null counts: {error}"));
    assert_eq!(answer.text(), plain.text());
    assert!(
        answer.usage.is_none(),
        "counts that were not sent are absent, never zero"
    );
}

fn add_unknown(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(add_unknown);
            fields.insert("x_conformance".to_owned(), json!({"list": [1, null, "two"]}));
        }
        Value::Array(items) => items.iter_mut().for_each(add_unknown),
        _ => {}
    }
}

/// The answer with null for every count.
fn sparse(mut value: Value) -> Value {
    for (name, field) in value.as_object_mut().into_iter().flatten() {
        let lower = name.to_ascii_lowercase();
        let counts = lower.contains("usage")
            || lower.ends_with("_count")
            || ["details", "metrics"].contains(&lower.as_str());
        // An answer may lie in an envelope.
        *field = match counts {
            true => Value::Null,
            false => sparse(field.take()),
        };
    }
    value
}

pub(crate) async fn count_tokens(subject: Subject) {
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["count_tokens"]));
    let count = exchange
        .provider
        .count_tokens(subject.model.clone(), requests::text())
        .await
        .unwrap_or_else(|error| panic!("count_tokens: {error}"));
    crate::exchange::check_request(&subject, "count_tokens", &exchange, true);
    assert_eq!(count.input_tokens, 14, "count_tokens: the count");
}

/// Whatever else a vendor does, the key goes out in a header and only there.
pub(crate) fn key_is_in_headers_only(sent: &router_http::TransportRequest) {
    let in_headers = sent
        .headers
        .values()
        .any(|value| value.to_str().is_ok_and(|value| value.contains(KEY)));
    assert!(in_headers, "the key is not sent");
    assert!(!sent.url.contains(KEY), "the key is in the address");
    assert!(
        !String::from_utf8_lossy(&sent.body).contains(KEY),
        "the key is in the body"
    );
}

/// An operation as the suite asks for it.
pub(crate) fn operation(subject: &Subject, request: ChatRequest) -> Operation {
    Operation::from(subject.prepared(request))
}
