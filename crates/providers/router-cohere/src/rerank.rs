//! `POST /v2/rerank`: documents by how well they answer a query.

use router_core::rerank::{RerankRequest, RerankResponse};
use router_core::{Call, ContentPart, Error, Result};
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpResponse};
use router_wire_openai::rerank::{self, RerankDialect};

/// The request for a ranking. Answers of this wire do not repeat documents.
///
/// # Errors
/// `InvalidRequest` without documents; `Unsupported` for documents that are no text, and for settings when the request is
/// strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &RerankRequest) -> Result<Encoded> {
    if !request
        .documents
        .iter()
        .all(|part| matches!(part, ContentPart::Text(_)))
    {
        return Err(Error::unsupported(
            "documents that are no text (write them as YAML)",
        ));
    }
    let mut dialect = RerankDialect::default();
    dialect.path = "/v2/rerank".into();
    dialect.return_documents_field = None;
    rerank::request::encode(&dialect, speaker, call, request, &[])
}

/// The ranking in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<RerankResponse> {
    rerank::response::decode(response)
}

/// The endpoint as a server has it.
#[cfg(feature = "server")]
pub mod server {
    use http::Method;
    use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
    use router_core::{
        ContentPart, Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent, Text,
    };
    use router_wire::object::{Object, invalid};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::write::{Seq, extra_fields};
    use router_wire::{HttpRequest, HttpResponse};
    use router_wire_openai::rerank::WIRE;
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use crate::error::{error_body, error_response};

    /// `POST /v2/rerank`.
    #[derive(Clone, Copy, Debug)]
    pub struct Rerank;

    impl ServerCodec for Rerank {
        fn name(&self) -> &'static str {
            "cohere.rerank"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST && path == "/v2/rerank"
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let mut body = Object::parse(&request.body)?;
            let model = body.required_text("model")?;
            let mut rerank = RerankRequest::default();
            rerank.query = body.required_text("query")?;
            for (at, raw) in body.list("documents")?.into_iter().enumerate() {
                let text = serde_json::from_str::<Text>(raw.get());
                let text = text.map_err(|_| invalid(&format!("documents[{at}]"), "must be a string"))?;
                rerank.documents.push(ContentPart::text(text));
            }
            if rerank.documents.is_empty() {
                return Err(invalid("documents", "at least one is required"));
            }
            rerank.top_n = body.read("top_n")?;
            if rerank.top_n == Some(0) {
                return Err(invalid("top_n", "must be at least 1"));
            }
            rerank.extra = body.rest(WIRE);
            Ok(Ingress::new(
                ModelId::from(model),
                Operation::from(rerank),
                Mode::Full,
                Encoder,
            ))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    struct Encoder;

    struct Answer<'a>(&'a RerankResponse);

    impl Serialize for Answer<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let answer = self.0;
            let mut map = serializer.serialize_map(None)?;
            if let Some(id) = &answer.id {
                map.serialize_entry("id", id)?;
            }
            map.serialize_entry("results", &Seq(|| answer.results.iter().map(Row)))?;
            if answer.extra.get(WIRE, "meta").is_none() {
                map.serialize_entry("meta", &Meta::default())?;
            }
            extra_fields(&mut map, &answer.extra, WIRE)?;
            map.end()
        }
    }

    /// What clients of the wire take for granted.
    #[derive(Default, serde::Serialize)]
    struct Meta {
        api_version: Version,
    }

    #[derive(serde::Serialize)]
    struct Version {
        version: &'static str,
    }

    impl Default for Version {
        fn default() -> Self {
            Self { version: "2" }
        }
    }

    struct Row<'a>(&'a RankedDocument);

    impl Serialize for Row<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("index", &self.0.index)?;
            map.serialize_entry("relevance_score", &self.0.score)?;
            map.end()
        }
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::Rerank(answer) = output else {
                return Err(Error::unsupported("another output than a ranking"));
            };
            serde_json::to_vec(&Answer(answer))
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
