//! What Black Forest Labs is sent, and what is made of its jobs: by its reference, and not by the code.

use std::sync::Arc;
use std::time::Duration;

use router_bfl::Bfl;
use router_core::content::MediaSource;
use router_core::image::{Delivery, ImageRequest, ImageResponse};
use router_core::{Answer, Error, ErrorKind, Media, ProviderExt as _};
use router_http::Transport;
use router_http::replay::ReplayTransport;
use serde_json::{Value, json};
use tokio::time::Instant;

const SUBMITTED: &str = include_str!("../../fixtures/job_submitted.response.json");
const WORKING: &str = include_str!("../../fixtures/job_working.response.json");
const DONE: &str = include_str!("../../fixtures/job_ready.response.json");

type Pictures = Result<Answer<ImageResponse>, Error>;

async fn asked(
    model: &str,
    request: ImageRequest,
    replies: ReplayTransport,
) -> (Pictures, Arc<ReplayTransport>) {
    let transport = Arc::new(replies);
    let shared: Arc<dyn Transport> = Arc::<ReplayTransport>::clone(&transport);
    let provider = Bfl::builder()
        .api_key("k")
        .transport(shared)
        .build()
        .expect("the provider builds");
    (provider.generate_image(model, request).await, transport)
}

#[tokio::test(start_paused = true)]
async fn a_job_is_asked_about_where_it_says() {
    let replies = ReplayTransport::new()
        .json(200, SUBMITTED)
        .json(200, r#"{"id":"j-1","status":"Task not found"}"#)
        .json(200, WORKING)
        .json(200, DONE);
    let started = Instant::now();
    let (answer, transport) = asked("flux-2-pro", ImageRequest::new("A red cat."), replies).await;
    let answer = answer.expect("a picture").into_value();
    assert_eq!(
        answer.images[0].media.source,
        MediaSource::Url("https://delivery-eu1.bfl.ai/a/cat.jpeg?sig=x".into())
    );
    assert_eq!(started.elapsed(), Duration::from_millis(500 + 750 + 1125));
    let requests = transport.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[0].url, "https://api.bfl.ai/v1/flux-2-pro");
    for request in &requests {
        assert_eq!(request.headers["x-key"], "k");
        assert!(!request.headers.contains_key("authorization"));
    }
    assert_eq!(requests[3].url, "https://api.eu1.bfl.ai/v1/get_result?id=j-1");
}

/// The address of a picture is signed; the key stays here.
#[tokio::test(start_paused = true)]
async fn a_picture_by_value_is_fetched_without_the_key() {
    let png = bytes_of_png();
    let replies = ReplayTransport::new().json(200, SUBMITTED).json(200, DONE).reply(
        200,
        &[("content-type", "image/png")],
        [Ok(png.clone().into())],
    );
    let mut request = ImageRequest::new("A red cat.");
    request.delivery = Some(Delivery::Base64);
    let (answer, transport) = asked("flux-2-pro", request, replies).await;
    let media = answer.expect("a picture").into_value().images.remove(0).media;
    assert_eq!(media.decode(), Some(png));
    assert_eq!(media.media_type.as_deref(), Some("image/png"));
    let fetched = &transport.requests()[2];
    assert_eq!(fetched.url, "https://delivery-eu1.bfl.ai/a/cat.jpeg?sig=x");
    assert!(!fetched.headers.contains_key("x-key"));
}

fn bytes_of_png() -> Vec<u8> {
    b"\x89PNG\r\n\x1a\nrest".to_vec()
}

#[tokio::test(start_paused = true)]
async fn the_key_goes_to_no_stranger() {
    for url in ["https://bfl.ai.evil.example/x", "http://api.bfl.ai/x"] {
        let submitted = json!({"id": "j-1", "polling_url": url}).to_string();
        let replies = ReplayTransport::new().json(200, submitted).json(200, DONE);
        let (_, transport) = asked("flux-2-pro", ImageRequest::new("x"), replies).await;
        let request = &transport.requests()[1];
        assert_eq!(request.url, format!("{url}?id=j-1"), "the id is added");
        assert!(!request.headers.contains_key("x-key"), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_jobs_end_without_pictures() {
    for (job, kind) in [
        (
            json!({"status": "Request Moderated", "details": {"Moderation Reasons": ["Derivative Works"]}}),
            ErrorKind::ContentFiltered,
        ),
        (json!({"status": "Content Moderated"}), ErrorKind::ContentFiltered),
        (
            json!({"state": "Error", "details": {"error": "out of memory"}}),
            ErrorKind::Server,
        ),
        (json!({"status": "Ready", "result": {}}), ErrorKind::Decode),
        (json!({"status": "Lost"}), ErrorKind::Decode),
    ] {
        let replies = ReplayTransport::new()
            .json(200, SUBMITTED)
            .json(200, job.to_string());
        let (answer, _) = asked("flux-2-pro", ImageRequest::new("x"), replies).await;
        let error = answer.expect_err("there is no picture");
        assert_eq!(error.kind(), kind, "{job}");
        assert!(error.raw().is_some());
    }
    let mut replies = ReplayTransport::new().json(200, SUBMITTED);
    for _ in 0..9 {
        replies = replies.json(200, r#"{"status":"Task not found"}"#);
    }
    let (answer, _) = asked("flux-2-pro", ImageRequest::new("x"), replies).await;
    assert_eq!(answer.expect_err("it is lost").kind(), ErrorKind::NotFound);
}

async fn body(model: &str, request: ImageRequest) -> (Value, Vec<String>) {
    let replies = ReplayTransport::new().json(200, SUBMITTED).json(200, DONE);
    let (answer, transport) = asked(model, request, replies).await;
    let answer = answer.unwrap_or_else(|error| panic!("{model}: {error}"));
    let body = serde_json::from_slice(&transport.requests()[0].body).expect("JSON");
    let warnings = answer.head.warnings.iter();
    (
        body,
        warnings.map(|warning| warning.setting.to_string()).collect(),
    )
}

fn picture() -> Media {
    Media::image_bytes("image/png", b"\x89PNG")
}

#[tokio::test(start_paused = true)]
async fn bodies_by_line_of_models() {
    let mut request = ImageRequest::new("A cat.")
        .with_image(picture())
        .with_image(Media::image_url("https://example.com/b.png"));
    request.size = Some("1000x760".into());
    request.seed = Some(7);
    request.output_format = Some("jpg".into());
    request
        .provider_options
        .set("bfl", &json!({"safety_tolerance": 2}))
        .expect("options");
    let (sent, warnings) = body("flux-2-pro", request.clone()).await;
    let expected = json!({"prompt": "A cat.", "input_image": "iVBORw==",
        "input_image_2": "https://example.com/b.png", "width": 992, "height": 768, "seed": 7,
        "output_format": "jpeg", "safety_tolerance": 2});
    assert_eq!(sent, expected);
    assert_eq!(warnings, ["size"]);

    request.size = Some("1280x720".into());
    let (sent, warnings) = body("flux-kontext-max", request).await;
    assert_eq!(sent["aspect_ratio"], "16:9");
    assert_eq!(
        (&sent["width"], warnings),
        (&Value::Null, vec!["size".to_owned()])
    );

    let mut fill = ImageRequest::new("A hat.").with_image(picture());
    fill.mask = Some(picture());
    let (sent, _) = body("flux-pro-1.0-fill", fill).await;
    assert_eq!(
        sent,
        json!({"prompt": "A hat.", "image": "iVBORw==", "mask": "iVBORw=="})
    );

    let mut ultra = ImageRequest::new("A cat.").with_image(picture());
    ultra.aspect_ratio = Some("21:9".into());
    let (sent, _) = body("flux-pro-1.1-ultra", ultra).await;
    assert_eq!(
        sent,
        json!({"prompt": "A cat.", "image_prompt": "iVBORw==", "aspect_ratio": "21:9"})
    );
}

#[tokio::test]
async fn what_cannot_be_had() {
    let mut masked = ImageRequest::new("x").with_image(picture());
    masked.mask = Some(picture());
    let mut strict = ImageRequest::new("x");
    strict.strict = true;
    strict.n = Some(2);
    let mut sized = ImageRequest::new("x");
    sized.size = Some("huge".into());
    let two = ImageRequest::new("x").with_image(picture()).with_image(picture());
    for (model, request, kind) in [
        ("flux-2-pro", masked, ErrorKind::Unsupported),
        ("flux-2-pro", strict, ErrorKind::Unsupported),
        ("flux-2-pro", sized, ErrorKind::InvalidRequest),
        ("flux-dev", two, ErrorKind::InvalidRequest),
        ("../admin", ImageRequest::new("x"), ErrorKind::InvalidRequest),
    ] {
        let (answer, transport) = asked(model, request, ReplayTransport::new()).await;
        assert_eq!(answer.expect_err("it cannot be had").kind(), kind, "{model}");
        assert!(transport.requests().is_empty(), "nothing is sent");
    }
}

#[tokio::test]
async fn errors() {
    for (status, detail, kind, again) in [
        (
            402,
            json!("Insufficient credits"),
            ErrorKind::QuotaExceeded,
            false,
        ),
        (403, json!("Not authenticated"), ErrorKind::Authentication, false),
        (
            422,
            json!([{"loc": ["body", "width"], "msg": "must be a multiple of 16", "type": "value_error"}]),
            ErrorKind::InvalidRequest,
            false,
        ),
        (429, json!("Too many active tasks"), ErrorKind::RateLimited, true),
        (500, json!("Internal error"), ErrorKind::Server, true),
    ] {
        let replies = ReplayTransport::new().json(status, json!({"detail": detail}).to_string());
        let (answer, _) = asked("flux-2-pro", ImageRequest::new("x"), replies).await;
        let error = answer.expect_err("it is refused");
        assert_eq!((error.kind(), error.is_retryable()), (kind, again), "{status}");
    }
}
