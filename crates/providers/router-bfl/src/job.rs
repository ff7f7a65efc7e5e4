//! A job: asked about at the address that it was given, and its picture fetched where it has to come by value.

use std::time::Duration;

use router_core::image::{Delivery, GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Error, ErrorKind, Media, Result, Text};
use router_wire::error_body::ErrorBody;
use router_wire::lenient::Str;
use router_wire::{HttpResponse, Pending, classify, media_type};
use serde::Deserialize;
use serde_json::Value;

const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_millis(1500);

/// Hosts that the key may go to: jobs are asked about in the region that took them.
const HOSTS: &[&str] = &["bfl.ai"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Job<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    polling_url: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    state: Str<'a>,
    result: Option<Value>,
    details: Value,
}

/// What to ask next, while a job is not over.
pub(crate) fn pending(
    request: &ImageRequest,
    response: &HttpResponse,
    before: Option<&Pending>,
) -> Result<Option<Pending>> {
    // The picture itself.
    let Ok(job) = serde_json::from_slice::<Job<'_>>(&response.body) else {
        return Ok(None);
    };
    let failed =
        |kind: ErrorKind, message: &str| Err(Error::new(kind, message.to_owned()).with_raw(response.raw()));
    let Some(before) = before else {
        let (Some(url), Some(id)) = (job.polling_url.filled(), job.id.filled()) else {
            return Ok(None);
        };
        let sign = if url.contains('?') { '&' } else { '?' };
        let url = if url.contains("id=") {
            url.to_owned()
        } else {
            format!("{url}{sign}id={id}")
        };
        return match Pending::get_url(&url, HOSTS) {
            Some(next) => Ok(Some(
                next.after(None, FIRST, MOST)
                    .with_job(Some(Text::from(format!("job {id}"))), None),
            )),
            None => failed(ErrorKind::Decode, "the address to ask about the job at is none"),
        };
    };
    let status = job.status.filled().or(job.state.filled()).unwrap_or_default();
    let again = || {
        let mut next = before.clone();
        next = next.after(Some(before), FIRST, MOST);
        Ok(Some(next))
    };
    match status {
        "Pending" | "Queued" | "Processing" => again(),
        // So it may say for a moment of one that was just taken.
        "Task not found" if before.pause < MOST => again(),
        "Task not found" => failed(ErrorKind::NotFound, "the vendor knows no such job"),
        "Ready" if request.delivery == Some(Delivery::Base64) => {
            let sample = job.result.as_ref().and_then(|result| result["sample"].as_str());
            // Signed as it is: the key stays here.
            Ok(sample.and_then(|url| Pending::get_url(url, &[])))
        }
        "Ready" => Ok(None),
        "Request Moderated" | "Content Moderated" => {
            let why = match &job.details {
                Value::Null => status.to_owned(),
                details => format!("{status}: {details}"),
            };
            let error = Error::new(ErrorKind::ContentFiltered, why).with_code(status);
            Err(error.with_raw(response.raw()))
        }
        "Error" | "Failed" => {
            let body = ErrorBody::of(&serde_json::json!({"detail": job.details}));
            let error = classify::of_body(None, &response.headers, None, &body, &[]);
            Err(error.with_code(status).with_raw(response.raw()))
        }
        other => failed(
            ErrorKind::Decode,
            &format!("the job is {other:?}, which is no state known"),
        ),
    }
}

pub(crate) fn decode(response: &HttpResponse) -> Result<ImageResponse> {
    let Ok(job) = serde_json::from_slice::<Job<'_>>(&response.body) else {
        let seen = media_type::of_bytes(&response.body);
        let kind = seen.or_else(|| {
            response
                .header("content-type")
                .filter(|kind| kind.starts_with("image/"))
        });
        return match kind {
            Some(kind) => Ok(ImageResponse::new([Media::image_bytes(
                kind.to_owned(),
                &response.body,
            )])),
            None => Err(Error::new(ErrorKind::Decode, "what was fetched is no picture")),
        };
    };
    let result = job.result.unwrap_or_default();
    let Some(sample) = result["sample"].as_str() else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no picture"));
    };
    let mut image = GeneratedImage::from(Media::image_url(sample.to_owned()));
    image.revised_prompt = result["prompt"].as_str().map(Text::from);
    Ok(ImageResponse::new([image]))
}
