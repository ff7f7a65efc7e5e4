//! `POST /model/{id}/invoke` and `/invoke-with-response-stream`: the body of the model's maker, both ways.

#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod text;

use router_core::{Call, ChatRequest, ChatResponse, Error, Result, Usage};
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpRequest, HttpResponse};
use router_wire_anthropic as anthropic;

use crate::converse::total;
use crate::models::{Family, path};
use crate::options::{OWN, Steering};
use stream::InvokeStreamDecoder;

/// The version of Anthropic's API in a body (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html>,
/// read 2026-11).
const ANTHROPIC_VERSION: &str = "bedrock-2023-05-31";

/// Who speaks in answers over this API: what Claude made is Claude's wherever it is served.
#[derive(Clone, Debug)]
pub(crate) struct Speakers {
    pub(crate) own: Speaker,
    pub(crate) claude: Speaker,
}

/// The request for a chat with Claude.
///
/// # Errors
/// `Unsupported` for models of other makers, for content that the wire does not take, and for settings when the request is
/// strict.
pub(crate) fn encode(speakers: &Speakers, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    let family = Steering::of(request, speakers.own.provider()).family(&call.model);
    if family != Family::Claude {
        return Err(Error::unsupported(
            "InvokeModel for other models than Claude (leave `api` out: Converse serves them)",
        ));
    }
    let mut service = anthropic::Service::cloud(ANTHROPIC_VERSION, false);
    service.own_options = OWN;
    let (bytes, warnings) = anthropic::request::body(&service, &speakers.claude, call, request)?;
    let operation = if call.is_stream() {
        "invoke-with-response-stream"
    } else {
        "invoke"
    };
    let http = HttpRequest::post_json(path(call.model.as_str(), operation), bytes);
    Ok(Encoded::new(call, http, warnings))
}

/// The response in a whole reply of a model of any maker.
pub(crate) fn decode(speakers: &Speakers, response: &HttpResponse) -> Result<ChatResponse> {
    let decoder = InvokeStreamDecoder::new(speakers.clone());
    let mut answer = router_wire::body::read_whole(decoder, response)?;
    answer.usage = answer.usage.take().or_else(|| counted(response));
    Ok(answer)
}

/// The counts in the headers of a reply.
pub(crate) fn counted(response: &HttpResponse) -> Option<Usage> {
    let count = |name: &str| {
        let header = response.header(&format!("x-amzn-bedrock-{name}-token-count"))?;
        header.trim().parse().ok()
    };
    total(
        count("input"),
        count("output"),
        count("cache-read-input"),
        count("cache-write-input"),
    )
}
