//! Folders of recordings that nobody has seen before: unknown vendors and endpoints, and files that are none.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use router_cassette::{Cassette, Recorded, Verdict, read_dir, read_each, read_expected, replay, verdict};
use serde_json::{Value, json};

fn recording(provider: &str, endpoint: &str, url: &str, body: Value) -> Cassette {
    let recording = json!({
        "id": format!("{provider}/a"), "provider": provider, "endpoint": endpoint, "features": ["new"],
        "request": {"method": "POST", "url": url, "headers": {}, "body": {"model": "m"}},
        "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": body},
    });
    Cassette::parse(&recording.to_string()).expect("a recording")
}

#[test]
fn an_unknown_endpoint_is_skipped_with_the_reason() {
    let outcome = replay(&recording(
        "acme",
        "telepathy",
        "https://acme.example/v1/think",
        json!({}),
    ));
    assert_eq!(
        outcome,
        json!({"id": "acme/a", "skip": "the endpoint telepathy is not read yet"})
    );
}

#[test]
fn an_unknown_vendor_is_read_with_the_plain_dialect() {
    let answer = json!({"id": "1", "model": "m-1", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    ]});
    let outcome = replay(&recording("acme", "chat", "https://acme.example/v7/chat", answer));
    assert_eq!(outcome["operation"], "chat");
    assert_eq!(outcome["choices"][0]["text"], "Hello");
    assert_eq!(outcome["choices"][0]["finish_reason"], "stop");
}

#[test]
fn what_may_be_absent_may_be_null() {
    let text = json!({
        "id": "acme/a", "source": null, "provider": "acme", "endpoint": "chat", "request": null,
        "response": {"status": 500, "headers": null, "body": null, "text": "oops", "base64": null},
    });
    let cassette = Cassette::parse(&text.to_string()).expect("a recording");
    assert_eq!(replay(&cassette)["error"]["kind"], "server");
    let text = json!({
        "id": "acme/a", "provider": "acme", "endpoint": "chat",
        "request": {"method": null, "url": null, "headers": null, "body": null, "truncated": null},
        "response": {"status": 500},
    });
    let cassette = Cassette::parse(&text.to_string()).expect("a recording");
    assert_eq!(replay(&cassette)["error"]["status"], 500);
}

#[test]
fn binary_bodies_are_bytes() {
    let mut cassette = recording("acme", "chat", "", json!(null));
    cassette.response.base64 = Some("AAEC/w==".to_owned());
    assert_eq!(
        cassette.payload().expect("bytes"),
        Recorded::Binary([0, 1, 2, 255].as_slice().into())
    );
    cassette.response.base64 = Some("no base64".to_owned());
    let outcome = replay(&cassette);
    assert!(
        outcome["skip"].as_str().is_some_and(|why| why.contains("acme/a")),
        "{outcome}"
    );
}

#[test]
fn text_that_was_kept_as_bytes_is_text() {
    let answer = r#"{"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}"#;
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n\n";
    for (text, operation) in [(answer, "chat"), (stream, "chat_stream")] {
        let mut cassette = recording("acme", "chat", "https://acme.example/v1/chat", json!(null));
        cassette.response.base64 = Some(STANDARD.encode(text));
        let outcome = replay(&cassette);
        assert_eq!(outcome["operation"], operation);
        assert_eq!(outcome["choices"][0]["text"], "Hello");
    }
    let mut cassette = recording("acme", "chat", "https://acme.example/v1/chat", json!(null));
    cassette.response.base64 = Some("H4sIAAAAAAAA/wMAAAAAAAAAAAA=".to_owned());
    assert_eq!(
        replay(&cassette)["skip"],
        "bytes in gzip (recordings hold bodies decoded) that are no sound and no stream"
    );
}

#[test]
fn an_operation_is_told_by_address_or_answer() {
    let vertex =
        "https://aiplatform.example/v1/projects/p/publishers/google/models/gemini-embedding-001:predict";
    let gemini = "https://google.example/v1beta/models/imagen-4.0:predict";
    let bedrock = |model: &str| format!("https://aws.example/model/{model}/invoke");
    let (arn, ranker) = (
        bedrock("arn%3Aaws%3Abedrock%3A%3Aabc"),
        bedrock("cohere.rerank-v3-5%3A0"),
    );
    let picture = json!({"predictions": [{"bytesBase64Encoded": "AAAA", "mimeType": "image/png"}]});
    let ranking = json!({"results": [{"index": 0, "relevance_score": 0.5}]});
    for (provider, endpoint, url, body, operation) in [
        ("vertex", "predict", vertex, json!({}), "embed"),
        ("gemini", "predict", gemini, picture, "generate_image"),
        ("bedrock", "invoke", &arn, json!({"embedding": [0.5]}), "embed"),
        ("bedrock", "invoke", &ranker, ranking, "rerank"),
    ] {
        let outcome = replay(&recording(provider, endpoint, url, body));
        assert_eq!(outcome["operation"], operation, "{outcome}");
    }
}

#[test]
fn speech_in_pieces_is_one_sound() {
    let piece = |data: &str| {
        json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"parts": [
            {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": data}}]}}]})
    };
    let mut cassette = recording(
        "gemini",
        "generateContent",
        "https://google.example/v1beta/models/m:streamGenerateContent",
        json!(null),
    );
    let asked = json!({"generationConfig": {"responseModalities": ["AUDIO"]}});
    cassette.request.as_mut().expect("a request").body = asked;
    cassette.response.text = Some(format!("data: {}\n\ndata: {}\n\n", piece("AAEC"), piece("AwQ=")));
    let outcome = replay(&cassette);
    assert_eq!(outcome["operation"], "speak");
    assert_eq!(
        outcome["audio"],
        json!({"bytes": 5, "content_type": "audio/L16;rate=24000"})
    );
}

#[test]
fn an_answer_that_cannot_be_read_has_its_status() {
    let mut cassette = recording("acme", "chat", "https://acme.example/v1/chat", json!(null));
    cassette.response.text = Some(String::new());
    let error = replay(&cassette)["error"].clone();
    assert_eq!(
        (&error["kind"], &error["status"]),
        (&json!("decode"), &json!(200))
    );
}

#[test]
fn a_stream_of_bytes_needs_no_content_type() {
    let url = "https://aws.example/model/m/converse-stream";
    let mut cassette = recording("bedrock", "converse", url, json!(null));
    cassette.response.headers.clear();
    cassette.response.base64 = Some(String::new());
    let outcome = replay(&cassette);
    assert_eq!(outcome["error"]["kind"], "truncated", "{outcome}");
}

#[test]
fn a_file_that_is_no_recording_is_named() {
    let folder = temporary("malformed");
    fs::create_dir_all(folder.join("acme")).expect("a folder");
    fs::write(folder.join("expected.jsonl"), "").expect("a file");
    fs::write(folder.join("acme/notes.txt"), "no JSON").expect("a file");
    assert_eq!(read_dir(&folder).expect("no recordings").len(), 0);
    fs::write(
        folder.join("acme/broken.json"),
        r#"{"id": "acme/broken", "provider""#,
    )
    .expect("a file");
    let error = read_dir(&folder).expect_err("a broken file").to_string();
    assert!(error.contains("acme/broken.json: "), "{error}");
    assert_eq!(error.lines().count(), 1);
    // The others are read all the same.
    fs::write(
        folder.join("acme/good.json"),
        "\u{feff}{\"id\": \"acme/good\", \"provider\": \"acme\", \"endpoint\": \"chat\", \"response\": {\"status\": 200}}",
    )
    .expect("a file");
    let each = read_each(&folder).expect("a folder");
    let read: Vec<_> = each
        .iter()
        .map(|(id, file)| (id.as_str(), file.is_ok()))
        .collect();
    assert_eq!(read, [("acme/broken", false), ("acme/good", true)]);
    fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn expected_outcomes_are_read_by_id() {
    let folder = temporary("expected");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("expected.jsonl");
    fs::write(&file, "{\"id\":\"a/b\",\"outcome\":\"ok\"}\n\n").expect("a file");
    let expected = read_expected(&file).expect("outcomes");
    assert_eq!(expected.keys().collect::<Vec<_>>(), ["a/b"]);
    fs::write(&file, "{\"id\":\"a/b\"}\n{\"outcome\":\"ok\"}\n").expect("a file");
    let error = read_expected(&file).expect_err("no id").to_string();
    assert!(error.ends_with("expected.jsonl line 2: no id"), "{error}");
    fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn verdicts_tell_equal_different_and_neither() {
    let outcome = json!({"id": "a/b", "operation": "chat", "outcome": "ok", "model": "m"});
    assert_eq!(verdict(&outcome, Some(&outcome)), Verdict::Equal);
    let mut other = outcome.clone();
    other["model"] = json!("n");
    assert_eq!(
        verdict(&outcome, Some(&other)),
        Verdict::Differs(vec![r#"model: expected "n", got "m""#.to_owned()])
    );
    let skipped = |verdict: Verdict| matches!(verdict, Verdict::Skipped(_));
    assert!(skipped(verdict(&outcome, None)));
    assert!(skipped(verdict(
        &outcome,
        Some(&json!({"id": "a/b", "skip": "why"}))
    )));
    assert!(skipped(verdict(
        &json!({"id": "a/b", "skip": "why"}),
        Some(&outcome)
    )));
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("router-cassette-{}-{name}", std::process::id()))
}
