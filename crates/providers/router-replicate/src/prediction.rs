//! A prediction: how far it is, what to ask next, and why it failed.

use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderValue, Method};
use router_core::{Call, Error, ErrorKind, Result, Text};
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{Num, Str};
use router_wire::{HttpRequest, HttpResponse, Pending, classify};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The vendor's SDK asks every half second; a job of minutes is not worth so many questions.
const FIRST: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(5);

/// Hosts that the key may go to: streams have hosts of their own.
const HOSTS: &[&str] = &["replicate.com", "replicate.net"];

/// What is read of a prediction.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Prediction<'a> {
    #[serde(borrow)]
    pub(crate) id: Str<'a>,
    #[serde(borrow)]
    pub(crate) model: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    pub(crate) output: Option<&'a RawValue>,
    error: Value,
    #[serde(borrow)]
    urls: Urls<'a>,
    pub(crate) metrics: Option<Metrics>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Urls<'a> {
    #[serde(borrow)]
    stream: Str<'a>,
}

/// What a prediction cost.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metrics {
    pub(crate) input_token_count: Num,
    pub(crate) output_token_count: Num,
}

/// What to ask next, while a prediction is not over.
pub(crate) fn pending(
    call: &Call,
    response: &HttpResponse,
    before: Option<&Pending>,
) -> Result<Option<Pending>> {
    let Ok(prediction) = serde_json::from_slice::<Prediction<'_>>(&response.body) else {
        return Ok(None);
    };
    match prediction.status.filled() {
        Some("starting" | "processing") => {}
        Some("failed") => return Err(failed(&prediction.error).with_raw(response.raw())),
        Some("canceled") => {
            let error = Error::new(ErrorKind::Cancelled, "the prediction was canceled");
            return Err(error.with_raw(response.raw()));
        }
        Some("aborted") => {
            let error = Error::new(ErrorKind::Server, "the prediction was aborted");
            return Err(error.with_retryable(true).with_raw(response.raw()));
        }
        _ => return Ok(None),
    }
    let id = prediction.id.filled().unwrap_or_default();
    if id.is_empty()
        || !id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        let message = "the prediction has no id to ask about";
        return Err(Error::new(ErrorKind::Decode, message).with_raw(response.raw()));
    }
    let streamed = prediction
        .urls
        .stream
        .filled()
        .filter(|_| call.is_stream())
        .and_then(|url| Pending::get_url(url, HOSTS));
    let next = match streamed {
        Some(mut next) => {
            next.request = next
                .request
                .with_header(ACCEPT, HeaderValue::from_static("text/event-stream"))
                .with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            next.streamed()
        }
        None => Pending::new(HttpRequest::get(format!("/predictions/{id}"))).after(before, FIRST, MOST),
    };
    let cancel = HttpRequest::new(Method::POST, format!("/predictions/{id}/cancel"));
    Ok(Some(
        next.with_cancel(cancel)
            .with_job(Some(Text::from(id)), prediction.model.to_text()),
    ))
}

/// Why a prediction failed, in the words of the model that ran.
pub(crate) fn failed(error: &Value) -> Error {
    let message = match error {
        Value::String(message) if !message.trim().is_empty() => message.clone(),
        Value::Null | Value::String(_) => "the prediction failed without a message".to_owned(),
        other => other.to_string(),
    };
    let lower = message.to_ascii_lowercase();
    let filtered = ["nsfw", "flagged as sensitive", "safety filter", "safety checker"];
    if filtered.iter().any(|word| lower.contains(word)) {
        return Error::new(ErrorKind::ContentFiltered, message);
    }
    let body = ErrorBody::of(&Value::String(message.clone()));
    let kind = classify::kind(None, &body, &[]);
    let error = Error::new(kind, message);
    // A model that failed on an input fails on it again.
    let again = lower.contains("please retry") || lower.contains("try again");
    if kind == ErrorKind::Server {
        error.with_retryable(again)
    } else {
        error
    }
}
