//! An error on its way to the client: in the form of its wire, with the time to wait, and whether waiting helps.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use router_core::Error;
use router_wire::HttpResponse;
use router_wire::server::ServerCodec;

/// Vendors' own clients go by it before they go by the status.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// An error in the wire's form. Who is told to come again is told when; where the status says more or less than is known, as with a
/// quota that is used up, clients are told whether to come again at all.
pub(crate) fn passed_on(endpoint: &dyn ServerCodec, error: &Error) -> HttpResponse {
    let mut response = endpoint.error(error);
    let wait = error.retry_after().map(whole_seconds);
    let wait = wait.or_else(|| matches!(response.status, 429 | 503).then_some(1));
    if let Some(wait) = wait {
        response = response.with_header(http::header::RETRY_AFTER, HeaderValue::from(wait));
    }
    let by_status = matches!(response.status, 408 | 409 | 429 | 500..);
    match error.is_retryable() {
        helps if helps == by_status => response,
        true => response.with_header(SHOULD_RETRY, HeaderValue::from_static("true")),
        false => response.with_header(SHOULD_RETRY, HeaderValue::from_static("false")),
    }
}

/// A wait in whole seconds, at least one: rounded up, since who comes too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    let part = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(part).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (9300, 10), (10_000, 10)] {
            assert_eq!(
                whole_seconds(Duration::from_millis(millis)),
                seconds,
                "{millis} ms"
            );
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
