//! The list of models.

use proptest::prelude::*;
use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{Call, ErrorKind, Head, Operation, Output, Text};
use router_wire::{Codec, HttpRequest};
use router_wire_openai::models::server::Models;

use super::{ingress, whole};
use crate::side;
use crate::values::id;

fn list() -> impl Strategy<Value = ModelList> {
    let model = (id(), 0i64..2_000_000_000, id(), prop::option::of(1u64..2_000_000));
    let model = model.prop_map(|(name, created, owner, window)| {
        let mut info = ModelInfo::new(name);
        info.created = Some(created);
        info.owner = Some(Text::from(owner));
        info.context_window = window;
        info
    });
    prop::collection::vec(model, 0..4).prop_map(ModelList::new)
}

fn call() -> Call {
    Call::new("", ListModelsRequest::default())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers(list in list()) {
        let asked = side::codec().encode(&call()).expect("a request").request;
        prop_assert!(matches!(ingress(&Models, &asked).operation, Operation::ListModels(_)));
        let response = whole(&Models, &asked, Output::ListModels(list.clone()));
        let Output::ListModels(decoded) = side::codec().decode(&call(), &response).expect("a list") else {
            unreachable!("models")
        };
        prop_assert_eq!(decoded, list);
    }
}

#[test]
fn one_model_is_found_by_its_name() {
    let output = || Output::ListModels(ModelList::new(vec![ModelInfo::new("a/b")]));
    let one = whole(&Models, &HttpRequest::get("/v1/models/a%2Fb"), output());
    let body: serde_json::Value = serde_json::from_slice(&one.body).expect("JSON");
    assert_eq!((&body["id"], &body["object"]), (&"a/b".into(), &"model".into()));
    let mut reply = ingress(&Models, &HttpRequest::get("/v1/models/c")).reply;
    let error = reply
        .full(&Head::default(), &output())
        .expect_err("no such model");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// llama.cpp lists the same models in two forms.
#[test]
fn a_list_in_two_forms_is_one_list() {
    let body = r#"{"object": "list", "data": [{"id": "a"}], "models": [{"name": "a", "model": "a"}]}"#;
    let response = router_wire::HttpResponse::json(200, body);
    let list = router_wire_openai::models::decode(&response).expect("a list");
    assert_eq!(
        list.models
            .iter()
            .map(|model| model.id.as_str())
            .collect::<Vec<_>>(),
        ["a"]
    );
}
