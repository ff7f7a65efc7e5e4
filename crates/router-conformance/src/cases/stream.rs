//! Chats answered in pieces: they say the same as whole answers, and never end well when something is missing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll, Waker};

use router_core::{Call, ChatResponse, ErrorKind, FinishReason, Provider as _, StreamEvent};
use router_http::replay::ReplayTransport;
use serde_json::json;

use super::chat::operation;
use super::check_calls;
use crate::exchange::{Exchange, collected, stream};
use crate::fixtures::Answered;
use crate::hang::HangTransport;
use crate::requests::{self, REASONING, TEXT};
use crate::subject::Subject;

pub(crate) async fn text(subject: Subject) {
    let events = stream(&subject, &["stream_text"], requests::text()).await;
    assert_eq!(collected(&events).text(), TEXT);
    assert_eq!(collected(&events).finish_reason(), Some(&FinishReason::Stop));
    let deltas = events
        .iter()
        .filter(|event| matches!(event, StreamEvent::TextDelta { .. }))
        .count();
    assert!(
        deltas > 1,
        "stream_text: the fixture has its text in several pieces"
    );
    let starts = events
        .iter()
        .filter(|event| matches!(event, StreamEvent::Start(_)))
        .count();
    assert!(starts <= 1, "stream_text: {starts} starts");
}

pub(crate) async fn tool_call(subject: Subject) {
    let events = stream(&subject, &["stream_tool_call"], requests::tools()).await;
    let answer = collected(&events);
    check_calls(
        "stream_tool_call",
        &answer,
        &[("get_weather", json!({"city": "Paris"}))],
    );
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));
}

pub(crate) async fn parallel_tool_calls(subject: Subject) {
    let cases = ["stream_parallel_tool_calls"];
    let events = stream(&subject, &cases, requests::parallel_tools()).await;
    check_calls(
        "stream_parallel_tool_calls",
        &collected(&events),
        &[
            ("get_weather", json!({"city": "Paris"})),
            ("get_weather", json!({"city": "Oslo"})),
        ],
    );
    let mut calls: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::ToolCallStart(start) => Some(start.call),
            _ => None,
        })
        .collect();
    calls.dedup();
    assert_eq!(
        calls,
        [0, 1],
        "stream_parallel_tool_calls: the places of the calls"
    );
}

pub(crate) async fn reasoning(subject: Subject) {
    let events = stream(&subject, &["stream_reasoning"], requests::reasoning()).await;
    let answer = collected(&events);
    assert_eq!(answer.text(), TEXT);
    assert_eq!(answer.reasoning(), REASONING);
}

/// 12 tokens in, 9 out, told once, with `Finish`.
pub(crate) async fn usage_on_finish(subject: Subject) {
    let cases = ["stream_usage_on_finish", "stream_text"];
    let events = stream(&subject, &cases, requests::text()).await;
    let Some(StreamEvent::Finish(finish)) = events.last() else {
        panic!("the stream ends with {:?}", events.last());
    };
    let usage = finish.usage.as_ref().expect("the counts are lost");
    assert_eq!((usage.input_tokens, usage.output_tokens), (12, 9));
}

/// Every streamed fixture, cut in two at every byte, gives the same events and the same end.
pub(crate) async fn split_anywhere(subject: Subject) {
    let streams = subject.fixtures.streams();
    assert!(!streams.is_empty(), "there is no stream_*.response fixture");
    for (case, answer) in streams {
        let whole = told(&Exchange::of(&subject, &answer), &subject).await;
        let mut transport = ReplayTransport::new();
        for cut in 0..=answer.body.len() {
            transport = answer.on(transport, &[cut]);
        }
        // In pieces of one byte, too.
        transport = answer.on(transport, &(0..answer.body.len()).collect::<Vec<_>>());
        let exchange = Exchange::over(&subject, transport);
        for cut in 0..=answer.body.len() + 1 {
            assert_eq!(
                told(&exchange, &subject).await,
                whole,
                "{case}: cut at byte {cut}"
            );
        }
    }
}

async fn told(exchange: &Exchange, subject: &Subject) -> (Vec<StreamEvent>, Option<(ErrorKind, String)>) {
    let (events, error) = exchange.events(subject, requests::text()).await;
    (
        events,
        error.map(|error| (error.kind(), error.message().to_owned())),
    )
}

/// An event, and fields, that nobody knows, between all others.
pub(crate) async fn unknown_event_skipped(subject: Subject) {
    let answer = subject.fixtures.response_of(&["stream_text"]);
    let unknown = answer.unknown_frame();
    let mut body = Vec::new();
    let frames = answer.frames();
    for (at, frame) in frames.iter().enumerate() {
        body.extend_from_slice(frame);
        if at + 1 < frames.len() {
            body.extend_from_slice(&unknown);
        }
    }
    let exchange = Exchange::of(&subject, &answer.with_body(body));
    let (events, error) = exchange.events(&subject, requests::text()).await;
    assert!(error.is_none(), "an unknown event ends the stream: {error:?}");
    assert_same(&collected(&events), &whole_stream(&subject).await);
}

/// A frame that cannot be read ends the stream; who asked for it skips the frame instead.
pub(crate) async fn malformed_frame_errs(subject: Subject) {
    let answer = subject.fixtures.response_of(&["stream_text"]);
    let frames = answer.frames();
    for place in 0..frames.len() - 1 {
        let mut body = Vec::new();
        for (at, frame) in frames.iter().enumerate() {
            body.extend_from_slice(frame);
            if at == place {
                body.extend_from_slice(&answer.broken_frame(frame));
            }
        }
        let broken = answer.with_body(body);
        let exchange = Exchange::of(&subject, &broken);
        let (_, error) = exchange.events(&subject, requests::text()).await;
        let error = error.unwrap_or_else(|| panic!("a broken frame behind frame {place} passed by"));
        assert_eq!(error.kind(), ErrorKind::Decode, "behind frame {place}: {error}");
        let skipping = Exchange::skipping(&subject, broken.on(ReplayTransport::new(), &[]));
        let (events, error) = skipping.events(&subject, requests::text()).await;
        assert!(
            error.is_none(),
            "skipping a broken frame behind frame {place}: {error:?}"
        );
        assert_eq!(collected(&events).text(), TEXT);
    }
}

/// Cut at any byte, a stream either has told everything or ends with an error: never a shorter answer with a clean end.
pub(crate) async fn truncated_errs(subject: Subject) {
    for (case, answer) in subject.fixtures.streams() {
        let (events, error) = Exchange::of(&subject, &answer)
            .events(&subject, requests::text())
            .await;
        if error.is_some() {
            continue;
        }
        let whole = collected(&events);
        let mut transport = ReplayTransport::new();
        for end in 0..answer.body.len() {
            transport = answer.with_body(answer.body.slice(..end)).on(transport, &[]);
        }
        let exchange = Exchange::over(&subject, transport);
        let mut truncated = 0;
        for end in 0..answer.body.len() {
            let (events, error) = exchange.events(&subject, requests::text()).await;
            match error {
                Some(error) => {
                    assert!(
                        matches!(error.kind(), ErrorKind::Truncated),
                        "{case}, cut after byte {end}: {error}"
                    );
                    assert!(error.is_retryable(), "{case}, cut after byte {end}: {error}");
                    truncated += 1;
                }
                None => {
                    let part = collected(&events);
                    let content = |answer: &ChatResponse| {
                        (
                            answer.text(),
                            answer.reasoning(),
                            answer.tool_calls().cloned().collect::<Vec<_>>().len(),
                            answer.finish_reason().cloned(),
                        )
                    };
                    assert_eq!(
                        content(&part),
                        content(&whole),
                        "{case}, cut after byte {end}, ends cleanly with less"
                    );
                }
            }
        }
        assert!(
            truncated > answer.body.len() / 4,
            "{case}: hardly any cut was noticed"
        );
    }
    // A connection that breaks is told as such.
    let answer = subject.fixtures.response_of(&["stream_text"]);
    let first = answer.frames()[0].clone();
    let reset = router_core::Error::new(ErrorKind::Transport, "connection reset");
    let transport = ReplayTransport::new().reply(
        200,
        &[("content-type", "text/event-stream")],
        [Ok(first), Err(reset)],
    );
    let (_, error) = Exchange::over(&subject, transport)
        .events(&subject, requests::text())
        .await;
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Transport));
}

/// An error inside a stream of success: typed, and nothing behind it; before any content it is the call's.
pub(crate) async fn error_event(subject: Subject) {
    let answer = subject.fixtures.response_of(&["stream_error_event"]);
    let (events, error) = Exchange::of(&subject, &answer)
        .events(&subject, requests::text())
        .await;
    let error = error.expect("stream_error_event: the error passed by");
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Overloaded | ErrorKind::Server | ErrorKind::RateLimited
        ),
        "stream_error_event: {error}"
    );
    assert!(!error.message().is_empty());
    assert!(
        events
            .iter()
            .any(|event| matches!(event, StreamEvent::TextDelta { .. })),
        "stream_error_event: the text before the error is lost"
    );
    let Some(last) = answer
        .frames()
        .into_iter()
        .rfind(|frame| String::from_utf8_lossy(frame).contains("error"))
    else {
        panic!("stream_error_event: no frame speaks of an error");
    };
    let alone = Exchange::of(&subject, &answer.with_body(last));
    let early = alone
        .stream(&subject, requests::text())
        .await
        .map(|_| ())
        .expect_err("an error before any content is the call's");
    assert_eq!(
        early.kind(),
        error.kind(),
        "the error is the same before any content"
    );
}

/// The stream and the whole answer of the same text, and of the same call, are the same response.
pub(crate) async fn matches_chat(subject: Subject) {
    let pairs = [
        ("chat_text", "stream_text"),
        ("chat_tool_call", "stream_tool_call"),
        ("chat_reasoning", "stream_reasoning"),
    ];
    for (chat, stream) in pairs {
        let (Some(whole), Some(pieces)) =
            (subject.fixtures.response(chat), subject.fixtures.response(stream))
        else {
            continue;
        };
        let whole = Exchange::of(&subject, &whole)
            .chat(&subject, requests::text())
            .await
            .unwrap_or_else(|error| panic!("{chat}: {error}"))
            .into_value();
        let (events, error) = Exchange::of(&subject, &pieces)
            .events(&subject, requests::text())
            .await;
        assert!(error.is_none(), "{stream}: {error:?}");
        assert_same(&collected(&events), &whole);
        let counts = |answer: &ChatResponse| {
            answer
                .usage
                .as_ref()
                .map(|usage| (usage.input_tokens, usage.output_tokens))
        };
        assert_eq!(
            counts(&collected(&events)),
            counts(&whole),
            "{stream}: the counts"
        );
    }
}

/// Letting go of a stream, or of a call that waits, lets go of the request.
pub(crate) async fn drop_cancels(subject: Subject) {
    let answer = subject.fixtures.response_of(&["stream_text"]);
    let frames = answer.frames();
    let half: Vec<u8> = frames[..frames.len() / 2].concat();
    let hanging = HangTransport::after(answer.with_body(half));
    let let_go = hanging.let_go();
    let provider = (subject.build)(Arc::new(hanging), false).provider;
    let call = Call::new(subject.model.clone(), operation(&subject, requests::text())).streaming();
    let reply = provider
        .call(&call)
        .await
        .unwrap_or_else(|error| panic!("half of stream_text holds no content: {error}"));
    assert!(!let_go.load(Ordering::Acquire), "the request ended too early");
    drop(reply);
    assert!(let_go.load(Ordering::Acquire), "the request outlives its stream");

    let hanging = HangTransport::before_head();
    let let_go = hanging.let_go();
    let provider = (subject.build)(Arc::new(hanging), false).provider;
    let mut waiting = provider.call(&call);
    let polled = waiting.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending));
    drop(waiting);
    assert!(let_go.load(Ordering::Acquire), "the request outlives its call");
}

async fn whole_stream(subject: &Subject) -> ChatResponse {
    let answer: Answered = subject.fixtures.response_of(&["stream_text"]);
    let (events, _) = Exchange::of(subject, &answer)
        .events(subject, requests::text())
        .await;
    collected(&events)
}

fn assert_same(left: &ChatResponse, right: &ChatResponse) {
    assert_eq!(left.text(), right.text());
    assert_eq!(left.reasoning(), right.reasoning());
    assert_eq!(left.finish_reason(), right.finish_reason());
    let calls = |answer: &ChatResponse| {
        answer
            .tool_calls()
            .map(|call| {
                (
                    call.name.clone(),
                    call.arguments::<serde_json::Value>().unwrap_or_default(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(calls(left), calls(right));
    let kinds = |answer: &ChatResponse| {
        answer
            .first()
            .into_iter()
            .flat_map(|choice| choice.content.iter().map(std::mem::discriminant))
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(left), kinds(right), "the parts");
}
