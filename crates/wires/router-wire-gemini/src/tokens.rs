//! `countTokens`.

use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{Call, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::{Encoded, HttpRequest, HttpResponse};

use crate::request::{Prepared, to_json};
use crate::rules::Rules;
use crate::{WIRE, method_path};

/// The request for a count.
///
/// # Errors
/// `InvalidRequest` for options that are no object.
pub fn encode(
    rules: &Rules,
    speaker: &Speaker,
    call: &Call,
    request: &CountTokensRequest,
) -> Result<Encoded> {
    let prepared = Prepared::new(rules, speaker, &request.chat)?;
    let name = format!("models/{}", call.model);
    let body = [("generateContentRequest", prepared.body_of(&name))];
    let bytes = to_json(&std::collections::BTreeMap::from(body))?;
    let path = method_path(call.model.as_str(), "countTokens");
    Ok(Encoded::whole(HttpRequest::post_json(path, bytes), Vec::new()))
}

/// The count in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<TokenCount> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let mut number = |name: &str| body.read::<Num>(name).ok().flatten().and_then(Num::count);
    let mut count = TokenCount::new(number("totalTokens").unwrap_or(0));
    count.cache_read_input_tokens = number("cachedContentTokenCount");
    count.extra = body.rest(WIRE);
    Ok(count)
}
