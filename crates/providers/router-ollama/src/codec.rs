//! Ollama's operations joined.

use std::sync::Arc;

use router_core::{Call, Capabilities, Error, Feature, Operation, OperationKind, Output, ProviderId, Result};
use router_wire::provenance::Speaker;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpRequest, HttpResponse, StreamDecoder, classify};

use crate::chat::stream::ChatStreamDecoder;
use crate::{WIRE, chat, embeddings, host, models};

/// Ollama's native wire.
#[derive(Clone, Debug)]
pub struct OllamaCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for OllamaCodec {
    const VENDOR: Vendor = Vendor::new("ollama", "Ollama", "http://127.0.0.1:11434")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["OLLAMA_API_KEY"])
        .with_base_url_env(&["OLLAMA_BASE_URL", "OLLAMA_HOST"])
        .with_address_reader(host::address)
        .with_default_model("qwen3")
        .with_reference("https://docs.ollama.com/api");

    fn new(id: ProviderId) -> Self {
        Self {
            speaker: Speaker::new(id, WIRE),
            capabilities: Arc::new(Capabilities::new(
                [
                    OperationKind::Chat,
                    OperationKind::Embed,
                    OperationKind::ListModels,
                ],
                &[
                    Feature::Streaming,
                    Feature::SystemMessages,
                    Feature::Tools,
                    Feature::ParallelToolCalls,
                    Feature::JsonObject,
                    Feature::JsonSchema,
                    Feature::Reasoning,
                    Feature::ImageInput,
                    Feature::Logprobs,
                    Feature::Dimensions,
                ],
            )),
        }
    }
}

impl Codec for OllamaCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Chat(request) => chat::request::encode(&self.speaker, call, request),
            Operation::Embed(request) => embeddings::encode(&self.speaker, call, request),
            Operation::ListModels(_) => Ok(Encoded::whole(HttpRequest::get("/api/tags"), Vec::new())),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Chat(_) => {
                router_wire::body::read_whole(ChatStreamDecoder::new(), response).map(Output::Chat)
            }
            Operation::Embed(_) => embeddings::decode(response).map(Output::Embed),
            Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (Framing::JsonLines, Box::new(ChatStreamDecoder::new()))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
