//! What a caller gets wrong: a typed error that names vendor and field, before anything is sent, or from the vendor.

use router_core::content::MediaKind;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest};
use router_core::rerank::RerankRequest;
use router_core::{
    ChatRequest, ContentPart, Error, ErrorKind, Media, Message, OperationKind, ProviderExt as _, ToolCall,
    ToolResult,
};
use router_http::replay::ReplayTransport;

use crate::exchange::Exchange;
use crate::fixtures::Answered;
use crate::requests::{tools, with_image};
use crate::subject::Subject;

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
