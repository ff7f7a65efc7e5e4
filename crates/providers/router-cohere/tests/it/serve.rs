//! What the server side refuses, how it says what the wire has no words for, and that it loses no field of a request.

use router_core::chat::Choice;
use router_core::content::{Citation, Refusal};
use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{
    Call, ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Head, Operation, Output, StreamEvent,
    Text, ToolChoice,
};
use router_wire::server::Ingress;
use router_wire::{Codec as _, HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::side::codec;
use crate::specs;

fn decode(path: &str, body: &Value) -> Result<Ingress, (Error, HttpResponse)> {
    let http = HttpRequest::post_json(path, body.to_string());
    let endpoints = router_cohere::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    endpoint.decode(&http).map_err(|error| {
        let response = endpoint.error(&error);
        (error, response)
    })
}

fn read(path: &str, body: &Value) -> Ingress {
    decode(path, body)
        .map_err(|(error, _)| error)
        .expect("a request that can be read")
}

fn refusal(path: &str, body: &Value) -> String {
    let (error, response) = decode(path, body).expect_err("a refusal");
    assert_eq!((error.kind(), response.status), (ErrorKind::InvalidRequest, 400));
    assert_eq!(specs::ERROR.errors(&response.body), [""; 0]);
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    body["message"].as_str().expect("a message").to_owned()
}

#[test]
fn bad_requests_are_told_by_their_fields() {
    let user = json!({"role": "user", "content": "x"});
    let message = |message: Value| json!({"model": "m", "messages": [message]});
    let with = |name: &str, value: Value| {
        let mut body = json!({"model": "m", "messages": [user]});
        body[name] = value;
        body
    };
    for (body, field) in [
        (json!({"messages": [user]}), "model"),
        (json!({"model": "m"}), "messages"),
        (json!({"model": "m", "messages": []}), "messages"),
        (message(json!({"content": "x"})), "messages[0].role"),
        (
            message(json!({"role": "judge", "content": "x"})),
            "messages[0].role",
        ),
        (message(json!({"role": "user"})), "messages[0].content"),
        (
            message(json!({"role": "user", "content": [{"type": "sound"}]})),
            "messages[0].content[0].type",
        ),
        (
            message(json!({"role": "user", "content": [{"type": "image_url"}]})),
            "messages[0].content[0].image_url",
        ),
        (
            message(json!({"role": "tool", "content": "x"})),
            "messages[0].tool_call_id",
        ),
        (
            message(json!({"role": "assistant", "tool_calls": [{"id": "a"}]})),
            "messages[0].tool_calls[0].function",
        ),
        (with("tools", json!([{}])), "tools[0].function"),
        (with("tool_choice", json!("ANY")), "tool_choice"),
        (
            with("response_format", json!({"type": "yaml"})),
            "response_format.type",
        ),
        (with("thinking", json!({"type": "perhaps"})), "thinking.type"),
        (with("documents", json!([{"id": "a"}])), "documents[0].data"),
        (with("temperature", json!("hot")), "temperature"),
        (with("max_tokens", json!(-1)), "max_tokens"),
    ] {
        let message = refusal("/v2/chat", &body);
        assert!(message.starts_with(&format!("{field}: ")), "{message}");
    }
    for (path, body, field) in [
        (
            "/v2/embed",
            json!({"model": "m", "input_type": "search_query"}),
            "texts",
        ),
        ("/v2/embed", json!({"model": "m", "texts": ["x"]}), "input_type"),
        (
            "/v2/rerank",
            json!({"model": "m", "query": "x", "documents": []}),
            "documents",
        ),
        (
            "/v2/rerank",
            json!({"model": "m", "query": "x", "documents": [{"text": "x"}]}),
            "documents[0]",
        ),
        (
            "/v2/rerank",
            json!({"model": "m", "query": "x", "documents": ["x"], "top_n": 0}),
            "top_n",
        ),
    ] {
        let message = refusal(path, &body);
        assert!(message.starts_with(&format!("{field}: ")), "{message}");
    }
}

#[test]
fn everything_the_wire_has_comes_out_as_it_went_in() {
    let body: Value = serde_json::from_str(include_str!("everything.request.json")).expect("JSON");
    let again = |path: &str, body: &Value| {
        let ingress = read(path, body);
        let mut call = Call::new(ingress.model, ingress.operation);
        call.mode = ingress.mode;
        let encoded = codec().encode(&call).expect("a request that can be written");
        assert_eq!(encoded.warnings, []);
        serde_json::from_slice::<Value>(&encoded.request.body).expect("JSON")
    };
    assert_eq!(again("/v2/chat", &body), body);
    let embed = json!({
        "model": "m", "input_type": "search_query", "texts": ["x"], "embedding_types": ["float", "int8"],
        "truncate": "START", "output_dimension": 256, "max_tokens": 100, "priority": 3,
    });
    assert_eq!(again("/v2/embed", &embed), embed);
    let rerank =
        json!({"model": "m", "query": "x", "documents": ["a"], "top_n": 1, "max_tokens_per_doc": 10});
    assert_eq!(again("/v2/rerank", &rerank), rerank);
}

/// What other vendors are sent of a request on this wire.
#[test]
fn what_has_another_form_here_is_understood() {
    let body = json!({
        "model": "m", "stream": true, "tool_choice": "REQUIRED", "thinking": {"type": "enabled"},
        "messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Which?"}],
        "documents": ["Ruby is red.", {"id": "d", "data": {"title": "Jade", "text": "Jade is green."}}, {"data": {"a": "b"}}],
    });
    let ingress = read("/v2/chat", &body);
    let Operation::Chat(chat) = ingress.operation else {
        unreachable!("a chat")
    };
    assert_eq!(chat.tool_choice, Some(ToolChoice::Required));
    assert_eq!(chat.messages[0].role, router_core::message::Role::System);
    let parts = chat.messages[1].content.parts().iter();
    let texts: Vec<String> = parts
        .map(|part| match part {
            ContentPart::Media(media) => String::from_utf8(media.decode().expect("text")).expect("text"),
            part => part.as_text().expect("text").to_string(),
        })
        .collect();
    assert_eq!(
        texts,
        [
            "Ruby is red.",
            "Jade is green.",
            r#"{"data":{"a":"b"}}"#,
            "Which?"
        ]
    );
}

fn events(events: &[StreamEvent]) -> Vec<Value> {
    let body = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "x"}]});
    let mut encoder = read("/v2/chat", &body).reply;
    assert_eq!(
        encoder.stream_head(&Head::default()).header("content-type"),
        Some("text/event-stream")
    );
    let mut out = bytes::BytesMut::new();
    events.iter().for_each(|event| encoder.event(event, &mut out));
    lines(&out)
}

/// The data of events, whose names say the same as their types.
fn lines(out: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(out.to_vec()).expect("text");
    let mut found = Vec::new();
    for frame in text
        .split("\n\n")
        .filter(|frame| !frame.is_empty() && *frame != "data: [DONE]")
    {
        let (name, data) = frame.split_once("\ndata: ").expect("a name and data");
        let data: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(name, format!("event: {}", data["type"].as_str().expect("a type")));
        found.push(data);
    }
    found
}

fn finish(reason: FinishReason) -> StreamEvent {
    let mut finish = StreamFinish::default();
    finish.choices = vec![ChoiceFinish::new(0, reason, None)];
    StreamEvent::Finish(Box::new(finish))
}

#[test]
fn a_stream_has_a_beginning_blocks_and_an_end() {
    let call = |call| {
        StreamEvent::tool_call_start(
            0,
            call,
            Text::from(format!("c{call}")),
            Text::from_static("look"),
            ToolCallKind::Function,
        )
    };
    let written = events(&[
        StreamEvent::ReasoningDelta {
            choice: 0,
            text: "Hm.".into(),
        },
        StreamEvent::text("Red."),
        StreamEvent::RefusalDelta {
            choice: 1,
            text: "of another choice".into(),
        },
        call(4),
        call(7),
        StreamEvent::ToolCallDelta {
            choice: 0,
            call: 7,
            arguments: "{}".into(),
        },
        StreamEvent::ToolCallEnd {
            choice: 0,
            call: 4,
            riders: Default::default(),
        },
        finish(FinishReason::ToolCalls),
    ]);
    let kinds: Vec<(&str, Option<u64>)> = written
        .iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap_or_default(),
                event["index"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("message-start", None),
            ("content-start", Some(0)),
            ("content-delta", Some(0)),
            ("content-end", Some(0)),
            ("content-start", Some(1)),
            ("content-delta", Some(1)),
            ("content-end", Some(1)),
            ("tool-call-start", Some(0)),
            // Clients know one call at a time.
            ("tool-call-end", Some(0)),
            ("tool-call-start", Some(1)),
            ("tool-call-delta", Some(1)),
            ("tool-call-end", Some(1)),
            ("message-end", None),
        ]
    );
    assert!(written[0]["id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(written[12]["delta"], json!({"finish_reason": "TOOL_CALL"}));
}

#[test]
fn reasons_have_the_words_of_the_wire() {
    for (reason, word) in [
        (FinishReason::Stop, "COMPLETE"),
        (FinishReason::Length, "MAX_TOKENS"),
        (FinishReason::ContentFilter, "ERROR_TOXIC"),
        (FinishReason::Error, "ERROR"),
        (FinishReason::Other(Text::new()), "COMPLETE"),
        (FinishReason::Other("pause".into()), "pause"),
    ] {
        let written = events(&[finish(reason)]);
        assert_eq!(written[1]["delta"]["finish_reason"], word);
    }
}

#[test]
fn refusals_and_sources_of_other_vendors_go_out_too() {
    let mut citation = Citation::default();
    citation.url = Some("https://example.com".into());
    citation.title = Some("Stones".into());
    citation.range = Some((0, 3));
    let mut said = router_core::content::TextPart::new("Red.");
    said.citations.push(citation);
    let parts = vec![ContentPart::Text(said), ContentPart::Refusal(Refusal::new("No."))];
    let mut answer = ChatResponse::default();
    answer.choices.push(Choice::new(0, parts, FinishReason::Stop));
    let mut encoder = read(
        "/v2/chat",
        &json!({"model": "m", "messages": [{"role": "user", "content": "x"}]}),
    )
    .reply;
    let whole = encoder
        .full(&Head::default(), &Output::Chat(answer))
        .expect("an answer");
    assert_eq!(specs::CHAT_ANSWER.errors(&whole.body), [""; 0]);
    let whole: Value = serde_json::from_slice(&whole.body).expect("JSON");
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(whole["message"]["content"], json!([text("Red."), text("No.")]));
    let source = &whole["message"]["citations"][0]["sources"][0];
    assert_eq!(
        source["document"],
        json!({"title": "Stones", "url": "https://example.com"})
    );
}

#[test]
fn an_error_in_a_stream_is_its_last_event() {
    let body = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "x"}]});
    let mut encoder = read("/v2/chat", &body).reply;
    let mut out = bytes::BytesMut::new();
    encoder.event(&StreamEvent::text("Re"), &mut out);
    encoder.stream_error(&Error::new(ErrorKind::Overloaded, "busy"), &mut out);
    let (events, error) = crate::side::reader().read_all([out.freeze()]);
    assert!(!events.is_empty());
    assert_eq!(error.expect("an error").message(), "busy");
}

#[test]
fn the_first_version_has_bare_vectors() {
    for (kinds, expected) in [
        (json!([]), json!([[0.5]])),
        (json!(["float"]), json!({"float": [[0.5]]})),
    ] {
        let body = json!({"model": "m", "texts": ["x"], "embedding_types": kinds});
        let mut ingress = read("/v1/embed", &body);
        let answer = Output::Embed(router_core::EmbeddingResponse::new(vec![vec![0.5]]));
        let response = ingress.reply.full(&Head::default(), &answer).expect("a reply");
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body["embeddings"], expected);
    }
}
