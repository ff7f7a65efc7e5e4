//! Which wires are served, and what a request is told that is for none of them.

use http::Method;
use router_wire::HttpResponse;
use router_wire::server::ServerCodec;

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
pub(crate) fn no_endpoint(endpoints: &[Box<dyn ServerCodec>], method: &Method, path: &str) -> HttpResponse {
    let known = [Method::POST, Method::GET]
        .iter()
        .find(|other| *other != method && endpoints.iter().any(|endpoint| endpoint.matches(other, path)));
    let (status, message) = match known {
        Some(right) => (405, format!("{path} takes {right}, not {method}")),
        None => (404, format!("there is nothing at {path}")),
    };
    let body = format!(
        r#"{{"error":{{"message":{},"type":"invalid_request_error","param":null,"code":"unknown_url"}}}}"#,
        router_core::Json::of(&message).map_or_else(|_| "null".to_owned(), |json| json.to_string()),
    );
    HttpResponse::json(status, body)
}
