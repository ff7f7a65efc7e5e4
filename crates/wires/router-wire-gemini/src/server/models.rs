//! The list of models as a server gives it.

use http::Method;
use router_core::model::{ListModelsRequest, ModelInfo};
use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::WIRE;
use crate::server::error::{error_body, error_response};

/// `GET /v1beta/models` and `GET /v1beta/models/NAME`. `/v1/models` is another wire's too, and this one's for clients that name themselves
/// as Google's do.
#[derive(Clone, Copy, Debug)]
pub struct Models;

impl ServerCodec for Models {
    fn name(&self) -> &'static str {
        "gemini.models"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::GET && path.strip_prefix("/v1beta/models").is_some_and(is_list_or_one)
    }

    fn claims(&self, request: &HttpRequest) -> bool {
        let path = request.path_only();
        let googles =
            request.header("x-goog-api-key").is_some() || request.header("x-goog-api-client").is_some();
        let stable = path.strip_prefix("/v1/models").is_some_and(is_list_or_one);
        self.matches(&request.method, path) || (request.method == Method::GET && googles && stable)
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let path = request.path_only();
        let one = path.split_once("/models/").map(|(_, id)| id);
        let one = one.filter(|id| !id.is_empty());
        let encoder = Encoder {
            one: one.map(crate::server::decoded),
        };
        let operation = Operation::from(ListModelsRequest::default());
        Ok(Ingress::new(ModelId::default(), operation, Mode::Full, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// What follows `models` in a path.
fn is_list_or_one(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

struct Encoder {
    one: Option<String>,
}

struct Row<'a>(&'a ModelInfo);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let model = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &format!("models/{}", model.id))?;
        map.serialize_entry("displayName", model.name.as_deref().unwrap_or(model.id.as_str()))?;
        if let Some(tokens) = model.context_window {
            map.serialize_entry("inputTokenLimit", &tokens)?;
        }
        if let Some(tokens) = model.max_output_tokens {
            map.serialize_entry("outputTokenLimit", &tokens)?;
        }
        if model.extra.for_wire(WIRE).is_empty() {
            map.serialize_entry(
                "supportedGenerationMethods",
                &["generateContent", "countTokens", "embedContent"],
            )?;
        }
        extra_fields(&mut map, &model.extra, WIRE)?;
        map.end()
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::ListModels(list) = output else {
            return Err(Error::unsupported("another output than models"));
        };
        let bytes = match &self.one {
            Some(id) => match list.models.iter().find(|model| model.id == *id.as_str()) {
                Some(model) => serde_json::to_vec(&Row(model)),
                None => {
                    let message = format!("models/{id} is not found");
                    return Err(Error::new(ErrorKind::NotFound, message).with_code("model_not_found"));
                }
            },
            None => {
                let rows = Seq(|| list.models.iter().map(Row));
                serde_json::to_vec(&std::collections::BTreeMap::from([("models", rows)]))
            }
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
