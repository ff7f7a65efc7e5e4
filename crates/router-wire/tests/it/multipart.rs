//! Forms: what is written is read, and what is no form is told apart.

use bytes::Bytes;
use proptest::prelude::*;
use router_core::ErrorKind;
use router_wire::{Form, HttpRequest};
use serde_json::json;

fn field() -> impl Strategy<Value = (String, Option<(String, String)>, Vec<u8>)> {
    let file = prop::option::of((
        "[a-zé \"]{1,8}",
        prop::sample::select(vec!["audio/wav", "image/png"]),
    ));
    (
        "[a-z_]{1,6}(\\[\\])?",
        file,
        prop::collection::vec(any::<u8>(), 0..200),
    )
        .prop_map(|(name, file, data)| {
            match file {
                Some((file, media_type)) => (name, Some((file, media_type.to_owned())), data),
                // A field without a file's name is a text.
                None => (
                    name,
                    None,
                    String::from_utf8_lossy(&data).into_owned().into_bytes(),
                ),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(fields in prop::collection::vec(field(), 0..6)) {
        let mut form = Form::new();
        for (name, file, data) in &fields {
            match file {
                Some((file, media_type)) => form.push_file(name, file, Some(media_type), data.clone()),
                None => form.push_text(name, String::from_utf8_lossy(data).as_ref()),
            }
        }
        let request = form.into_request("/x").expect("a request");
        let again = Form::read(&request).expect("a form");
        prop_assert_eq!(again.fields().len(), fields.len());
        for (read, (name, file, data)) in again.fields().iter().zip(&fields) {
            prop_assert_eq!(&read.name, name);
            prop_assert_eq!(&read.data[..], &data[..]);
            prop_assert_eq!(read.file.is_some(), file.is_some());
            if let (Some(read), Some((file, media_type))) = (&read.file, file) {
                // As browsers do, quotes are written in a form that nobody turns back.
                prop_assert_eq!(&read.name, &file.replace('"', "%22"));
                prop_assert_eq!(read.media_type.as_ref(), Some(media_type));
            }
        }
    }

    /// Any body is read or refused, never a panic.
    #[test]
    fn any_body(body in prop::collection::vec(prop_oneof![
        Just(b"--x\r\n".to_vec()), Just(b"--x--".to_vec()), Just(b"Content-Disposition: form-data; name=\"a\"\r\n".to_vec()),
        Just(b"\r\n".to_vec()), prop::collection::vec(any::<u8>(), 0..20),
    ], 0..12)) {
        let request = form_request("x", &body.concat());
        let _ = Form::read(&request).and_then(|form| form.rest("wire"));
    }
}

fn form_request(boundary: &str, body: &[u8]) -> HttpRequest {
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let mut request = HttpRequest::post_json("/x", Bytes::copy_from_slice(body));
    request
        .headers
        .insert("content-type", content_type.parse().expect("a header"));
    request
}

#[test]
fn an_object_is_a_form() {
    let json = json!({"model": "m", "n": 2, "stream": true, "include": ["a", "b"], "vad": {"type": "x"}, "none": null});
    let form = Form::of_object(json.to_string().as_bytes()).expect("an object");
    let mut form = Form::read(&form.into_request("/x").expect("a request")).expect("a form");
    assert_eq!(form.required_text("model").expect("a text"), "m");
    assert_eq!(form.parsed::<u32>("n").expect("a number"), Some(2));
    assert_eq!(form.parsed::<bool>("stream").expect("true or false"), Some(true));
    assert_eq!(form.texts("include").expect("texts"), ["a", "b"]);
    let rest = form.rest("wire").expect("texts");
    assert_eq!(rest.iter().count(), 1, "what is null is not sent: {rest:?}");
    assert_eq!(
        rest.get("wire", "vad").map(|json| json.to_value()),
        Some(json!(r#"{"type":"x"}"#))
    );
}

#[test]
fn the_same_form_is_the_same_request() {
    let form = |data: &'static [u8]| {
        let mut form = Form::new();
        form.push_text("model", "m");
        form.push_file("file", "a.wav", Some("audio/wav"), data);
        form.into_request("/x").expect("a request").body
    };
    assert_eq!(form(b"RIFF"), form(b"RIFF"));
    // A file that holds the boundary of a form of its length gets another one.
    let boundary = form(&[b'x'; 21]).slice(2..23);
    let mut form = Form::new();
    form.push_text("model", "m");
    form.push_file("file", "a.wav", Some("audio/wav"), boundary.clone());
    let request = form.into_request("/x").expect("a request");
    let mut read = Form::read(&request).expect("a form");
    assert_eq!(read.files("file").expect("a file")[0].1, boundary);
}

#[test]
fn lists_and_what_is_left() {
    let mut form = Form::new();
    for (name, value) in [
        ("a[]", "1"),
        ("b", "2"),
        ("a[]", "3"),
        ("c[]", "4"),
        ("d[][]", "5"),
    ] {
        form.push_text(name, value);
    }
    let rest = Form::read(&form.into_request("/x").expect("a request"))
        .and_then(|form| form.rest("wire"))
        .expect("texts");
    let shown: Vec<String> = rest
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        shown,
        [r#"a=["1","3"]"#, r#"b="2""#, r#"c=["4"]"#, r#"d[]=["5"]"#]
    );
}

#[test]
fn what_is_no_form() {
    let refused = |request: &HttpRequest| {
        let error = Form::read(request).expect_err("no form");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        error.message().to_owned()
    };
    let json = HttpRequest::post_json("/x", "{}");
    assert!(!Form::is_in(&json));
    assert!(refused(&json).contains("boundary"));
    let whole = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
    assert!(Form::read(&form_request("x", whole)).is_ok());
    for end in [0, 4, 30, whole.len() - 10] {
        refused(&form_request("x", &whole[..end]));
    }
    let many = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(200);
    assert!(refused(&form_request("x", &[many, b"--x--".to_vec()].concat())).contains("128"));
    let mut form = Form::new();
    form.push_file("a", "a.txt", None, "x");
    form.push_text("b", "x");
    let mut form = Form::read(&form.into_request("/x").expect("a request")).expect("a form");
    assert!(form.text("a").expect_err("a file").message().starts_with("a: "));
    assert!(form.files("b").expect_err("a text").message().starts_with("b: "));
}
