//! The contract of all layers.

use router_conformance::provider_contract::check;
use router_core::Layer as _;
use router_telemetry::{TelemetryLayer, TelemetryPolicy};

#[tokio::test]
async fn telemetry_keeps_the_contract() {
    check(|inner| TelemetryLayer::default().layer(inner)).await;
    let told = TelemetryLayer::new(TelemetryPolicy::default().with_content(true));
    check(|inner| told.layer(inner)).await;
}
