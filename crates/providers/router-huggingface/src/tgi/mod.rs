//! A text generation server: chats on OpenAI's wire, and prompts on its own.

mod generate;
mod grammar;
mod stream;

use std::sync::Arc;

use router_core::{
    Call, Capabilities, ChatRequest, Error, Json, Operation, Output, ProviderId, Result, Usage,
};
use router_wire::body::read_whole;
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};
use router_wire_openai::{CompatibleCodec, DialectVendor, completions};
use serde::Deserialize;

use crate::codec::WIRE;
use crate::dialect::TgiDialect;
use stream::GenerateStreamDecoder;

/// A text generation server.
#[derive(Debug)]
pub struct TgiCodec {
    chats: CompatibleCodec<TgiDialect>,
    speaker: Speaker,
}

impl VendorCodec for TgiCodec {
    const VENDOR: Vendor = TgiDialect::VENDOR;

    fn new(id: ProviderId) -> Self {
        Self {
            chats: CompatibleCodec::new(id.clone()),
            speaker: Speaker::new(id, WIRE),
        }
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        Ok(Self {
            chats: self.chats.with_dialect(differences)?,
            ..self
        })
    }
}

/// Fields of the options that steer the codec and are not sent.
const OWN: &[&str] = &["api"];

impl TgiCodec {
    /// The chat that goes as a prompt: one that came as a text completion, or whose options say so.
    fn prompted<'a>(&self, call: &'a Call) -> Option<&'a ChatRequest> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Asked {
            api: Option<String>,
        }
        let Operation::Chat(request) = &call.operation else {
            return None;
        };
        let options = request.provider_options.get(self.speaker.provider().as_str());
        let asked: Asked = options.and_then(|options| options.to().ok()).unwrap_or_default();
        let prompts = asked.api.as_deref() == Some("generate") || completions::came_so(request);
        prompts.then_some(request)
    }
}

impl Codec for TgiCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.chats.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        if let Some(request) = self.prompted(call) {
            return generate::encode(&self.speaker, call, request);
        }
        let encoded = self.chats.encode(call)?;
        match &call.operation {
            Operation::Chat(request) => grammar::in_place(encoded, request),
            _ => Ok(encoded),
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if self.prompted(call).is_none() {
            return self.chats.decode(call, response);
        }
        let mut answer = read_whole(GenerateStreamDecoder::default(), response)?;
        let count = |name: &str| response.header(name).and_then(|count| count.parse().ok());
        // The body of a whole answer says nothing of the prompt's tokens.
        if let Some(input) = count("x-prompt-tokens") {
            let usage = answer.usage.get_or_insert_with(|| Usage::new(0, 0));
            usage.input_tokens = input;
        }
        Ok(Output::Chat(answer))
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        match self.prompted(call) {
            Some(_) => (Framing::Sse, Box::new(GenerateStreamDecoder::default())),
            None => self.chats.stream_decoder(call),
        }
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        self.chats.error(call, response)
    }
}
