//! Rerank as a server sees it.

use http::Method;
use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::{ContentPart, Error, Mode, ModelId, Operation, Output, Result, Text};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::WIRE;
use super::request::Document;
use super::response::document;
use crate::error::error_response;
use crate::reply::{Whole, another, json};
use crate::stamp::stamp;

/// `POST /v1/rerank`, `POST /v2/rerank` and `POST /rerank`.
#[derive(Clone, Copy, Debug)]
pub struct Rerank;

impl ServerCodec for Rerank {
    fn name(&self) -> &'static str {
        "rerank"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/rerank")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = body.required_text("model")?;
        let mut rerank = RerankRequest::default();
        rerank.query = body.required_text("query")?;
        for (at, raw) in body.list("documents")?.into_iter().enumerate() {
            let path = format!("documents[{at}]");
            let what = "must be a string or an object";
            rerank
                .documents
                .push(document(raw).ok_or_else(|| invalid(&path, what))?);
        }
        if rerank.documents.is_empty() {
            return Err(invalid("documents", "at least one is required"));
        }
        // Voyage's word for it.
        let top_k = body.read("top_k")?;
        rerank.top_n = body.read("top_n")?.or(top_k);
        if rerank.top_n == Some(0) {
            return Err(invalid("top_n", "must be at least 1"));
        }
        let repeats = body.read::<bool>("return_documents")?.unwrap_or(false);
        rerank.extra = body.rest(WIRE);
        // The documents are at hand here, so that no vendor has to send them back.
        let documents = if repeats {
            rerank.documents.clone()
        } else {
            Vec::new()
        };
        let asked = model.clone();
        let encoder = Whole(move |output: &Output| match output {
            Output::Rerank(answer) => json(&Answer {
                answer,
                asked: &asked,
                documents: &documents,
            }),
            _ => Err(another("a ranking")),
        });
        Ok(Ingress::new(
            ModelId::from(model),
            Operation::from(rerank),
            Mode::Full,
            encoder,
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Answer<'a> {
    answer: &'a RerankResponse,
    asked: &'a Text,
    documents: &'a [ContentPart],
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Usage {
            prompt_tokens: u64,
            total_tokens: u64,
        }
        let Self {
            answer,
            asked,
            documents,
        } = self;
        let mut map = serializer.serialize_map(None)?;
        match &answer.id {
            Some(id) => map.serialize_entry("id", id)?,
            None => map.serialize_entry("id", &format!("rerank-{:016x}", stamp()))?,
        }
        map.serialize_entry("object", "list")?;
        map.serialize_entry("model", answer.model.as_ref().unwrap_or(asked))?;
        let rows = answer.results.iter().map(|ranked| Row {
            ranked,
            document: documents.get(ranked.index as usize).or(ranked.document.as_ref()),
        });
        map.serialize_entry("results", &Seq(|| rows.clone()))?;
        if let Some(usage) = &answer.usage {
            let usage = Usage {
                prompt_tokens: usage.input_tokens,
                total_tokens: usage.total_tokens(),
            };
            map.serialize_entry("usage", &usage)?;
        }
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

#[derive(Clone)]
struct Row<'a> {
    ranked: &'a RankedDocument,
    document: Option<&'a ContentPart>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.ranked.index)?;
        map.serialize_entry("relevance_score", &self.ranked.score)?;
        if let Some(document) = self.document {
            let text_key = true;
            map.serialize_entry("document", &Document { document, text_key })?;
        }
        map.end()
    }
}
