//! The list of models.

use router_core::model::{ModelInfo, ModelList};
use router_core::{Extra, ModelId, Result, Text};
use router_wire::lenient::{Num, Str};
use router_wire::object::Object;
use router_wire::{HttpRequest, HttpResponse};
use serde_json::value::RawValue;

use crate::dialect::Dialect;
use router_wire::body::{malformed, text_of};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.models";

/// The request for the list.
#[must_use]
pub fn encode(dialect: &Dialect) -> HttpRequest {
    HttpRequest::get(&dialect.models_path)
}

/// The models in a reply: `{"data": […]}`, `{"models": […]}` or a bare list.
///
/// # Errors
/// `Decode` when the body is none of these.
pub fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = text_of(response)?;
    let rows: Vec<&RawValue> = if text.starts_with('[') {
        serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?
    } else {
        let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
        let mut of = |name: &str| body.take(name).and_then(router_wire::object::list_of);
        // llama.cpp lists the same models twice, in its own form and in that of Ollama.
        let listed = ["data", "models", "modelSummaries"].into_iter().find_map(&mut of);
        // Deepgram lists its models by what they do.
        let kinds = ["stt", "tts"].into_iter().filter_map(of).flatten();
        listed.into_iter().flatten().chain(kinds).collect()
    };
    Ok(ModelList::new(rows.into_iter().map(model).collect()))
}

fn model(raw: &RawValue) -> ModelInfo {
    let Ok(mut fields) = Object::of(raw, "") else {
        return ModelInfo::new(serde_json::from_str::<String>(raw.get()).unwrap_or_default());
    };
    let mut word = |names: &[&str]| -> Option<Text> {
        names.iter().find_map(|name| {
            let text = serde_json::from_str::<Str<'_>>(fields.peek(name)?.get())
                .ok()?
                .to_text();
            fields.take(name);
            text
        })
    };
    let mut info = ModelInfo::new(ModelId::from(
        word(&["id", "uuid", "model", "name", "canonical_name"]).unwrap_or_default(),
    ));
    info.name = word(&["display_name", "name"]);
    info.owner = word(&["owned_by"]);
    let mut number = |names: &[&str]| -> Num {
        names
            .iter()
            .find_map(|name| serde_json::from_str(fields.take(name)?.get()).ok())
            .unwrap_or_default()
    };
    info.created = number(&["created"]).int();
    info.context_window = number(&[
        "context_length",
        "context_window",
        "max_context_length",
        "max_model_len",
    ])
    .count();
    info.max_output_tokens = number(&["max_completion_tokens", "max_output_tokens"]).count();
    info.extra = without_object(fields);
    info
}

/// What is left of a row but the word that every row has.
fn without_object(mut fields: Object<'_>) -> Extra {
    fields.take("object");
    fields.rest(WIRE)
}

/// The list as a server gives it.
#[cfg(feature = "server")]
pub mod server {
    use http::Method;
    use router_core::model::{ListModelsRequest, ModelInfo};
    use router_core::{Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::{HttpRequest, HttpResponse};
    use serde::ser::{Serialize, SerializeMap, Serializer};

    use crate::error::{error_body, error_response};

    /// `GET /v1/models` and `GET /v1/models/{id}`, and the same at Azure's addresses.
    #[derive(Clone, Copy, Debug)]
    pub struct Models;

    impl ServerCodec for Models {
        fn name(&self) -> &'static str {
            "openai.models"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            let path = of_models(path);
            *method == Method::GET && (path == "/models" || path.starts_with("/models/"))
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let path = of_models(request.path_only());
            let one = path
                .strip_prefix("/models/")
                .filter(|id| !id.is_empty())
                .map(|id| id.replace("%2F", "/"));
            let operation = Operation::from(ListModelsRequest::default());
            Ok(Ingress::new(
                ModelId::default(),
                operation,
                Mode::Full,
                Encoder { one },
            ))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }
    }

    /// A path without what stands in front of it: `/v1`, and Azure's `/openai`.
    fn of_models(path: &str) -> &str {
        let path = path.strip_prefix("/openai").unwrap_or(path);
        path.strip_prefix("/v1").unwrap_or(path)
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
                    None => {
                        let message = format!("The model '{id}' does not exist");
                        return Err(Error::new(ErrorKind::NotFound, message).with_code("model_not_found"));
                    }
                },
                None => serde_json::to_vec(&List { models: &list.models }),
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

    struct List<'a> {
        models: &'a [ModelInfo],
    }

    impl Serialize for List<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("object", "list")?;
            map.serialize_entry("data", &router_wire::write::Seq(|| self.models.iter().map(Row)))?;
            map.end()
        }
    }

    struct Row<'a>(&'a ModelInfo);

    impl Serialize for Row<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("id", &self.0.id)?;
            map.serialize_entry("object", "model")?;
            map.serialize_entry("created", &self.0.created.unwrap_or(0))?;
            map.serialize_entry("owned_by", self.0.owner.as_deref().unwrap_or("llm-router"))?;
            if let Some(tokens) = self.0.context_window {
                map.serialize_entry("context_window", &tokens)?;
            }
            router_wire::write::extra_fields(&mut map, &self.0.extra, super::WIRE)?;
            map.end()
        }
    }
}
