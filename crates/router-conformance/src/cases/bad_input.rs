//! What a caller gets wrong: a typed error that names vendor and field, before anything is sent, or from the vendor.

use std::sync::Arc;

use router_core::content::MediaKind;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest};
use router_core::rerank::RerankRequest;
use router_core::{
    ChatRequest, ContentPart, Error, ErrorKind, Json, Media, Message, OperationKind, ProviderExt as _,
    ToolCall, ToolResult,
};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_wire::completion;
use router_wire::vendor::AuthScheme;
use serde_json::{Value, json};

use super::secrets::shown_clean;

use crate::exchange::Exchange;
use crate::fixtures::Answered;
use crate::requests::{tools, with_image};
use crate::subject::{ADDRESS, KEY, Subject};

/// The error names the vendor, the model and the field.
fn named(subject: &Subject, error: &Error, kind: ErrorKind, field: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(
        error.provider().map(|id| id.as_str()),
        Some(subject.id),
        "{error}"
    );
    assert!(error.model().is_some(), "{error}");
    assert!(error.message().contains(field), "{field} is not named: {error}");
    assert!(!error.is_retryable(), "{error}");
}

/// What is wrong with a chat, found before anything is sent, whole and streamed.
async fn refused(subject: &Subject, request: &ChatRequest, field: &str) {
    let exchange = Exchange::over(subject, ReplayTransport::new());
    let whole = exchange.chat(subject, request.clone()).await;
    let whole = whole.map(|answer| answer.text()).expect_err("it cannot be asked");
    named(subject, &whole, ErrorKind::InvalidRequest, field);
    if subject
        .capabilities()
        .features
        .contains(router_core::Feature::Streaming)
    {
        let streamed = exchange.stream(subject, request.clone()).await;
        let streamed = streamed.map(|_| ()).expect_err("it cannot be asked");
        named(subject, &streamed, ErrorKind::InvalidRequest, field);
    }
    assert_eq!(exchange.sent().len(), 0, "nothing is sent");
}

/// An address that is none is refused, one where nobody answers fails, and both say whose it is.
pub(crate) async fn address(subject: Subject) {
    for none in [
        "",
        "vendor.test/v1",
        "ftp://vendor.test",
        "https://",
        "http://a b/",
    ] {
        // Without an address the vendor's own is taken, where it has one.
        if none.is_empty() && !subject.vendor.base_url.is_empty() {
            continue;
        }
        let error = (subject.bare)(none, Some(KEY)).expect_err("it is no address");
        assert_eq!(error.kind(), ErrorKind::Config, "{none}: {error}");
        let whose = error.provider().map(|id| id.as_str());
        assert_eq!(whose, Some(subject.id), "{none}: {error}");
        shown_clean(&error);
    }
    let nobody = || Error::new(ErrorKind::Transport, "cannot connect: no such host");
    let exchange = Exchange::over(&subject, ReplayTransport::new().error(nobody()));
    let error = exchange.chat(&subject, crate::requests::text()).await.map(|_| ());
    let error = error.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert_eq!(error.provider().map(|id| id.as_str()), Some(subject.id));
    assert_eq!(error.model(), Some(&subject.model));
}

/// No key names the variable that is to be set; a wrong one is told so by the vendor, whose words may hold it.
pub(crate) async fn key(subject: Subject) {
    let missing = (subject.bare)(ADDRESS, None);
    if subject.vendor.auth == AuthScheme::OptionalBearer {
        assert!(missing.is_ok(), "a server of one's own needs no key");
    } else {
        let error = missing.expect_err("there is no key");
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert_eq!(error.provider().map(|id| id.as_str()), Some(subject.id));
        let named = subject.vendor.key_env.first().copied().unwrap_or("key");
        assert!(error.message().contains(named), "{named} is not named: {error}");
    }
    let refused = subject.fixtures.response_of(&["error_authentication"]);
    let said = match serde_json::from_slice(&refused.body) {
        Ok(mut body) => {
            echo(&mut body);
            body.to_string()
        }
        Err(_) => format!("{} {KEY}", String::from_utf8_lossy(&refused.body)),
    };
    assert!(said.contains(KEY), "the vendor's words hold the key");
    let exchange = Exchange::of(&subject, &refused.with_body(said));
    let error = exchange.chat(&subject, crate::requests::text()).await.map(|_| ());
    let error = error.expect_err("the key is wrong");
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
    assert_eq!(error.provider().map(|id| id.as_str()), Some(subject.id));
    assert!(!error.is_retryable(), "{error}");
    shown_clean(&error);
}

/// Puts the key behind every sentence, and behind a message of one word.
fn echo(body: &mut Value) {
    match body {
        Value::String(text) if text.contains(' ') => text.push_str(&format!(" {KEY}")),
        Value::Array(items) => items.iter_mut().for_each(echo),
        Value::Object(fields) => {
            for (name, value) in fields {
                if let ("message" | "detail" | "error", Value::String(text)) = (name.as_str(), &mut *value) {
                    text.push(' ');
                }
                echo(value);
            }
        }
        _ => {}
    }
}

/// A place that the vendor cannot be in is refused where it is set: it would become the host that gets the key.
pub(crate) async fn region(subject: Subject) {
    let place = subject.place.expect("the case needs a place");
    for wrong in [
        "",
        "evil.test/",
        "us-east-1@evil.test",
        "Mars 9",
        "../..",
        "a#b",
        "a?b",
    ] {
        let transport = Arc::new(ReplayTransport::new());
        let settings = ProviderSettings::default()
            .with_api_key(KEY)
            .with_option(place.setting, wrong)
            .with_transport(Arc::clone(&transport) as _);
        let error = (place.build)(&settings).map(|_| ()).expect_err("no such place");
        assert_eq!(error.kind(), ErrorKind::Config, "{wrong}: {error}");
        let shown = error.to_string();
        for named in [subject.id, place.setting, &format!("{wrong:?}")] {
            assert!(shown.contains(named), "{named} is not named: {shown}");
        }
        shown_clean(&error);
        assert_eq!(transport.requests().len(), 0, "nothing is sent");
    }
}

/// What no chat can hold goes to vendors that complete texts, and is refused by the others before anything is sent.
pub(crate) async fn prompt_beyond_chats(subject: Subject) {
    for (name, value) in [
        ("prompt", json!([1, 2, 3])),
        ("suffix", json!("The end.")),
        ("best_of", json!(3)),
    ] {
        let mut request = completion::prompt("Once upon a time");
        request
            .extra
            .insert(completion::WIRE, name, Json::from(value.clone()));
        let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_text"]));
        let answer = exchange.chat(&subject, request).await.map(|_| ());
        if let Some(sent) = exchange.sent().first() {
            let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
            assert_eq!(body[name], value, "{name} is lost");
        } else {
            named(&subject, &answer.expect_err(name), ErrorKind::Unsupported, name);
        }
    }
}

/// What goes on with something that a vendor keeps is sent so, or refused before anything is sent: the rest alone is half of it.
pub(crate) async fn kept_elsewhere(subject: Subject) {
    let asked = crate::requests::text;
    let mut response = asked();
    response.settings.previous_response_id = Some("kept_81".into());
    let kept = |name: &str| {
        let mut request = asked();
        let id = Json::from(json!({"id": "kept_81"}));
        request.extra.insert("openai.responses", name, id);
        request
    };
    for (name, request) in [
        ("previous_response_id", response),
        ("conversation", kept("conversation")),
        ("prompt", kept("prompt")),
    ] {
        let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["chat_text"]));
        let answer = exchange.chat(&subject, request).await.map(|_| ());
        if let Some(sent) = exchange.sent().first() {
            let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
            assert!(body[name].to_string().contains("kept_81"), "{name} is lost");
        } else {
            named(
                &subject,
                &answer.expect_err(name),
                ErrorKind::InvalidRequest,
                name,
            );
        }
    }
}

pub(crate) async fn nothing_asked(subject: Subject) {
    refused(&subject, &ChatRequest::new(Vec::new()), "messages").await;
}

pub(crate) async fn nothing_to_embed(subject: Subject) {
    let exchange = Exchange::over(&subject, ReplayTransport::new());
    let model = subject.model_of(OperationKind::Embed).clone();
    let nothing = EmbeddingRequest::new(Vec::<EmbeddingInput>::new());
    let error = exchange.provider.embed(model, nothing).await.map(|_| ());
    let error = error.expect_err("there is nothing to embed");
    named(&subject, &error, ErrorKind::InvalidRequest, "inputs");
    assert_eq!(exchange.sent().len(), 0, "nothing is sent");
}

pub(crate) async fn nothing_to_rank(subject: Subject) {
    let exchange = Exchange::over(&subject, ReplayTransport::new());
    let model = subject.model_of(OperationKind::Rerank).clone();
    let nothing = RerankRequest::new("Which?", Vec::<ContentPart>::new());
    let error = exchange.provider.rerank(model, nothing).await.map(|_| ());
    let error = error.expect_err("there is nothing to rank");
    named(&subject, &error, ErrorKind::InvalidRequest, "documents");
    assert_eq!(exchange.sent().len(), 0, "nothing is sent");
}

/// A result without a call, or before it.
pub(crate) async fn result_without_call(subject: Subject) {
    let result = || Message::tool([ToolResult::new("call_nowhere", "21 degrees").with_name("get_weather")]);
    let call = |id: &str| Message::assistant([ContentPart::from(ToolCall::new(id, "get_weather", "{}"))]);
    let question = || Message::user("How is the weather in Paris?");
    for messages in [
        vec![question(), result()],
        vec![question(), call("call_other"), result()],
        vec![question(), result(), call("call_nowhere")],
    ] {
        let request = ChatRequest::new(messages).with_tools(tools().tools);
        refused(&subject, &request, "call_nowhere").await;
    }
}

/// A picture over the vendor's limit where one is known, and the vendor's own refusal where it is not.
pub(crate) async fn oversize_image(subject: Subject) {
    let picture = |bytes: usize| {
        let pixels = vec![0x5A; bytes];
        with_image(Media::bytes(MediaKind::Image, "image/png", &pixels).into())
    };
    let most = subject.capabilities().max_image_bytes;
    if let Some(most) = most {
        let most = usize::try_from(most).expect("a limit that fits into memory");
        refused(&subject, &picture(most + 3), "messages[0].content[1]").await;
    }
    let size = 60_000;
    let too_large = Answered::new(
        413,
        "text/html",
        "<html><body>413 Request Entity Too Large</body></html>",
    );
    let exchange = Exchange::of(&subject, &too_large);
    let error = exchange.chat(&subject, picture(size)).await.map(|_| ());
    let error = error.expect_err("the vendor refuses it");
    named(&subject, &error, ErrorKind::InvalidRequest, "413");
    let sent = exchange.sent();
    assert!(sent[0].body.len() > size, "the picture goes out whole");
}

/// A model that was there once: vendors say 404 in their own words (`error_model_not_found`), or that it is gone.
pub(crate) async fn model_gone(subject: Subject) {
    for (status, text) in [
        (410, "gone"),
        (400, "The model has been deprecated."),
        (404, "This model version has reached the end of its life."),
    ] {
        let exchange = Exchange::of(&subject, &Answered::new(status, "text/plain", text));
        let error = exchange.chat(&subject, crate::requests::text()).await.map(|_| ());
        let error = error.expect_err("the model is gone");
        named(&subject, &error, ErrorKind::NotFound, text);
        assert_eq!(error.model(), Some(&subject.model));
    }
}
