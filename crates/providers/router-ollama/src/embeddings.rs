//! `POST /api/embed`: texts to vectors.

use router_core::chat::Usage;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{Call, Error, ErrorKind, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{Num, Str};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpResponse};
use serde::Deserialize;
use serde::ser::{Serialize, Serializer};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "ollama.embed";

/// The request for vectors.
///
/// # Errors
/// `Unsupported` for tokens as input, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    let why = "Ollama has no such setting";
    if request.user.is_some() {
        warnings.dropped("user", why)?;
    }
    if request.input_type.is_some() {
        warnings.dropped("input_type", why)?;
    }
    if request
        .encoding_format
        .as_deref()
        .is_some_and(|format| format != "float")
    {
        warnings.dropped("encoding_format", "Ollama sends numbers")?;
    }
    if request
        .inputs
        .iter()
        .any(|input| !matches!(input, EmbeddingInput::Text(_)))
    {
        return Err(Error::unsupported("input of an embedding other than text"));
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[])?;
    let body = Body {
        call,
        request,
        overrides: &overrides,
    };
    Encoded::post_whole("/api/embed", &body, warnings.into_list())
}

struct Body<'a> {
    call: &'a Call,
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        fn text(input: &EmbeddingInput) -> Option<&Text> {
            match input {
                EmbeddingInput::Text(text) => Some(text),
                _ => None,
            }
        }
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", &self.call.model)?;
        fields.field("input", &Seq(|| request.inputs.iter().filter_map(text)))?;
        fields.some("truncate", request.truncate)?;
        fields.some("dimensions", request.dimensions)?;
        fields.end(&request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    model: Str<'a>,
    embeddings: Option<Vec<Vec<f32>>>,
    /// The one vector of the older `/api/embeddings`.
    embedding: Option<Vec<f32>>,
    prompt_eval_count: Num,
}

/// The vectors in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let vectors = match (answer.embeddings, answer.embedding) {
        (Some(vectors), _) => vectors,
        (None, Some(vector)) => vec![vector],
        (None, None) => return Err(Error::new(ErrorKind::Decode, "the answer holds no vectors")),
    };
    let mut response = EmbeddingResponse::new(vectors);
    response.model = answer.model.to_text();
    response.usage = answer.prompt_eval_count.count().map(|count| Usage::new(count, 0));
    Ok(response)
}

/// The endpoint as a server has it.
#[cfg(feature = "server")]
pub mod server {
    use http::Method;
    use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
    use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent, Text};
    use router_wire::object::{Object, invalid, is_string};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::{HttpRequest, HttpResponse};
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use crate::error::{error_body, error_response};

    /// `POST /api/embed`.
    #[derive(Clone, Copy, Debug)]
    pub struct Embed;

    impl ServerCodec for Embed {
        fn name(&self) -> &'static str {
            "ollama.embed"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST && path == "/api/embed"
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let mut body = Object::parse(&request.body)?;
            let model = body.required_text("model")?;
            let Some(input) = body.take("input") else {
                return Err(invalid("input", "is required"));
            };
            let texts: Vec<Text> = if is_string(input) {
                serde_json::from_str(input.get()).map(|text| vec![text])
            } else {
                serde_json::from_str(input.get())
            }
            .map_err(|_| invalid("input", "must be a string or a list of strings"))?;
            let mut embedding = EmbeddingRequest::new(texts.into_iter().map(EmbeddingInput::Text));
            embedding.truncate = body.read("truncate")?;
            embedding.dimensions = body.read("dimensions")?;
            embedding.extra = body.rest(super::WIRE);
            Ok(Ingress::new(
                ModelId::from(model.clone()),
                Operation::from(embedding),
                Mode::Full,
                Encoder { model, one: false },
            ))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    /// `POST /api/embeddings`, the endpoint that came before: one prompt, one vector.
    #[derive(Clone, Copy, Debug)]
    pub struct EmbedOne;

    impl ServerCodec for EmbedOne {
        fn name(&self) -> &'static str {
            "ollama.embeddings"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST && path == "/api/embeddings"
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let mut body = Object::parse(&request.body)?;
            let model = ModelId::from(body.required_text("model")?);
            let prompt = EmbeddingInput::Text(body.required_text("prompt")?);
            let mut embedding = EmbeddingRequest::new([prompt]);
            embedding.extra = body.rest(super::WIRE);
            let encoder = Encoder {
                model: model.text().clone(),
                one: true,
            };
            Ok(Ingress::new(
                model,
                Operation::from(embedding),
                Mode::Full,
                encoder,
            ))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    struct Encoder {
        model: Text,
        /// Whether there is one vector, and nothing else is told.
        one: bool,
    }

    struct Answer<'a> {
        model: &'a Text,
        answer: &'a EmbeddingResponse,
    }

    impl Serialize for Answer<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("model", self.answer.model.as_ref().unwrap_or(self.model))?;
            map.serialize_entry("embeddings", &self.answer.embeddings)?;
            if let Some(usage) = &self.answer.usage {
                map.serialize_entry("prompt_eval_count", &usage.input_tokens)?;
            }
            map.end()
        }
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::Embed(answer) = output else {
                return Err(Error::unsupported("another output than vectors"));
            };
            let body = Answer {
                model: &self.model,
                answer,
            };
            let json = match answer.embeddings.first().filter(|_| self.one) {
                Some(vector) => {
                    serde_json::to_vec(&std::collections::BTreeMap::from([("embedding", vector)]))
                }
                None => serde_json::to_vec(&body),
            };
            json.map(|bytes| HttpResponse::json(200, bytes))
                .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
        }

        fn stream_head(&mut self, _head: &Head) -> HttpResponse {
            HttpResponse::json(200, "")
        }

        fn event(&mut self, _event: &StreamEvent, _out: &mut bytes::BytesMut) {}

        fn stream_error(&mut self, error: &Error, out: &mut bytes::BytesMut) {
            out.extend_from_slice(&error_body(error));
        }
    }
}
