//! `GET /v1/models`: the models that the key may use, page by page.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{ModelId, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::{Object, list_of};
use router_wire::{Encoded, HttpRequest, HttpResponse};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "cohere.models";

/// The request for the models: as many on a page as the vendor gives.
#[must_use]
pub fn encode(request: &ListModelsRequest) -> Encoded {
    let mut path = "/v1/models?page_size=1000".to_owned();
    if let Some(page) = &request.page {
        path.push_str("&page_token=");
        path.extend(utf8_percent_encode(page, NON_ALPHANUMERIC));
    }
    Encoded::whole(HttpRequest::get(path), Vec::new())
}

/// The models in a reply.
///
/// # Errors
/// `Decode` when the body is no JSON object.
pub fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = body.take("models").and_then(list_of).unwrap_or_default();
    let models = rows.into_iter().filter_map(|raw| {
        let mut row = Object::of(raw, "").ok()?;
        let mut info = ModelInfo::new(ModelId::from(row.text("name").ok().flatten()?));
        let length = row.peek("context_length");
        let length = length.and_then(|raw| serde_json::from_str::<Num>(raw.get()).ok()?.count());
        if length.is_some() {
            row.take("context_length");
        }
        info.context_window = length;
        info.extra = row.rest(WIRE);
        Some(info)
    });
    let mut list = ModelList::new(models.collect());
    list.next_page = body
        .text("next_page_token")
        .ok()
        .flatten()
        .filter(|page| !page.is_empty());
    Ok(list)
}

/// The endpoint as a server has it.
#[cfg(feature = "server")]
pub mod server {
    use http::Method;
    use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
    use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent, Text};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::write::{Seq, extra_fields};
    use router_wire::{HttpRequest, HttpResponse};
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use crate::error::{error_body, error_response};

    /// `GET /v1/models` and `GET /v1/models/{name}` of Cohere's clients, which others have at the same address.
    #[derive(Clone, Copy, Debug)]
    pub struct Models;

    /// Whether a request comes from a client of this vendor.
    pub(crate) fn is_ours(request: &HttpRequest) -> bool {
        let agent = request.header("user-agent").unwrap_or_default();
        let sdk = request.header("x-fern-sdk-name").unwrap_or_default();
        sdk.starts_with("cohere") || agent.starts_with("cohere")
    }

    impl ServerCodec for Models {
        fn name(&self) -> &'static str {
            "cohere.models"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::GET && (path == "/v1/models" || path.starts_with("/v1/models/"))
        }

        fn claims(&self, request: &HttpRequest) -> bool {
            is_ours(request) && self.matches(&request.method, request.path_only())
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let one = request.path_only().strip_prefix("/v1/models/");
            let encoder = Encoder {
                one: one.filter(|name| !name.is_empty()).map(Text::from),
            };
            let mut list = ListModelsRequest::default();
            let page = request.query("page_token");
            list.page =
                page.map(|page| Text::from(percent_encoding::percent_decode_str(page).decode_utf8_lossy()));
            let operation = Operation::from(list);
            Ok(Ingress::new(ModelId::default(), operation, Mode::Full, encoder))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    struct Encoder {
        one: Option<Text>,
    }

    struct Row<'a>(&'a ModelInfo);

    impl Serialize for Row<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let model = self.0;
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("name", &model.id)?;
            if let Some(length) = model.context_window {
                map.serialize_entry("context_length", &length)?;
            }
            extra_fields(&mut map, &model.extra, super::WIRE)?;
            map.end()
        }
    }

    struct List<'a>(&'a ModelList);

    impl Serialize for List<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("models", &Seq(|| self.0.models.iter().map(Row)))?;
            if let Some(page) = &self.0.next_page {
                map.serialize_entry("next_page_token", page)?;
            }
            map.end()
        }
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::ListModels(list) = output else {
                return Err(Error::unsupported("another output than models"));
            };
            let bytes = match &self.one {
                None => serde_json::to_vec(&List(list)),
                Some(name) => match list.models.iter().find(|model| model.id == *name.as_str()) {
                    Some(model) => serde_json::to_vec(&Row(model)),
                    None => {
                        let message = format!("model '{name}' not found");
                        return Err(Error::new(ErrorKind::NotFound, message));
                    }
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
}
