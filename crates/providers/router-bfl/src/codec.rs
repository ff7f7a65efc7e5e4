//! Black Forest Labs' one operation: a picture, which is a job.

use std::sync::Arc;

use router_core::{Call, Capabilities, Error, Feature, Operation, OperationKind, Output, ProviderId, Result};
use router_wire::provenance::Speaker;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, NoStreams, Pending, StreamDecoder, classify};

use crate::{WIRE, job, request};

/// Black Forest Labs' wire.
#[derive(Clone, Debug)]
pub struct BflCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for BflCodec {
    const VENDOR: Vendor = Vendor::new("bfl", "Black Forest Labs", "https://api.bfl.ai")
        .with_aliases(&["black-forest-labs", "flux"])
        .with_auth(AuthScheme::Header("x-key"))
        .with_key_env(&["BFL_API_KEY"])
        .with_base_url_env(&["BFL_BASE_URL"])
        .with_default_model("flux-2-pro")
        .with_reference("https://docs.bfl.ai");

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

impl Codec for BflCodec {
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
        call: &Call,
        response: &HttpResponse,
        before: Option<&Pending>,
    ) -> Result<Option<Pending>> {
        match &call.operation {
            Operation::GenerateImage(request) => job::pending(request, response, before),
            _ => Ok(None),
        }
    }

    fn decode(&self, _call: &Call, response: &HttpResponse) -> Result<Output> {
        job::decode(response).map(Output::GenerateImage)
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (Framing::Sse, Box::new(NoStreams))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
