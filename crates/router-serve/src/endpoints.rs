//! Which wires are served, and what a request is told that is for none of them.

use http::Method;
use router_core::{Error, ErrorKind};
use router_wire::server::{ServerCodec, status_of};
use router_wire::{HttpRequest, HttpResponse};

/// The endpoints of all wires that are compiled in.
pub(crate) fn endpoints() -> Vec<Box<dyn ServerCodec>> {
    let mut endpoints: Vec<Box<dyn ServerCodec>> = Vec::new();
    #[cfg(feature = "anthropic")]
    endpoints.extend(router_wire_anthropic::endpoints());
    #[cfg(feature = "bedrock")]
    endpoints.extend(router_bedrock::endpoints());
    #[cfg(feature = "gemini")]
    endpoints.extend(router_wire_gemini::endpoints());
    #[cfg(feature = "ollama")]
    endpoints.extend(router_ollama::endpoints());
    // In front of OpenAI's family, which has endpoints at some of the same addresses.
    #[cfg(feature = "cohere")]
    endpoints.extend(router_cohere::endpoints());
    #[cfg(feature = "aliyun")]
    endpoints.extend(router_aliyun::endpoints());
    #[cfg(feature = "mistral")]
    endpoints.extend(router_mistral::endpoints());
    #[cfg(feature = "openai")]
    endpoints.extend(router_wire_openai::endpoints());
    endpoints
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
    let claimed = endpoints.iter().find(|endpoint| endpoint.claims(request));
    let spoken = || endpoints.iter().find(|endpoint| endpoint.is_spoken(request));
    match claimed.or_else(spoken) {
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
