//! Vertex AI's operations joined: Google's models on Gemini's wire, Anthropic's on their own.

use std::sync::Arc;

use router_core::{
    BatchLimits, Call, Capabilities, ChatRequest, Error, ModelId, Operation, Output, ProviderId, Result,
};
use router_wire::provenance::Speaker;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpRequest, HttpResponse, StreamDecoder, classify};
use router_wire_anthropic as anthropic;
use router_wire_anthropic::stream::MessagesStreamDecoder;
use router_wire_gemini as gemini;
use router_wire_gemini::stream::GenerateStreamDecoder;
use router_wire_gemini::{Rules, Service};

use crate::models::{Target, most_texts};
use crate::place::Place;

/// The version of Anthropic's API in a body (<https://platform.claude.com/docs/en/api/claude-on-vertex-ai>, read 2026-11).
const ANTHROPIC_VERSION: &str = "vertex-2023-10-16";

/// Vertex AI.
#[derive(Clone, Debug)]
pub struct VertexCodec {
    google: Speaker,
    claude: Speaker,
    place: Option<Place>,
    prefix: String,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for VertexCodec {
    const VENDOR: Vendor = Vendor::new("vertex", "Vertex AI", "https://aiplatform.googleapis.com")
        .with_aliases(&["vertexai", "google-vertex"])
        .with_auth(AuthScheme::Header("x-goog-api-key"))
        .with_key_env(&["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_VERTEX_API_KEY"])
        .with_base_url_env(&["VERTEX_BASE_URL", "GOOGLE_VERTEX_BASE_URL"])
        .with_default_model("gemini-3.8-flash")
        .with_reference("https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference");

    /// The codec of the express mode, which has an API key and neither project nor location.
    fn new(id: ProviderId) -> Self {
        Self {
            google: Speaker::new(id.clone(), gemini::WIRE),
            // Claude's signatures are good wherever Claude is served.
            claude: Speaker::new(id, anthropic::WIRE).with_maker(anthropic::WIRE),
            place: None,
            prefix: "/v1".to_owned(),
            capabilities: Arc::new(crate::models::capabilities()),
        }
    }
}

impl VertexCodec {
    /// The codec for a project and a location.
    #[must_use]
    pub fn at(id: ProviderId, place: Place) -> Self {
        Self {
            prefix: place.prefix(),
            place: Some(place),
            ..Self::new(id)
        }
    }

    fn google(&self, call: &Call, model: ModelId) -> Result<Encoded> {
        let call = call.with_model(model);
        let rules = Rules::of(call.model.as_str());
        let (service, speaker) = (&Service::VERTEX, &self.google);
        let mut encoded = match &call.operation {
            Operation::Chat(request) => gemini::request::encode(service, &rules, speaker, &call, request)?,
            Operation::Embed(request) => match most_texts(&call.model) {
                Some(most) => gemini::predict::encode_embeddings(speaker, &call, request, most)?,
                None => gemini::embeddings::encode_one(speaker, &call, request)?,
            },
            Operation::GenerateImage(request) => gemini::images::encode(speaker, &call, request)?,
            Operation::Speak(request) => gemini::speech::encode(speaker, &call, request)?,
            Operation::CountTokens(request) => {
                gemini::tokens::encode(service, &rules, speaker, &call, request)?
            }
            other => return Err(Error::unsupported(other.kind())),
        };
        encoded.request.path = [self.prefix.as_str(), &encoded.request.path].concat().into();
        if let Operation::Chat(request) = &call.operation {
            encoded.request = with_tier(encoded.request, request)?;
        }
        Ok(encoded)
    }

    fn claude(&self, call: &Call, model: ModelId) -> Result<Encoded> {
        let call = call.with_model(model);
        let mut service = anthropic::Service::cloud(ANTHROPIC_VERSION, true);
        let (name, method, (bytes, warnings)) = match &call.operation {
            Operation::Chat(request) => {
                let method = if call.is_stream() {
                    "streamRawPredict"
                } else {
                    "rawPredict"
                };
                let body = anthropic::request::body(&service, &self.claude, &call, request)?;
                (call.model.as_str(), method, body)
            }
            Operation::CountTokens(request) => {
                service.model_in_body = true;
                let body = anthropic::tokens::body(&service, &self.claude, &call, request)?;
                ("count-tokens", "rawPredict", body)
            }
            other => return Err(Error::unsupported(format_args!("{} by Claude", other.kind()))),
        };
        let path = gemini::method_path(name, method);
        let request = HttpRequest::post_json(format!("{}/publishers/anthropic{path}", self.prefix), bytes);
        Ok(match call.operation {
            Operation::Chat(_) => Encoded::new(&call, request, warnings),
            _ => Encoded::whole(request, warnings),
        })
    }
}

/// The price class of a call, which is a header here.
fn with_tier(request: HttpRequest, chat: &ChatRequest) -> Result<HttpRequest> {
    let Some(tier) = &chat.settings.service_tier else {
        return Ok(request);
    };
    let name = match tier.as_str() {
        "dedicated" | "shared" => "x-vertex-ai-llm-request-type",
        _ => "x-vertex-ai-llm-shared-request-type",
    };
    let mut request = request;
    let value = tier
        .parse()
        .map_err(|_| router_wire::object::invalid("service_tier", "must fit into a header"))?;
    request.headers.insert(name, value);
    Ok(request)
}

impl Codec for VertexCodec {
    fn provider(&self) -> &ProviderId {
        self.google.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        if let Operation::ListModels(list) = &call.operation {
            let mut request = gemini::models::encode(list);
            // Google's models, whoever calls; who pays is told apart.
            request.path = format!("/v1beta1/publishers/google{}", request.path).into();
            let project = self.place.as_ref().and_then(|place| place.project.parse().ok());
            if let Some(project) = project {
                request.headers.insert("x-goog-user-project", project);
            }
            return Ok(Encoded::whole(request, Vec::new()));
        }
        match Target::of(&call.model) {
            Target::Google(model) => self.google(call, model),
            Target::Anthropic(model) => self.claude(call, model),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        match &call.operation {
            // A method of its own takes one; of the others' 20,000 tokens, by a count that is estimated.
            Operation::Embed(_) => {
                let most = most_texts(&call.model).unwrap_or(1);
                Some(BatchLimits::inputs(most).with_tokens(15_000))
            }
            _ => None,
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        let speaker = &self.google;
        match (&call.operation, Target::of(&call.model)) {
            (Operation::Chat(_), Target::Anthropic(_)) => {
                anthropic::response::decode(&self.claude, response).map(Output::Chat)
            }
            (Operation::CountTokens(_), Target::Anthropic(_)) => {
                anthropic::tokens::decode(response).map(Output::CountTokens)
            }
            (Operation::Chat(_), _) => gemini::response::decode(speaker, response).map(Output::Chat),
            (Operation::CountTokens(_), _) => gemini::tokens::decode(response).map(Output::CountTokens),
            (Operation::Embed(_), _) => match most_texts(&call.model) {
                Some(_) => gemini::predict::decode_embeddings(response).map(Output::Embed),
                None => gemini::embeddings::decode(response).map(Output::Embed),
            },
            (Operation::GenerateImage(_), _) => {
                gemini::images::decode(speaker, call, response).map(Output::GenerateImage)
            }
            (Operation::Speak(request), _) => {
                gemini::speech::decode(speaker, request, response).map(Output::Speak)
            }
            (Operation::ListModels(_), _) => {
                let mut list = gemini::models::decode(response)?;
                for model in &mut list.models {
                    if let Some(name) = model.id.as_str().strip_prefix("publishers/google/models/") {
                        model.id = ModelId::from(name.to_owned());
                    }
                }
                Ok(Output::ListModels(list))
            }
            (other, _) => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        let decoder: Box<dyn StreamDecoder> = match Target::of(&call.model) {
            Target::Google(_) => Box::new(GenerateStreamDecoder::new(self.google.clone())),
            Target::Anthropic(_) => Box::new(MessagesStreamDecoder::new(self.claude.clone())),
        };
        (Framing::Sse, decoder)
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        // Google's shape from the platform, Anthropic's from its models: one reader knows both.
        classify::error(response, anthropic::error::CODES)
    }
}
