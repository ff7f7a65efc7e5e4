//! Cohere's operations joined.

use std::sync::Arc;

use router_core::{
    BatchLimits, Call, Capabilities, Error, ErrorKind, Feature, Operation, OperationKind, Output, ProviderId,
    Result,
};
use router_wire::classify::CodeTable;
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_openai::transcription::{self, TranscriptionDialect};

use crate::chat::stream::ChatStreamDecoder;
use crate::{WIRE, chat, embed, models, rerank};

/// What Cohere means by statuses of its own.
const CODES: CodeTable = &[
    // A client that went away.
    ("499", ErrorKind::Cancelled),
];

/// Cohere's native wire.
#[derive(Clone, Debug)]
pub struct CohereCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
    transcription: Arc<TranscriptionDialect>,
}

impl VendorCodec for CohereCodec {
    const VENDOR: Vendor = Vendor::new("cohere", "Cohere", "https://api.cohere.com")
        .with_key_env(&["CO_API_KEY", "COHERE_API_KEY"])
        .with_base_url_env(&["CO_API_URL", "COHERE_BASE_URL"])
        .with_default_model("command-a-03-2025")
        .with_reference("https://docs.cohere.com/reference/about");

    fn new(id: ProviderId) -> Self {
        Self {
            speaker: Speaker::new(id, WIRE),
            capabilities: Arc::new(Capabilities::new(
                [
                    OperationKind::Chat,
                    OperationKind::Embed,
                    OperationKind::Rerank,
                    OperationKind::Transcribe,
                    OperationKind::ListModels,
                ],
                &[
                    Feature::Streaming,
                    Feature::SystemMessages,
                    Feature::Tools,
                    Feature::ParallelToolCalls,
                    Feature::ToolChoice,
                    Feature::JsonObject,
                    Feature::JsonSchema,
                    Feature::Reasoning,
                    Feature::ImageInput,
                    Feature::ImageUrlInput,
                    Feature::DocumentInput,
                    Feature::Logprobs,
                    Feature::Dimensions,
                ],
            )),
            transcription: Arc::new(transcription()),
        }
    }
}

/// Transcription is as OpenAI has it, but for times.
fn transcription() -> TranscriptionDialect {
    let mut dialect = TranscriptionDialect::default();
    dialect.path = "/v2/audio/transcriptions".into();
    dialect.translations_path = None;
    dialect.timed_format = None;
    dialect.unsupported = ["prompt", "format"].map(Into::into).to_vec();
    dialect
}

impl Codec for CohereCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Chat(request) => chat::request::encode(&self.speaker, call, request),
            Operation::Embed(request) => embed::encode(&self.speaker, call, request),
            Operation::Rerank(request) => rerank::encode(&self.speaker, call, request),
            Operation::Transcribe(request) => {
                transcription::request::encode(&self.transcription, &self.speaker, call, request, &[])
            }
            Operation::ListModels(request) => Ok(models::encode(request)),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        match &call.operation {
            Operation::Embed(request) => embed::limits(&self.speaker, request),
            _ => None,
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Chat(_) => {
                let decoder = ChatStreamDecoder::new(self.speaker.clone());
                router_wire::body::read_whole(decoder, response).map(Output::Chat)
            }
            Operation::Embed(_) => embed::decode(response).map(Output::Embed),
            Operation::Rerank(_) => rerank::decode(response).map(Output::Rerank),
            Operation::Transcribe(request) => {
                transcription::response::decode(request, response).map(Output::Transcribe)
            }
            Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (
            Framing::Sse,
            Box::new(ChatStreamDecoder::new(self.speaker.clone())),
        )
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, CODES)
    }
}
