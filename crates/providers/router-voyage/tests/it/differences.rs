//! What Voyage AI is sent, by its reference and the schemas in a folder named by `ROUTER_SPECS`; and what it answers.

use router_conformance::profile::error_of;
use router_core::embedding::EmbeddingInput;
use router_core::rerank::RerankRequest;
use router_core::{Call, EmbeddingRequest, ErrorKind, Media, Operation, Output, ProviderId};
use router_voyage::VoyageCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};

fn codec() -> VoyageCodec {
    VoyageCodec::new(ProviderId::from("voyage"))
}

/// The body of a request, which fits its schema, and the settings warned of.
fn sent(root: &str, operation: impl Into<Operation>) -> (Value, Vec<String>) {
    let encoded = codec()
        .encode(&Call::new("m", operation.into()))
        .expect("a request");
    let value: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    if let Some(folder) = std::env::var_os("ROUTER_SPECS") {
        let path = std::path::Path::new(&folder).join("voyage-jina/voyage-jina-schemas.json");
        let text = std::fs::read_to_string(path).expect("a file of schemas");
        let mut schema: Value = serde_json::from_str(&text).expect("JSON");
        schema["$ref"] = format!("#/$defs/{root}").into();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{value}");
    }
    let settings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    (value, settings.collect())
}

fn decoded(operation: impl Into<Operation>, answer: &Value) -> Output {
    let response = HttpResponse::json(200, answer.to_string());
    let call = Call::new("m", operation.into());
    codec().decode(&call, &response).expect("an answer")
}

#[test]
fn vectors_are_asked_for_in_its_words() {
    let mut request = EmbeddingRequest::new(["a", "b"]).with_dimensions(256);
    request.input_type = Some("search_query".into());
    request.truncate = Some(true);
    request.encoding_format = Some("float".into());
    request.user = Some("u".into());
    let (body, warned) = sent("VoyageEmbeddingRequest", request.clone());
    assert_eq!(
        body,
        json!({"model": "m", "input": ["a", "b"], "output_dimension": 256, "input_type": "query", "truncation": true})
    );
    assert_eq!(warned, ["user"]);
    request.encoding_format = Some("base64".into());
    request.input_type = Some("query".into());
    let (body, _) = sent("VoyageEmbeddingRequest", request);
    assert_eq!(body["encoding_format"], "base64");
    assert_eq!(body["input_type"], "query");
    let tokens = EmbeddingRequest::new([EmbeddingInput::Tokens(vec![1])]);
    let refused = codec().encode(&Call::new("m", tokens)).expect_err("a refusal");
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_total_is_the_prompts() {
    let answer = json!({"object": "list", "model": "m", "usage": {"total_tokens": 7},
        "data": [{"object": "embedding", "index": 1, "embedding": "AACAPw=="}, {"index": 0, "embedding": [0.5], "text": null}]});
    let Output::Embed(vectors) = decoded(EmbeddingRequest::new(["a", "b"]), &answer) else {
        unreachable!("vectors were asked for")
    };
    assert_eq!(vectors.embeddings, [[0.5], [1.0]]);
    assert_eq!(vectors.usage.map(|usage| usage.input_tokens), Some(7));
}

#[test]
fn the_best_are_counted_in_its_word_and_read_from_data() {
    let request = RerankRequest::new("x", ["a", "b"]).with_top_n(1);
    let (body, _) = sent("VoyageRerankRequest", request.clone());
    assert_eq!(
        body,
        json!({"model": "m", "query": "x", "documents": ["a", "b"], "top_k": 1})
    );
    let answer = json!({"object": "list", "model": "m", "usage": {"total_tokens": 7},
        "data": [{"index": 1, "relevance_score": 0.75, "document": "b"}]});
    let Output::Rerank(ranking) = decoded(request, &answer) else {
        unreachable!("a ranking was asked for")
    };
    assert_eq!((ranking.results[0].index, ranking.results[0].score), (1, 0.75));
    assert_eq!(ranking.results[0].document, Some("b".into()));
    assert_eq!(ranking.usage.map(|usage| usage.input_tokens), Some(7));
    let picture = EmbeddingRequest::new([EmbeddingInput::from(Media::image_url(
        "https://example.com/a.png",
    ))]);
    let refused = codec().encode(&Call::new("m", picture)).expect_err("a refusal");
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[test]
fn errors_are_told_in_details() {
    for (status, body, kind) in [
        (
            400,
            r#"{"detail":"The batch is too large."}"#,
            ErrorKind::InvalidRequest,
        ),
        (
            401,
            r#"{"detail":"Provided API key is invalid."}"#,
            ErrorKind::Authentication,
        ),
        (
            402,
            r#"{"detail":"The balance is used up."}"#,
            ErrorKind::QuotaExceeded,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","input"],"msg":"Field required","type":"missing"}]}"#,
            ErrorKind::InvalidRequest,
        ),
        (
            429,
            r#"{"detail":"You are limited to 3 requests per minute."}"#,
            ErrorKind::RateLimited,
        ),
        (503, "upstream connect error", ErrorKind::Overloaded),
    ] {
        let error = error_of::<VoyageCodec>(status, body);
        assert_eq!(error.kind(), kind, "{body}");
        assert!(!error.message().is_empty());
    }
    assert!(
        error_of::<VoyageCodec>(422, r#"{"detail":[{"msg":"Field required"}]}"#)
            .message()
            .contains("Field required")
    );
}
