//! Answers as vendors send them, where plain and streamed ones are easily told apart and must not be.

use bytes::Bytes;
use router_core::{ChatResponse, ContentPart, ErrorKind, FinishReason};
use router_wire::{Codec, HttpResponse};
use router_wire_openai::responses::{WIRE, response};
use serde_json::{Value, json};

use crate::side::{call, chat_reader, codec, collected, responses_reader, speaker};

fn response(output: &Value) -> Value {
    json!({"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": output,
        "usage": {"input_tokens": 3, "output_tokens": 2}})
}

fn frames(events: &[Value]) -> Bytes {
    let frames = events.iter().map(|event| format!("data: {event}\n\n"));
    frames.collect::<String>().into()
}

/// The answer of these items, whole and as the events that tell of items only.
fn both(output: Value) -> ChatResponse {
    let whole = HttpResponse::json(200, response(&output).to_string());
    let whole = response::decode(&speaker(), &whole).expect("an answer");
    let mut events = Vec::new();
    for (index, item) in output.as_array().expect("items").iter().enumerate() {
        for kind in ["response.output_item.added", "response.output_item.done"] {
            events.push(json!({"type": kind, "output_index": index, "item": item}));
        }
    }
    events.push(json!({"type": "response.completed", "response": response(&output)}));
    let streamed = collected(responses_reader(), frames(&events));
    assert_eq!(streamed.choices, whole.choices, "plain and streamed alike");
    whole
}

fn outline(answer: &ChatResponse) -> Vec<String> {
    let parts = answer.choices[0].content.iter();
    let word = |part: &ContentPart| match part {
        ContentPart::Text(_) => "text".to_owned(),
        ContentPart::ToolCall(call) => format!("call {}", call.name),
        ContentPart::ServerToolCall(call) => format!("server {}", call.name),
        ContentPart::Opaque(_) => "opaque".to_owned(),
        _ => "other".to_owned(),
    };
    parts.map(word).collect()
}

fn shell(id: &str, environment: Value) -> Value {
    json!({"type": "shell_call", "id": format!("sh_{id}"), "call_id": id, "status": "completed",
        "action": {"commands": ["ls"]}, "environment": environment})
}

fn ran(kind: &str, id: &str) -> Value {
    json!({"type": kind, "id": format!("out_{id}"), "call_id": id, "output": []})
}

fn said() -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "Done.", "annotations": [], "logprobs": []}]})
}

#[test]
fn a_call_whose_result_is_there_was_run_by_the_vendor() {
    let patch = |id: &str| json!({"type": "apply_patch_call", "id": "apc_1", "call_id": id, "operation": {}});
    let answer = both(json!([
        patch("a"),
        ran("apply_patch_call_output", "a"),
        shell("b", json!({"type": "container_reference", "container_id": "c"})),
        ran("shell_call_output", "b"),
        said(),
    ]));
    let expected = ["server apply_patch", "opaque", "server shell", "opaque", "text"];
    assert_eq!(outline(&answer), expected);
    assert_eq!(answer.choices[0].finish_reason, FinishReason::Stop);
    assert_eq!(answer.usage.map(|usage| usage.input_tokens), Some(3));
}

#[test]
fn a_call_without_a_result_is_the_callers_and_keeps_its_place() {
    let local =
        json!({"type": "local_shell_call", "id": "lsh_1", "call_id": "a", "action": {"command": ["ls"]}});
    let answer = both(json!([local, said(), shell("b", json!({"type": "local"}))]));
    assert_eq!(outline(&answer), ["call local_shell", "text", "call shell"]);
    assert_eq!(answer.choices[0].finish_reason, FinishReason::ToolCalls);
}

/// Calls at once are answered one after the other.
#[test]
fn several_calls_find_their_results() {
    let answer = both(json!([
        shell("a", Value::Null),
        shell("b", Value::Null),
        ran("shell_call_output", "a"),
        ran("shell_call_output", "b"),
    ]));
    assert_eq!(
        outline(&answer),
        ["server shell", "opaque", "server shell", "opaque"]
    );
}

#[test]
fn parts_of_a_message_stay_apart_in_a_stream() {
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [part("One."), part("Two.")]});
    let begun = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []});
    let of_part = |kind: &str, index: u64, rest: Value| {
        let mut event = json!({"type": kind, "output_index": 0, "content_index": index});
        event
            .as_object_mut()
            .expect("an object")
            .extend(rest.as_object().cloned().unwrap_or_default());
        event
    };
    let mut events = vec![json!({"type": "response.output_item.added", "output_index": 0, "item": begun})];
    for (index, text) in ["One.", "Two."].into_iter().enumerate() {
        let index = index as u64;
        events.push(of_part(
            "response.output_text.delta",
            index,
            json!({"delta": text}),
        ));
        events.push(of_part(
            "response.content_part.done",
            index,
            json!({"part": part(text)}),
        ));
    }
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": message}));
    events.push(json!({"type": "response.completed", "response": response(&json!([message]))}));
    let streamed = collected(responses_reader(), frames(&events));
    assert_eq!(streamed.choices, both(json!([message])).choices);
    assert_eq!(outline(&streamed), ["text", "text"]);
}

#[test]
fn tokens_counted_before_a_failure_are_told_with_it() {
    let usage = json!({"input_tokens": 43, "output_tokens": 21});
    let failed = json!({"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "output": [],
        "error": {"code": "rate_limit_exceeded", "message": "Slow down"}, "usage": usage}});
    let (_, error) = responses_reader().read_all([frames(&[failed])]);
    let error = error.expect("an error");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.usage().map(|usage| usage.input_tokens), Some(43));

    let chunk = json!({"id": "a", "error": {"code": 400, "message": "Token limit reached"},
        "choices": [{"index": 0, "delta": {"content": ""}}], "usage": {"prompt_tokens": 43, "completion_tokens": 21}});
    let (_, error) = chat_reader().read_all([frames(&[chunk])]);
    let error = error.expect("an error");
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::InvalidRequest, Some(400))
    );
    assert_eq!(error.usage().map(|usage| usage.output_tokens), Some(21));
}

/// An error inside of a success has no choices to speak of.
#[test]
fn an_error_in_a_success_is_an_error() {
    let body = json!({"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "No credit"}});
    let error = codec()
        .decode(&call(), &HttpResponse::json(200, body.to_string()))
        .expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert!(!error.is_retryable());
}

/// Groq says in a chunk of its own that it stopped before the end.
#[test]
fn a_stream_that_groq_stopped_is_no_answer() {
    let chunk = json!({"id": "c", "choices": [{"index": 0, "delta": {"content": "Hi"}}]});
    let stopped = json!({"id": "c", "choices": [], "x_groq": {"id": "req_1", "error": "Over capacity, please try again"}});
    let (_, error) = chat_reader().read_all([frames(&[chunk, stopped])]);
    let error = error.expect("it was stopped");
    assert!(error.message().contains("Over capacity"), "{error}");
    let ended = json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        "x_groq": {"id": "req_1", "error": null, "usage": {"prompt_tokens": 2, "completion_tokens": 1}}});
    let answer = collected(chat_reader(), frames(&[ended]));
    assert_eq!(answer.usage.map(|usage| usage.input_tokens), Some(2));
}

/// Kimi's older form, inside of the choice.
#[test]
fn counts_of_a_choice_are_those_of_the_answer() {
    let ended = json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop",
        "usage": {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}}]});
    let usage = collected(chat_reader(), frames(&[ended])).usage.expect("counts");
    assert_eq!((usage.input_tokens, usage.output_tokens), (5, 4));
}

/// Baidu ends as usual and says beside it that it withheld the answer.
#[test]
fn an_answer_that_baidu_withheld_was_filtered() {
    let answer = |more: &Value| {
        let mut choice = json!({"index": 0, "delta": {"content": ""}, "finish_reason": "normal"});
        choice
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        let answer = collected(chat_reader(), frames(&[json!({"id": "c", "choices": [choice]})]));
        answer.choices[0].finish_reason.clone()
    };
    assert_eq!(
        answer(&json!({"flag": 0, "need_clear_history": false})),
        FinishReason::Stop
    );
    assert_eq!(answer(&json!({"flag": 3})), FinishReason::ContentFilter);
    assert_eq!(
        answer(&json!({"need_clear_history": true})),
        FinishReason::ContentFilter
    );
}

/// A thought that ends behind the beginning of the text: its words come once, and its seal is kept.
#[test]
fn a_thought_that_ends_late_is_told_once() {
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed",
        "content": [{"type": "reasoning_text", "text": "Hm."}]});
    let answer = collected(
        responses_reader(),
        frames(&[
            json!({"type": "response.output_item.added", "output_index": 0,
                "item": {"type": "reasoning", "id": "rs_1", "summary": []}}),
            json!({"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "Hm."}),
            json!({"type": "response.output_item.added", "output_index": 1, "item":
                {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}}),
            json!({"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Done."}),
            json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
            json!({"type": "response.output_item.done", "output_index": 1, "item": said()}),
            json!({"type": "response.completed", "response": response(&json!([item, said()]))}),
        ]),
    );
    let choice = &answer.choices[0];
    assert_eq!(
        (choice.reasoning().as_str(), choice.text().as_str()),
        ("Hm.", "Done.")
    );
    let thoughts = choice
        .content
        .iter()
        .filter(|part| matches!(part, ContentPart::Reasoning(_)));
    let riders: Vec<_> = thoughts.filter_map(ContentPart::riders).collect();
    assert!(riders.iter().any(|riders| riders.signature().is_some()));
    let again = |name: &str| {
        riders
            .iter()
            .any(|riders| riders.extra().get(WIRE, name).is_some())
    };
    assert!(!again("content"), "the words stand in the text of the part alone");
}
