//! Converse as a server sees it.

mod blocks;
mod events;
mod reply;
mod request;

use http::Method;
use router_core::{Error, Mode, Operation, Result};
use router_wire::object::Object;
use router_wire::server::{Ingress, ServerCodec, presented_key};
use router_wire::{HttpRequest, HttpResponse};

use crate::error::server::error_response;
use crate::models::read_path;

pub(crate) use events::{frame, head};
pub(crate) use request::chat;

/// `POST /model/{id}/converse` and `/converse-stream`.
#[derive(Clone, Copy, Debug)]
pub struct Converse;

impl ServerCodec for Converse {
    fn name(&self) -> &'static str {
        "bedrock.converse"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST
            && read_path(path)
                .is_some_and(|(_, operation)| matches!(operation, "converse" | "converse-stream"))
    }

    fn is_spoken(&self, request: &HttpRequest) -> bool {
        let signed = request
            .header("authorization")
            .is_some_and(|value| value.starts_with("AWS4-"));
        signed || request.path_only().starts_with("/model/")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, operation) = read_path(request.path_only()).unwrap_or_default();
        let mode = if operation == "converse-stream" {
            Mode::Stream
        } else {
            Mode::Full
        };
        let chat = chat(Object::parse(&request.body)?)?;
        let encoder = reply::Encoder::new();
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }

    fn key<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
        key(request)
    }
}

/// The key of a client: a bearer key, or the id of the key that it signed with. The signature itself is not looked at: the id is
/// what a server of this library knows a client by, as it does by a key.
pub(crate) fn key(request: &HttpRequest) -> Option<&str> {
    let signed = || {
        let header = request.header("authorization")?;
        let (_, rest) = header
            .strip_prefix("AWS4-HMAC-SHA256")?
            .split_once("Credential=")?;
        rest.split('/').next()
    };
    signed().or_else(|| presented_key(request))
}
