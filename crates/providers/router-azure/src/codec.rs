//! OpenAI's wires at Azure's addresses, and what its filters tell.

use std::sync::Arc;

use router_core::error::TimeoutKind;
use router_core::{
    BatchLimits, Call, Capabilities, Error, ErrorKind, Feature, Json, OperationKind, Output, ProviderId,
    Result,
};
use router_wire::classify::CodeTable;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};
use router_wire_openai::Compatible;

use crate::filters;
use crate::surface::Surface;

/// Azure OpenAI.
#[derive(Clone, Debug)]
pub struct AzureCodec {
    inner: Compatible,
    surface: Surface,
}

impl VendorCodec for AzureCodec {
    const VENDOR: Vendor = Vendor::new("azure", "Azure OpenAI", "")
        .with_aliases(&["azure-openai"])
        .with_auth(AuthScheme::Header("api-key"))
        .with_key_env(&["AZURE_OPENAI_API_KEY", "AZURE_API_KEY", "AZURE_OPENAI_AD_TOKEN"])
        .with_base_url_env(&["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"])
        .with_address_reader(v1_address)
        .with_reference("https://learn.microsoft.com/azure/ai-foundry/openai/reference");

    /// The codec of the v1 surface; its address is `https://RESOURCE.openai.azure.com/openai/v1`.
    fn new(id: ProviderId) -> Self {
        Self::at(id, Surface::V1)
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialect = self.inner.dialect().with(differences)?;
        Ok(Self {
            inner: self.inner.with_dialect(dialect),
            ..self
        })
    }
}

fn v1_address(endpoint: &str) -> String {
    Surface::V1.address(endpoint)
}

/// Words beside OpenAI's, and statuses that Azure means something of its own by.
const CODES: CodeTable = &[
    ("authenticationtypedisabled", ErrorKind::PermissionDenied),
    ("nocapacity", ErrorKind::Overloaded),
    ("operationnotsupported", ErrorKind::Unsupported),
    ("unsupported_api_for_model", ErrorKind::Unsupported),
    ("invalid_prompt", ErrorKind::InvalidRequest),
    ("internalservererror", ErrorKind::Server),
    ("timeout", ErrorKind::Timeout(TimeoutKind::Vendor)),
    ("424", ErrorKind::Server),
];

const OPERATIONS: [OperationKind; 6] = [
    OperationKind::Chat,
    OperationKind::Embed,
    OperationKind::GenerateImage,
    OperationKind::Speak,
    OperationKind::Transcribe,
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
    Feature::ImageUrlInput,
    Feature::DocumentInput,
    Feature::AudioInput,
    Feature::AudioOutput,
    Feature::Logprobs,
    Feature::SeveralChoices,
    Feature::ServerTools,
    Feature::Dimensions,
    Feature::ImageEdit,
];

impl AzureCodec {
    /// The codec of a surface.
    #[must_use]
    pub fn at(id: ProviderId, surface: Surface) -> Self {
        let inner = Compatible::new(id, surface.dialect())
            .with_capabilities(Capabilities::new(OPERATIONS, FEATURES))
            .with_codes(CODES);
        Self { inner, surface }
    }

    /// The surface.
    #[must_use]
    pub fn surface(&self) -> &Surface {
        &self.surface
    }
}

impl Codec for AzureCodec {
    fn provider(&self) -> &ProviderId {
        self.inner.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        let mut encoded = self.inner.encode(call)?;
        encoded.request.path = self
            .surface
            .path(&encoded.request.path, call.model.as_str())
            .into();
        Ok(encoded)
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        self.inner.batch_limits(call)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        self.inner.decode(call, response)
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.inner.stream_decoder(call)
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        let error = self.inner.error(call, response);
        match filters::in_error(&error) {
            // A body with findings is one of a filter, whatever its word says.
            found if found.iter().any(|finding| finding.filtered) => {
                error.with_kind(ErrorKind::ContentFiltered).with_retryable(false)
            }
            _ => error,
        }
    }
}
