//! Texts to vectors by InvokeModel, in the form of each maker.

use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{Call, Error, ErrorKind, Result, Text, Usage};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use crate::invoke::counted;
use crate::models::{bare, path};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "bedrock.embed";

/// In whose form a model takes texts
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The first Titan: a text and nothing else.
    TitanFirst,
    /// Titan for texts and pictures.
    TitanImage,
    /// Titan, with a length.
    Titan,
    /// Cohere, up to 96 texts.
    Cohere,
    /// Cohere, with a length.
    CohereFourth,
    Nova,
}

impl Form {
    fn of(model: &str) -> Self {
        let name = bare(model);
        match name {
            _ if name.starts_with("cohere.embed-v4") => Self::CohereFourth,
            _ if name.starts_with("cohere.") => Self::Cohere,
            _ if name.starts_with("amazon.nova") => Self::Nova,
            _ if name.starts_with("amazon.titan-embed-image") => Self::TitanImage,
            _ if name.starts_with("amazon.titan-embed-text-v1")
                || name.starts_with("amazon.titan-embed-g1") =>
            {
                Self::TitanFirst
            }
            _ => Self::Titan,
        }
    }

    /// Most texts of one request.
    fn most(self) -> usize {
        if self.is_cohere() { 96 } else { 1 }
    }

    fn is_cohere(self) -> bool {
        matches!(self, Self::Cohere | Self::CohereFourth)
    }
}

/// Most texts that a model takes at once.
pub(crate) fn most(model: &str) -> usize {
    Form::of(model).most()
}

/// The request for vectors.
///
/// # Errors
/// `InvalidRequest` for no texts, and for more than the model takes at once; `Unsupported` for tokens as input, and for settings
/// when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let form = Form::of(call.model.as_str());
    let mut warnings = Warnings::new(request.strict);
    let texts = check(form, request, &mut warnings)?;
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[])?;
    let body = Body {
        form,
        texts: &texts,
        request,
        overrides: &overrides,
    };
    Encoded::post_whole(path(call.model.as_str(), "invoke"), &body, warnings.into_list())
}

fn check<'a>(form: Form, request: &'a EmbeddingRequest, warnings: &mut Warnings) -> Result<Vec<&'a Text>> {
    let why = "this model has no such setting on AWS Bedrock";
    if request.user.is_some() {
        warnings.dropped("user", why)?;
    }
    if request
        .encoding_format
        .as_deref()
        .is_some_and(|format| format != "float")
    {
        warnings.dropped("encoding_format", "AWS Bedrock sends numbers")?;
    }
    if request.input_type.is_some() && !(form.is_cohere() || form == Form::Nova) {
        warnings.dropped("input_type", why)?;
    }
    if request.truncate.is_some() && !(form.is_cohere() || form == Form::Nova) {
        warnings.dropped("truncate", why)?;
    }
    if request.dimensions.is_some() && matches!(form, Form::TitanFirst | Form::Cohere) {
        warnings.dropped("dimensions", why)?;
    }
    let most = form.most();
    if request.inputs.is_empty() || request.inputs.len() > most {
        let given = request.inputs.len();
        let message = format!("this model of AWS Bedrock takes 1 to {most} at once, and {given} were given");
        return Err(invalid("inputs", &message));
    }
    let texts = request.inputs.iter().map(|input| match input {
        EmbeddingInput::Text(text) if text.is_empty() => {
            Err(invalid("inputs", "AWS Bedrock takes no empty text"))
        }
        EmbeddingInput::Text(text) => Ok(text),
        _ => Err(Error::unsupported("input of an embedding other than text")),
    });
    texts.collect()
}

struct Body<'a> {
    form: Form,
    texts: &'a [&'a Text],
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        match self.form {
            Form::Cohere | Form::CohereFourth => self.cohere(&mut fields)?,
            Form::Nova => self.nova(&mut fields)?,
            _ => {
                fields.some("inputText", self.texts.first())?;
                match (self.form, self.request.dimensions) {
                    (Form::Titan, dimensions) => fields.some("dimensions", dimensions)?,
                    (Form::TitanImage, Some(length)) => {
                        fields.field("embeddingConfig", &json!({"outputEmbeddingLength": length}))?;
                    }
                    _ => {}
                }
            }
        }
        fields.end(&self.request.extra, WIRE)
    }
}

impl Body<'_> {
    fn cohere<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let request = self.request;
        fields.field("texts", self.texts)?;
        // The vendor demands one.
        fields.field(
            "input_type",
            request.input_type.as_deref().unwrap_or("search_document"),
        )?;
        if let Some(truncate) = request.truncate {
            fields.field("truncate", if truncate { "END" } else { "NONE" })?;
        }
        if self.form == Form::CohereFourth {
            fields.some("output_dimension", request.dimensions)?;
        }
        Ok(())
    }

    fn nova<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let request = self.request;
        let truncation = if request.truncate == Some(false) {
            "NONE"
        } else {
            "END"
        };
        let mut params = json!({
            "embeddingPurpose": request.input_type.as_deref().unwrap_or("GENERIC_INDEX"),
            "text": {"truncationMode": truncation, "value": self.texts.first()},
        });
        if let Some(dimensions) = request.dimensions {
            params["embeddingDimension"] = dimensions.into();
        }
        fields.field("taskType", "SINGLE_EMBEDDING")?;
        fields.field("singleEmbeddingParams", &params)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    /// Titan's.
    embedding: Option<Vec<f32>>,
    /// Cohere's and Nova's.
    embeddings: Option<Several>,
    #[serde(rename = "inputTextTokenCount")]
    input_text_token_count: Num,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Several {
    Plain(Vec<Vec<f32>>),
    Objects(Vec<OfNova>),
    ByType(ByType),
}

#[derive(Deserialize)]
struct OfNova {
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct ByType {
    #[serde(alias = "float_", alias = "int8", alias = "uint8")]
    float: Vec<Vec<f32>>,
}

/// The vectors in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let vectors = match (answer.embeddings, answer.embedding) {
        (Some(Several::Plain(vectors)), _) => vectors,
        (Some(Several::Objects(objects)), _) => objects.into_iter().map(|one| one.embedding).collect(),
        (Some(Several::ByType(by_type)), _) => by_type.float,
        (None, Some(vector)) => vec![vector],
        (None, None) => return Err(Error::new(ErrorKind::Decode, "the answer holds no vectors")),
    };
    let mut embedded = EmbeddingResponse::new(vectors);
    let count = answer
        .input_text_token_count
        .count()
        .map(|count| Usage::new(count, 0));
    embedded.usage = count.or_else(|| counted(response));
    Ok(embedded)
}
