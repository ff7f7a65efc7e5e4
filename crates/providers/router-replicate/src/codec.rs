//! Replicate's operations joined: each is a prediction.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use router_core::{
    Call, Capabilities, Error, ErrorKind, Feature, Operation, OperationKind, Output, ProviderId, Result,
    Warning,
};
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpRequest, HttpResponse, Pending, StreamDecoder, classify};
use serde::Serialize;

use crate::stream::PredictionStreamDecoder;
use crate::target::Target;
use crate::{WIRE, chat, images, prediction};

/// Replicate's wire.
#[derive(Clone, Debug)]
pub struct ReplicateCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for ReplicateCodec {
    const VENDOR: Vendor = Vendor::new("replicate", "Replicate", "https://api.replicate.com/v1")
        .with_key_env(&["REPLICATE_API_TOKEN", "REPLICATE_API_KEY"])
        .with_base_url_env(&["REPLICATE_BASE_URL"])
        .with_default_model("openai/gpt-5")
        .with_reference("https://replicate.com/docs/reference/http");

    fn new(id: ProviderId) -> Self {
        let features = [
            Feature::Streaming,
            Feature::SystemMessages,
            Feature::Reasoning,
            Feature::ImageInput,
            Feature::ImageUrlInput,
            Feature::ImageEdit,
        ];
        Self {
            speaker: Speaker::new(id, WIRE),
            capabilities: Arc::new(Capabilities::new(
                [OperationKind::Chat, OperationKind::GenerateImage],
                &features,
            )),
        }
    }
}

/// Waits for the answer, a minute at most.
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// A prediction to be made of an input.
pub(crate) fn submitted<I: Serialize>(
    call: &Call,
    target: &Target<'_>,
    input: &I,
    warnings: Vec<Warning>,
) -> Result<Encoded> {
    #[derive(Serialize)]
    struct Body<'a, I> {
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<&'a str>,
        input: &'a I,
        #[serde(skip_serializing_if = "is_not")]
        stream: bool,
    }
    fn is_not(stream: &bool) -> bool {
        !stream
    }
    let streams = call.is_stream() && call.operation.kind() == OperationKind::Chat;
    let body = serde_json::to_vec(&Body {
        version: target.version,
        input,
        stream: streams,
    })
    .map_err(|error| {
        let message = format!("request is not representable: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let mut request = HttpRequest::post_json(target.path.clone(), body);
    if !streams {
        request = request.with_header(PREFER, HeaderValue::from_static("wait"));
    }
    Ok(Encoded::whole(request, warnings))
}

impl Codec for ReplicateCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Chat(request) => chat::encode(&self.speaker, call, request),
            Operation::GenerateImage(request) => images::encode(&self.speaker, call, request),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn pending(
        &self,
        call: &Call,
        response: &HttpResponse,
        before: Option<&Pending>,
    ) -> Result<Option<Pending>> {
        prediction::pending(call, response, before)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Chat(_) => chat::decode(response).map(Output::Chat),
            Operation::GenerateImage(_) => images::decode(response).map(Output::GenerateImage),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (Framing::Sse, Box::new(PredictionStreamDecoder::new()))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
