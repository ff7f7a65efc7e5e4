//! Embeddings.

use std::borrow::Cow;

use base64::Engine as _;
use router_core::collect::put_in_order;
use router_core::content::{MediaKind, MediaSource};
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{BatchLimits, Call, ContentPart, Error, ErrorKind, Result, Text, Usage};
use router_wire::lenient::{Num, Str};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dialect::Dialect;
use router_wire::body::{malformed, text_of};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.embeddings";

/// The request for embeddings.
///
/// # Errors
/// `InvalidRequest` without inputs.
pub fn encode(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    request: &EmbeddingRequest,
    own: &[&str],
) -> Result<Encoded> {
    if request.inputs.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "inputs: at least one is needed",
        ));
    }
    let of = &dialect.embeddings;
    let fits = |input: &EmbeddingInput| match input {
        EmbeddingInput::Text(_) => true,
        EmbeddingInput::Tokens(_) => of.tokens,
        EmbeddingInput::Parts(parts) => of.pictures && thing(parts).is_some(),
        _ => false,
    };
    if !request.inputs.iter().all(fits) {
        return Err(Error::unsupported(
            "input of an embedding that this vendor does not take",
        ));
    }
    let mut warnings = Warnings::new(request.strict);
    let why = "this vendor has no such setting";
    let set: [(&'static str, bool); 4] = [
        (
            "input_type",
            request.input_type.is_some() && of.input_type_field.is_none(),
        ),
        (
            "truncate",
            request.truncate.is_some() && of.truncate_field.is_none(),
        ),
        (
            "encoding_format",
            request.encoding_format.is_some() && of.encoding_field.is_none(),
        ),
        ("user", request.user.is_some() && !of.user),
    ];
    for (name, _) in set.into_iter().filter(|(_, is_lost)| *is_lost) {
        warnings.dropped(name, why)?;
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let body = serde_json::to_vec(&Body {
        dialect,
        call,
        request,
        overrides: &overrides,
    })
    .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    Ok(Encoded::whole(
        HttpRequest::post_json(&dialect.embeddings_path, body),
        warnings.into_list(),
    ))
}

struct Body<'a> {
    dialect: &'a Dialect,
    call: &'a Call,
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        match (
            &self.request.inputs[..],
            self.request.extra.get(WIRE, "one_input"),
        ) {
            ([only], Some(_)) => body.field("input", &Input(only))?,
            (inputs, _) => body.field("input", &router_wire::write::Seq(|| inputs.iter().map(Input)))?,
        }
        let of = &self.dialect.embeddings;
        if let Some(dimensions) = self.request.dimensions {
            body.named(&of.dimensions_field, &dimensions)?;
        }
        if let (Some(field), Some(purpose)) = (&of.input_type_field, &self.request.input_type) {
            body.named(field, of.purpose(purpose))?;
        }
        if let (Some(field), Some(truncate)) = (&of.truncate_field, self.request.truncate) {
            body.named(field, &truncate)?;
        }
        let encoding = self.request.encoding_format.as_deref();
        if let (Some(field), Some(encoding)) = (&of.encoding_field, encoding.filter(|word| of.says(word))) {
            body.named(field, encoding)?;
        }
        body.some("user", self.request.user.as_ref().filter(|_| of.user))?;
        body.end(&without_mark(&self.request.extra), WIRE)
    }
}

/// The unnamed fields without our mark that the input stood alone.
fn without_mark(extra: &router_core::Extra) -> router_core::Extra {
    let fields = extra
        .for_wire(WIRE)
        .iter()
        .filter(|(name, _)| *name != "one_input")
        .cloned()
        .collect();
    router_core::Extra::of(Text::from_static(WIRE), fields)
}

/// An input of one text or one picture, as `{"text": "…"}` or `{"image": "…"}`: pictures by address or in bare base64.
fn thing(parts: &[ContentPart]) -> Option<(&'static str, &str)> {
    match parts {
        [ContentPart::Text(part)] => Some(("text", &part.text)),
        [ContentPart::Media(media)] if media.kind == MediaKind::Image => match &media.source {
            MediaSource::Url(image) | MediaSource::Base64(image) => Some(("image", image)),
            _ => None,
        },
        _ => None,
    }
}

struct Input<'a>(&'a EmbeddingInput);

impl Serialize for Input<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            EmbeddingInput::Text(text) => text.serialize(serializer),
            EmbeddingInput::Tokens(tokens) => tokens.serialize(serializer),
            EmbeddingInput::Parts(parts) => {
                let (name, value) = thing(parts).unwrap_or_default();
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(name, value)?;
                map.end()
            }
            _ => Err(serde::ser::Error::custom(
                "a kind of input that this wire does not have",
            )),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    index: Num,
    #[serde(borrow)]
    embedding: Option<&'a RawValue>,
}

/// The vectors in a reply, in the order of their index: lists of numbers, or base64 of little-endian `f32`.
///
/// # Errors
/// `Decode` when the body holds no vectors.
pub fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    decode_as(response, Vectors::Floats)
}

/// The differences of one vendor where vectors are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct EmbeddingDialect {
    /// The field for the length of the vectors.
    pub dimensions_field: Cow<'static, str>,
    /// The field for what vectors are for; absent: there is none.
    pub input_type_field: Option<Cow<'static, str>>,
    /// Purposes that the vendor has other words for, ours first.
    pub purposes: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// The field for whether long inputs are cut; absent: there is none.
    pub truncate_field: Option<Cow<'static, str>>,
    /// The field for how vectors are written; absent: there is none.
    pub encoding_field: Option<Cow<'static, str>>,
    /// Whether the word `float` may be said there; otherwise it is left out, being the default.
    pub says_float: bool,
    /// Whether an end user may be named.
    pub user: bool,
    /// Whether inputs may be tokens.
    pub tokens: bool,
    /// Whether inputs may be pictures, as `{"image": "…"}`.
    pub pictures: bool,
    /// What base64 in an answer holds.
    pub vectors: Vectors,
    /// The most that one request takes; absent: not known.
    pub limits: Option<BatchLimits>,
}

impl Default for EmbeddingDialect {
    fn default() -> Self {
        Self {
            dimensions_field: Cow::Borrowed("dimensions"),
            input_type_field: None,
            purposes: Vec::new(),
            truncate_field: None,
            encoding_field: Some(Cow::Borrowed("encoding_format")),
            says_float: true,
            user: true,
            tokens: true,
            pictures: false,
            vectors: Vectors::Floats,
            limits: None,
        }
    }
}

impl EmbeddingDialect {
    /// The vendor's word for a purpose.
    fn purpose<'a>(&'a self, word: &'a str) -> &'a str {
        let known = self.purposes.iter().find(|(ours, _)| ours == word);
        known.map_or(word, |(_, theirs)| theirs)
    }

    fn says(&self, encoding: &str) -> bool {
        self.says_float || encoding != "float"
    }
}

/// What base64 holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Vectors {
    /// Little-endian `f32`.
    Floats,
    /// Signed bytes (Perplexity).
    Bytes,
}

/// As [`decode`], with another meaning of base64.
///
/// # Errors
/// `Decode` when the body holds no vectors.
pub fn decode_as(response: &HttpResponse, vectors: Vectors) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let mut body: Object<'_> = match serde_json::from_str(&text) {
        Ok(body) => body,
        Err(error) => return Err(malformed(&error, &text)),
    };
    let no_vectors = || Error::new(ErrorKind::Decode, "the answer holds no embeddings");
    let mut rows: Vec<Row<'_>> = body
        .take("data")
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .ok_or_else(no_vectors)?;
    for (place, row) in rows.iter_mut().enumerate() {
        row.index.0.get_or_insert(place as f64);
    }
    put_in_order(&mut rows, |row| row.index.index().unwrap_or_default());
    let mut answer = EmbeddingResponse::default();
    for row in rows {
        answer
            .embeddings
            .push(vector(row.embedding.ok_or_else(no_vectors)?, vectors)?);
    }
    answer.model = body
        .take("model")
        .and_then(|raw| serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text());
    answer.usage = body.take("usage").and_then(usage);
    body.take("object");
    answer.extra = body.rest(WIRE);
    Ok(answer)
}

fn vector(raw: &RawValue, vectors: Vectors) -> Result<Vec<f32>> {
    let bad = |what: &str| Error::new(ErrorKind::Decode, format!("an embedding of the answer is {what}"));
    if !raw.get().starts_with('"') {
        return serde_json::from_str(raw.get()).map_err(|_| bad("no list of numbers"));
    }
    let text: String = serde_json::from_str(raw.get()).map_err(|_| bad("no string"))?;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| bad("no base64"))?;
    Ok(match vectors {
        Vectors::Bytes => bytes.into_iter().map(|byte| f32::from(byte as i8)).collect(),
        Vectors::Floats => bytes
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect(),
    })
}

fn usage(raw: &RawValue) -> Option<Usage> {
    let counts = Object::lenient(Some(raw));
    let count = |name: &str| counts.number(name).count();
    let tokens = count("prompt_tokens").or_else(|| count("total_tokens"))?;
    let mut usage = Usage::new(tokens, 0);
    usage.raw = Some(router_core::Json::from_raw(raw));
    Some(usage)
}

/// Embeddings as a server gives them.
#[cfg(feature = "server")]
pub mod server {
    use base64::Engine as _;
    use http::Method;
    use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
    use router_core::{
        Error, ErrorKind, Head, Json, Mode, ModelId, Operation, Output, Result, StreamEvent, Text,
    };
    use router_wire::object::{Object, invalid};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::{HttpRequest, HttpResponse};
    use serde::Serialize;
    use serde_json::value::RawValue;

    use super::WIRE;
    use crate::error::{error_body, error_response};

    /// `POST /v1/embeddings`.
    #[derive(Clone, Copy, Debug)]
    pub struct Embeddings;

    impl ServerCodec for Embeddings {
        fn name(&self) -> &'static str {
            "openai.embeddings"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST && path.ends_with("/embeddings")
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let mut body = Object::parse(&request.body)?;
            let model = body.required_text("model")?;
            let raw = body
                .take("input")
                .ok_or_else(|| invalid("input", "is required"))?;
            let (inputs, alone) = inputs(raw)?;
            let mut embed = EmbeddingRequest::new(inputs);
            embed.dimensions = body.read("dimensions")?;
            if embed.dimensions == Some(0) {
                return Err(invalid("dimensions", "must be at least 1"));
            }
            embed.encoding_format = body.text("encoding_format")?;
            let base64 = match embed.encoding_format.as_deref() {
                None | Some("float") => false,
                Some("base64") => true,
                Some(_) => return Err(invalid("encoding_format", "must be float or base64")),
            };
            embed.user = body.text("user")?;
            embed.extra = body.rest(WIRE);
            if alone {
                embed.extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("one_input"),
                    Json::from(true),
                );
            }
            let encoder = Encoder {
                base64,
                model: model.clone(),
            };
            Ok(Ingress::new(
                ModelId::from(model),
                Operation::from(embed),
                Mode::Full,
                encoder,
            ))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    /// A string, strings, tokens, or lists of tokens; and whether it stood alone.
    fn inputs(raw: &RawValue) -> Result<(Vec<EmbeddingInput>, bool)> {
        let text = raw.get();
        if text.starts_with('"') {
            let one: Text =
                serde_json::from_str(text).map_err(|error| invalid("input", &error.to_string()))?;
            if one.is_empty() {
                return Err(invalid("input", "must not be empty"));
            }
            return Ok((vec![EmbeddingInput::Text(one)], true));
        }
        if let Ok(tokens) = serde_json::from_str::<Vec<u32>>(text) {
            if tokens.is_empty() {
                return Err(invalid("input", "must not be empty"));
            }
            return Ok((vec![EmbeddingInput::Tokens(tokens)], true));
        }
        if let Ok(texts) = serde_json::from_str::<Vec<Text>>(text) {
            return Ok((texts.into_iter().map(EmbeddingInput::Text).collect(), false));
        }
        let lists: Vec<Vec<u32>> = serde_json::from_str(text).map_err(|_| {
            invalid(
                "input",
                "must be a string, a list of strings, tokens, or lists of tokens",
            )
        })?;
        Ok((lists.into_iter().map(EmbeddingInput::Tokens).collect(), false))
    }

    struct Encoder {
        base64: bool,
        model: Text,
    }

    #[derive(Serialize)]
    struct Body<'a> {
        object: &'static str,
        data: Vec<Row<'a>>,
        model: &'a Text,
        usage: Usage,
    }

    #[derive(Serialize)]
    struct Row<'a> {
        object: &'static str,
        index: usize,
        embedding: Vector<'a>,
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Vector<'a> {
        Floats(&'a [f32]),
        Base64(String),
    }

    #[derive(Serialize)]
    struct Usage {
        prompt_tokens: u64,
        total_tokens: u64,
    }

    impl Encoder {
        fn body<'a>(&'a self, answer: &'a EmbeddingResponse) -> Body<'a> {
            let tokens = answer.usage.as_ref().map_or(0, |usage| usage.input_tokens);
            let row = |(index, vector): (usize, &'a Vec<f32>)| Row {
                object: "embedding",
                index,
                embedding: if self.base64 {
                    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                    Vector::Base64(base64::engine::general_purpose::STANDARD.encode(bytes))
                } else {
                    Vector::Floats(vector)
                },
            };
            Body {
                object: "list",
                data: answer.embeddings.iter().enumerate().map(row).collect(),
                model: answer.model.as_ref().unwrap_or(&self.model),
                usage: Usage {
                    prompt_tokens: tokens,
                    total_tokens: tokens,
                },
            }
        }
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::Embed(answer) = output else {
                return Err(Error::unsupported("another output than embeddings"));
            };
            serde_json::to_vec(&self.body(answer))
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
