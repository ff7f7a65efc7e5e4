//! More texts than a model embeds at once go out as several requests.

use std::sync::Arc;

use router_core::{EmbeddingRequest, ProviderExt as _};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_vertex::VertexBuilder;

/// How many requests so many texts are.
async fn requests(model: &str, texts: usize, each: &[usize]) -> usize {
    let mut transport = ReplayTransport::new();
    for count in each {
        let row = r#"{"embeddings":{"values":[1.0],"statistics":{"token_count":1}}}"#;
        let rows = vec![row; *count].join(",");
        transport = transport.json(200, format!(r#"{{"predictions":[{rows}]}}"#));
    }
    let transport = Arc::new(transport);
    let vertex = VertexBuilder::new()
        .project("p")
        .token("t")
        .settings(ProviderSettings::default().with_transport(Arc::clone(&transport) as _))
        .build()
        .expect("a provider");
    let inputs = (0..texts).map(|at| format!("text {at}"));
    let vectors = vertex
        .embed(model, EmbeddingRequest::new(inputs))
        .await
        .expect("vectors");
    assert_eq!(vectors.embeddings.len(), texts);
    transport.requests().len()
}

#[tokio::test(start_paused = true)]
async fn by_what_the_model_takes() {
    assert_eq!(requests("text-embedding-005", 250, &[250]).await, 1);
    assert_eq!(requests("text-embedding-005", 750, &[250, 250, 250]).await, 3);
    assert_eq!(requests("gemini-embedding-001", 3, &[1, 1, 1]).await, 3);
}
