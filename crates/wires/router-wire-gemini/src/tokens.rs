//! `countTokens`.

use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{Call, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpRequest, HttpResponse};

use crate::request::{Purpose, body, to_json};
use crate::rules::{Rules, Service};
use crate::{WIRE, full_name, method_path};

/// The request for a count.
///
/// # Errors
/// `InvalidRequest` for options that are no object.
pub fn encode(
    service: &Service,
    rules: &Rules,
    speaker: &Speaker,
    call: &Call,
    request: &CountTokensRequest,
) -> Result<Encoded> {
    let model = call.model.as_str();
    let bytes = if service.plain_count {
        body(service, rules, speaker, &request.chat, Purpose::PlainCount)?
    } else {
        let name = full_name(model);
        let chat = body(service, rules, speaker, &request.chat, Purpose::Count(&name))?;
        let chat: &serde_json::value::RawValue =
            serde_json::from_slice(&chat).map_err(|error| crate::request::not_representable(&error))?;
        to_json(&std::collections::BTreeMap::from([(
            "generateContentRequest",
            chat,
        )]))?
    };
    let path = method_path(model, "countTokens");
    Ok(Encoded::whole(HttpRequest::post_json(path, bytes), Vec::new()))
}

/// The count in a reply.
///
/// # Errors
/// `Decode` when the body is no JSON object.
pub fn decode(response: &HttpResponse) -> Result<TokenCount> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let mut number = |name: &str| body.read::<Num>(name).ok().flatten().and_then(Num::count);
    let mut count = TokenCount::new(number("totalTokens").unwrap_or(0));
    count.cache_read_input_tokens = number("cachedContentTokenCount");
    count.extra = body.rest(WIRE);
    Ok(count)
}
