//! Anthropic's endpoints joined: messages, token counts, models.

use std::sync::Arc;

use router_core::{Call, Capabilities, Error, Operation, Output, ProviderId, Result};
use router_wire::provenance::Speaker;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_anthropic::stream::MessagesStreamDecoder;
use router_wire_anthropic::{Service, WIRE, error, models, request, response, tokens};

/// Anthropic's wire at Anthropic.
#[derive(Clone, Debug)]
pub struct AnthropicCodec {
    speaker: Speaker,
    service: Service,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for AnthropicCodec {
    const VENDOR: Vendor = Vendor::new("anthropic", "Anthropic", "https://api.anthropic.com")
        .with_aliases(&["claude"])
        .with_auth(AuthScheme::Header("x-api-key"))
        .with_key_env(&["ANTHROPIC_API_KEY"])
        .with_base_url_env(&["ANTHROPIC_BASE_URL"])
        .with_default_model("claude-sonnet-5-5")
        .with_reference("https://platform.claude.com/docs/en/api/overview");

    fn new(id: ProviderId) -> Self {
        Self {
            speaker: Speaker::new(id, WIRE),
            service: Service::default(),
            capabilities: Arc::new(crate::models::capabilities()),
        }
    }
}

impl Codec for AnthropicCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Chat(chat) => request::encode(&self.service, &self.speaker, call, chat),
            Operation::CountTokens(count) => tokens::encode(&self.service, &self.speaker, call, count),
            Operation::ListModels(list) => {
                Ok(Encoded::whole(models::encode(&self.service, list)?, Vec::new()))
            }
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Chat(_) => response::decode(&self.speaker, response).map(Output::Chat),
            Operation::CountTokens(_) => tokens::decode(response).map(Output::CountTokens),
            Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (
            Framing::Sse,
            Box::new(MessagesStreamDecoder::new(self.speaker.clone())),
        )
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, error::CODES)
    }
}
