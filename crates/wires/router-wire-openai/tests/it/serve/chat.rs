//! Chat completions.

use router_core::chat::{FinishReason, Logprobs, TokenLogprob};
use router_core::content::MediaKind;
use router_core::{ChatResponse, Error, ErrorKind, Head, Media, Operation, Output, StreamEvent, Text};
use router_wire::{HttpRequest, ServerCodec};
use router_wire_openai::chat::server::ChatCompletions;
use serde_json::{Value, json};

use super::{call, finish, json as parsed, more, start, written};

fn asked(options: Value) -> HttpRequest {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": true});
    body.as_object_mut()
        .expect("an object")
        .extend(options.as_object().cloned().unwrap_or_default());
    HttpRequest::post_json("/v1/chat/completions", body.to_string())
}

fn chunks(options: Value, events: &[StreamEvent]) -> Vec<Value> {
    parsed(&written(&ChatCompletions, &asked(options), events, None))
}

#[test]
fn usage_is_told_only_if_asked_for() {
    let events = [start(), StreamEvent::text("Hi"), finish(FinishReason::Stop)];
    let plain = chunks(json!({}), &events);
    assert!(plain.iter().all(|chunk| chunk.get("usage").is_none()));
    let with = chunks(json!({"stream_options": {"include_usage": true}}), &events);
    let last = with.last().expect("a chunk");
    assert_eq!(
        (&last["choices"], &last["usage"]["total_tokens"]),
        (&json!([]), &json!(15))
    );
}

/// This wire has no word for it, and every word that it has is of a clean end.
#[test]
fn an_answer_that_its_vendor_ended_with_an_error_is_an_error() {
    let events = [start(), StreamEvent::text("Hi"), finish(FinishReason::Error)];
    let data = written(&ChatCompletions, &asked(json!({})), &events, None);
    let last = data.last().expect("an event");
    assert!(last.contains("\"error\""), "{last}");
    assert!(
        !data.iter().any(|data| data.contains("\"finish_reason\":\"")),
        "{data:?}"
    );

    let mut reply = ChatCompletions
        .decode(&asked(json!({})))
        .expect("a request")
        .reply;
    let mut answer = ChatResponse::text_answer("Hi");
    answer.choices[0].finish_reason = FinishReason::Error;
    answer.choices[0].finish_reason_raw = Some(Text::from("MALFORMED_FUNCTION_CALL"));
    let error = reply
        .full(&Head::default(), &Output::Chat(answer))
        .expect_err("no clean end");
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.message().contains("MALFORMED_FUNCTION_CALL"), "{error}");
}

/// Some vendors take it, to warm a cache or to count.
#[test]
fn a_limit_of_no_tokens_is_passed_on() {
    for field in ["max_tokens", "max_completion_tokens"] {
        let ingress = ChatCompletions
            .decode(&asked(json!({field: 0})))
            .expect("a request");
        let Operation::Chat(chat) = &ingress.operation else {
            panic!("no chat");
        };
        assert_eq!(chat.settings.max_output_tokens, Some(0));
    }
}

#[test]
fn every_chunk_bears_the_id_the_time_and_the_model_that_answered() {
    let events = [start(), StreamEvent::text("Hi"), finish(FinishReason::Stop)];
    let data = written(&ChatCompletions, &asked(json!({})), &events, None);
    assert_eq!(data.last().map(String::as_str), Some("[DONE]"));
    let chunks = parsed(&data);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    for chunk in &chunks {
        let known = [&chunk["id"], &chunk["created"], &chunk["model"], &chunk["object"]];
        assert_eq!(
            known,
            [
                &json!("id-1"),
                &json!(7),
                &json!("served"),
                &json!("chat.completion.chunk")
            ]
        );
    }
}

#[test]
fn calls_that_arrive_mixed_stay_apart_by_index() {
    let events = [
        start(),
        call(0, "a"),
        call(1, "b"),
        more(1, "{\"y\":"),
        more(0, "{\"x\":1}"),
        more(1, "2}"),
        finish(FinishReason::ToolCalls),
    ];
    let chunks = chunks(json!({}), &events);
    let of = |index: u64| -> (Vec<&Value>, String) {
        let calls = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0].as_object())
            .filter(|call| call["index"] == index);
        let ids = calls.clone().filter_map(|call| call.get("id")).collect();
        let pieces = calls.filter_map(|call| call["function"]["arguments"].as_str());
        (ids, pieces.collect())
    };
    assert_eq!(of(0), (vec![&json!("a")], "{\"x\":1}".to_owned()));
    assert_eq!(of(1), (vec![&json!("b")], "{\"y\":2}".to_owned()));
    assert_eq!(
        chunks.last().expect("a chunk")["choices"][0]["finish_reason"],
        "tool_calls"
    );
}

#[test]
fn refusals_and_log_probabilities_have_fields_of_their_own() {
    let logprobs = Logprobs::of_content(vec![TokenLogprob::new("No", -0.5)]);
    let events = [
        start(),
        StreamEvent::RefusalDelta {
            choice: 0,
            text: Text::from("No"),
        },
        StreamEvent::Logprobs {
            choice: 0,
            logprobs: Box::new(logprobs),
        },
        finish(FinishReason::ContentFilter),
    ];
    let chunks = chunks(json!({}), &events);
    assert_eq!(chunks[1]["choices"][0]["delta"]["refusal"], "No");
    assert_eq!(chunks[2]["choices"][0]["logprobs"]["content"][0]["logprob"], -0.5);
    assert_eq!(chunks[3]["choices"][0]["finish_reason"], "content_filter");
}

/// The schema demands them of every sound, also where another vendor has none.
#[test]
fn a_sound_has_an_id_an_end_and_words() {
    let sound = Media::base64(MediaKind::Audio, "audio/wav", "AAAA");
    let sound = StreamEvent::Media {
        choice: 0,
        media: Box::new(sound),
    };
    let chunks = chunks(json!({}), &[start(), sound, finish(FinishReason::Stop)]);
    let audio = chunks
        .iter()
        .find_map(|chunk| chunk["choices"][0]["delta"].get("audio"));
    assert_eq!(
        audio,
        Some(&json!({"data": "AAAA", "id": "", "transcript": "", "expires_at": 0}))
    );
}

#[test]
fn an_error_in_a_stream_is_no_clean_end() {
    let error = Error::new(ErrorKind::Overloaded, "busy");
    let events = [start(), StreamEvent::text("Hi")];
    let data = written(&ChatCompletions, &asked(json!({})), &events, Some(&error));
    assert!(!data.iter().any(|data| data == "[DONE]"));
    let last = parsed(&data).pop().expect("a frame");
    assert_eq!(last["error"]["message"], "busy");
    assert_eq!(last["error"]["type"], "service_unavailable_error");
}

#[test]
fn requests_that_make_no_sense_name_the_field() {
    let cases = [
        (json!({"messages": []}), "model"),
        (json!({"model": "m", "messages": []}), "messages"),
        (
            json!({"model": "m", "messages": [{"role": "robot", "content": "x"}]}),
            "messages[0].role",
        ),
        (
            json!({"model": "m", "messages": [{"role": "user"}]}),
            "messages[0].content",
        ),
        (
            json!({"model": "m", "messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}),
            "messages[0].tool_call_id",
        ),
        (
            json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "temperature": 3}),
            "temperature",
        ),
    ];
    for (body, field) in cases {
        let request = HttpRequest::post_json("/v1/chat/completions", body.to_string());
        let error = ChatCompletions.decode(&request).expect_err(field);
        let response = ChatCompletions.error(&error);
        assert_eq!(response.status, 400, "{field}");
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body["error"]["param"], field);
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
}
