//! Which wires are served, and what a request is told that is for none of them.

use http::Method;
use router_core::{Error, ErrorKind};
use router_wire::server::{ServerCodec, status_of};
use router_wire::{HttpRequest, HttpResponse};

/// The endpoints of all wires that are compiled in.
pub(crate) fn endpoints() -> Vec<Box<dyn ServerCodec>> {
    let of_wires: Vec<Vec<Box<dyn ServerCodec>>> = Vec::from([
        #[cfg(feature = "anthropic")]
        router_wire_anthropic::endpoints(),
        #[cfg(feature = "bedrock")]
        router_bedrock::endpoints(),
        #[cfg(feature = "gemini")]
        router_wire_gemini::endpoints(),
        #[cfg(feature = "ollama")]
        router_ollama::endpoints(),
        // In front of OpenAI's family, which has endpoints at some of the same addresses.
        #[cfg(feature = "cohere")]
        router_cohere::endpoints(),
        #[cfg(feature = "aliyun")]
        router_aliyun::endpoints(),
        #[cfg(feature = "mistral")]
        router_mistral::endpoints(),
        #[cfg(feature = "openai")]
        router_wire_openai::endpoints(),
    ]);
    of_wires.into_iter().flatten().collect()
}

/// The endpoint that a request is for: one of the wire that its path begins with, or the first that claims it. One whose own
/// paths begin with such a name, as those of Azure's deployments do, keeps them.
pub(crate) fn endpoint_of(endpoints: &[Box<dyn ServerCodec>], request: &HttpRequest) -> Option<usize> {
    let (method, path) = (&request.method, request.path_only());
    let claimed = endpoints.iter().position(|endpoint| endpoint.claims(request));
    let Some((second, _)) = path.match_indices('/').nth(1) else {
        return claimed;
    };
    let keeps = |endpoint: &dyn ServerCodec| !endpoint.matches(method, &path[second..]);
    let claiming = claimed.and_then(|number| endpoints.get(number));
    if claiming.is_some_and(|endpoint| keeps(endpoint.as_ref())) {
        return claimed;
    }
    let of_wire =
        |endpoint: &dyn ServerCodec| below(endpoint, path).is_some_and(|rest| endpoint.matches(method, rest));
    endpoints
        .iter()
        .position(|endpoint| of_wire(endpoint.as_ref()))
        .or(claimed)
}

/// Takes the name of the endpoint's wire from the beginning of a path that it was found by.
pub(crate) fn without_name(endpoint: &dyn ServerCodec, mut request: HttpRequest) -> HttpRequest {
    let path = request.path_only();
    if let Some(rest) = below(endpoint, path).filter(|rest| endpoint.matches(&request.method, rest)) {
        let name = path.len() - rest.len();
        request.path = request.path.slice_ref(&request.path.as_str()[name..]);
    }
    request
}

/// What follows the name of the endpoint's wire in a path: of `/mistral/v1/models` it is `/v1/models`, for `mistral.models`.
fn below<'a>(endpoint: &dyn ServerCodec, path: &'a str) -> Option<&'a str> {
    let (wire, _) = endpoint.name().split_once('.')?;
    let rest = path.strip_prefix('/')?.strip_prefix(wire)?;
    rest.starts_with('/').then_some(rest)
}

/// The answer to a request that no endpoint claims.
pub(crate) fn no_endpoint(endpoints: &[Box<dyn ServerCodec>], request: &HttpRequest) -> HttpResponse {
    let (method, path) = (&request.method, request.path_only());
    // What follows a colon may be a method of a model that is not there, or part of its name.
    let methods = if path.contains(':') {
        &[][..]
    } else {
        &[Method::POST, Method::GET]
    };
    let known = methods
        .iter()
        .find(|other| *other != method && endpoints.iter().any(|endpoint| endpoint.matches(other, path)));
    let error = match known {
        Some(right) => {
            let message = format!("{path} takes {right}, not {method}");
            Error::new(ErrorKind::InvalidRequest, message).with_status(405)
        }
        None => {
            let message = format!("there is nothing at {path} (docs/wires.md lists the addresses)");
            Error::new(ErrorKind::NotFound, message).with_status(404)
        }
    };
    refused(endpoints, request, &error.with_code("unknown_url"))
}

/// An error in the form of the endpoint that a request is for, or of the wire that its client speaks.
pub(crate) fn refused(
    endpoints: &[Box<dyn ServerCodec>],
    request: &HttpRequest,
    error: &Error,
) -> HttpResponse {
    let found = endpoint_of(endpoints, request).and_then(|number| endpoints.get(number));
    let named = || {
        endpoints
            .iter()
            .find(|endpoint| below(endpoint.as_ref(), request.path_only()).is_some())
    };
    let spoken = || endpoints.iter().find(|endpoint| endpoint.is_spoken(request));
    match found.or_else(named).or_else(spoken) {
        Some(endpoint) => endpoint.error(error),
        // No wire is compiled in that has a form for it.
        None => {
            let message = router_core::Json::of(&error.shown_message());
            let body = format!(
                r#"{{"error":{{"message":{}}}}}"#,
                message.map_or_else(|_| "null".to_owned(), |json| json.to_string()),
            );
            HttpResponse::json(status_of(error), body)
        }
    }
}
