//! `POST /model/{id}/invoke` and `/invoke-with-response-stream`: the body of the model's maker, both ways.

mod form;
mod nova;
mod openai;
mod prompt;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod text;

use router_core::content::MediaSource;
use router_core::{Call, ChatRequest, ChatResponse, ContentPart, Error, Result, Usage};
use router_wire::completion;
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpRequest, HttpResponse};
use router_wire_anthropic as anthropic;

use crate::converse::total;
use crate::models::path;
use crate::options::{OWN, Steering};
use form::Form;
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

/// The request for a chat, in the form of the model's maker.
///
/// # Errors
/// `Unsupported` for models whose form is not known here, for content that the form does not take, and for settings when the
/// request is strict.
pub(crate) fn encode(speakers: &Speakers, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    completion::check(request)?;
    let family = Steering::of(request, speakers.own.provider()).family(&call.model);
    let (bytes, warnings) = match Form::of(family, call.model.as_str()) {
        Some(Form::Claude) => {
            addresses(request)?;
            let mut service = anthropic::Service::cloud(ANTHROPIC_VERSION, false);
            service.own_options = OWN;
            anthropic::request::body(&service, &speakers.claude, call, request)?
        }
        Some(Form::Nova) => nova::body(&speakers.own, call, request)?,
        Some(Form::OpenAi) => openai::body(&speakers.own, family, call, request)?,
        Some(Form::Text(form)) => prompt::body(form, &speakers.own, request)?,
        None => {
            return Err(Error::unsupported(
                "InvokeModel for this model (leave `api` out: Converse serves it)",
            ));
        }
    };
    let operation = if call.is_stream() {
        "invoke-with-response-stream"
    } else {
        "invoke"
    };
    let http = HttpRequest::post_json(path(call.model.as_str(), operation), bytes);
    Ok(Encoded::new(call, http, warnings))
}

/// Refuses media by address, which Claude takes at its maker's own API only.
fn addresses(request: &ChatRequest) -> Result<()> {
    let mut parts = request
        .messages
        .iter()
        .flat_map(|message| message.content.parts());
    let by_address = parts
        .any(|part| matches!(part, ContentPart::Media(media) if matches!(media.source, MediaSource::Url(_))));
    if by_address {
        return Err(Error::unsupported(
            "media by address over InvokeModel (send the bytes)",
        ));
    }
    Ok(())
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
