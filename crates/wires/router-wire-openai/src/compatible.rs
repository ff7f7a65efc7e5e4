//! A vendor of the family: chat, embeddings and models with its dialect.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use router_core::{
    Call, Capabilities, Error, Feature, Json, Operation, OperationKind, Output, ProviderId, Result,
};
use router_wire::classify::{self, CodeTable};
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};

use crate::chat::stream::ChatStreamDecoder;
use crate::dialect::Dialect;
use crate::{WIRE, chat, embeddings, models};

/// A codec for one OpenAI-compatible vendor, its dialect given as a value: a server of one's own, or a vendor that has no
/// crate.
#[derive(Clone, Debug)]
pub struct Compatible {
    speaker: Speaker,
    dialect: Arc<Dialect>,
    capabilities: Arc<Capabilities>,
    codes: CodeTable,
}

impl Compatible {
    /// A vendor with a dialect, and the capabilities that such servers have in general.
    #[must_use]
    pub fn new(id: ProviderId, dialect: Dialect) -> Self {
        let operations = [
            OperationKind::Chat,
            OperationKind::Embed,
            OperationKind::ListModels,
        ];
        Self {
            speaker: Speaker::new(id, WIRE),
            dialect: Arc::new(dialect),
            capabilities: Arc::new(Capabilities::new(operations, GENERAL)),
            codes: &[],
        }
    }

    /// With another dialect.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Arc::new(dialect);
        self
    }

    /// With capabilities.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Arc::new(capabilities);
        self
    }

    /// With error words of the vendor.
    #[must_use]
    pub fn with_codes(mut self, codes: CodeTable) -> Self {
        self.codes = codes;
        self
    }

    /// The dialect.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Who speaks.
    #[must_use]
    pub fn speaker(&self) -> &Speaker {
        &self.speaker
    }
}

/// What a compatible server can do unless more is known.
pub const GENERAL: &[Feature] = &[
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
];

impl Codec for Compatible {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        if !self.capabilities.has(call.operation.kind()) {
            return Err(Error::unsupported(call.operation.kind()));
        }
        match &call.operation {
            Operation::Chat(request) => {
                chat::request::encode(&self.dialect, &self.speaker, call, request, &[])
            }
            Operation::Embed(request) => embeddings::encode(&self.dialect, &self.speaker, call, request, &[]),
            Operation::ListModels(_) => Ok(Encoded::whole(models::encode(&self.dialect), Vec::new())),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = error_in_success(response, self.codes) {
            return Err(error);
        }
        match &call.operation {
            Operation::Chat(_) => chat::response::decode(&self.speaker, response).map(Output::Chat),
            Operation::Embed(_) => embeddings::decode_as(response, self.dialect.vectors).map(Output::Embed),
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
        classify::error(response, self.codes)
    }
}

/// The error in a reply of success that holds nothing else.
#[must_use]
pub fn error_in_success(response: &HttpResponse, codes: CodeTable) -> Option<Error> {
    // Looked for only where the word stands near the front or the body is small: answers mention errors too.
    let body = &response.body[..];
    let head = &body[..body.len().min(256)];
    if !head.windows(7).any(|window| window == b"\"error\"") {
        return None;
    }
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error").filter(|error| !error.is_null())?;
    let answered = ["choices", "output", "data"]
        .iter()
        .any(|name| value.get(name).is_some_and(|found| !found.is_null()));
    let empty = matches!(error, serde_json::Value::String(text) if text.is_empty())
        || matches!(error, serde_json::Value::Object(fields) if fields.is_empty());
    if answered || empty {
        return None;
    }
    let error = router_wire::error_body::ErrorBody::of(&value);
    Some(
        classify::of_body(None, &response.headers, response.received_at, &error, codes)
            .with_raw(response.raw()),
    )
}

/// A vendor whose whole codec is a dialect.
pub trait DialectVendor: Send + Sync + 'static {
    /// The vendor.
    const VENDOR: Vendor;

    /// Error words of the vendor, in lower case.
    const CODES: CodeTable = &[];

    /// What it does differently.
    fn dialect() -> Dialect;

    /// What it can do.
    fn capabilities() -> Capabilities;
}

/// The codec of a [`DialectVendor`].
pub struct CompatibleCodec<D> {
    inner: Compatible,
    vendor: PhantomData<fn() -> D>,
}

impl<D> fmt::Debug for CompatibleCodec<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<D: DialectVendor> VendorCodec for CompatibleCodec<D> {
    const VENDOR: Vendor = D::VENDOR;

    fn new(id: ProviderId) -> Self {
        let inner = Compatible::new(id, D::dialect())
            .with_capabilities(D::capabilities())
            .with_codes(D::CODES);
        Self {
            inner,
            vendor: PhantomData,
        }
    }

    /// With differences from the vendor's dialect; see [`Dialect::with`].
    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialect = self.inner.dialect().with(differences)?;
        Ok(Self {
            inner: self.inner.with_dialect(dialect),
            ..self
        })
    }
}

impl<D: DialectVendor> Codec for CompatibleCodec<D> {
    fn provider(&self) -> &ProviderId {
        self.inner.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        self.inner.encode(call)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        self.inner.decode(call, response)
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.inner.stream_decoder(call)
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        self.inner.error(call, response)
    }
}
