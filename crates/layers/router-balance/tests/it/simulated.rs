//! Over the simulated vendor and its wire: failures as they come from a network, before the first content and behind it.

use std::sync::Arc;

use router_balance::{Balance, Strategy, Target};
use router_core::{Body, Call, ChatRequest, Error, ErrorKind, Output, Provider as _, StreamEvent};
use router_sim::{Ended, SimClient, SimModel, SimService, SimTransport};

/// A route of a model that fails and one that answers, over one vendor with one ledger.
fn route(failing: &str) -> (Balance, SimModel) {
    let model = SimModel::new();
    let transport = Arc::new(SimTransport::new(SimService::new(model.clone())));
    let client = || {
        let builder = SimClient::builder().transport(transport.clone());
        builder.build().expect("it builds")
    };
    let balance = Balance::builder()
        .strategy(Strategy::Failover)
        .target(Target::new(client()).with_model(failing))
        .target(Target::new(client()).with_model("sim-model"))
        .build()
        .expect("it builds");
    (balance, model)
}

fn call() -> Call {
    Call::new("smart", ChatRequest::user("Count from 1 to 9"))
}

/// The text of an answer, or of what came of it with the error.
async fn text(balance: &Balance, call: &Call) -> (String, Option<Error>) {
    let reply = match balance.call(call).await {
        Ok(reply) => reply,
        Err(error) => return (String::new(), Some(error)),
    };
    let mut stream = match reply.body {
        Body::Full(Output::Chat(response)) => return (response.text().to_string(), None),
        Body::Full(other) => panic!("a chat was asked for: {other:?}"),
        Body::Stream(stream) => stream,
    };
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(StreamEvent::TextDelta { text: more, .. }) => text.push_str(&more),
            Ok(_) => {}
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

const ALL: &str = "1 2 3 4 5 6 7 8 9";

/// Property 5: the client sees one clean answer, and no byte of the failed attempt.
#[tokio::test(start_paused = true)]
async fn what_fails_before_its_first_content_is_never_seen() {
    for failing in [
        "sim-fault-429-after7",
        "sim-fault-500",
        "sim-fault-503",
        "sim-fault-529",
        "sim-fault-401",
        "sim-fault-402",
        "sim-fault-403",
        "sim-fault-404",
        "sim-fault-408",
        "sim-fault-html",
        "sim-fault-html200",
        "sim-fault-empty",
        "sim-fault-error0",
        "sim-fault-cut0",
        "sim-fault-reset0",
        "sim-fault-garbage0",
    ] {
        for call in [call(), call().streaming()] {
            let (balance, model) = route(failing);
            let (text, error) = text(&balance, &call).await;
            assert_eq!(text, ALL, "{failing}, {:?}", call.mode);
            assert!(error.is_none(), "{failing}, {:?}: {error:?}", call.mode);
            let answered = model.ledger().entries();
            let answered = answered.iter().filter(|entry| entry.model == "sim-model");
            assert_eq!(answered.count(), 1, "{failing}, {:?}", call.mode);
        }
    }
}

/// Property 6: behind it the error is the reader's, the target's failure is counted, and nobody else is asked.
#[tokio::test(start_paused = true)]
async fn what_fails_behind_its_first_content_is_an_error_and_counts() {
    for failing in [
        "sim-fault-error4",
        "sim-fault-cut4",
        "sim-fault-reset4",
        "sim-fault-garbage4",
    ] {
        let (balance, model) = route(failing);
        for number in 1..=5 {
            let (text, error) = text(&balance, &call().streaming()).await;
            assert!(ALL.starts_with(&text) && !text.is_empty(), "{failing}: {text:?}");
            let error = error.unwrap_or_else(|| panic!("{failing}: a clean end of a broken stream"));
            assert_ne!(error.kind(), ErrorKind::InvalidRequest);
            let target = &balance.handle().status().targets[0];
            assert_eq!(target.failures, number, "{failing}: {error}");
            assert!(
                model
                    .ledger()
                    .entries()
                    .iter()
                    .all(|entry| entry.model != "sim-model")
            );
        }
        let (text, error) = text(&balance, &call().streaming()).await;
        assert_eq!(
            (text.as_str(), error.map(|error| error.kind())),
            (ALL, None),
            "{failing}: it is left alone now"
        );
    }
}

/// A caller's mistake is one at every vendor.
#[tokio::test(start_paused = true)]
async fn a_refused_request_is_refused_once() {
    for (failing, kind) in [
        ("sim-fault-400", ErrorKind::InvalidRequest),
        ("sim-fault-422", ErrorKind::InvalidRequest),
    ] {
        for call in [call(), call().streaming()] {
            let (balance, model) = route(failing);
            let (_, error) = text(&balance, &call).await;
            assert_eq!(error.map(|error| error.kind()), Some(kind), "{failing}");
            let entries = model.ledger().entries();
            assert_eq!(entries.len(), 1, "{failing}: {entries:?}");
            assert_eq!(entries[0].ended, Ended::Failed);
        }
    }
}
