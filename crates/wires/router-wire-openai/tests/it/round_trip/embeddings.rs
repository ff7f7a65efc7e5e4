//! Embeddings.

use proptest::prelude::*;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{Call, Mode, Operation, Output, Text, Usage};
use router_wire::{Codec, HttpRequest};
use router_wire_openai::embeddings::server::Embeddings;

use super::{ingress, whole};
use crate::side;
use crate::values::{id, maybe_word, words};

fn request() -> impl Strategy<Value = EmbeddingRequest> {
    let texts = prop::collection::vec(words().prop_map(|text| EmbeddingInput::Text(text.into())), 1..4);
    let tokens =
        prop::collection::vec(any::<u16>().prop_map(u32::from), 1..5).prop_map(EmbeddingInput::Tokens);
    let inputs = prop_oneof![texts, prop::collection::vec(tokens, 1..3)];
    let form = prop::option::of(prop_oneof![Just("float"), Just("base64")].prop_map(Text::from_static));
    (inputs, prop::option::of(1u32..4000), form, maybe_word()).prop_map(|(inputs, dimensions, form, user)| {
        let mut request = EmbeddingRequest::new(inputs);
        request.dimensions = dimensions;
        request.encoding_format = form;
        request.user = user;
        request
    })
}

fn answer() -> impl Strategy<Value = EmbeddingResponse> {
    let vector = prop::collection::vec(-1.0f32..1.0, 1..6);
    (prop::collection::vec(vector, 1..4), id(), 0u64..9000).prop_map(|(vectors, model, tokens)| {
        let mut answer = EmbeddingResponse::new(vectors);
        answer.model = Some(Text::from(model));
        answer.usage = Some(Usage::new(tokens, 0));
        answer
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(request in request()) {
        let call = Call::new("m", request.clone());
        let encoded = side::codec().encode(&call).expect("a request");
        prop_assert_eq!(&encoded.warnings, &[]);
        let read = ingress(&Embeddings, &encoded.request);
        prop_assert_eq!((read.model.as_str(), read.mode), ("m", Mode::Full));
        let Operation::Embed(decoded) = read.operation else { unreachable!("embeddings") };
        prop_assert_eq!(&*decoded, &request);
    }

    /// As lists of numbers and as base64, which the request asks for.
    #[test]
    fn answers(answer in answer(), form in prop_oneof![Just("float"), Just("base64")]) {
        let body = serde_json::json!({"model": "m", "input": "x", "encoding_format": form});
        let asked = HttpRequest::post_json("/v1/embeddings", body.to_string());
        let response = whole(&Embeddings, &asked, Output::Embed(answer.clone()));
        let call = Call::new("m", EmbeddingRequest::new(["x"]));
        let Output::Embed(mut decoded) = side::codec().decode(&call, &response).expect("an answer") else {
            unreachable!("embeddings")
        };
        if let Some(usage) = &mut decoded.usage {
            usage.raw = None;
        }
        prop_assert_eq!(decoded, answer);
    }
}
