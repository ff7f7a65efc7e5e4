//! Counting the tokens of a chat by the vendor.

use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{Call, Result, Text, Warning};
use router_wire::lenient::Num;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpResponse};

use crate::request::{Purpose, Service, post, write};
use crate::response::{body_text, malformed};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "anthropic.count_tokens";

/// The request for a count, to `/v1/messages/count_tokens` of the vendor. Limits and sampling do not count and are left out.
///
/// # Errors
/// Those of [`request::encode`](crate::request::encode).
pub fn encode(
    service: &Service,
    speaker: &Speaker,
    call: &Call,
    request: &CountTokensRequest,
) -> Result<Encoded> {
    let (bytes, warnings) = write(Purpose::Count, service, speaker, call, &request.chat)?;
    let http = post(
        "/v1/messages/count_tokens",
        bytes,
        service,
        speaker,
        &request.chat,
    )?;
    Ok(Encoded::whole(http, warnings))
}

/// The body of a request for a count, for services that have an address of their own, and what was dropped or changed.
///
/// # Errors
/// As [`encode`].
pub fn body(
    service: &Service,
    speaker: &Speaker,
    call: &Call,
    request: &CountTokensRequest,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    write(Purpose::Count, service, speaker, call, &request.chat)
}

/// The count in a reply.
///
/// # Errors
/// `Decode` when the body is no JSON object.
pub fn decode(response: &HttpResponse) -> Result<TokenCount> {
    let text = body_text(response)?;
    let mut fields: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let count = fields
        .take("input_tokens")
        .and_then(|raw| serde_json::from_str::<Num>(raw.get()).ok())
        .and_then(Num::count);
    let mut tokens = TokenCount::new(count.unwrap_or(0));
    tokens.extra = fields.rest(WIRE);
    if count.is_none() {
        let what = Text::from("the vendor's answer has no input_tokens");
        return Err(router_core::Error::new(router_core::ErrorKind::Decode, what));
    }
    Ok(tokens)
}
