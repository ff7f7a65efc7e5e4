//! Failures, as a client sees them.

use router_serve::ServedResponse;
use router_sim::{SimModel, SimService};
use router_wire::{HttpRequest, HttpResponse};

async fn respond(service: &SimService, model: &str, stream: bool) -> ServedResponse {
    let body = format!(
        r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"Count from 1 to 9"}}]}}"#
    );
    service
        .respond(HttpRequest::post_json("/v1/chat/completions", body))
        .await
}

async fn whole(model: &str, stream: bool) -> HttpResponse {
    respond(&SimService::new(SimModel::new()), model, stream)
        .await
        .into_whole()
        .await
}

fn text(response: &HttpResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[tokio::test]
async fn statuses_have_the_wires_error_body() {
    for status in [
        400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529,
    ] {
        let response = whole(&format!("sim-fault-{status}"), true).await;
        assert_eq!(response.status, status);
        assert!(text(&response).contains(r#""error""#), "{}", text(&response));
    }
    let response = whole("sim-fault-429-after7", false).await;
    assert_eq!(response.header("retry-after"), Some("7"));
}

#[tokio::test]
async fn streams_fail_after_so_many_events() {
    let good = text(&whole("sim-model", true).await);
    let events: Vec<&str> = good.split_inclusive("\n\n").collect();
    assert_eq!(
        text(&whole("sim-fault-cut3", true).await)
            .split_inclusive("\n\n")
            .count(),
        3
    );
    assert_eq!(
        text(&whole("sim-fault-noend", true).await)
            .split_inclusive("\n\n")
            .count(),
        events.len() - 1
    );
    assert!(!text(&whole("sim-fault-noend", true).await).contains("[DONE]"));
    let garbage = text(&whole("sim-fault-garbage2", true).await);
    assert_eq!(
        garbage.split_inclusive("\n\n").nth(2),
        Some("data: {\"garbage\": \n\n")
    );
    assert!(text(&whole("sim-fault-error3", true).await).contains(r#""error""#));
}

#[tokio::test]
async fn whole_answers_are_cut_in_the_middle() {
    let good = whole("sim-model", false).await;
    let cut = whole("sim-fault-cut1", false).await;
    assert!(!cut.body.is_empty() && cut.body.len() < good.body.len());
    assert!(whole("sim-fault-empty", false).await.body.is_empty());
    let html = whole("sim-fault-html", false).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (502, Some("text/html; charset=utf-8"))
    );
}

#[tokio::test]
async fn names_with_a_count_recover() {
    let service = SimService::new(SimModel::new());
    for expected in [503, 503, 200, 200] {
        let response = respond(&service, "sim-fault-503-x2-abc", false).await;
        assert_eq!(response.status(), expected);
    }
    let ledger = service
        .respond(HttpRequest::get("/sim/ledger"))
        .await
        .into_whole()
        .await;
    assert_eq!(text(&ledger).matches("Status(503)").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stream_gives_no_more() {
    let service = SimService::new(SimModel::new());
    let mut response = respond(&service, "sim-fault-stall2", true).await;
    for _ in 0..2 {
        assert!(response.next().await.is_some());
    }
    let waited = tokio::time::timeout(std::time::Duration::from_secs(3600), response.next()).await;
    assert!(waited.is_err());
}
