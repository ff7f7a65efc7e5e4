//! A query over documents as the body of a request.

use router_core::content::{MediaKind, MediaSource};
use router_core::rerank::RerankRequest;
use router_core::{Call, ContentPart, Error, Media, Result};
use router_wire::Encoded;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};

use super::{RerankDialect, WIRE};

/// The request for a ranking.
///
/// # Errors
/// `InvalidRequest` without documents; `Unsupported` for documents that the vendor does not take, and for settings when the
/// request is strict.
pub fn encode(
    dialect: &RerankDialect,
    speaker: &Speaker,
    call: &Call,
    request: &RerankRequest,
    own: &[&str],
) -> Result<Encoded> {
    if request.documents.is_empty() {
        return Err(invalid("documents", "at least one is needed"));
    }
    for document in &request.documents {
        let taken = match document {
            ContentPart::Text(_) => true,
            ContentPart::Media(media) => dialect.images && is_picture(media),
            ContentPart::Opaque(document) => speaker.opaque(document).is_some(),
            _ => false,
        };
        if !taken {
            return Err(Error::unsupported("documents that are no text"));
        }
    }
    let mut warnings = Warnings::new(request.strict);
    if request.return_documents == Some(true) && dialect.return_documents_field.is_none() {
        warnings.dropped("return_documents", "this vendor has no such setting")?;
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let body = Body {
        dialect,
        call,
        request,
        overrides: &overrides,
    };
    Encoded::post_whole(&dialect.path, &body, warnings.into_list())
}

fn is_picture(media: &Media) -> bool {
    media.kind == MediaKind::Image && matches!(media.source, MediaSource::Url(_) | MediaSource::Base64(_))
}

struct Body<'a> {
    dialect: &'a RerankDialect,
    call: &'a Call,
    request: &'a RerankRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { dialect, request, .. } = self;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        body.field("query", &request.query)?;
        body.field(
            "documents",
            &Seq(|| {
                request.documents.iter().map(|document| Document {
                    document,
                    text_key: false,
                })
            }),
        )?;
        if let Some(top) = request.top_n {
            body.named(&dialect.top_field, &top)?;
        }
        let asked = request.return_documents.or(dialect.return_documents);
        if let (Some(field), Some(asked)) = (&dialect.return_documents_field, asked) {
            body.named(field, &asked)?;
        }
        body.end(&request.extra, WIRE)
    }
}

/// A document: a text is a string, or `{"text": "…"}` where the wire has objects only.
pub(super) struct Document<'a> {
    pub(super) document: &'a ContentPart,
    pub(super) text_key: bool,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.document {
            ContentPart::Text(part) if self.text_key => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("text", &part.text)?;
                map.end()
            }
            ContentPart::Text(part) => part.text.serialize(serializer),
            ContentPart::Opaque(part) => part.raw.serialize(serializer),
            ContentPart::Media(media) => {
                let mut map = serializer.serialize_map(Some(1))?;
                match &media.source {
                    MediaSource::Url(url) | MediaSource::Base64(url) => map.serialize_entry("image", url)?,
                    _ => return Err(S::Error::custom("a document that is neither address nor base64")),
                }
                map.end()
            }
            _ => Err(S::Error::custom("a document that this wire does not have")),
        }
    }
}
