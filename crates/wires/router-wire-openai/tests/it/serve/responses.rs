//! The Responses API.

use router_core::chat::FinishReason;
use router_core::content::{Citation, Riders};
use router_core::stream::PartKind;
use router_core::tokens::TokenCount;
use router_core::{
    Error, ErrorKind, Extra, Head, Json, Operation, Output, Signature, StreamEvent, Text, Usage,
};
use router_wire::{HttpRequest, ServerCodec as _};
use router_wire_openai::responses::WIRE;
use router_wire_openai::responses::server::{InputTokens, Responses};
use serde_json::{Value, json};

use super::{call, finish, json as parsed, more, start, written};

fn asked() -> HttpRequest {
    let body =
        json!({"model": "m", "input": "x", "stream": true, "temperature": 0.5, "metadata": {"a": "b"}});
    HttpRequest::post_json("/v1/responses", body.to_string())
}

fn events(events: &[StreamEvent]) -> Vec<Value> {
    numbered(parsed(&written(&Responses, &asked(), events, None)))
}

/// The events, of which each has the number of its place.
fn numbered(events: Vec<Value>) -> Vec<Value> {
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], place, "{event}");
    }
    events
}

fn kinds(events: &[Value]) -> Vec<&str> {
    let kinds = events.iter().filter_map(|event| event["type"].as_str());
    kinds.map(|kind| kind.trim_start_matches("response.")).collect()
}

fn think(text: &str) -> StreamEvent {
    StreamEvent::ReasoningDelta {
        choice: 0,
        text: Text::from(text),
    }
}

fn named(id: &str) -> Riders {
    let id = Json::of(id).expect("JSON");
    Riders::new().with_extra(Extra::of(WIRE, vec![(Text::from_static("id"), id)]))
}

#[test]
fn events_come_in_the_order_of_the_wire() {
    let events = events(&[
        start(),
        think("hm"),
        StreamEvent::text("Hel"),
        StreamEvent::text("lo"),
        call(0, "a"),
        more(0, "{}"),
        finish(FinishReason::ToolCalls),
    ]);
    assert_eq!(
        kinds(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
    );
    let response = &events.last().expect("an event")["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(response["usage"]["total_tokens"], 15);
    let types: Vec<_> = response["output"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| &item["type"])
        .collect();
    assert_eq!(types, ["reasoning", "message", "function_call"]);
    // What was asked for is told again.
    assert_eq!(
        (&response["temperature"], &response["metadata"]),
        (&json!(0.5), &json!({"a": "b"}))
    );
}

/// Clients keep what they know of an item by its id.
#[test]
fn items_keep_one_id_and_it_is_the_vendors() {
    let starts = |id: &str| StreamEvent::PartStart {
        choice: 0,
        riders: named(id),
    };
    let ends = |kind, id: &str| StreamEvent::PartEnd {
        choice: 0,
        kind,
        riders: named(id).with_signature(Signature::new(router_wire_openai::SIGNED, "sealed")),
    };
    let events = events(&[
        start(),
        starts("rs_1"),
        think("hm"),
        ends(PartKind::Reasoning, "rs_1"),
        starts("msg_2"),
        StreamEvent::text("Hi"),
        StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Text,
            riders: Riders::new(),
        },
        starts("fc_3"),
        call(0, "a"),
        more(0, "{}"),
        finish(FinishReason::ToolCalls),
    ]);
    for (index, id) in ["rs_1", "msg_2", "fc_3"].into_iter().enumerate() {
        let of_item = events.iter().filter(|event| event["output_index"] == index);
        let ids: Vec<&Value> = of_item
            .map(|event| event.get("item_id").unwrap_or(&event["item"]["id"]))
            .collect();
        assert!(ids.len() > 2 && ids.iter().all(|known| **known == id), "{ids:?}");
    }
    let output = &events.last().expect("an event")["response"]["output"];
    assert_eq!(output[0]["encrypted_content"], "sealed");
}

#[test]
fn calls_that_arrive_mixed_keep_their_places() {
    let events = events(&[
        start(),
        call(0, "a"),
        call(1, "b"),
        more(1, "{\"y\":"),
        more(0, "{\"x\":1}"),
        more(1, "2}"),
        finish(FinishReason::ToolCalls),
    ]);
    let output = &events.last().expect("an event")["response"]["output"];
    let said = |at: usize| (&output[at]["call_id"], &output[at]["arguments"]);
    assert_eq!(said(0), (&json!("a"), &json!("{\"x\":1}")));
    assert_eq!(said(1), (&json!("b"), &json!("{\"y\":2}")));
}

/// A text and the refusal behind it are parts of one message.
#[test]
fn a_refusal_stays_in_its_message() {
    let events = events(&[
        start(),
        StreamEvent::text("Well. "),
        StreamEvent::RefusalDelta {
            choice: 0,
            text: Text::from("No."),
        },
        finish(FinishReason::ContentFilter),
    ]);
    let response = &events.last().expect("an event")["response"];
    let content = &response["output"][0]["content"];
    assert_eq!(
        (&content[0]["text"], &content[1]["refusal"]),
        (&json!("Well. "), &json!("No."))
    );
    assert_eq!(response["status"], "completed");
}

#[test]
fn sources_are_told_as_they_come() {
    let mut citation = Citation::default();
    citation.url = Some(Text::from("https://example.com"));
    citation.title = Some(Text::from("Example"));
    let citation = StreamEvent::Citation {
        choice: 0,
        citation: Box::new(citation),
    };
    let events = events(&[
        start(),
        StreamEvent::text("Hi"),
        citation,
        finish(FinishReason::Stop),
    ]);
    let added = events
        .iter()
        .find(|event| event["type"] == "response.output_text.annotation.added")
        .expect("the event");
    assert_eq!(added["annotation"]["url"], "https://example.com");
    let output = &events.last().expect("an event")["response"]["output"];
    assert_eq!(output[0]["content"][0]["annotations"][0], added["annotation"]);
}

#[test]
fn an_answer_that_was_cut_is_incomplete() {
    let events = events(&[start(), StreamEvent::text("Hi"), finish(FinishReason::Length)]);
    let last = events.last().expect("an event");
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(
        last["response"]["incomplete_details"]["reason"],
        "max_output_tokens"
    );
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
}

#[test]
fn an_answer_that_its_vendor_ended_with_an_error_has_failed() {
    let events = events(&[start(), StreamEvent::text("Hi"), finish(FinishReason::Error)]);
    let last = events.last().expect("an event");
    assert_eq!(
        (&last["type"], &last["response"]["status"]),
        (&json!("response.failed"), &json!("failed"))
    );
    assert_eq!(last["response"]["error"]["code"], "server_error");
}

#[test]
fn an_error_in_a_stream_fails_the_response() {
    let error = Error::new(ErrorKind::RateLimited, "slow down").with_usage(Usage::new(3, 1));
    let data = written(
        &Responses,
        &asked(),
        &[start(), StreamEvent::text("Hi")],
        Some(&error),
    );
    assert!(!data.iter().any(|data| data == "[DONE]"));
    let events = numbered(parsed(&data));
    let [.., event, failed] = &events[..] else {
        panic!("two events")
    };
    assert_eq!(
        (&event["type"], &event["code"]),
        (&json!("error"), &json!("rate_limit_exceeded"))
    );
    assert_eq!(
        event["error"]["message"], "slow down",
        "where the vendor's clients look"
    );
    assert_eq!(failed["type"], "response.failed");
    assert_eq!(failed["response"]["error"]["message"], "slow down");
    assert_eq!(failed["response"]["usage"]["total_tokens"], 4);
}

#[test]
fn tokens_of_a_request_are_counted() {
    let body = r#"{"model":"m","input":"Hello","tools":[{"type":"function","name":"f"}]}"#;
    let http = HttpRequest::post_json("/v1/responses/input_tokens", body);
    assert!(!Responses.claims(&http));
    let mut ingress = InputTokens.decode(&http).expect("a request");
    let Operation::CountTokens(count) = &ingress.operation else {
        panic!("{}", ingress.operation.name())
    };
    assert_eq!((count.chat.messages.len(), count.chat.tools.len()), (1, 1));
    let output = Output::CountTokens(TokenCount::new(7));
    let response = ingress.reply.full(&Head::default(), &output).expect("a reply");
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(
        body,
        json!({"object": "response.input_tokens", "input_tokens": 7})
    );
}
