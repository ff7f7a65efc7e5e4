//! Pictures: asked for as a conversation and answered at once, or as a task that is asked about.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use router_core::content::MediaSource;
use router_core::image::{Delivery, GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Call, Error, ErrorKind, Media, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::error_body::ErrorBody;
use router_wire::lenient::List;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpRequest, HttpResponse, Pending, classify};
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::CODES;
use crate::models::Pictures;
use crate::native::MULTIMODAL;
use crate::options::OWN;

const TASKS: &str = "/api/v1/services/aigc/text2image/image-synthesis";
/// The name of this wire in unnamed fields.
const WIRE: &str = "dashscope.images";
/// Submits a task; without it the vendor refuses to.
const ASYNC: HeaderName = HeaderName::from_static("x-dashscope-async");
/// The vendor's SDK asks after one second first, and after eight at last.
const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(8);

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    let form = Pictures::of(call.model.as_str());
    let mut warnings = Warnings::new(request.strict);
    check(form, request, &mut warnings)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let parameters = Parameters {
        form,
        request,
        overrides: &overrides,
    };
    let model = call.model.as_str();
    let bytes = match form {
        Pictures::Messages => serde_json::to_vec(&Body {
            model,
            input: Asked {
                messages: [Said {
                    role: "user",
                    content: Parts(request),
                }],
            },
            parameters,
        }),
        Pictures::Task => serde_json::to_vec(&Body {
            model,
            input: Prompt {
                prompt: &request.prompt,
                negative_prompt: request.negative_prompt.as_ref(),
            },
            parameters,
        }),
    };
    let bytes = bytes.map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    let http = match form {
        Pictures::Messages => HttpRequest::post_json(MULTIMODAL, bytes),
        Pictures::Task => {
            HttpRequest::post_json(TASKS, bytes).with_header(ASYNC, HeaderValue::from_static("enable"))
        }
    };
    Ok(Encoded::whole(http, warnings.into_list()))
}

fn check(form: Pictures, request: &ImageRequest, warnings: &mut Warnings) -> Result<()> {
    for (name, set) in [
        ("aspect_ratio", request.aspect_ratio.is_some()),
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("output_format", request.output_format.is_some()),
        ("user", request.user.is_some()),
    ] {
        if set {
            warnings.dropped(name, "this vendor has no such setting")?;
        }
    }
    if request.delivery == Some(Delivery::Base64) {
        warnings.dropped("delivery", "this vendor gives pictures by address only")?;
    }
    if request.mask.is_some() {
        return Err(Error::unsupported("a mask"));
    }
    if form == Pictures::Task && !request.images.is_empty() {
        return Err(Error::unsupported("changing pictures with this model"));
    }
    for (at, media) in request.images.iter().enumerate() {
        match &media.source {
            MediaSource::Base64(_) if media.decode().is_none() => {
                return Err(invalid(&format!("images[{at}]"), "is not valid base64"));
            }
            MediaSource::Text(_) => return Err(invalid(&format!("images[{at}]"), "is no picture")),
            _ => {}
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Body<'a, I> {
    model: &'a str,
    input: I,
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
struct Prompt<'a> {
    prompt: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_prompt: Option<&'a Text>,
}

#[derive(Serialize)]
struct Asked<'a> {
    messages: [Said<'a>; 1],
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Parts<'a>,
}

/// The pictures to start from, then what is to be seen.
struct Parts<'a>(&'a ImageRequest);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Image<'a> {
            image: &'a str,
        }
        #[derive(Serialize)]
        struct Words<'a> {
            text: &'a Text,
        }
        let mut list = serializer.serialize_seq(None)?;
        for media in &self.0.images {
            let data = media.to_data_url();
            let image = match &media.source {
                MediaSource::Url(place) | MediaSource::File(place) => place.as_str(),
                _ => data.as_deref().unwrap_or_default(),
            };
            list.serialize_element(&Image { image })?;
        }
        list.serialize_element(&Words { text: &self.0.prompt })?;
        list.end()
    }
}

struct Parameters<'a> {
    form: Pictures,
    request: &'a ImageRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        let size = request.size.as_deref().filter(|size| *size != "auto");
        // `1024x1024` everywhere else.
        fields.some("size", size.map(|size| size.replace(['x', 'X'], "*")))?;
        fields.some("n", request.n)?;
        fields.some("seed", request.seed)?;
        if self.form == Pictures::Messages {
            fields.some("negative_prompt", request.negative_prompt.as_ref())?;
        }
        fields.end(&request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    output: Output,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Output {
    task_id: Option<String>,
    task_status: Option<String>,
    results: List<Picture>,
    choices: List<Choice>,
}

/// A picture, or why there is none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Picture {
    url: Option<String>,
    actual_prompt: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    message: Message,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    content: List<Content>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    image: Option<String>,
}

/// What to ask next, while a task is not over.
pub(crate) fn pending(response: &HttpResponse, before: Option<&Pending>) -> Result<Option<Pending>> {
    let Ok(answer) = serde_json::from_slice::<Answer>(&response.body) else {
        return Ok(None);
    };
    let Output {
        task_id: Some(id),
        task_status: Some(status),
        ..
    } = answer.output
    else {
        return Ok(None);
    };
    let failed = |kind: ErrorKind, message: String| Err(Error::new(kind, message).with_raw(response.raw()));
    match status.as_str() {
        "PENDING" | "RUNNING" | "SUSPENDED" => {}
        "SUCCEEDED" => return Ok(None),
        "FAILED" => return Err(failure(response)),
        "CANCELED" => return failed(ErrorKind::Cancelled, format!("task {id} was canceled")),
        "UNKNOWN" => return failed(ErrorKind::NotFound, format!("the vendor knows no task {id}")),
        other => {
            return failed(
                ErrorKind::Decode,
                format!("task {id} is {other:?}, which is no state known"),
            );
        }
    }
    if !id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    {
        return failed(ErrorKind::Decode, "the id of the task is none".to_owned());
    }
    let next = Pending::new(HttpRequest::get(format!("/api/v1/tasks/{id}"))).after(before, FIRST, MOST);
    let cancel = HttpRequest::new(http::Method::POST, format!("/api/v1/tasks/{id}/cancel"));
    Ok(Some(
        next.with_cancel(cancel)
            .with_job(Some(Text::from(format!("task {id}"))), None),
    ))
}

/// The error of a task that failed.
fn failure(response: &HttpResponse) -> Error {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let inner = ErrorBody::of(&body["output"]);
    let error = classify::of_body(None, &response.headers, response.received_at, &inner, CODES);
    match body["request_id"].as_str() {
        Some(id) => error.with_request_id(id),
        None => error,
    }
    .with_raw(response.raw())
}

pub(crate) fn decode(response: &HttpResponse) -> Result<ImageResponse> {
    let text = text_of(response)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let mut pictures = ImageResponse::default();
    let mut first_failure = None;
    for picture in answer.output.results.0 {
        if let Some(url) = picture.url {
            let mut image = GeneratedImage::from(Media::image_url(url));
            image.revised_prompt = picture.actual_prompt.map(Text::from);
            pictures.images.push(image);
        } else if let Some(code) = picture.code {
            let message = picture.message.unwrap_or_default();
            let body = ErrorBody::of(&serde_json::json!({"code": code, "message": message}));
            let error = classify::of_body(None, &response.headers, None, &body, CODES);
            if error.kind() == ErrorKind::ContentFiltered {
                pictures.filtered += 1;
            }
            first_failure.get_or_insert(error);
        }
    }
    let parts = answer.output.choices.0.into_iter();
    let parts = parts.flat_map(|choice| choice.message.content.0);
    pictures
        .images
        .extend(parts.filter_map(|part| Some(Media::image_url(part.image?).into())));
    match (pictures.images.is_empty(), first_failure) {
        (false, _) => Ok(pictures),
        (true, Some(error)) => Err(error.with_raw(response.raw())),
        (true, None) => Err(Error::new(ErrorKind::Decode, "the answer holds no pictures")),
    }
}
