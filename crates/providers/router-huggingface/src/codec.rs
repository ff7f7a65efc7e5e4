//! The router and `hf-inference` joined: chats of OpenAI's family, vectors and pictures of the vendor's own.

use std::sync::Arc;

use router_core::{BatchLimits, Call, Capabilities, Error, Json, Operation, Output, ProviderId, Result};
use router_wire::message::path_encoded;
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};
use router_wire_openai::{CompatibleCodec, DialectVendor};

use crate::dialect::HuggingFaceDialect;
use crate::{pictures, vectors};

/// The name of the vendor's own wire in unnamed fields.
pub(crate) const WIRE: &str = "huggingface";

/// The wires of Hugging Face's router.
#[derive(Debug)]
pub struct HuggingFaceCodec {
    chats: CompatibleCodec<HuggingFaceDialect>,
    speaker: Speaker,
}

impl VendorCodec for HuggingFaceCodec {
    const VENDOR: Vendor = HuggingFaceDialect::VENDOR;

    fn new(id: ProviderId) -> Self {
        Self {
            chats: CompatibleCodec::new(id.clone()),
            speaker: Speaker::new(id, WIRE),
        }
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        Ok(Self {
            chats: self.chats.with_dialect(differences)?,
            ..self
        })
    }
}

impl Codec for HuggingFaceCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.chats.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Embed(request) => vectors::of_hub(&self.speaker, call, request),
            Operation::GenerateImage(request) => pictures::encode(&self.speaker, call, request),
            _ => self.chats.encode(call),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        matches!(call.operation, Operation::Embed(_)).then_some(vectors::LIMITS)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Embed(request) => vectors::decode(request, response).map(Output::Embed),
            Operation::GenerateImage(_) => pictures::decode(response).map(Output::GenerateImage),
            _ => self.chats.decode(call, response),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.chats.stream_decoder(call)
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        self.chats.error(call, response)
    }
}

/// The path of a model at `hf-inference`: its name is two parts of the path.
pub(crate) fn model_path(call: &Call, behind: &str) -> Result<String> {
    let model = path_encoded(call.model.as_str())?;
    Ok(format!("/hf-inference/models/{model}{behind}"))
}
