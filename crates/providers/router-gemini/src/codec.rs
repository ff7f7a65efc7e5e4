//! Gemini's operations joined.

use std::sync::Arc;

use router_core::{BatchLimits, Call, Capabilities, Error, Operation, Output, ProviderId, Result};
use router_wire::provenance::Speaker;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_gemini::stream::GenerateStreamDecoder;
use router_wire_gemini::{
    Rules, Service, WIRE, embeddings, images, models, request, response, speech, tokens,
};

/// The Gemini API.
#[derive(Clone, Debug)]
pub struct GeminiCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for GeminiCodec {
    const VENDOR: Vendor = Vendor::new(
        "gemini",
        "Gemini",
        "https://generativelanguage.googleapis.com/v1beta",
    )
    .with_aliases(&["google"])
    .with_auth(AuthScheme::Header("x-goog-api-key"))
    .with_key_env(&["GEMINI_API_KEY", "GOOGLE_API_KEY"])
    .with_base_url_env(&["GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"])
    .with_default_model("gemini-3.8-flash")
    .with_reference("https://ai.google.dev/api");

    fn new(id: ProviderId) -> Self {
        Self {
            speaker: Speaker::new(id, WIRE),
            capabilities: Arc::new(crate::models::capabilities()),
        }
    }
}

impl Codec for GeminiCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        let rules = Rules::of(call.model.as_str());
        let (service, speaker) = (&Service::GEMINI, &self.speaker);
        match &call.operation {
            Operation::Chat(request) => request::encode(service, &rules, speaker, call, request),
            Operation::Embed(request) => embeddings::encode(speaker, call, request),
            Operation::GenerateImage(request) => images::encode(speaker, call, request),
            Operation::Speak(request) => speech::encode(speaker, call, request),
            Operation::CountTokens(request) => tokens::encode(service, &rules, speaker, call, request),
            Operation::ListModels(request) => Ok(Encoded::whole(models::encode(request), Vec::new())),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn batch_limits(&self, _call: &Call) -> Option<BatchLimits> {
        Some(BatchLimits::inputs(100))
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        let speaker = &self.speaker;
        match &call.operation {
            Operation::Chat(_) => response::decode(speaker, response).map(Output::Chat),
            Operation::Embed(_) => embeddings::decode(response).map(Output::Embed),
            Operation::GenerateImage(_) => images::decode(speaker, call, response).map(Output::GenerateImage),
            Operation::Speak(request) => speech::decode(speaker, request, response).map(Output::Speak),
            Operation::CountTokens(_) => tokens::decode(response).map(Output::CountTokens),
            Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (
            Framing::Sse,
            Box::new(GenerateStreamDecoder::new(self.speaker.clone())),
        )
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
