//! Two surfaces joined: chats and vectors of OpenAI's family, and single models that are run.

use std::sync::Arc;

use router_core::{
    BatchLimits, Call, Capabilities, Error, Json, Operation, Output, ProviderId, ProviderOptions, Result,
};
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_openai::{Compatible, Dialect};
use serde::Deserialize;

use crate::dialect::{self, CODES};
use crate::models;
use crate::run::{self, chat, embeddings, images, rerank, sound};

/// Cloudflare's wires.
#[derive(Clone, Debug)]
pub struct CloudflareCodec {
    family: Compatible,
    /// What differs where a model is run with a chat.
    run: Arc<Dialect>,
}

impl VendorCodec for CloudflareCodec {
    const VENDOR: Vendor = Vendor::new("cloudflare", "Cloudflare Workers AI", "")
        .with_key_env(&["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"])
        .with_base_url_env(&["CLOUDFLARE_BASE_URL"])
        .with_address_reader(without_version)
        .with_default_model("@cf/openai/gpt-oss-120b")
        .with_reference("https://developers.cloudflare.com/workers-ai/");

    /// The codec of an account.
    fn new(id: ProviderId) -> Self {
        Self::of(Compatible::new(id, dialect::account()).with_capabilities(dialect::of_account()))
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialect = self.family.dialect().with(differences)?;
        Ok(Self {
            family: self.family.with_dialect(dialect),
            ..self
        })
    }
}

/// An address as clients of OpenAI's family take it, up to the paths of either surface.
pub(crate) fn without_version(address: &str) -> String {
    let address = address.trim().trim_end_matches('/');
    address.strip_suffix("/v1").unwrap_or(address).to_owned()
}

impl CloudflareCodec {
    /// The codec of an AI Gateway, at its address that ends in `/compat`: it follows OpenAI, and runs no models by themselves.
    #[must_use]
    pub fn of_gateway(id: ProviderId) -> Self {
        Self::of(Compatible::new(id, dialect::gateway()).with_capabilities(dialect::of_gateway()))
    }

    fn of(family: Compatible) -> Self {
        Self {
            family: family.with_codes(CODES),
            run: Arc::new(dialect::run()),
        }
    }

    /// Whether the model is run: what OpenAI's surface has not, and what its options say so of.
    fn runs(&self, call: &Call) -> bool {
        match &call.operation {
            Operation::Chat(request) => self.asked(&request.provider_options),
            Operation::Embed(request) => self.asked(&request.provider_options),
            other => self.family.capabilities().has(other.kind()),
        }
    }

    fn asked(&self, options: &ProviderOptions) -> bool {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Asked {
            api: Option<String>,
        }
        let options = options.get(self.family.provider().as_str());
        let asked: Asked = options.and_then(|options| options.to().ok()).unwrap_or_default();
        asked.api.as_deref() == Some("run")
    }
}

impl Codec for CloudflareCodec {
    fn provider(&self) -> &ProviderId {
        self.family.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.family.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        if !self.runs(call) {
            return self.family.encode(call);
        }
        let speaker = self.family.speaker();
        match &call.operation {
            Operation::ListModels(request) => Ok(models::encode(request)),
            _ if !self.capabilities().has(router_core::OperationKind::ListModels) => {
                Err(Error::unsupported("running a model at an AI Gateway"))
            }
            Operation::Chat(request) => chat::encode(&self.run, speaker, call, request),
            Operation::Embed(request) => embeddings::encode(speaker, call, request),
            Operation::GenerateImage(request) => images::encode(speaker, call, request),
            Operation::Rerank(request) => rerank::encode(speaker, call, request),
            Operation::Speak(request) => sound::speech(speaker, call, request),
            Operation::Transcribe(request) => sound::transcription(speaker, call, request),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        matches!(call.operation, Operation::Embed(_)).then_some(embeddings::LIMITS)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if !self.runs(call) {
            return self.family.decode(call, response);
        }
        if let Operation::ListModels(_) = call.operation {
            return models::decode(response).map(Output::ListModels);
        }
        let result = run::result_of(response)?;
        match &call.operation {
            Operation::Chat(_) => chat::decode(self.family.speaker(), &result).map(Output::Chat),
            Operation::Embed(_) => embeddings::decode(&result).map(Output::Embed),
            Operation::GenerateImage(_) => images::decode(&result).map(Output::GenerateImage),
            Operation::Rerank(request) => rerank::decode(request, &result).map(Output::Rerank),
            Operation::Speak(request) => sound::spoken(request, &result).map(Output::Speak),
            Operation::Transcribe(request) => sound::transcript(request, &result).map(Output::Transcribe),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        if self.runs(call) {
            let decoder = chat::RunStreamDecoder::new(self.family.speaker().clone());
            (Framing::Sse, Box::new(decoder))
        } else {
            self.family.stream_decoder(call)
        }
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, CODES)
    }
}
