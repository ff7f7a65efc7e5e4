//! Rankings by InvokeModel.

use router_core::rerank::RerankRequest;
use router_core::{Call, Output};
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};

use crate::side::{body, codec};

#[test]
fn a_ranking_is_asked_for_and_read() {
    let mut request = RerankRequest::new("q", ["a", "b"]);
    request.top_n = Some(1);
    let (cohere, _) = body(&Call::new("cohere.rerank-v3-5:0", request.clone())).expect("a request");
    assert_eq!(
        cohere,
        json!({"query": "q", "documents": ["a", "b"], "top_n": 1, "api_version": 2})
    );
    let call = Call::new("amazon.rerank-v1:0", request);
    let encoded = codec().encode(&call).expect("a request").request;
    assert_eq!(encoded.path, "/model/amazon.rerank-v1%3A0/invoke");
    let sent: Value = serde_json::from_slice(&encoded.body).expect("JSON");
    assert_eq!(sent, json!({"query": "q", "documents": ["a", "b"], "top_n": 1}));
    let reply = json!({"results": [{"index": 1, "relevance_score": 0.9}]});
    let reply = HttpResponse::json(200, reply.to_string());
    let Output::Rerank(ranking) = codec().decode(&call, &reply).expect("a ranking") else {
        unreachable!("a ranking")
    };
    let rows: Vec<_> = ranking.results.iter().map(|row| (row.index, row.score)).collect();
    assert_eq!(rows, [(1, 0.9)]);
}
