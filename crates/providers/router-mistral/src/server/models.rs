//! `GET /v1/models` of Mistral's clients, which want to know of each model what it can do.

use http::Method;
use router_core::model::ModelInfo;
use router_core::{Error, ErrorKind, Head, Output, Result, StreamEvent};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse};
use router_wire_openai::models::WIRE;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::error::{error_body, error_response};
use super::is_ours;

/// `GET /v1/models` and `GET /v1/models/{id}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Models;

const OPENAI: router_wire_openai::models::server::Models = router_wire_openai::models::server::Models;

impl ServerCodec for Models {
    fn name(&self) -> &'static str {
        "mistral.models"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        OPENAI.matches(method, path)
    }

    fn claims(&self, request: &HttpRequest) -> bool {
        is_ours(request) && self.matches(&request.method, request.path_only())
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut ingress = OPENAI.decode(request)?;
        let one = request.path_only().split_once("/models/");
        let one = one
            .map(|(_, id)| id.replace("%2F", "/"))
            .filter(|id| !id.is_empty());
        ingress.reply = Box::new(Encoder { one });
        Ok(ingress)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Encoder {
    one: Option<String>,
}

struct Row<'a>(&'a ModelInfo);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let model = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &model.id)?;
        map.serialize_entry("object", "model")?;
        map.serialize_entry("created", &model.created.unwrap_or(0))?;
        map.serialize_entry("owned_by", model.owner.as_deref().unwrap_or("llm-router"))?;
        if let Some(name) = &model.name {
            map.serialize_entry("name", name)?;
        }
        if let Some(length) = model.context_window {
            map.serialize_entry("max_context_length", &length)?;
        }
        // The clients take both for granted; what is not known is not claimed.
        if model.extra.get(WIRE, "type").is_none() {
            map.serialize_entry("type", "base")?;
        }
        if model.extra.get(WIRE, "capabilities").is_none() {
            map.serialize_entry("capabilities", &serde_json::Map::new())?;
        }
        extra_fields(&mut map, &model.extra, WIRE)?;
        map.end()
    }
}

struct List<'a>(&'a [ModelInfo]);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("object", "list")?;
        map.serialize_entry("data", &Seq(|| self.0.iter().map(Row)))?;
        map.end()
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::ListModels(list) = output else {
            return Err(Error::unsupported("another output than models"));
        };
        let bytes = match &self.one {
            None => serde_json::to_vec(&List(&list.models)),
            Some(id) => match list.models.iter().find(|model| model.id == *id.as_str()) {
                Some(model) => serde_json::to_vec(&Row(model)),
                None => return Err(Error::new(ErrorKind::NotFound, format!("Invalid model: {id}"))),
            },
        };
        bytes
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
