//! `POST /v2/embed`: texts and pictures to vectors.

#[cfg(feature = "server")]
pub mod server;

use base64::Engine as _;
use router_core::content::{MediaKind, MediaSource};
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{BatchLimits, Call, ContentPart, Error, ErrorKind, Json, Media, Result, Text, Usage};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::{Object, invalid, is_string};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpResponse};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "cohere.embed";

/// The kinds of vectors that the wire has, the one that says most first.
const KINDS: [&str; 6] = ["float", "base64", "int8", "uint8", "binary", "ubinary"];

/// The request for vectors. Without a word on what they are for, they are for documents that are searched: the wire wants one.
///
/// # Errors
/// `InvalidRequest` without inputs; `Unsupported` for tokens, sound and moving pictures, and for settings when the request is
/// strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    if request.inputs.is_empty() {
        return Err(invalid("inputs", "at least one is needed"));
    }
    let mut warnings = Warnings::new(request.strict);
    if request.user.is_some() {
        warnings.dropped("user", "Cohere has no such setting")?;
    }
    for input in &request.inputs {
        check(input)?;
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[])?;
    let body = Body {
        call,
        request,
        overrides: &overrides,
    };
    Encoded::post_whole("/v2/embed", &body, warnings.into_list())
}

/// The most that one request takes. Vectors of several kinds are not put together: all but one are among the unnamed fields.
pub(crate) fn limits(speaker: &Speaker, request: &EmbeddingRequest) -> Option<BatchLimits> {
    let provider = speaker.provider().as_str();
    let options = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[]).ok()?;
    let several = options.has("embedding_types") || request.extra.get(WIRE, "embedding_types").is_some();
    (!several).then_some(BatchLimits::inputs(96))
}

fn check(input: &EmbeddingInput) -> Result<()> {
    let fits = |part: &ContentPart| match part {
        ContentPart::Text(_) => true,
        ContentPart::Media(media) => {
            media.kind == MediaKind::Image
                && matches!(media.source, MediaSource::Url(_) | MediaSource::Base64(_))
        }
        _ => false,
    };
    match input {
        EmbeddingInput::Text(_) => Ok(()),
        EmbeddingInput::Parts(parts) if parts.iter().all(fits) => Ok(()),
        EmbeddingInput::Tokens(_) => Err(Error::unsupported("tokens as input of an embedding")),
        _ => Err(Error::unsupported(
            "input of an embedding other than text and pictures",
        )),
    }
}

/// The wire's word for a purpose.
fn purpose(request: &EmbeddingRequest) -> &str {
    match request.input_type.as_deref() {
        None | Some("document") => "search_document",
        Some("query") => "search_query",
        Some(word) => word,
    }
}

struct Body<'a> {
    call: &'a Call,
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Body<'_> {
    fn inputs<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let inputs = &self.request.inputs;
        let texts = || {
            inputs.iter().filter_map(|input| match input {
                EmbeddingInput::Text(text) => Some(text),
                _ => None,
            })
        };
        if texts().count() == inputs.len() {
            return fields.field("texts", &Seq(texts));
        }
        // Models before the fourth version take one picture alone, in a field of its own.
        if purpose(self.request) == "image"
            && let Some(pictures) = inputs.iter().map(picture).collect::<Option<Vec<_>>>()
        {
            return fields.field("images", &pictures);
        }
        fields.field("inputs", &Seq(|| inputs.iter().map(Input)))
    }
}

/// The address of an input that is one picture.
fn picture(input: &EmbeddingInput) -> Option<String> {
    match input {
        EmbeddingInput::Parts(parts) => match &parts[..] {
            [ContentPart::Media(media)] => Some(address(media)),
            _ => None,
        },
        _ => None,
    }
}

fn address(media: &Media) -> String {
    match &media.source {
        MediaSource::Url(url) => url.to_string(),
        _ => media.to_data_url().unwrap_or_default(),
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", &self.call.model)?;
        fields.field("input_type", purpose(request))?;
        self.inputs(&mut fields)?;
        let kept = request.extra.get(WIRE, "embedding_types").is_some();
        if !kept {
            let kind = request.encoding_format.as_deref().unwrap_or("float");
            fields.field("embedding_types", &[kind])?;
        }
        fields.some("output_dimension", request.dimensions)?;
        let truncate = request.truncate.map(|cut| if cut { "END" } else { "NONE" });
        fields.some("truncate", truncate)?;
        fields.end(&request.extra, WIRE)
    }
}

struct Input<'a>(&'a EmbeddingInput);

impl Serialize for Input<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0 {
            EmbeddingInput::Text(text) => map.serialize_entry("content", &[Part::Text(text)])?,
            EmbeddingInput::Parts(parts) => {
                map.serialize_entry("content", &Seq(|| parts.iter().filter_map(Part::of)))?;
            }
            _ => {}
        }
        map.end()
    }
}

enum Part<'a> {
    Text(&'a Text),
    Image(&'a Media),
}

impl<'a> Part<'a> {
    fn of(part: &'a ContentPart) -> Option<Self> {
        match part {
            ContentPart::Text(part) => Some(Self::Text(&part.text)),
            ContentPart::Media(media) => Some(Self::Image(media)),
            _ => None,
        }
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Url {
            url: String,
        }
        let mut map = serializer.serialize_map(Some(2))?;
        match self {
            Self::Text(text) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
            }
            Self::Image(media) => {
                map.serialize_entry("type", "image_url")?;
                map.serialize_entry("image_url", &Url { url: address(media) })?;
            }
        }
        map.end()
    }
}

/// The vectors in a reply: by their kind, or a bare list as `/v1/embed` has it.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let no_vectors = || Error::new(ErrorKind::Decode, "the answer holds no vectors");
    let raw = body.take("embeddings").ok_or_else(no_vectors)?;
    let mut answer = EmbeddingResponse::default();
    match Object::of(raw, "embeddings") {
        Err(_) => answer.embeddings = vectors(raw)?,
        Ok(mut kinds) => {
            let first = KINDS
                .iter()
                .find_map(|kind| kinds.take(kind).filter(|raw| raw.get() != "[]"));
            answer.embeddings = vectors(first.ok_or_else(no_vectors)?)?;
            body.keep("embeddings", kinds);
        }
    }
    answer.usage = body.peek("meta").and_then(usage);
    body.take("response_type");
    // The request has them.
    body.take("texts");
    answer.extra = body.rest(WIRE);
    Ok(answer)
}

/// Lists of numbers, or base64 of little-endian `f32`.
fn vectors(raw: &RawValue) -> Result<Vec<Vec<f32>>> {
    let bad = |_| Error::new(ErrorKind::Decode, "a vector of the answer is no list of numbers");
    let rows: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(bad)?;
    let row = |raw: &RawValue| {
        if !is_string(raw) {
            return serde_json::from_str(raw.get()).map_err(bad);
        }
        let text: String = serde_json::from_str(raw.get()).map_err(bad)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text);
        let bytes =
            bytes.map_err(|_| Error::new(ErrorKind::Decode, "a vector of the answer is no base64"))?;
        let numbers = bytes.chunks_exact(4);
        Ok(numbers
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect())
    };
    rows.into_iter().map(row).collect()
}

fn usage(meta: &RawValue) -> Option<Usage> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Meta<'a> {
        #[serde(borrow)]
        billed_units: Option<&'a RawValue>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Units {
        input_tokens: Num,
        image_tokens: Num,
    }
    let meta: Meta<'_> = serde_json::from_str(meta.get()).ok()?;
    let raw = meta.billed_units?;
    let units: Units = serde_json::from_str(raw.get()).ok()?;
    let counts = (units.input_tokens.count(), units.image_tokens.count());
    if counts == (None, None) {
        return None;
    }
    let total = counts.0.unwrap_or(0).saturating_add(counts.1.unwrap_or(0));
    let mut usage = Usage::new(total, 0);
    usage.image_input_tokens = counts.1.filter(|images| *images > 0);
    usage.raw = Some(Json::from_raw(raw));
    Some(usage)
}
