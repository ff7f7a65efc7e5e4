//! The list of models as a server gives it.

use bytes::BytesMut;
use http::Method;
use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::{error_body, error_response};
use crate::models::{WIRE, moment};

/// `GET /v1/models` and `GET /v1/models/{id}`, for clients that name a version of this API: other wires have lists at the
/// same address.
#[derive(Clone, Copy, Debug)]
pub struct Models;

impl ServerCodec for Models {
    fn name(&self) -> &'static str {
        "anthropic.models"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::GET && (path == "/v1/models" || path.starts_with("/v1/models/"))
    }

    fn claims(&self, request: &HttpRequest) -> bool {
        request.header("anthropic-version").is_some() && self.matches(&request.method, request.path_only())
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let one = request
            .path_only()
            .strip_prefix("/v1/models/")
            .filter(|id| !id.is_empty())
            .map(|id| id.replace("%2F", "/"));
        let mut list = ListModelsRequest::default();
        list.page = request.query("after_id").map(Into::into);
        Ok(Ingress::new(
            ModelId::default(),
            Operation::from(list),
            Mode::Full,
            Encoder { one },
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

struct Encoder {
    one: Option<String>,
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::ListModels(list) = output else {
            return Err(Error::unsupported("another output than models"));
        };
        let bytes = match &self.one {
            Some(id) => match list.models.iter().find(|model| model.id == *id.as_str()) {
                Some(model) => serde_json::to_vec(&Row(model)),
                None => return Err(Error::new(ErrorKind::NotFound, format!("model: {id}"))),
            },
            None => serde_json::to_vec(&List(list)),
        };
        bytes
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}

struct List<'a>(&'a ModelList);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let models = &self.0.models;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("data", &Seq(|| models.iter().map(Row)))?;
        map.serialize_entry("has_more", &self.0.next_page.is_some())?;
        map.serialize_entry("first_id", &models.first().map(|model| &model.id))?;
        let last = models.last().map(|model| model.id.text());
        map.serialize_entry("last_id", &self.0.next_page.as_ref().or(last))?;
        map.end()
    }
}

struct Row<'a>(&'a ModelInfo);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let model = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "model")?;
        map.serialize_entry("id", &model.id)?;
        map.serialize_entry("display_name", model.name.as_ref().unwrap_or(model.id.text()))?;
        map.serialize_entry("created_at", &moment(model.created.unwrap_or(0)))?;
        if model.extra.get(WIRE, "lifecycle").is_none() {
            map.serialize_entry("lifecycle", "active")?;
        }
        if let Some(tokens) = model.context_window {
            map.serialize_entry("max_input_tokens", &tokens)?;
        }
        if let Some(tokens) = model.max_output_tokens {
            map.serialize_entry("max_tokens", &tokens)?;
        }
        extra_fields(&mut map, &model.extra, WIRE)?;
        map.end()
    }
}
