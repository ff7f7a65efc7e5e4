//! Mistral's operations joined: OpenAI's wires with its dialect, and what is its own.

use std::sync::Arc;

use router_core::content::MediaKind;
use router_core::{
    BatchLimits, Call, Capabilities, Error, ErrorKind, Feature, Json, Operation, OperationKind, Output,
    ProviderId, Result,
};
use router_wire::classify::CodeTable;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};
use router_wire_openai::{Compatible, Dialect, compatible, completions};

use crate::{dialect, ocr, prepare};

/// Words that the common table does not know, or means otherwise.
const CODES: CodeTable = &[
    ("unknown_model", ErrorKind::NotFound),
    // A model that is not there.
    ("1500", ErrorKind::NotFound),
    // Requests, and the capacity of a tier: both pass by waiting.
    ("rate_limited", ErrorKind::RateLimited),
    ("1300", ErrorKind::RateLimited),
    ("3505", ErrorKind::RateLimited),
];

/// Mistral's wire.
#[derive(Clone, Debug)]
pub struct MistralCodec {
    inner: Compatible,
    /// The dialect where text is filled in.
    fim: Arc<Dialect>,
}

impl MistralCodec {
    fn of(inner: Compatible) -> Self {
        let fim = Arc::new(dialect::fim(inner.dialect()));
        Self { inner, fim }
    }

    /// The dialect for a call.
    fn dialect(&self, call: &Call) -> &Dialect {
        match &call.operation {
            Operation::Chat(request) if completions::came_so(request) => &self.fim,
            _ => self.inner.dialect(),
        }
    }
}

impl VendorCodec for MistralCodec {
    const VENDOR: Vendor = Vendor::new("mistral", "Mistral", "https://api.mistral.ai/v1")
        .with_key_env(&["MISTRAL_API_KEY", "CODESTRAL_API_KEY"])
        .with_base_url_env(&["MISTRAL_BASE_URL"])
        .with_default_model("mistral-medium-latest")
        .with_reference("https://docs.mistral.ai/api");

    fn new(id: ProviderId) -> Self {
        let capabilities = Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::Speak,
                OperationKind::Transcribe,
                OperationKind::Moderate,
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
                Feature::AudioInput,
                Feature::Logprobs,
                Feature::SeveralChoices,
                Feature::Dimensions,
            ],
        );
        let inner = Compatible::new(id, dialect::dialect());
        Self::of(inner.with_capabilities(capabilities).with_codes(CODES))
    }

    /// With differences from the vendor's dialect; see [`Dialect::with`].
    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialect = self.inner.dialect().with(differences)?;
        Ok(Self::of(self.inner.with_dialect(dialect)))
    }
}

impl Codec for MistralCodec {
    fn provider(&self) -> &ProviderId {
        self.inner.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        let speaker = self.inner.speaker();
        match &call.operation {
            Operation::Chat(request) if !completions::came_so(request) => {
                let (request, mut warnings) = prepare::prepared(self.provider(), request)?;
                let mut encoded = router_wire_openai::chat::request::encode(
                    self.dialect(call),
                    speaker,
                    call,
                    &request,
                    &[prepare::SEPARATE_RESULTS],
                )?;
                warnings.append(&mut encoded.warnings);
                encoded.warnings = warnings;
                Ok(encoded)
            }
            Operation::Transcribe(request) if request.audio.kind != MediaKind::Audio => {
                ocr::encode(speaker, call, request)
            }
            _ if !self.capabilities().has(call.operation.kind()) => {
                Err(Error::unsupported(call.operation.kind()))
            }
            _ => compatible::encode(self.dialect(call), speaker, call, &[]),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        self.inner.batch_limits(call)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Transcribe(request) if request.audio.kind != MediaKind::Audio => {
                ocr::decode(response).map(Output::Transcribe)
            }
            _ => self.inner.decode(call, response),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        compatible::stream_decoder(self.dialect(call), self.inner.speaker(), call)
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        self.inner.error(call, response)
    }
}
