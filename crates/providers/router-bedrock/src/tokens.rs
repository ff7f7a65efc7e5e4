//! Counting the tokens of a chat by the vendor: `POST /model/{id}/count-tokens`.

use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{Call, Error, ErrorKind, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::converse::request;
use crate::models::{bare, path};

#[derive(serde::Serialize)]
struct Body<'a> {
    input: Input<'a>,
}

#[derive(serde::Serialize)]
struct Input<'a> {
    converse: &'a RawValue,
}

/// The request for a count. Limits and sampling do not count and are left out. The vendor takes models' own names only, so that
/// of an inference profile goes without what stands in front of it.
///
/// # Errors
/// Those of [`request::encode`].
pub fn encode(speaker: &Speaker, call: &Call, request: &CountTokensRequest) -> Result<Encoded> {
    let (chat, warnings) = request::body(true, speaker, call, &request.chat)?;
    let not_json = |error: serde_json::Error| Error::new(ErrorKind::InvalidRequest, error.to_string());
    let converse: &RawValue = serde_json::from_slice(&chat).map_err(not_json)?;
    let body = Body {
        input: Input { converse },
    };
    let bytes = serde_json::to_vec(&body).map_err(not_json)?;
    let model = call.model.as_str();
    let model = if model.starts_with("arn:") {
        model
    } else {
        bare(model)
    };
    let http = HttpRequest::post_json(path(model, "count-tokens"), bytes);
    Ok(Encoded::whole(http, warnings))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    input_tokens: Num,
}

/// The count in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<TokenCount> {
    let text = text_of(response)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let count = answer.input_tokens.count();
    count
        .map(TokenCount::new)
        .ok_or_else(|| Error::new(ErrorKind::Decode, "the answer has no inputTokens"))
}

/// The endpoint as a server has it.
#[cfg(feature = "server")]
pub mod server {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::BytesMut;
    use http::Method;
    use router_core::tokens::CountTokensRequest;
    use router_core::{
        ChatRequest, Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result, StreamEvent,
    };
    use router_wire::object::{Object, invalid};
    use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
    use router_wire::{HttpRequest, HttpResponse};
    use router_wire_anthropic::server::Messages;

    use crate::converse::server::{chat, head, key};
    use crate::error::server::{error_response, exception};
    use crate::invoke::server::as_message;
    use crate::models::read_path;

    /// `POST /model/{id}/count-tokens`.
    #[derive(Clone, Copy, Debug)]
    pub struct CountTokens;

    impl ServerCodec for CountTokens {
        fn name(&self) -> &'static str {
            "bedrock.count_tokens"
        }

        fn matches(&self, method: &Method, path: &str) -> bool {
            *method == Method::POST
                && read_path(path).is_some_and(|(_, operation)| operation == "count-tokens")
        }

        fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
            let (model, _) = read_path(request.path_only()).unwrap_or_default();
            let mut body = Object::parse(&request.body)?;
            let mut input = body
                .object("input")?
                .ok_or_else(|| invalid("input", "is required"))?;
            let chat = match input.object("converse")? {
                Some(converse) => chat(converse)?,
                None => invoked(&model, &mut input)?,
            };
            let operation = Operation::from(CountTokensRequest::new(chat));
            Ok(Ingress::new(model, operation, Mode::Full, Encoder))
        }

        fn error(&self, error: &Error) -> HttpResponse {
            error_response(error)
        }

        fn key<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
            key(request)
        }
    }

    /// The chat in the body of an InvokeModel.
    fn invoked(model: &ModelId, input: &mut Object<'_>) -> Result<ChatRequest> {
        let invoked = input.object("invokeModel")?;
        let mut invoked =
            invoked.ok_or_else(|| invalid("input", "must have one of converse and invokeModel"))?;
        let body = STANDARD.decode(invoked.required_text("body")?.as_str());
        let body = body.map_err(|_| invalid("input.invokeModel.body", "is not base64"))?;
        let message = as_message(model, false, Object::parse(&body)?)?;
        match Messages.decode(&message)?.operation {
            Operation::Chat(chat) => Ok((*chat).clone()),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    struct Encoder;

    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        input_tokens: u64,
    }

    impl ReplyEncoder for Encoder {
        fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
            let Output::CountTokens(count) = output else {
                return Err(Error::unsupported("another output than a count"));
            };
            let answer = Answer {
                input_tokens: count.input_tokens,
            };
            serde_json::to_vec(&answer)
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
