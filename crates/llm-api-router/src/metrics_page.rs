//! Answers who asks for the metrics of a client: Prometheus, or a person.

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use router_core::{BoxFuture, Error};
use router_serve::{Serve, ServedResponse};
use router_telemetry::Metrics;
use router_wire::{HttpRequest, HttpResponse};

/// A page of metrics at `/metrics`, to be put on an address of its own.
///
/// It asks nobody for a key: names of providers, models and routes are on it. So it belongs on an address that only those reach who may
/// see them, and never on the one where callers come in.
#[derive(Clone, Debug)]
pub struct MetricsPage(Metrics);

impl MetricsPage {
    /// The page of these metrics.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        Self(metrics)
    }

    fn answer(&self, head: &HttpRequest) -> HttpResponse {
        if head.path_only() != "/metrics" {
            return HttpResponse::json(404, r#"{"error":"there is only /metrics"}"#);
        }
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static(router_telemetry::CONTENT_TYPE);
        headers.insert(CONTENT_TYPE, kind);
        HttpResponse::new(200, headers, self.0.page())
    }
}

impl Serve for MetricsPage {
    type Admitted = ();

    fn admit(&self, head: &HttpRequest) -> Result<(), ServedResponse> {
        Err(ServedResponse::of(self.answer(head)))
    }

    fn serve(&self, request: HttpRequest, _admitted: ()) -> BoxFuture<'_, ServedResponse> {
        Box::pin(async move { ServedResponse::of(self.answer(&request)) })
    }

    fn refuse(&self, head: &HttpRequest, _error: &Error) -> ServedResponse {
        ServedResponse::of(self.answer(head))
    }
}
