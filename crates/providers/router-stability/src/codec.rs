//! Stability's services joined: a picture in a form, answered at once or as a job.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT;
use router_core::content::MediaKind;
use router_core::image::{GeneratedImage, ImageResponse};
use router_core::{
    Call, Capabilities, Error, ErrorKind, Feature, Media, Operation, OperationKind, Output, ProviderId,
    Result, Text,
};
use router_wire::body::{malformed, text_of};
use router_wire::classify::CodeTable;
use router_wire::lenient::{Num, Str};
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{
    Codec, Encoded, Framing, HttpRequest, HttpResponse, NoStreams, Pending, StreamDecoder, classify,
    media_type,
};
use serde::Deserialize;

use crate::{WIRE, request};

/// Stability's wire.
#[derive(Clone, Debug)]
pub struct StabilityCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

const CODES: CodeTable = &[
    ("bad_request", ErrorKind::InvalidRequest),
    ("content_moderation", ErrorKind::ContentFiltered),
    ("invalid_language", ErrorKind::InvalidRequest),
    ("invalid_prompts", ErrorKind::InvalidRequest),
    ("payload_too_large", ErrorKind::InvalidRequest),
    ("payment_required", ErrorKind::QuotaExceeded),
];

/// The vendor asks not to be asked more often.
const PAUSE: Duration = Duration::from_secs(10);

impl VendorCodec for StabilityCodec {
    const VENDOR: Vendor = Vendor::new("stability", "Stability AI", "https://api.stability.ai")
        .with_aliases(&["stabilityai"])
        .with_key_env(&["STABILITY_API_KEY"])
        .with_base_url_env(&["STABILITY_BASE_URL"])
        .with_default_model("stable-image-core")
        .with_reference("https://platform.stability.ai/docs/api-reference");

    fn new(id: ProviderId) -> Self {
        Self {
            speaker: Speaker::new(id, WIRE),
            capabilities: Arc::new(Capabilities::new(
                [OperationKind::GenerateImage],
                &[Feature::ImageEdit],
            )),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    status: Str<'a>,
    #[serde(borrow)]
    image: Str<'a>,
    #[serde(borrow)]
    result: Str<'a>,
    #[serde(borrow)]
    finish_reason: Str<'a>,
    seed: Num,
}

impl Codec for StabilityCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::GenerateImage(request) => request::encode(&self.speaker, call, request),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn pending(
        &self,
        _call: &Call,
        response: &HttpResponse,
        before: Option<&Pending>,
    ) -> Result<Option<Pending>> {
        let Ok(answer) = serde_json::from_slice::<Answer<'_>>(&response.body) else {
            return Ok(None);
        };
        if answer.image.filled().is_some() || answer.result.filled().is_some() {
            return Ok(None);
        }
        let working = response.status == 202 || answer.status.filled() == Some("in-progress");
        let path = match (before, answer.id.filled()) {
            (Some(before), _) if working => before.request.path.clone(),
            (None, Some(id))
                if id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
            {
                format!("/v2beta/results/{id}").into()
            }
            _ => return Ok(None),
        };
        let request =
            HttpRequest::get(path).with_header(ACCEPT, HeaderValue::from_static("application/json"));
        let job = answer
            .id
            .to_text()
            .or_else(|| before.and_then(|before| before.job.clone()));
        Ok(Some(
            Pending::new(request)
                .after(None, PAUSE, PAUSE)
                .with_job(job, None),
        ))
    }

    fn decode(&self, _call: &Call, response: &HttpResponse) -> Result<Output> {
        let text = text_of(response)?;
        let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
        // The picture that comes with it is blurred.
        if answer.finish_reason.filled() == Some("CONTENT_FILTERED") {
            let error = Error::new(
                ErrorKind::ContentFiltered,
                "the vendor's filter withheld the picture",
            );
            return Err(error.with_code("CONTENT_FILTERED").with_raw(response.raw()));
        }
        let Some(data) = answer.image.take(&text).or_else(|| answer.result.take(&text)) else {
            return Err(Error::new(ErrorKind::Decode, "the answer holds no picture"));
        };
        let seen = media_type::of_base64(&data);
        let mut media = Media::base64(MediaKind::Image, "", data);
        media.media_type = seen.map(Text::from_static);
        let mut pictures = ImageResponse::new([GeneratedImage::from(media)]);
        if let Some(seed) = answer.seed.int() {
            pictures.extra.insert(
                Text::from_static(WIRE),
                Text::from_static("seed"),
                serde_json::Value::from(seed).into(),
            );
        }
        Ok(Output::GenerateImage(pictures))
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (Framing::Sse, Box::new(NoStreams))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, CODES)
    }
}
