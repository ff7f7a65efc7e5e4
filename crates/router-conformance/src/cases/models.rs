//! Embeddings, rankings, judgements and model lists.

use router_core::moderation::ModerationRequest;
use router_core::rerank::RerankRequest;
use router_core::{EmbeddingRequest, OperationKind, ProviderExt as _, Text};

use crate::exchange::{Exchange, check_request};
use crate::subject::Subject;

async fn embed(subject: &Subject, cases: &[&str], request: EmbeddingRequest) -> Vec<Vec<f32>> {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(cases));
    let answer = exchange
        .provider
        .embed(subject.model_of(OperationKind::Embed).clone(), request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", cases[0]));
    check_request(subject, cases[0], &exchange, true);
    answer.into_value().embeddings
}

pub(crate) async fn embed_one(subject: Subject) {
    let vectors = embed(&subject, &["embed_one"], EmbeddingRequest::new(["one"])).await;
    assert_eq!(vectors, [vec![0.25, -0.5, 1.0]]);
}

/// Vectors come in the order of the inputs, whatever the order in the answer.
pub(crate) async fn embed_batch_keeps_order(subject: Subject) {
    let request = EmbeddingRequest::new(["one", "two"]);
    let vectors = embed(&subject, &["embed_batch_keeps_order"], request).await;
    assert_eq!(vectors, [vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]]);
}

pub(crate) async fn embed_dimensions(subject: Subject) {
    let request = EmbeddingRequest::new(["one"]).with_dimensions(3);
    let vectors = embed(&subject, &["embed_dimensions", "embed_one"], request).await;
    assert_eq!(vectors[0].len(), 3);
}

pub(crate) async fn list_models(subject: Subject) {
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["list_models"]));
    let list = exchange
        .provider
        .list_models()
        .await
        .unwrap_or_else(|error| panic!("list_models: {error}"));
    check_request(&subject, "list_models", &exchange, true);
    let ids: Vec<&str> = list.models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["model-a", "model-b"]);
}

/// The best document first, by its place in the request.
pub(crate) async fn rerank_scores_in_order(subject: Subject) {
    let exchange = Exchange::of(
        &subject,
        &subject.fixtures.response_of(&["rerank_scores_in_order"]),
    );
    let request = RerankRequest::new("capital of France", ["Oslo", "Paris", "Rome"].map(Text::from));
    let answer = exchange
        .provider
        .rerank(subject.model_of(OperationKind::Rerank).clone(), request)
        .await
        .unwrap_or_else(|error| panic!("rerank_scores_in_order: {error}"));
    check_request(&subject, "rerank_scores_in_order", &exchange, true);
    let order: Vec<u32> = answer.results.iter().map(|result| result.index).collect();
    assert_eq!(order, [1, 2, 0]);
    assert!(
        answer
            .results
            .windows(2)
            .all(|pair| pair[0].score >= pair[1].score)
    );
}

pub(crate) async fn moderate_categories(subject: Subject) {
    let exchange = Exchange::of(&subject, &subject.fixtures.response_of(&["moderate_categories"]));
    let answer = exchange
        .provider
        .moderate(
            subject.model_of(OperationKind::Moderate).clone(),
            ModerationRequest::new(["I hate you."]),
        )
        .await
        .unwrap_or_else(|error| panic!("moderate_categories: {error}"));
    check_request(&subject, "moderate_categories", &exchange, true);
    assert_eq!(answer.results.len(), 1, "one input has one judgement");
    let judgement = &answer.results[0];
    assert!(judgement.flagged, "moderate_categories: the text is flagged");
    let flagged = judgement.categories.iter().find(|category| category.flagged);
    let flagged = flagged.expect("moderate_categories: no category is flagged");
    assert!(
        flagged.score.is_none_or(|score| score > 0.5),
        "moderate_categories: {flagged:?} is flagged with a low score"
    );
}
