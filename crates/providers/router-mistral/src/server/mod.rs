//! Mistral's wire as a server sees it: OpenAI's requests with other names, and answers in its own form.

mod chat;
mod error;
mod models;
mod transcript;
mod vectors;

use std::sync::Arc;

use http::Method;
use router_core::{
    ChatRequest, EmbeddingRequest, Error, Extra, Json, Mode, ModelId, Operation, Result, Text,
};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use router_wire_openai::{completions, embeddings};

use self::chat::Encoder;
use self::error::error_response;

/// The endpoints of this wire. All but one have addresses that OpenAI's family has too: they are told by the client's name.
#[must_use]
pub fn endpoints() -> Vec<Box<dyn ServerCodec>> {
    vec![
        Box::new(Chat),
        Box::new(FillIn),
        Box::new(Embeddings),
        Box::new(models::Models),
        Box::new(transcript::Transcriptions),
    ]
}

/// Whether a request comes from a client of this vendor.
fn is_ours(request: &HttpRequest) -> bool {
    let agent = request.header("user-agent").unwrap_or_default();
    ["mistral-client", "mistralai", "langchain-mistralai"]
        .iter()
        .any(|name| agent.starts_with(name))
        || agent.contains("ai-sdk/mistral/")
}

/// Takes an unnamed field out.
fn taken(extra: &mut Extra, wire: &'static str, name: &str) -> Option<Json> {
    let found = extra.get(wire, name)?.clone();
    let left = extra.for_wire(wire).iter().filter(|(known, _)| *known != *name);
    *extra = Extra::of(Text::from_static(wire), left.cloned().collect());
    Some(found)
}

/// Reads a field by the vendor's name for it.
fn read<T: serde::de::DeserializeOwned>(json: Option<Json>, name: &str) -> Result<Option<T>> {
    json.map(|json| json.to().map_err(|error| invalid(name, error.message())))
        .transpose()
}

/// `POST /v1/chat/completions` of Mistral's clients.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl ServerCodec for Chat {
    fn name(&self) -> &'static str {
        "mistral.chat"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/chat/completions")
    }

    fn claims(&self, request: &HttpRequest) -> bool {
        is_ours(request) && self.matches(&request.method, request.path_only())
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        is_ours(request)
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut ingress = router_wire_openai::chat::server::ChatCompletions.decode(request)?;
        if let Operation::Chat(chat) = &mut ingress.operation {
            let chat: &mut ChatRequest = Arc::make_mut(chat);
            let seed = taken(&mut chat.extra, router_wire_openai::chat::WIRE, "random_seed");
            chat.settings.seed = read(seed, "random_seed")?;
        }
        ingress.reply = Box::new(Encoder::new(ingress.model.text().clone()));
        Ok(ingress)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// `POST /v1/fim/completions`: text between two others, answered as a chat is.
#[derive(Clone, Copy, Debug)]
pub struct FillIn;

impl ServerCodec for FillIn {
    fn name(&self) -> &'static str {
        "mistral.fim"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/fim/completions")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = ModelId::from(body.required_text("model")?);
        let mode = match body.read::<bool>("stream")? {
            Some(true) => Mode::Stream,
            _ => Mode::Full,
        };
        let mut chat = completions::prompt(body.required_text("prompt")?);
        let settings = &mut chat.settings;
        settings.max_output_tokens = body.read("max_tokens")?;
        settings.temperature = body.read("temperature")?;
        settings.top_p = body.read("top_p")?;
        settings.seed = body.read("random_seed")?;
        settings.stop_sequences = match body.take("stop") {
            None => Vec::new(),
            Some(raw) => serde_json::from_str::<Text>(raw.get())
                .map(|stop| vec![stop])
                .or_else(|_| serde_json::from_str(raw.get()))
                .map_err(|_| invalid("stop", "must be a string or a list of strings"))?,
        };
        for (name, value) in body.rest(completions::WIRE).for_wire(completions::WIRE) {
            chat.extra.insert(completions::WIRE, name, value.clone());
        }
        let encoder = Encoder::new(model.text().clone());
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// `POST /v1/embeddings` of Mistral's clients.
#[derive(Clone, Copy, Debug)]
pub struct Embeddings;

impl ServerCodec for Embeddings {
    fn name(&self) -> &'static str {
        "mistral.embeddings"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/embeddings")
    }

    fn claims(&self, request: &HttpRequest) -> bool {
        is_ours(request) && self.matches(&request.method, request.path_only())
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut ingress = embeddings::server::Embeddings.decode(request)?;
        let mut base64 = false;
        if let Operation::Embed(embed) = &mut ingress.operation {
            let embed: &mut EmbeddingRequest = Arc::make_mut(embed);
            let length = taken(&mut embed.extra, embeddings::WIRE, "output_dimension");
            embed.dimensions = read(length, "output_dimension")?;
            base64 = embed.encoding_format.as_deref() == Some("base64");
        }
        ingress.reply = Box::new(vectors::Encoder {
            model: ingress.model.text().clone(),
            base64,
        });
        Ok(ingress)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}
