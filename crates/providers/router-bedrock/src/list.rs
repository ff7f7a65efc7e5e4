//! `GET /foundation-models`: the models that there are, at the control plane's address.

use router_core::model::{ModelInfo, ModelList};
use router_core::{ModelId, Result};
use router_wire::HttpResponse;
use router_wire::body::{malformed, text_of};
use router_wire::object::{Object, list_of};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "bedrock.models";

/// Where they are.
pub const PATH: &str = "/foundation-models";

/// The models in a reply.
///
/// # Errors
/// `Decode` when the body is no JSON object.
pub fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = body.take("modelSummaries").and_then(list_of).unwrap_or_default();
    let models = rows.into_iter().filter_map(|raw| {
        let mut row = Object::of(raw, "").ok()?;
        let mut info = ModelInfo::new(ModelId::from(row.text("modelId").ok().flatten()?));
        info.name = row.text("modelName").ok().flatten();
        info.extra = row.rest(WIRE);
        Some(info)
    });
    Ok(ModelList::new(models.collect()))
}

/// The endpoint as a server has it.
#[cfg(feature = "server")]
pub mod server {
    use bytes::BytesMut;
    use http::Method;
    use router_core::model::{ListModelsRequest, ModelInfo};
    use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::write::{Seq, extra_fields};
    use router_wire::{HttpRequest, HttpResponse};
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use crate::converse::server::{head, key};
    use crate::error::server::{error_response, exception};

    /// `GET /foundation-models`.
    #[derive(Clone, Copy, Debug)]
    pub struct Models;

    impl ServerCodec for Models {
        fn name(&self) -> &'static str {
            "bedrock.models"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::GET && path.ends_with(super::PATH)
        }

        fn decode(&self, _request: &HttpRequest) -> Result<Ingress> {
            let operation = Operation::from(ListModelsRequest::default());
            Ok(Ingress::new(ModelId::default(), operation, Mode::Full, Encoder))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }

        fn key<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
            key(request)
        }
    }

    struct Encoder;

    struct Row<'a>(&'a ModelInfo);

    impl Serialize for Row<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let model = self.0;
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("modelId", &model.id)?;
            map.serialize_entry("modelName", model.name.as_deref().unwrap_or(model.id.as_str()))?;
            if model.extra.get(super::WIRE, "modelArn").is_none() {
                // The wire has one of each model.
                let arn = format!("arn:aws:bedrock:us-east-1::foundation-model/{}", model.id);
                map.serialize_entry("modelArn", &arn)?;
            }
            extra_fields(&mut map, &model.extra, super::WIRE)?;
            map.end()
        }
    }

    struct List<'a>(&'a [ModelInfo]);

    impl Serialize for List<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("modelSummaries", &Seq(|| self.0.iter().map(Row)))?;
            map.end()
        }
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::ListModels(list) = output else {
                return Err(Error::unsupported("another output than models"));
            };
            serde_json::to_vec(&List(&list.models))
                .map(|bytes| HttpResponse::json(200, bytes))
                .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
        }

        fn stream_head(&mut self, _head: &Head) -> HttpResponse {
            head()
        }

        fn event(&mut self, _event: &StreamEvent, _out: &mut BytesMut) {}

        fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
            exception(error, out);
        }
    }
}
