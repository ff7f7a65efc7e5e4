//! Pictures that are a task: asked about until it is over, on a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use router_aliyun::Aliyun;
use router_core::content::MediaSource;
use router_core::image::ImageRequest;
use router_core::{Answer, Error, ErrorKind, Media, ProviderExt as _};
use router_http::replay::ReplayTransport;
use serde_json::{Value, json};
use tokio::time::Instant;

const SUBMITTED: &str =
    r#"{"output":{"task_status":"PENDING","task_id":"0385dc79-5ff8-4d82-bcb6-xxxxxx"},"request_id":"r-1"}"#;
const RUNNING: &str =
    r#"{"request_id":"r-2","output":{"task_id":"0385dc79-5ff8-4d82-bcb6-xxxxxx","task_status":"RUNNING"}}"#;
const DONE: &str = r#"{"request_id":"r-3","output":{"task_id":"0385dc79-5ff8-4d82-bcb6-xxxxxx","task_status":"SUCCEEDED",
    "results":[{"url":"https://result.example/1.png","actual_prompt":"A very red cat."},
        {"code":"DataInspectionFailed","message":"Output data may contain inappropriate content."}],
    "task_metrics":{"TOTAL":2,"SUCCEEDED":1,"FAILED":1}},"usage":{"image_count":1}}"#;

type Pictures = Result<Answer<router_core::image::ImageResponse>, Error>;

async fn asked(
    model: &str,
    request: ImageRequest,
    transport: ReplayTransport,
) -> (Pictures, Arc<ReplayTransport>) {
    let transport = Arc::new(transport);
    let shared: Arc<dyn router_http::Transport> = Arc::<ReplayTransport>::clone(&transport);
    let provider = Aliyun::builder()
        .api_key("k")
        .transport(shared)
        .build()
        .expect("the provider builds");
    (provider.generate_image(model, request).await, transport)
}

#[tokio::test(start_paused = true)]
async fn a_task_is_asked_about_until_it_is_done() {
    let mut request = ImageRequest::new("A red cat.");
    request.negative_prompt = Some("dogs".into());
    request.size = Some("1024x768".into());
    request.n = Some(2);
    let replies = ReplayTransport::new()
        .json(200, SUBMITTED)
        .json(200, RUNNING)
        .json(200, DONE);
    let started = Instant::now();
    let (answer, transport) = asked("wan2.5-t2i-preview", request, replies).await;
    let answer = answer.expect("pictures").into_value();
    assert_eq!(started.elapsed(), Duration::from_millis(2500));
    assert_eq!((answer.images.len(), answer.filtered), (1, 1));
    assert_eq!(
        answer.images[0].media.source,
        MediaSource::Url("https://result.example/1.png".into())
    );
    assert_eq!(
        answer.images[0].revised_prompt.as_deref(),
        Some("A very red cat.")
    );
    let requests = transport.requests();
    let urls: Vec<&str> = requests.iter().map(|request| request.url.as_str()).collect();
    let task = "https://dashscope.aliyuncs.com/api/v1/tasks/0385dc79-5ff8-4d82-bcb6-xxxxxx";
    assert_eq!(
        urls,
        [
            "https://dashscope.aliyuncs.com/api/v1/services/aigc/text2image/image-synthesis",
            task,
            task
        ]
    );
    assert_eq!(requests[0].headers["x-dashscope-async"], "enable");
    assert!(!requests[1].headers.contains_key("x-dashscope-async"));
    let body: Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    let expected = json!({"model": "wan2.5-t2i-preview",
        "input": {"prompt": "A red cat.", "negative_prompt": "dogs"},
        "parameters": {"size": "1024*768", "n": 2}});
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn how_tasks_end_without_pictures() {
    let ended = |output: Value| json!({"request_id": "r-9", "output": output}).to_string();
    let id = "0385dc79";
    for (body, kind) in [
        (
            ended(
                json!({"task_id": id, "task_status": "FAILED", "code": "InvalidParameter", "message": "The size is not supported."}),
            ),
            ErrorKind::InvalidRequest,
        ),
        (
            ended(
                json!({"task_id": id, "task_status": "FAILED", "code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."}),
            ),
            ErrorKind::ContentFiltered,
        ),
        (
            ended(
                json!({"task_id": id, "task_status": "FAILED", "code": "InternalError.Timeout", "message": "Timeout."}),
            ),
            ErrorKind::Timeout(router_core::error::TimeoutKind::Vendor),
        ),
        (
            ended(json!({"task_id": id, "task_status": "CANCELED"})),
            ErrorKind::Cancelled,
        ),
        (
            ended(json!({"task_id": id, "task_status": "UNKNOWN"})),
            ErrorKind::NotFound,
        ),
        (
            ended(json!({"task_id": id, "task_status": "LOST"})),
            ErrorKind::Decode,
        ),
        (
            ended(json!({"task_id": id, "task_status": "SUCCEEDED", "results": [
                {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}]})),
            ErrorKind::ContentFiltered,
        ),
    ] {
        let replies = ReplayTransport::new()
            .json(200, SUBMITTED)
            .json(200, body.clone());
        let (answer, transport) = asked("wanx2.1-t2i-turbo", ImageRequest::new("A cat."), replies).await;
        let error = answer.expect_err("there are no pictures");
        assert_eq!(error.kind(), kind, "{body}");
        assert!(error.raw().is_some());
        assert_eq!(transport.requests().len(), 2, "nothing is ended that is over");
    }
}

#[tokio::test]
async fn settings_and_edits_of_conversations() {
    let mut request =
        ImageRequest::new("Make it blue.").with_image(Media::image_url("https://example.com/cat.png"));
    request.negative_prompt = Some("red".into());
    request.seed = Some(7);
    request.quality = Some("high".into());
    let request = {
        let mut request = request;
        request
            .provider_options
            .set("aliyun", &json!({"watermark": false}))
            .expect("options");
        request
    };
    let replies = ReplayTransport::new().json(
        200,
        r#"{"output":{"choices":[{"message":{"content":[{"image":"https://result.example/1.png"}]}}]},"request_id":"r"}"#,
    );
    let (answer, transport) = asked("qwen-image-edit-plus", request, replies).await;
    let answer = answer.expect("a picture");
    assert_eq!(answer.head.warnings[0].setting, "quality");
    let sent = &transport.requests()[0];
    assert!(
        sent.url
            .ends_with("/api/v1/services/aigc/multimodal-generation/generation")
    );
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    let expected = json!({"model": "qwen-image-edit-plus",
        "input": {"messages": [{"role": "user", "content": [
            {"image": "https://example.com/cat.png"}, {"text": "Make it blue."}]}]},
        "parameters": {"seed": 7, "negative_prompt": "red", "watermark": false}});
    assert_eq!(body, expected);

    let start = ImageRequest::new("x").with_image(Media::image_url("https://example.com/cat.png"));
    let (answer, _) = asked("wanx2.1-t2i-turbo", start, ReplayTransport::new()).await;
    assert_eq!(answer.expect_err("it takes none").kind(), ErrorKind::Unsupported);
}
