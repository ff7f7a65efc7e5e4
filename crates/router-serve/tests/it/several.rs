//! Several prompts in one request are several calls, and their choices stand one behind the other.

use router_core::chat::Choice;
use router_core::{
    ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Operation, Scripted, StreamEvent, Usage,
};
use router_serve::Service;
use router_wire::HttpRequest;
use serde_json::{Value, json};

fn answer(texts: &[&str], usage: Usage) -> ChatResponse {
    let mut answer = ChatResponse::default();
    answer.choices = (0..)
        .zip(texts)
        .map(|(index, text)| Choice::new(index, vec![ContentPart::text(*text)], FinishReason::Stop))
        .collect();
    answer.usage = Some(usage);
    answer
}

async fn asked(provider: &Scripted, body: Value) -> (u16, String) {
    let request = HttpRequest::post_json("/v1/completions", body.to_string());
    let response = Service::new(provider.clone())
        .respond(request)
        .await
        .into_whole()
        .await;
    let text = String::from_utf8(response.body.to_vec()).expect("text");
    (response.status, text)
}

fn frames(body: &str) -> Vec<Value> {
    body.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn whole() {
    let provider = Scripted::new()
        .output(answer(&["a1", "a2"], Usage::new(3, 4)))
        .output(answer(&["b1", "b2"], Usage::new(5, 6)));
    let body = json!({"model": "m", "prompt": ["one", "two"], "n": 2, "echo": true});
    let (status, text) = asked(&provider, body).await;
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let said: Vec<_> = answer["choices"]
        .as_array()
        .expect("choices")
        .iter()
        .map(|choice| (choice["index"].as_u64(), choice["text"].as_str()))
        .collect();
    let expected = ["onea1", "onea2", "twob1", "twob2"];
    let expected: Vec<_> = (0..)
        .zip(expected)
        .map(|(at, text)| (Some(at), Some(text)))
        .collect();
    assert_eq!(said, expected, "each choice stands behind its own prompt");
    assert_eq!(answer["usage"]["prompt_tokens"], 8);
    assert_eq!(answer["usage"]["completion_tokens"], 10);
    let prompts: Vec<_> = provider
        .calls()
        .iter()
        .map(|call| match &call.operation {
            Operation::Chat(chat) => chat.messages[0].text().to_string(),
            other => panic!("{}", other.name()),
        })
        .collect();
    assert_eq!(prompts, ["one", "two"]);
}

#[tokio::test]
async fn streamed_with_one_end() {
    let provider = Scripted::new()
        .output(answer(&["a"], Usage::new(1, 2)))
        .output(answer(&["b"], Usage::new(3, 4)));
    let body = json!({
        "model": "m", "prompt": ["one", "two"], "stream": true, "stream_options": {"include_usage": true},
    });
    let (status, text) = asked(&provider, body).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(text.matches("[DONE]").count(), 1);
    let frames = frames(&text);
    let of = |index: u64, name: &str| -> String {
        let choices = frames
            .iter()
            .flat_map(|frame| frame["choices"].as_array().expect("choices"));
        choices
            .filter(|choice| choice["index"] == index)
            .filter_map(|choice| choice[name].as_str())
            .collect()
    };
    assert_eq!((of(0, "text"), of(1, "text")), ("a".into(), "b".into()));
    assert_eq!(
        (of(0, "finish_reason"), of(1, "finish_reason")),
        ("stop".into(), "stop".into())
    );
    let last = frames.last().expect("a frame");
    assert_eq!(
        (&last["choices"], &last["usage"]["total_tokens"]),
        (&json!([]), &json!(10))
    );
    let ids: Vec<_> = frames.iter().map(|frame| &frame["id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "one answer has one id");
}

/// One that fails before any content is an error of all, not a stream that lacks some.
#[tokio::test]
async fn one_that_fails_fails_all() {
    for stream in [false, true] {
        let provider = Scripted::new()
            .error(Error::new(ErrorKind::Overloaded, "busy").with_status(503))
            .error(Error::new(ErrorKind::Overloaded, "busy").with_status(503));
        let body = json!({"model": "m", "prompt": ["one", "two"], "stream": stream});
        assert_eq!(asked(&provider, body).await.0, 503);
    }
    let broken = [
        Ok(StreamEvent::text("a")),
        Err(Error::new(ErrorKind::Server, "gone")),
    ];
    let provider = Scripted::new()
        .events(broken)
        .output(answer(&["b"], Usage::new(1, 1)));
    let body = json!({"model": "m", "prompt": ["one", "two"], "stream": true});
    let (status, text) = asked(&provider, body).await;
    assert_eq!(status, 200);
    assert!(text.contains("gone") && !text.contains("[DONE]"), "{text}");
}

/// What a chat cannot hold is refused where no vendor of the wire has seen it.
#[tokio::test]
async fn what_only_the_wire_can_do_is_refused_elsewhere() {
    for (field, value) in [
        ("suffix", json!("end")),
        ("best_of", json!(3)),
        ("prompt", json!([1, 2])),
    ] {
        let mut body = json!({"model": "m", "prompt": "one"});
        body[field] = value;
        let whole = Scripted::new().text("x");
        let (status, text) = asked(&whole, body.clone()).await;
        assert!(status == 400 && text.contains(field), "{field}: {status} {text}");
        body["stream"] = json!(true);
        let (_, text) = asked(&Scripted::new().text("x"), body).await;
        assert!(
            text.contains("\"error\"") && !text.contains("[DONE]"),
            "{field}: {text}"
        );
    }
    for prompt in [json!([]), json!({}), json!([[]]), Value::Null] {
        let body = json!({"model": "m", "prompt": prompt});
        assert_eq!(asked(&Scripted::new(), body).await.0, 400);
    }
    let many = json!({"model": "m", "prompt": vec!["x"; 1025]});
    assert_eq!(asked(&Scripted::new(), many).await.0, 400);
}
