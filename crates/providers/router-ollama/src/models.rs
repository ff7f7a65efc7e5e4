//! `GET /api/tags`: the models that are there, and for servers what is said of one.

use router_core::model::{ModelInfo, ModelList};
use router_core::{ModelId, Result, Text};
use router_wire::HttpResponse;
use router_wire::body::{malformed, text_of};
use router_wire::object::{Object, list_of};

use crate::time::seconds_of;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "ollama.tags";

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
        let name = row.text("name").ok().flatten();
        let model = row.text("model").ok().flatten();
        let mut info = ModelInfo::new(ModelId::from(model.or_else(|| name.clone())?));
        info.name = name;
        let modified = row
            .peek("modified_at")
            .and_then(|raw| serde_json::from_str::<Text>(raw.get()).ok());
        info.created = modified.and_then(|time| seconds_of(&time));
        info.extra = row.rest(WIRE);
        Some(info)
    });
    Ok(ModelList::new(models.collect()))
}

/// The endpoints as a server has them.
#[cfg(feature = "server")]
pub mod server {
    use http::Method;
    use router_core::model::{ListModelsRequest, ModelInfo};
    use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent, Text};
    use router_wire::object::{Object, invalid};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::write::{Seq, extra_fields};
    use router_wire::{HttpRequest, HttpResponse};
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use crate::error::{error_body, error_response};
    use crate::time::rfc3339;

    /// `GET /api/tags`.
    #[derive(Clone, Copy, Debug)]
    pub struct Tags;

    /// `GET /api/version`, which clients ask to see that the server is there.
    #[derive(Clone, Copy, Debug)]
    pub struct Version;

    impl ServerCodec for Tags {
        fn name(&self) -> &'static str {
            "ollama.tags"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::GET && path == "/api/tags"
        }

        fn decode(&self, _request: &HttpRequest) -> Result<Ingress> {
            Ok(ingress(Encoder::Tags))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    impl ServerCodec for Version {
        fn name(&self) -> &'static str {
            "ollama.version"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::GET && path == "/api/version"
        }

        fn decode(&self, _request: &HttpRequest) -> Result<Ingress> {
            Ok(ingress(Encoder::Version))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    /// `POST /api/show`: one model.
    #[derive(Clone, Copy, Debug)]
    pub struct Show;

    /// `GET /api/ps`: the models in memory. None: they are with their vendors.
    #[derive(Clone, Copy, Debug)]
    pub struct Running;

    impl ServerCodec for Show {
        fn name(&self) -> &'static str {
            "ollama.show"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST && path == "/api/show"
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let mut body = Object::parse(&request.body)?;
            let older = body.text("name")?;
            let name = body.text("model")?.or(older);
            let name = name.ok_or_else(|| invalid("model", "is required"))?;
            Ok(ingress(Encoder::Show(name)))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    impl ServerCodec for Running {
        fn name(&self) -> &'static str {
            "ollama.ps"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::GET && path == "/api/ps"
        }

        fn decode(&self, _request: &HttpRequest) -> Result<Ingress> {
            Ok(ingress(Encoder::Running))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    fn ingress(encoder: Encoder) -> Ingress {
        let operation = Operation::from(ListModelsRequest::default());
        Ingress::new(ModelId::default(), operation, Mode::Full, encoder)
    }

    enum Encoder {
        Tags,
        Version,
        Running,
        Show(Text),
    }

    /// What is known of one model.
    struct Shown<'a>(&'a ModelInfo);

    impl Serialize for Shown<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let model = self.0;
            let mut map = serializer.serialize_map(None)?;
            let mut facts = serde_json::Map::new();
            if let Some(tokens) = model.context_window {
                facts.insert("general.architecture".to_owned(), "llm".into());
                facts.insert("llm.context_length".to_owned(), tokens.into());
            }
            // Clients of the wire take these for granted. What a model can do is not in every vendor's list: such a model is
            // offered what most can, as one that says nothing is not used at all.
            let usual: [(&str, serde_json::Value); 4] = [
                ("modified_at", rfc3339(model.created.unwrap_or(0)).into()),
                ("details", serde_json::Map::new().into()),
                ("model_info", facts.into()),
                ("capabilities", vec!["completion", "tools"].into()),
            ];
            for (name, value) in usual {
                if model.extra.get(super::WIRE, name).is_none() {
                    map.serialize_entry(name, &value)?;
                }
            }
            extra_fields(&mut map, &model.extra, super::WIRE)?;
            map.end()
        }
    }

    struct Row<'a>(&'a ModelInfo);

    impl Serialize for Row<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let model = self.0;
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("name", model.name.as_deref().unwrap_or(model.id.as_str()))?;
            map.serialize_entry("model", &model.id)?;
            // Clients of the wire take these for granted.
            if model.extra.for_wire(super::WIRE).is_empty() {
                map.serialize_entry("modified_at", &rfc3339(model.created.unwrap_or(0)))?;
                map.serialize_entry("size", &0)?;
                map.serialize_entry("digest", "")?;
                map.serialize_entry("details", &serde_json::Map::new())?;
            }
            extra_fields(&mut map, &model.extra, super::WIRE)?;
            map.end()
        }
    }

    struct List<'a>(&'a [ModelInfo]);

    impl Serialize for List<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("models", &Seq(|| self.0.iter().map(Row)))?;
            map.end()
        }
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::ListModels(list) = output else {
                return Err(Error::unsupported("another output than models"));
            };
            let json = match self {
                Self::Version => {
                    let body = format!(r#"{{"version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
                    return Ok(HttpResponse::json(200, body));
                }
                Self::Tags => serde_json::to_vec(&List(&list.models)),
                Self::Running => serde_json::to_vec(&List(&[])),
                Self::Show(name) => {
                    // A name without a tag means the latest.
                    let plain = name.strip_suffix(":latest").unwrap_or(name);
                    let is_it = |model: &&ModelInfo| [name.as_str(), plain].contains(&model.id.as_str());
                    let model = list.models.iter().find(is_it).ok_or_else(|| {
                        Error::new(ErrorKind::NotFound, format!("model '{name}' not found")).with_status(404)
                    })?;
                    serde_json::to_vec(&Shown(model))
                }
            };
            json.map(|bytes| HttpResponse::json(200, bytes))
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
