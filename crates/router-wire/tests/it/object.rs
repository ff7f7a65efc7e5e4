//! A request read field by field: what is known is taken, what is left stays with its wire.

use router_core::ErrorKind;
use router_wire::object::{Object, field_of, invalid};

#[test]
fn takes_and_keeps() {
    let body = br#"{"model":"m","n":2,"stop":null,"new":{"x":1},"list":[1,2],"inner":{"a":"b"}}"#;
    let mut object = Object::parse(body).expect("an object");
    assert_eq!(object.required_text("model").expect("a text"), "m");
    assert_eq!(object.read::<u32>("n").expect("a number"), Some(2));
    assert_eq!(object.text("stop").expect("null is absent"), None);
    assert_eq!(object.list("list").expect("a list").len(), 2);
    assert!(object.list("absent").expect("absent is empty").is_empty());
    let mut inner = object.object("inner").expect("an object").expect("there");
    assert_eq!(inner.path_of("a"), "inner.a");
    assert_eq!(inner.text("a").expect("a text").as_deref(), Some("b"));
    assert!(inner.is_empty());
    let rest = object.rest("wire");
    assert_eq!(
        rest.get("wire", "new").map(|json| json.as_str()),
        Some("{\"x\":1}")
    );
    assert_eq!(rest.iter().count(), 1);
    assert!(rest.for_wire("other").is_empty());
}

#[test]
fn errors_name_the_field() {
    let mut object = Object::parse(br#"{"n":"two","inner":7,"list":{}}"#).expect("an object");
    let checks = [
        object.read::<u32>("n").map(|_| ()).expect_err("no number"),
        object.object("inner").map(|_| ()).expect_err("no object"),
        object.list("list").map(|_| ()).expect_err("no list"),
        object.required_text("model").map(|_| ()).expect_err("absent"),
    ];
    for (error, field) in checks.iter().zip(["n", "inner", "list", "model"]) {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(field_of(error), Some(field), "{error}");
    }
    for body in ["", "[]", "7", "{\"a\":}", "{\"a\":1"] {
        let error = Object::parse(body.as_bytes()).expect_err("no object");
        assert_eq!(
            (error.kind(), field_of(&error)),
            (ErrorKind::InvalidRequest, None),
            "{body}"
        );
    }
    assert_eq!(
        field_of(&invalid("messages[2].content", "must be text")),
        Some("messages[2].content")
    );
}

#[test]
fn names_of_protocol_buffers_come_in_two_forms() {
    let body = br#"{"thinking_config":{"include_thoughts":true},"thoughtSignature":"a","thought_signature":"b","top_k":1}"#;
    let mut object = Object::parse(body).expect("an object").proto();
    assert!(object.peek("topK").is_some());
    let mut inner = object
        .object("thinkingConfig")
        .expect("an object")
        .expect("is there");
    assert_eq!(inner.read::<bool>("includeThoughts").expect("a bool"), Some(true));
    // The name as asked for comes first; the other one is no other field, and stays for whoever keeps the rest.
    assert_eq!(
        object.text("thoughtSignature").expect("a text").as_deref(),
        Some("a")
    );
    assert!(object.take("top_k").is_some());

    let mut exact = Object::parse(body).expect("an object");
    assert!(exact.take("thinkingConfig").is_none());
}

#[test]
fn what_is_left_of_inner_objects_is_kept_under_their_names() {
    let body = br#"{"options":{"usage":true,"new":1,"deep":{"a":"b","newer":null,"newest":[2]}},"last":3}"#;
    let mut object = Object::parse(body).expect("an object");
    let mut options = object.object("options").expect("an object").expect("there");
    assert_eq!(options.read::<bool>("usage").expect("a boolean"), Some(true));
    let mut deep = options.object("deep").expect("an object").expect("there");
    assert_eq!(deep.text("a").expect("a text").as_deref(), Some("b"));
    options.keep("deep", deep);
    object.keep("options", options);
    object.keep("other", Object::parse(b"{\"a\":null}").expect("an object"));
    let rest = object.rest("wire");
    let rest: Vec<_> = rest.iter().map(|(name, json)| (name, json.as_str())).collect();
    assert_eq!(
        rest,
        [("last", "3"), ("options", r#"{"new":1,"deep":{"newest":[2]}}"#)]
    );
}
