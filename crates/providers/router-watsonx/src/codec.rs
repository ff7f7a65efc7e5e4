//! watsonx.ai's operations joined: OpenAI's chat under other names, embeddings and rerank of its own.

use std::sync::Arc;

use router_core::{
    BatchLimits, Call, Capabilities, Error, Feature, Json, Operation, OperationKind, Output, ProviderId,
    Result,
};
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_openai::Compatible;
use router_wire_openai::compatible;

use crate::error::CODES;
use crate::place::Place;
use crate::{chat, embeddings, models, rerank};

/// watsonx.ai's wire.
#[derive(Clone, Debug)]
pub struct WatsonxCodec {
    inner: Compatible,
    place: Arc<Place>,
}

const OPERATIONS: [OperationKind; 4] = [
    OperationKind::Chat,
    OperationKind::Embed,
    OperationKind::Rerank,
    OperationKind::ListModels,
];

const FEATURES: &[Feature] = &[
    Feature::Streaming,
    Feature::SystemMessages,
    Feature::Tools,
    Feature::ParallelToolCalls,
    Feature::ToolChoice,
    Feature::JsonObject,
    Feature::JsonSchema,
    Feature::Reasoning,
    Feature::ImageInput,
    Feature::Logprobs,
    Feature::SeveralChoices,
];

impl VendorCodec for WatsonxCodec {
    const VENDOR: Vendor = Vendor::new("watsonx", "IBM watsonx.ai", "https://us-south.ml.cloud.ibm.com")
        .with_aliases(&["watsonxai", "ibm"])
        .with_key_env(&[
            "WATSONX_APIKEY",
            "WATSONX_API_KEY",
            "WX_API_KEY",
            "WATSONX_TOKEN",
            "WATSONX_ZENAPIKEY",
        ])
        .with_base_url_env(&["WATSONX_URL", "WATSONX_API_BASE"])
        .with_default_model("ibm/granite-4-h-small")
        .with_reference("https://cloud.ibm.com/apidocs/watsonx-ai");

    /// The codec without a project or space: options of a call name one. Its key is a token.
    fn new(id: ProviderId) -> Self {
        Self::at(id, Place::default())
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialect = self.inner.dialect().with(differences)?;
        Ok(Self {
            inner: self.inner.with_dialect(dialect),
            ..self
        })
    }
}

impl WatsonxCodec {
    /// The codec for a project or a space.
    #[must_use]
    pub fn at(id: ProviderId, place: Place) -> Self {
        let inner = Compatible::new(id, chat::dialect())
            .with_capabilities(Capabilities::new(OPERATIONS, FEATURES))
            .with_codes(CODES);
        Self {
            inner,
            place: Arc::new(place),
        }
    }
}

impl Codec for WatsonxCodec {
    fn provider(&self) -> &ProviderId {
        self.inner.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        let (speaker, place) = (self.inner.speaker(), &*self.place);
        match &call.operation {
            Operation::Chat(request) => chat::encode(self.inner.dialect(), speaker, place, call, request),
            Operation::Embed(request) => embeddings::encode(speaker, place, call, request),
            Operation::Rerank(request) => rerank::encode(speaker, place, call, request),
            Operation::ListModels(request) => Ok(models::encode(place, request)),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn batch_limits(&self, _call: &Call) -> Option<BatchLimits> {
        Some(BatchLimits::inputs(embeddings::MOST))
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = compatible::error_in_success(response, CODES) {
            return Err(error);
        }
        match &call.operation {
            Operation::Embed(_) => embeddings::decode(response).map(Output::Embed),
            Operation::Rerank(_) => rerank::decode(response).map(Output::Rerank),
            Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
            _ => self.inner.decode(call, response),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.inner.stream_decoder(call)
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, CODES)
    }
}
