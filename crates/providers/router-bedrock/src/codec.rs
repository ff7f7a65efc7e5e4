//! Bedrock's operations joined: Converse for chats, InvokeModel for what Converse does not serve.

use std::sync::Arc;

use router_core::{BatchLimits, Call, Capabilities, Error, Operation, Output, ProviderId, Result};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpRequest, HttpResponse, StreamDecoder, classify};
use router_wire_anthropic as anthropic;

use crate::converse::stream::ConverseStreamDecoder;
use crate::invoke::Speakers;
use crate::invoke::stream::InvokeStreamDecoder;
use crate::options::{Api, Steering};
use crate::{WIRE, converse, embeddings, error, images, invoke, list, models, rerank, tokens};

/// AWS Bedrock.
#[derive(Clone, Debug)]
pub struct BedrockCodec {
    speakers: Speakers,
    region: Option<String>,
    control: String,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for BedrockCodec {
    const VENDOR: Vendor = Vendor::new(
        "bedrock",
        "AWS Bedrock",
        "https://bedrock-runtime.us-east-1.amazonaws.com",
    )
    .with_aliases(&["aws", "amazon-bedrock", "aws-bedrock"])
    .with_key_env(&["AWS_BEARER_TOKEN_BEDROCK"])
    .with_base_url_env(&["BEDROCK_BASE_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"])
    .with_default_model("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    .with_reference(
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html",
    );

    /// The codec for whatever region the address is of.
    fn new(id: ProviderId) -> Self {
        let claude = Speaker::new(id.clone(), anthropic::WIRE);
        Self {
            speakers: Speakers {
                own: Speaker::new(id, WIRE),
                // Claude's signatures are good wherever Claude speaks its own wire.
                claude: claude.with_maker(anthropic::WIRE),
            },
            region: None,
            control: String::new(),
            capabilities: Arc::new(models::capabilities()),
        }
    }
}

impl BedrockCodec {
    /// The codec for a region. `control` is the address of its control plane, which lists the models; empty where it is that of
    /// the other operations.
    #[must_use]
    pub fn in_region(id: ProviderId, region: impl Into<String>, control: impl Into<String>) -> Self {
        Self {
            region: Some(region.into()),
            control: control.into(),
            ..Self::new(id)
        }
    }

    fn api(&self, call: &Call) -> Api {
        match &call.operation {
            Operation::Chat(request) => Steering::of(request, self.provider()).api.unwrap_or_default(),
            _ => Api::Converse,
        }
    }

    /// Refuses the name of what is in another region, which the vendor tells with many words.
    fn check_region(&self, call: &Call) -> Result<()> {
        match (models::region_of(call.model.as_str()), &self.region) {
            (Some(named), Some(region)) if named != region => {
                let message =
                    format!("the ARN is of the region {named}, and AWS Bedrock is called in {region}");
                Err(invalid("model", &message))
            }
            _ => Ok(()),
        }
    }
}

impl Codec for BedrockCodec {
    fn provider(&self) -> &ProviderId {
        self.speakers.own.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        self.check_region(call)?;
        let speaker = &self.speakers.own;
        match (&call.operation, self.api(call)) {
            (Operation::Chat(request), Api::Invoke) => invoke::encode(&self.speakers, call, request),
            (Operation::Chat(request), Api::Converse) => converse::request::encode(speaker, call, request),
            (Operation::Embed(request), _) => embeddings::encode(speaker, call, request),
            (Operation::GenerateImage(request), _) => images::encode(speaker, call, request),
            (Operation::Rerank(request), _) => rerank::encode(speaker, call, request),
            (Operation::CountTokens(request), _) => tokens::encode(speaker, call, request),
            (Operation::ListModels(_), _) => {
                let request = HttpRequest::get(format!("{}{}", self.control, list::PATH));
                Ok(Encoded::whole(request, Vec::new()))
            }
            (other, _) => Err(Error::unsupported(other.kind())),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        matches!(call.operation, Operation::Embed(_))
            .then(|| BatchLimits::inputs(embeddings::most(call.model.as_str())))
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match (&call.operation, self.api(call)) {
            (Operation::Chat(_), Api::Invoke) => invoke::decode(&self.speakers, response).map(Output::Chat),
            (Operation::Chat(_), Api::Converse) => {
                let decoder = ConverseStreamDecoder::new(self.speakers.own.clone());
                router_wire::body::read_whole(decoder, response).map(Output::Chat)
            }
            (Operation::Embed(_), _) => embeddings::decode(response).map(Output::Embed),
            (Operation::GenerateImage(_), _) => images::decode(response).map(Output::GenerateImage),
            (Operation::Rerank(_), _) => rerank::decode(response).map(Output::Rerank),
            (Operation::CountTokens(_), _) => tokens::decode(response).map(Output::CountTokens),
            (Operation::ListModels(_), _) => list::decode(response).map(Output::ListModels),
            (other, _) => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        let decoder: Box<dyn StreamDecoder> = match self.api(call) {
            Api::Invoke => Box::new(InvokeStreamDecoder::new(self.speakers.clone())),
            Api::Converse => Box::new(ConverseStreamDecoder::new(self.speakers.own.clone())),
        };
        (Framing::EventStream, decoder)
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, error::CODES)
    }
}
