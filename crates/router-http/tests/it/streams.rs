//! Streams tell the truth: the call resolves at the first content, and every end is told as what it is.

use std::time::Duration;

use router_core::stream::End;
use router_core::{Call, ChatRequest, ErrorKind, Feature, Provider as _, ProviderExt as _, StreamEvent};
use router_http::TransportKind;
use router_wire::FrameLog;

use crate::server::{END, Server, Step, answer, chunk, delta, events, stream_head};
use crate::{config, on_both, provider};

on_both! {
    a_failure_before_the_first_content_is_the_calls
    a_failure_after_the_first_content_is_the_streams
    the_call_resolves_at_the_first_content
    deltas_arrive_as_they_are_sent
    warnings_come_with_the_first_event
    raw_frames_on_request
    the_end_is_told_once
}

fn start() -> String {
    "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
        .to_owned()
}

/// Cut, reset, garbage, error event and nothing at all, behind a preamble without content.
async fn a_failure_before_the_first_content_is_the_calls(kind: TransportKind) {
    let preamble = || [stream_head(), chunk(String::from(": hi\n\n") + &start())].concat();
    let error_event = "data: {\"error\":{\"message\":\"busy\",\"code\":\"server_is_overloaded\"}}\n\n";
    let cases: [(Vec<Step>, ErrorKind); 6] = [
        (vec![Step::Send(preamble()), Step::Close], ErrorKind::Transport),
        (vec![Step::Send(preamble()), Step::Reset], ErrorKind::Transport),
        (vec![Step::Send(events(start()))], ErrorKind::Truncated),
        (
            vec![Step::Send(events(start() + "data: {garbage\n\n" + &delta("x")))],
            ErrorKind::Decode,
        ),
        (
            vec![Step::Send(events(start() + error_event + &delta("x")))],
            ErrorKind::Overloaded,
        ),
        (
            vec![Step::Send(answer(429, &[("retry-after", "1")], "slow"))],
            ErrorKind::RateLimited,
        ),
    ];
    for (number, (steps, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_| steps.clone()).await;
        let call = provider(&server, config(kind)).chat_stream("m", "Hi").await;
        let error = call.map(|_| ()).expect_err("the call fails");
        assert_eq!(error.kind(), expected, "case {number}: {error}");
        let trail = error.trail().expect("a trail").entries();
        assert_eq!(trail.len(), 1, "case {number}: one attempt");
    }
}

async fn a_failure_after_the_first_content_is_the_streams(kind: TransportKind) {
    let content = || [stream_head(), chunk(start() + &delta("Hel"))].concat();
    let cases: [(Vec<Step>, ErrorKind); 3] = [
        (vec![Step::Send(content()), Step::Close], ErrorKind::Transport),
        (
            vec![Step::Send(events(start() + &delta("Hel")))],
            ErrorKind::Truncated,
        ),
        (
            vec![Step::Send(events(start() + &delta("Hel") + "data: {garbage\n\n"))],
            ErrorKind::Decode,
        ),
    ];
    for (number, (steps, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_| steps.clone()).await;
        let mut stream = provider(&server, config(kind))
            .chat_stream("m", "Hi")
            .await
            .expect("content came")
            .into_value();
        let mut text = String::new();
        let mut error = None;
        while let Some(event) = stream.next().await {
            match event {
                Ok(StreamEvent::TextDelta { text: more, .. }) => text.push_str(&more),
                Ok(StreamEvent::Finish(_)) => panic!("case {number} ends well"),
                Ok(_) => {}
                Err(failure) => error = Some(failure),
            }
        }
        assert_eq!(text, "Hel", "case {number}: the text before the failure");
        assert_eq!(error.map(|error| error.kind()), Some(expected), "case {number}");
    }
}

/// Neither the head nor comments nor the vendor's first, empty chunk resolve the call.
async fn the_call_resolves_at_the_first_content(kind: TransportKind) {
    let server = Server::start(|_| {
        vec![
            Step::Send([stream_head(), chunk(String::from(": wait\n\n") + &start())].concat()),
            Step::Wait(Duration::from_millis(80)),
            Step::Send(chunk(delta("Hello"))),
            Step::Hang,
        ]
    })
    .await;
    let started = std::time::Instant::now();
    let mut stream = provider(&server, config(kind))
        .chat_stream("m", "Hi")
        .await
        .expect("content")
        .into_value();
    assert!(
        started.elapsed() >= Duration::from_millis(75),
        "{:?}",
        started.elapsed()
    );
    // It begins at its beginning all the same.
    assert!(matches!(stream.next().await, Some(Ok(StreamEvent::Start(_)))));
    let mut found = stream.next().await;
    while let Some(Ok(StreamEvent::TextDelta { text, .. })) = &found {
        if !text.is_empty() {
            break;
        }
        found = stream.next().await;
    }
    assert!(matches!(&found, Some(Ok(StreamEvent::TextDelta { text, .. })) if *text == "Hello"));
}

/// A piece is handed on when it is there and not with the next.
async fn deltas_arrive_as_they_are_sent(kind: TransportKind) {
    let server = Server::start(|_| {
        let mut steps = vec![Step::Send(stream_head())];
        for text in ["a", "b", "c"] {
            steps.push(Step::Send(chunk(delta(text))));
            steps.push(Step::Wait(Duration::from_millis(60)));
        }
        steps.push(Step::Send([chunk(END), b"0\r\n\r\n".to_vec()].concat()));
        steps
    })
    .await;
    let mut stream = provider(&server, config(kind))
        .chat_stream("m", "Hi")
        .await
        .expect("content")
        .into_value();
    let started = std::time::Instant::now();
    let mut times = Vec::new();
    while let Some(event) = stream.next().await {
        if let StreamEvent::TextDelta { .. } = event.expect("an event") {
            times.push(started.elapsed());
        }
    }
    assert_eq!(times.len(), 3);
    assert!(times[1] - times[0] >= Duration::from_millis(40), "{times:?}");
    assert!(times[2] - times[1] >= Duration::from_millis(40), "{times:?}");
}

/// A wire without a field for a setting says so with the head, and in the stream.
async fn warnings_come_with_the_first_event(kind: TransportKind) {
    let server = Server::always(events(delta("Hello") + END)).await;
    let codec = router_wire_openai::Compatible::new(
        "plain".into(),
        router_wire_openai::Dialect::default().without(&["seed"]),
    );
    let provider = router_http::HttpProvider::builder_with(codec)
        .base_url(server.url())
        .config(config(kind))
        .build()
        .expect("the provider builds");
    assert!(provider.capabilities().features.contains(Feature::Streaming));
    let mut request = ChatRequest::user("Hi");
    request.settings.seed = Some(7);
    let mut stream = provider.chat_stream("m", request).await.expect("content");
    assert_eq!(stream.head.warnings.len(), 1);
    assert_eq!(stream.head.warnings[0].setting, "seed");
    let Some(Ok(StreamEvent::Start(start))) = stream.next().await else {
        panic!("the stream begins with its start")
    };
    assert_eq!(start.warnings, stream.head.warnings);
    while let Some(event) = stream.next().await {
        assert!(!matches!(event, Ok(StreamEvent::Start(_))), "a second start");
    }
}

async fn raw_frames_on_request(kind: TransportKind) {
    let server = Server::always(events(delta("Hello") + END)).await;
    let log = FrameLog::new();
    let context = router_core::Context::new().with_extension(log.clone());
    let call = Call::new("m", ChatRequest::user("Hi"))
        .with_context(context)
        .streaming();
    let reply = provider(&server, config(kind))
        .call(&call)
        .await
        .expect("content");
    reply.into_output().await.expect("an answer");
    let frames = log.frames();
    assert_eq!(frames.len(), 4);
    assert!(frames[0].data.contains("Hello"));
    assert_eq!(frames[3].data, "[DONE]");
}

async fn the_end_is_told_once(kind: TransportKind) {
    let ends = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let broken = [stream_head(), chunk(delta("Hel"))].concat();
    let server = Server::start(move |number| match number {
        0 => vec![Step::Send(events(delta("Hello") + END))],
        _ => vec![Step::Send(broken.clone()), Step::Close],
    })
    .await;
    let provider = provider(&server, config(kind));
    let call = Call::new("m", ChatRequest::user("Hi")).streaming();
    for read_to_the_end in [true, true, false] {
        let seen = std::sync::Arc::clone(&ends);
        let reply = provider.call(&call).await.expect("content").on_end(move |end| {
            let word = match end {
                End::Finished(usage) => format!("finished {}", usage.is_some()),
                End::Failed(error) => error.kind().to_string(),
                End::Dropped => "dropped".to_owned(),
            };
            seen.lock().expect("no test panics here").push(word);
        });
        if read_to_the_end {
            let _ = reply.into_output().await;
        }
    }
    assert_eq!(
        *ends.lock().expect("no test panics here"),
        ["finished true", "transport", "dropped"]
    );
}
