//! Azure's dated surface as a server sees it: `/openai/deployments/NAME` in front of a path, and the model with it.

use bytes::Bytes;
use http::Method;
use router_core::{Error, ErrorKind, ModelId, Result};
use router_wire::multipart::Form;
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use crate::error::error_response;

/// What stands in front of a deployment's name.
const FRONT: &str = "/openai/deployments/";

/// Any endpoint of the family, for a deployment (<https://learn.microsoft.com/azure/ai-foundry/openai/reference>, read 2026-11).
pub struct Deployments {
    endpoints: Vec<Box<dyn ServerCodec>>,
}

impl std::fmt::Debug for Deployments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deployments").finish_non_exhaustive()
    }
}

impl Deployments {
    /// For deployments of these.
    #[must_use]
    pub fn of(endpoints: Vec<Box<dyn ServerCodec>>) -> Self {
        Self { endpoints }
    }

    /// The endpoint behind a path, and the deployment in it.
    fn find<'a>(&self, method: &Method, path: &'a str) -> Option<(&dyn ServerCodec, &'a str)> {
        let (name, _) = path.strip_prefix(FRONT)?.split_once('/')?;
        let endpoint = self
            .endpoints
            .iter()
            .find(|endpoint| endpoint.matches(method, path))?;
        (!name.is_empty()).then_some((&**endpoint, name))
    }
}

impl ServerCodec for Deployments {
    fn name(&self) -> &'static str {
        "azure.deployments"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.find(method, path).is_some()
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let Some((endpoint, name)) = self.find(&request.method, request.path_only()) else {
            return Err(Error::new(ErrorKind::NotFound, "Resource not found"));
        };
        if request.query("api-version").is_none_or(str::is_empty) {
            return Err(Error::new(
                ErrorKind::NotFound,
                "Resource not found: api-version is required",
            ));
        }
        let name = decoded(name);
        let request = named(request, &name)?;
        let mut ingress = endpoint.decode(&request)?;
        // What the body says counts for nothing there.
        ingress.model = ModelId::from(name);
        Ok(ingress)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// The request with a model in its body.
fn named(request: &HttpRequest, name: &str) -> Result<HttpRequest> {
    if Form::is_in(request) {
        let mut form = Form::read(request)?;
        if form.text("model")?.is_some() {
            return Ok(request.clone());
        }
        let mut form = Form::read(request)?;
        form.push_text("model", name);
        return form.into_request(request.path.as_str());
    }
    let object = Object::parse(&request.body)?;
    if object.peek("model").is_some() {
        return Ok(request.clone());
    }
    let comma = if object.is_empty() { "" } else { "," };
    let text = String::from_utf8_lossy(&request.body);
    let (_, rest) = text.split_once('{').unwrap_or_default();
    let model = serde_json::Value::from(name);
    let mut request = request.clone();
    request.body = Bytes::from(format!("{{\"model\":{model}{comma}{rest}"));
    Ok(request)
}

/// A part of a path as it is read.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *byte == b'%');
        let value = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match value {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
