//! What Stability is sent, and what is made of its answers: by its reference, and not by the code.

use std::sync::Arc;
use std::time::Duration;

use router_core::image::{Delivery, ImageRequest, ImageResponse};
use router_core::{Answer, Error, ErrorKind, Media, ProviderExt as _};
use router_http::Transport;
use router_http::replay::ReplayTransport;
use router_stability::Stability;
use router_wire::{Form, HttpRequest};

const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n";
const DONE: &str = r#"{"image":"iVBORw0KGgo=","finish_reason":"SUCCESS","seed":343940597}"#;

type Pictures = Result<Answer<ImageResponse>, Error>;

async fn asked(
    model: &str,
    request: ImageRequest,
    replies: ReplayTransport,
) -> (Pictures, Arc<ReplayTransport>) {
    let transport = Arc::new(replies);
    let shared: Arc<dyn Transport> = Arc::<ReplayTransport>::clone(&transport);
    let provider = Stability::builder()
        .api_key("k")
        .transport(shared)
        .build()
        .expect("the provider builds");
    (provider.generate_image(model, request).await, transport)
}

/// Path and fields of the form that was sent, files by their types.
fn sent(transport: &ReplayTransport) -> (String, Vec<(String, String)>) {
    let request = &transport.requests()[0];
    assert_eq!(request.headers["accept"], "application/json");
    assert_eq!(request.headers["authorization"], "Bearer k");
    let mut http = HttpRequest::new(request.method.clone(), request.url.clone());
    http.headers = request.headers.clone();
    http.body = request.body.clone();
    let form = Form::read(&http).expect("a form");
    let fields = form.fields().iter().map(|field| {
        let value = match &field.file {
            Some(file) => file.media_type.clone().unwrap_or_default(),
            None => String::from_utf8_lossy(&field.data).into_owned(),
        };
        (field.name.clone(), value)
    });
    let path = request.url.strip_prefix("https://api.stability.ai");
    (path.unwrap_or_default().to_owned(), fields.collect())
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn picture() -> Media {
    Media::image_bytes("image/png", PIXEL)
}

#[tokio::test]
async fn forms_by_model() {
    let mut full = ImageRequest::new("A red cat.");
    full.negative_prompt = Some("dogs".into());
    full.aspect_ratio = Some("16:9".into());
    full.seed = Some(7);
    full.output_format = Some("jpg".into());
    full.provider_options
        .set("stability", &serde_json::json!({"style_preset": "anime"}))
        .expect("options");
    let start = || ImageRequest::new("Make it blue.").with_image(picture());
    let mut inpaint = start();
    inpaint.mask = Some(picture());
    for (model, request, path, fields) in [
        (
            "stable-image-core",
            full,
            "generate/core",
            pairs(&[
                ("prompt", "A red cat."),
                ("negative_prompt", "dogs"),
                ("aspect_ratio", "16:9"),
                ("seed", "7"),
                ("output_format", "jpeg"),
                ("style_preset", "anime"),
            ]),
        ),
        (
            "sd3.5-large-turbo",
            ImageRequest::new("A red cat."),
            "generate/sd3",
            pairs(&[
                ("prompt", "A red cat."),
                ("model", "sd3.5-large-turbo"),
                ("mode", "text-to-image"),
            ]),
        ),
        (
            "sd3.5-large",
            start(),
            "generate/sd3",
            pairs(&[
                ("prompt", "Make it blue."),
                ("model", "sd3.5-large"),
                ("mode", "image-to-image"),
                ("strength", "0.5"),
                ("image", "image/png"),
            ]),
        ),
        (
            "stable-image-ultra",
            start(),
            "generate/ultra",
            pairs(&[
                ("prompt", "Make it blue."),
                ("strength", "0.5"),
                ("image", "image/png"),
            ]),
        ),
        (
            "edit/inpaint",
            inpaint,
            "edit/inpaint",
            pairs(&[
                ("prompt", "Make it blue."),
                ("image", "image/png"),
                ("mask", "image/png"),
            ]),
        ),
    ] {
        let (answer, transport) = asked(model, request, ReplayTransport::new().json(200, DONE)).await;
        let answer = answer.expect("a picture").into_value();
        assert_eq!(answer.images[0].media.media_type.as_deref(), Some("image/png"));
        assert_eq!(answer.images[0].media.decode().as_deref(), Some(PIXEL));
        let (sent_to, sent) = sent(&transport);
        assert_eq!(sent_to, format!("/v2beta/stable-image/{path}"));
        assert_eq!(sent, fields, "{model}");
    }
}

#[tokio::test]
async fn sizes_are_ratios() {
    for (size, ratio) in [
        ("1024x1024", "1:1"),
        ("1792x1024", "16:9"),
        ("1024x1792", "9:16"),
        ("1000x800", "5:4"),
    ] {
        let mut request = ImageRequest::new("A cat.");
        request.size = Some(size.into());
        let (answer, transport) = asked(
            "stable-image-core",
            request,
            ReplayTransport::new().json(200, DONE),
        )
        .await;
        assert_eq!(answer.expect("a picture").head.warnings[0].setting, "size");
        assert!(
            sent(&transport)
                .1
                .contains(&("aspect_ratio".to_owned(), ratio.to_owned()))
        );
    }
    let mut request = ImageRequest::new("A cat.");
    request.size = Some("large".into());
    let (answer, _) = asked("stable-image-core", request, ReplayTransport::new()).await;
    assert_eq!(answer.expect_err("no size").kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn what_cannot_be_had() {
    let by_url = ImageRequest::new("x").with_image(Media::image_url("https://example.com/cat.png"));
    let mut masked = ImageRequest::new("x").with_image(picture());
    masked.mask = Some(picture());
    let strict = |change: fn(&mut ImageRequest)| {
        let mut request = ImageRequest::new("x");
        request.strict = true;
        change(&mut request);
        request
    };
    let start = || ImageRequest::new("x").with_image(picture());
    for (model, request, kind) in [
        ("stable-image-core", start(), ErrorKind::Unsupported),
        ("stable-image-ultra", by_url, ErrorKind::Unsupported),
        ("stable-image-ultra", masked, ErrorKind::Unsupported),
        (
            "stable-image-ultra",
            start().with_image(picture()),
            ErrorKind::Unsupported,
        ),
        ("edit/inpaint", ImageRequest::new("x"), ErrorKind::InvalidRequest),
        ("edit/../../v1", start(), ErrorKind::InvalidRequest),
        ("dall-e-3", ImageRequest::new("x"), ErrorKind::InvalidRequest),
        (
            "stable-image-core",
            strict(|request| request.n = Some(2)),
            ErrorKind::Unsupported,
        ),
        (
            "stable-image-core",
            strict(|request| request.delivery = Some(Delivery::Url)),
            ErrorKind::Unsupported,
        ),
    ] {
        let (answer, transport) = asked(model, request, ReplayTransport::new()).await;
        assert_eq!(answer.expect_err("it cannot be had").kind(), kind, "{model}");
        assert!(transport.requests().is_empty(), "nothing is sent");
    }
}

#[tokio::test]
async fn what_the_filter_blurred_is_an_error() {
    let blurred = r#"{"image":"iVBORw0KGgo=","finish_reason":"CONTENT_FILTERED","seed":1}"#;
    let (answer, _) = asked(
        "stable-image-core",
        ImageRequest::new("x"),
        ReplayTransport::new().json(200, blurred),
    )
    .await;
    let error = answer.expect_err("it was withheld");
    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    assert!(error.raw().is_some());
}

#[tokio::test]
async fn errors() {
    for (status, name, kind, again) in [
        (400, "bad_request", ErrorKind::InvalidRequest, false),
        (401, "unauthorized", ErrorKind::Authentication, false),
        (402, "payment_required", ErrorKind::QuotaExceeded, false),
        (403, "content_moderation", ErrorKind::ContentFiltered, false),
        (404, "not_found", ErrorKind::NotFound, false),
        (413, "payload_too_large", ErrorKind::InvalidRequest, false),
        (422, "invalid_language", ErrorKind::InvalidRequest, false),
        (429, "rate_limit_exceeded", ErrorKind::RateLimited, true),
        (500, "internal_error", ErrorKind::Server, true),
    ] {
        let body = format!(r#"{{"id":"e1","name":"{name}","errors":["first.","second."]}}"#);
        let (answer, _) = asked(
            "stable-image-core",
            ImageRequest::new("x"),
            ReplayTransport::new().json(status, body),
        )
        .await;
        let error = answer.expect_err("it is refused");
        assert_eq!((error.kind(), error.is_retryable()), (kind, again), "{name}");
        assert_eq!(error.code(), Some(name));
        assert_eq!(error.message(), "first. second.");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_services_are_jobs() {
    let replies = ReplayTransport::new()
        .json(200, r#"{"id":"a6dc6c6e20acda010fe14d71f180658f2896ed9b4ec25aa99a6ff06c796987c4"}"#)
        .json(202, r#"{"id":"a6dc6c6e20acda010fe14d71f180658f2896ed9b4ec25aa99a6ff06c796987c4","status":"in-progress"}"#)
        .json(200, r#"{"result":"iVBORw0KGgo=","finish_reason":"SUCCESS","seed":1}"#);
    let started = tokio::time::Instant::now();
    let request = ImageRequest::new("A cat.").with_image(picture());
    let (answer, transport) = asked("upscale/creative", request, replies).await;
    assert_eq!(answer.expect("a picture").into_value().images.len(), 1);
    assert_eq!(started.elapsed(), Duration::from_secs(20));
    let requests = transport.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests[1..] {
        assert!(
            request
                .url
                .starts_with("https://api.stability.ai/v2beta/results/a6dc")
        );
        assert_eq!(request.headers["accept"], "application/json");
    }
}
