//! `embedContent` and `batchEmbedContents`: texts to vectors.

use router_core::chat::Usage;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{Call, Error, ErrorKind, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde::ser::{Serialize, Serializer};

use crate::request::to_json;
use crate::{WIRE, method_path};

/// Most texts of one request.
pub const MOST: usize = 100;

/// The request for vectors: one text by `embedContent`, more by `batchEmbedContents`.
///
/// # Errors
/// `Unsupported` for tokens as input, and for settings when the request is strict; `InvalidRequest` for more texts than the
/// vendor takes at once.
pub fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    if request.user.is_some() {
        warnings.dropped("user", "Gemini has no such setting")?;
    }
    if request.truncate.is_some() {
        warnings.dropped("truncate", "Gemini has no such setting")?;
    }
    if request
        .encoding_format
        .as_deref()
        .is_some_and(|format| format != "float")
    {
        warnings.dropped("encoding_format", "Gemini sends numbers")?;
    }
    if request.inputs.len() > MOST {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!(
                "inputs: Gemini takes at most {MOST} at once, and there are {}",
                request.inputs.len()
            ),
        ));
    }
    let mut texts = Vec::with_capacity(request.inputs.len());
    for input in &request.inputs {
        match input {
            EmbeddingInput::Text(text) => texts.push(text),
            _ => return Err(Error::unsupported("tokens as input of an embedding")),
        }
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, WIRE], &[])?;
    let model = if call.model.as_str().contains('/') {
        call.model.to_string()
    } else {
        format!("models/{}", call.model)
    };
    let one = |text| One {
        model: &model,
        text,
        request,
        overrides: &overrides,
    };
    let (method, bytes) = match texts.as_slice() {
        [text] => ("embedContent", to_json(&one(text))?),
        many => {
            let requests = Seq(|| many.iter().map(|text| one(text)));
            let body = std::collections::BTreeMap::from([("requests", requests)]);
            ("batchEmbedContents", to_json(&body)?)
        }
    };
    let path = method_path(call.model.as_str(), method);
    Ok(Encoded::whole(
        HttpRequest::post_json(path, bytes),
        warnings.into_list(),
    ))
}

struct One<'a> {
    model: &'a str,
    text: &'a Text,
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Part<'a> {
            text: &'a Text,
        }
        #[derive(serde::Serialize)]
        struct Content<'a> {
            parts: [Part<'a>; 1],
        }
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", self.model)?;
        let content = Content {
            parts: [Part { text: self.text }],
        };
        fields.field("content", &content)?;
        fields.some("taskType", self.request.input_type.as_ref())?;
        fields.some("outputDimensionality", self.request.dimensions)?;
        fields.end(&self.request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vector {
    values: Vec<f32>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    embedding: Option<Vector>,
    embeddings: Option<Vec<Vector>>,
    usage_metadata: Option<Counts>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counts {
    prompt_token_count: Num,
}

/// The vectors in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let vectors = match (answer.embeddings, answer.embedding) {
        (Some(vectors), _) => vectors,
        (None, Some(vector)) => vec![vector],
        (None, None) => return Err(Error::new(ErrorKind::Decode, "the answer holds no vectors")),
    };
    let mut response = EmbeddingResponse::new(vectors.into_iter().map(|vector| vector.values).collect());
    let count = answer
        .usage_metadata
        .and_then(|counts| counts.prompt_token_count.count());
    response.usage = count.map(|count| Usage::new(count, 0));
    Ok(response)
}

/// The endpoints as a server has them.
#[cfg(feature = "server")]
pub mod server {
    use http::Method;
    use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
    use router_core::{Error, ErrorKind, Head, Mode, Operation, Output, Result, StreamEvent, Text};
    use router_wire::object::{Object, invalid};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::write::Seq;
    use router_wire::{HttpRequest, HttpResponse};
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use crate::WIRE;
    use crate::server::error::{error_body, error_response};
    use crate::server::{is_method, model_and_method};

    /// `:embedContent` and `:batchEmbedContents`.
    #[derive(Clone, Copy, Debug)]
    pub struct EmbedContent;

    impl ServerCodec for EmbedContent {
        fn name(&self) -> &'static str {
            "gemini.embed"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST
                && (is_method(path, "embedContent") || is_method(path, "batchEmbedContents"))
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let (model, method) = model_and_method(request)?;
            let mut body = Object::parse(&request.body)?;
            let batch = method == "batchEmbedContents";
            let mut embedding = EmbeddingRequest::default();
            if batch {
                for (place, raw) in body.list("requests")?.into_iter().enumerate() {
                    one(Object::of(raw, format!("requests[{place}]"))?, &mut embedding)?;
                }
            } else {
                one(body, &mut embedding)?;
            }
            Ok(Ingress::new(
                model,
                Operation::from(embedding),
                Mode::Full,
                Encoder { batch },
            ))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    /// Reads one text; what it asks for beside it holds for all of a batch.
    fn one(mut fields: Object<'_>, embedding: &mut EmbeddingRequest) -> Result<()> {
        fields.take("model");
        let path = fields.path_of("content");
        let Some(mut content) = fields.object("content")? else {
            return Err(invalid(&path, "is required"));
        };
        let mut text = String::new();
        for raw in content.list("parts")? {
            text.push_str(
                &Object::of(raw, format!("{path}.parts"))?
                    .text("text")?
                    .unwrap_or_default(),
            );
        }
        embedding.inputs.push(EmbeddingInput::Text(Text::from(text)));
        embedding.input_type = fields.text("taskType")?;
        embedding.dimensions = fields.read("outputDimensionality")?;
        embedding.extra = fields.rest(WIRE);
        Ok(())
    }

    struct Encoder {
        batch: bool,
    }

    struct Vector<'a>(&'a [f32]);

    impl Serialize for Vector<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("values", self.0)?;
            map.end()
        }
    }

    struct Answer<'a> {
        answer: &'a EmbeddingResponse,
        batch: bool,
    }

    impl Serialize for Answer<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let vectors = &self.answer.embeddings;
            let mut map = serializer.serialize_map(None)?;
            if self.batch {
                map.serialize_entry("embeddings", &Seq(|| vectors.iter().map(|vector| Vector(vector))))?;
            } else {
                map.serialize_entry(
                    "embedding",
                    &Vector(vectors.first().map(Vec::as_slice).unwrap_or_default()),
                )?;
            }
            if let Some(usage) = &self.answer.usage {
                let counts = std::collections::BTreeMap::from([("promptTokenCount", usage.input_tokens)]);
                map.serialize_entry("usageMetadata", &counts)?;
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
                answer,
                batch: self.batch,
            };
            serde_json::to_vec(&body)
                .map(|bytes| HttpResponse::json(200, bytes))
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
