//! Awkward replies, one each: what vendors and the boxes in front of them were seen to send.

use router_core::{ChatResponse, ErrorKind, FinishReason, ProviderExt as _, StreamEvent};
use router_http::TransportKind;

use crate::server::{END, HELLO, LAST_CHUNK, Server, Step, answer, chunk, delta, events, json, stream_head};
use crate::{config, on_both, provider};

on_both! {
    unknown_finish_reason
    unknown_service_tier
    sparse_body
    html_body_with_502
    error_body_with_extra_fields_and_request_id
    usage_chunk_whose_choices_are_not_empty
    crlf_ping_and_data_without_space
    multi_byte_character_split_across_chunks
    stream_ends_without_finish_or_done
    connection_reset_mid_stream
    error_object_mid_stream
    one_malformed_frame
    two_interleaved_parallel_tool_calls
    html_page_with_200
    empty_body_with_200
    blank_lines_before_a_whole_answer
    byte_order_mark
    bare_carriage_returns
    multi_line_data
    a_line_of_a_mebibyte
    wrong_content_type
    whole_answer_to_a_stream_request
    json_error_to_a_stream_request_with_200
    data_without_a_space_and_without_a_last_blank_line
    missing_done_after_finish
    bytes_behind_done
    usage_null
    no_choices
    answer_byte_by_byte
}

async fn whole(kind: TransportKind, body: &str) -> ChatResponse {
    let server = Server::always(json(200, body)).await;
    provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect("an answer")
        .into_value()
}

/// Events, and the kind of error that ended them; nothing may come behind either end.
async fn streamed(kind: TransportKind, steps: Vec<Step>) -> (Vec<StreamEvent>, Option<router_core::Error>) {
    let server = Server::start(move |_| steps.clone()).await;
    let mut stream = match provider(&server, config(kind)).chat_stream("m", "Hi").await {
        Ok(answer) => answer.into_value(),
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "something came behind the error");
                return (events, Some(error));
            }
        }
    }
    assert!(matches!(events.last(), Some(StreamEvent::Finish(_))));
    (events, None)
}

async fn collected(kind: TransportKind, body: impl AsRef<[u8]>) -> ChatResponse {
    let (found, error) = streamed(kind, vec![Step::Send(events(body))]).await;
    assert!(error.is_none(), "{error:?}");
    fold(found)
}

fn fold(events: Vec<StreamEvent>) -> ChatResponse {
    let mut collector = router_core::collect::Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}

/// A word nobody knows is kept; Together's `eos` is known to mean a stop, and stands beside it.
async fn unknown_finish_reason(kind: TransportKind) {
    for (word, reason) in [
        ("out_of_ideas", FinishReason::Other("out_of_ideas".into())),
        ("eos", FinishReason::Stop),
    ] {
        let body = format!(r#"{{"choices":[{{"message":{{"content":"Hi"}},"finish_reason":"{word}"}}]}}"#);
        let answer = whole(kind, &body).await;
        assert_eq!(answer.text(), "Hi");
        assert_eq!(answer.finish_reason(), Some(&reason));
        assert_eq!(answer.choices[0].finish_reason_raw.as_deref(), Some(word));
    }
}

async fn unknown_service_tier(kind: TransportKind) {
    let body =
        r#"{"service_tier":"platinum","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;
    assert_eq!(whole(kind, body).await.service_tier.as_deref(), Some("platinum"));
}

async fn sparse_body(kind: TransportKind) {
    let answer = whole(kind, r#"{"choices":[{"message":{"content":"Hi"}}]}"#).await;
    assert_eq!(answer.text(), "Hi");
    assert_eq!(answer.usage, None, "counts that were not sent are no zeros");
    assert_eq!(answer.id, None);
}

async fn html_body_with_502(kind: TransportKind) {
    let page = format!("<html><body>{}</body></html>", "Bad Gateway ".repeat(20_000));
    let server = Server::always(answer(502, &[("content-type", "text/html")], page)).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.is_retryable());
    let raw = error.raw().expect("the reply");
    assert_eq!(raw.status, 502);
    assert_eq!(raw.headers["content-type"], "text/html");
    assert_eq!(raw.body.len(), 64 * 1024, "the body is bounded");
    assert!(!error.to_string().contains("<html"), "{error}");
}

async fn error_body_with_extra_fields_and_request_id(kind: TransportKind) {
    let body = r#"{"error":{"message":"bad field","type":"invalid_request_error","param":"x","code":"bad","hint":"see docs"},"trace":"t-1"}"#;
    let headers = [("content-type", "application/json"), ("x-request-id", "req_1")];
    let server = Server::always(answer(400, &headers, body)).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.request_id(), Some("req_1"));
    let raw = String::from_utf8_lossy(&error.raw().expect("the reply").body).into_owned();
    assert!(raw.contains("see docs") && raw.contains("t-1"), "{raw}");
}

async fn usage_chunk_whose_choices_are_not_empty(kind: TransportKind) {
    let body = delta("Hi")
        + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
    let usage = collected(kind, body).await.usage.expect("the counts");
    assert_eq!((usage.input_tokens, usage.output_tokens), (7, 3));
}

async fn crlf_ping_and_data_without_space(kind: TransportKind) {
    let body = (String::from(": ping\n\n") + &delta("Hello") + ": ping\n\n" + END)
        .replace("data: ", "data:")
        .replace('\n', "\r\n");
    assert_eq!(collected(kind, body).await.text(), "Hello");
}

async fn multi_byte_character_split_across_chunks(kind: TransportKind) {
    let body = (delta("naïve 😀 café") + END).into_bytes();
    let mut steps = vec![Step::Send(stream_head())];
    for byte in &body {
        steps.push(Step::Send(chunk([*byte])));
    }
    steps.push(Step::Send(LAST_CHUNK.to_vec()));
    let (events, error) = streamed(kind, steps).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(fold(events).text(), "naïve 😀 café");
}

async fn stream_ends_without_finish_or_done(kind: TransportKind) {
    let (found, error) = streamed(kind, vec![Step::Send(events(delta("Hel")))]).await;
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Truncated));
    assert!(found.contains(&StreamEvent::text("Hel")));
}

async fn connection_reset_mid_stream(kind: TransportKind) {
    let head = [stream_head(), chunk(delta("Hel"))].concat();
    let (_, error) = streamed(kind, vec![Step::Send(head), Step::Reset]).await;
    let error = error.expect("the connection broke");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.is_retryable());
}

async fn error_object_mid_stream(kind: TransportKind) {
    let body = delta("Hel")
        + "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":\"server_is_overloaded\"}}\n\n"
        + &delta("lo")
        + END;
    let (found, error) = streamed(kind, vec![Step::Send(events(body))]).await;
    let error = error.expect("the error");
    assert_eq!(error.kind(), ErrorKind::Overloaded, "{error}");
    assert_eq!(error.message(), "overloaded");
    assert!(!found.contains(&StreamEvent::text("lo")), "the stream went on");
}

async fn one_malformed_frame(kind: TransportKind) {
    let body = delta("Hel") + "data: {\"choices\":[{\"delta\":\n\n" + &delta("lo") + END;
    let (found, error) = streamed(kind, vec![Step::Send(events(&body))]).await;
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Decode));
    assert!(
        found.contains(&StreamEvent::text("Hel")),
        "what came before is lost"
    );
    // Who asks for it skips the frame.
    let server = Server::always(events(body)).await;
    let provider = crate::builder()
        .base_url(server.url())
        .config(config(kind))
        .skip_malformed_frames()
        .build()
        .expect("the provider builds");
    let stream = provider
        .chat_stream("m", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert_eq!(stream.collect().await.expect("an answer").text(), "Hello");
}

async fn two_interleaved_parallel_tool_calls(kind: TransportKind) {
    let piece = |index: u32, id: Option<&str>, arguments: &str| {
        let mut call = serde_json::json!({"index": index, "function": {"arguments": arguments}});
        if let Some(id) = id {
            call["id"] = id.into();
            call["function"]["name"] = "look".into();
        }
        let chunk = serde_json::json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
        format!("data: {chunk}\n\n")
    };
    let body = piece(0, Some("a"), "{\"x\"")
        + &piece(1, Some("b"), "{\"y\"")
        + &piece(0, None, ":1}")
        + &piece(1, None, ":2}")
        + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    let answer = collected(kind, body).await;
    let calls: Vec<(&str, &str)> = answer
        .tool_calls()
        .map(|call| (call.id.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("a", "{\"x\":1}"), ("b", "{\"y\":2}")]);
}

async fn html_page_with_200(kind: TransportKind) {
    let page = answer(
        200,
        &[("content-type", "text/html")],
        "<!doctype html><html>Welcome</html>",
    );
    let server = Server::always(page).await;
    let provider = provider(&server, config(kind));
    let whole = provider.chat("m", "Hi").await.map(|_| ()).expect_err("a page");
    let pieces = provider
        .chat_stream("m", "Hi")
        .await
        .map(|_| ())
        .expect_err("a page");
    for error in [whole, pieces] {
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.message().contains("HTML"), "{error}");
        assert!(!error.is_retryable());
    }
}

async fn empty_body_with_200(kind: TransportKind) {
    let server = Server::always(json(200, "")).await;
    let provider = provider(&server, config(kind));
    let whole = provider.chat("m", "Hi").await.map(|_| ()).expect_err("nothing");
    assert!(
        matches!(whole.kind(), ErrorKind::Decode | ErrorKind::Truncated),
        "{whole}"
    );
    let pieces = provider
        .chat_stream("m", "Hi")
        .await
        .map(|_| ())
        .expect_err("nothing");
    assert_eq!(pieces.kind(), ErrorKind::Truncated, "{pieces}");
}

/// Sent as keep-alive while the model works.
async fn blank_lines_before_a_whole_answer(kind: TransportKind) {
    assert_eq!(
        whole(kind, &format!("\n\n   \r\n\n{HELLO}")).await.text(),
        "Hello!"
    );
}

async fn byte_order_mark(kind: TransportKind) {
    assert_eq!(
        collected(kind, format!("\u{feff}{}{END}", delta("Hello")))
            .await
            .text(),
        "Hello"
    );
}

async fn bare_carriage_returns(kind: TransportKind) {
    let body = (delta("Hello") + END).replace('\n', "\r");
    assert_eq!(collected(kind, body).await.text(), "Hello");
}

async fn multi_line_data(kind: TransportKind) {
    let body = format!(
        "data: {{\"choices\":[{{\"index\":0,\ndata: \"delta\":{{\"content\":\ndata: \"Hello\"}}}}]}}\n\n{END}"
    );
    assert_eq!(collected(kind, body).await.text(), "Hello");
}

async fn a_line_of_a_mebibyte(kind: TransportKind) {
    let text = "é".repeat(512 * 1024);
    assert_eq!(collected(kind, delta(&text) + END).await.text(), text);
}

/// The status and the body count; the type is often wrong.
async fn wrong_content_type(kind: TransportKind) {
    let server = Server::always(answer(200, &[("content-type", "text/plain")], HELLO)).await;
    let text = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect("an answer")
        .text();
    assert_eq!(text, "Hello!");
    let body = delta("Hello") + END;
    let server = Server::always(answer(200, &[("content-type", "application/json")], body)).await;
    let stream = provider(&server, config(kind))
        .chat_stream("m", "Hi")
        .await
        .expect("a stream");
    assert_eq!(
        stream.into_value().collect().await.expect("an answer").text(),
        "Hello"
    );
}

async fn whole_answer_to_a_stream_request(kind: TransportKind) {
    let (events, error) = streamed(kind, vec![Step::Send(json(200, HELLO))]).await;
    assert!(error.is_none(), "{error:?}");
    let answer = fold(events);
    assert_eq!(answer.text(), "Hello!");
    assert!(answer.usage.is_some());
}

async fn json_error_to_a_stream_request_with_200(kind: TransportKind) {
    let body =
        r#"{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}"#;
    for content_type in ["application/json", "text/event-stream"] {
        let reply = answer(200, &[("content-type", content_type)], body);
        let (events, error) = streamed(kind, vec![Step::Send(reply)]).await;
        assert!(events.is_empty());
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::NotFound));
    }
}

async fn data_without_a_space_and_without_a_last_blank_line(kind: TransportKind) {
    let body = (delta("Hello") + END).replace("data: ", "data:");
    assert_eq!(collected(kind, body.trim_end()).await.text(), "Hello");
}

async fn missing_done_after_finish(kind: TransportKind) {
    let body = delta("Hello") + END.strip_suffix("data: [DONE]\n\n").expect("END ends so");
    let answer = collected(kind, body).await;
    assert_eq!(answer.text(), "Hello");
    assert_eq!(answer.usage.map(|usage| usage.input_tokens), Some(3));
}

async fn bytes_behind_done(kind: TransportKind) {
    let body =
        delta("Hello") + END + "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"!\"}}]}\n\ngarbage";
    assert_eq!(collected(kind, body).await.text(), "Hello");
}

async fn usage_null(kind: TransportKind) {
    let answer = whole(
        kind,
        r#"{"id":null,"choices":[{"index":null,"message":{"content":"Hi","tool_calls":null},"finish_reason":"stop"}],"usage":null}"#,
    )
    .await;
    assert_eq!((answer.text().as_str(), answer.usage.clone()), ("Hi", None));
}

/// An answer without choices is no answer with an empty text.
async fn no_choices(kind: TransportKind) {
    let server = Server::always(json(200, r#"{"id":"c1","choices":[]}"#)).await;
    let answer = provider(&server, config(kind)).chat("m", "Hi").await;
    if let Ok(answer) = answer {
        assert!(answer.first().is_none(), "a choice was made up: {answer:?}");
    }
}

async fn answer_byte_by_byte(kind: TransportKind) {
    let steps = json(200, HELLO)
        .iter()
        .map(|byte| Step::Send(vec![*byte]))
        .collect::<Vec<_>>();
    let server = Server::start(move |_| steps.clone()).await;
    let answer = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect("an answer");
    assert_eq!(answer.text(), "Hello!");
}
