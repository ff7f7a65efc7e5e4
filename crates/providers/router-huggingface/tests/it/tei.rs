//! The suite over a text embeddings server, and what is particular to it.

use router_conformance::Subject;
use router_conformance::profile::error_of;
use router_core::rerank::RerankRequest;
use router_core::{Call, EmbeddingRequest, ErrorKind, Output, ProviderExt as _, ProviderId};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_huggingface::{TeiCodec, build};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};
use std::sync::Arc;

fn subject() -> Subject {
    Subject::of::<TeiCodec>(env!("CARGO_MANIFEST_DIR")).fixtures_in("tei")
}

router_conformance::suite!(subject());

fn codec() -> TeiCodec {
    TeiCodec::new(ProviderId::from_static("tei"))
}

/// More texts than a server takes at once are several requests, and one answer.
#[tokio::test]
async fn many_texts_are_several_requests() {
    let vectors = |count: usize| Value::from(vec![vec![0.5]; count]).to_string();
    let transport = Arc::new(
        ReplayTransport::new()
            .json(200, vectors(32))
            .json(200, vectors(8)),
    );
    let settings = ProviderSettings::default()
        .with_option("server", "tei")
        .with_base_url("http://tei.test/v1")
        .with_transport(Arc::clone(&transport) as _);
    let provider = build(&settings).expect("a provider");
    let answer = provider
        .embed("tei", EmbeddingRequest::new(vec!["x"; 40]))
        .await
        .expect("vectors");
    assert_eq!(answer.embeddings.len(), 40);
    let sent = transport.requests();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|request| request.url == "http://tei.test/embed"));
}

#[test]
fn a_purpose_is_the_name_of_a_prompt() {
    let mut request = EmbeddingRequest::new(["x"]);
    request.input_type = Some("search_query".into());
    request.truncate = Some(true);
    let encoded = codec().encode(&Call::new("tei", request)).expect("a request");
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(
        body,
        json!({"inputs": ["x"], "truncate": true, "prompt_name": "query"})
    );
}

/// The server ranks all; the best are taken here.
#[test]
fn the_best_of_a_ranking() {
    let mut request = RerankRequest::new("q", ["a", "b", "c"].map(router_core::Text::from)).with_top_n(2);
    request.return_documents = Some(true);
    let call = Call::new("tei", request);
    let encoded = codec().encode(&call).expect("a request");
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(
        body,
        json!({"query": "q", "texts": ["a", "b", "c"], "return_text": true})
    );
    let answered = r#"[{"index":2,"score":0.2,"text":"c"},{"index":0,"score":0.9,"text":"a"},{"index":1,"score":0.1,"text":"b"}]"#;
    let output = codec().decode(&call, &HttpResponse::json(200, answered));
    let Ok(Output::Rerank(answer)) = output else {
        panic!("a ranking: {output:?}");
    };
    let ranks: Vec<_> = answer
        .results
        .iter()
        .map(|result| (result.index, result.score))
        .collect();
    assert_eq!(ranks, [(0, 0.9), (2, 0.2)]);
    let document = answer.results[0]
        .document
        .as_ref()
        .and_then(|part| part.as_text());
    assert_eq!(document.map(|text| text.as_str()), Some("a"));
}

#[test]
fn words_of_its_errors() {
    let kind = |status, body: &str| {
        let error = error_of::<TeiCodec>(status, body);
        (error.kind(), error.is_retryable())
    };
    let error = |message: &str, word: &str| format!(r#"{{"error":"{message}","error_type":"{word}"}}"#);
    let long = error(
        "Input validation error: `inputs` must have less than 512 tokens. Given: 600",
        "Validation",
    );
    assert_eq!(kind(413, &long), (ErrorKind::ContextLengthExceeded, false));
    let many = error("batch size 33 > maximum allowed batch size 32", "Validation");
    assert_eq!(kind(413, &many), (ErrorKind::InvalidRequest, false));
    assert_eq!(
        kind(422, &error("Tokenization error", "Tokenizer")),
        (ErrorKind::InvalidRequest, false)
    );
    assert_eq!(
        kind(424, &error("Inference failed", "Backend")),
        (ErrorKind::Server, true)
    );
    assert_eq!(
        kind(429, &error("Model is overloaded", "Overloaded")),
        (ErrorKind::Overloaded, true)
    );
    assert_eq!(
        kind(400, &error("`inputs` cannot be empty", "Empty")),
        (ErrorKind::InvalidRequest, false)
    );
}

#[test]
fn a_vector_for_each_token_is_told() {
    let call = Call::new("tei", EmbeddingRequest::new(["x"]));
    let error = codec()
        .decode(&call, &HttpResponse::json(200, "[[[0.5,0.5],[0.5,0.5]]]"))
        .expect_err("no vector of a text");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("each token"), "{error}");
}
