//! One end, told once, and nothing behind it; the commit point is the first content.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::stream;
use router_core::error::TimeoutKind;
use router_core::stream::End;
use router_core::{
    Body, Call, ChatRequest, Error, ErrorKind, EventStream, FinishReason, Provider as _, Reply, Result,
    Scripted, StreamEvent, Usage,
};

fn source(events: Vec<Result<StreamEvent>>) -> EventStream {
    EventStream::new(stream::iter(events))
}

fn finish() -> StreamEvent {
    StreamEvent::finish(FinishReason::Stop, Some(Usage::new(3, 2)))
}

fn failure(kind: ErrorKind) -> Error {
    Error::new(kind, "broken")
}

async fn kinds(mut stream: EventStream) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(event) = stream.next().await {
        found.push(match event {
            Ok(StreamEvent::Start(_)) => "start".to_owned(),
            Ok(StreamEvent::TextDelta { text, .. }) => text.to_string(),
            Ok(StreamEvent::Finish(_)) => "finish".to_owned(),
            Ok(_) => "other".to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        });
    }
    assert!(stream.next().await.is_none(), "an ended stream stays ended");
    found
}

#[tokio::test]
async fn nothing_behind_the_end() {
    let after = vec![
        Ok(StreamEvent::text("a")),
        Ok(finish()),
        Ok(StreamEvent::text("b")),
        Ok(finish()),
    ];
    assert_eq!(kinds(source(after)).await, ["a", "finish"]);
    let broken = vec![
        Ok(StreamEvent::text("a")),
        Err(failure(ErrorKind::Overloaded)),
        Ok(StreamEvent::text("b")),
        Ok(finish()),
    ];
    assert_eq!(kinds(source(broken)).await, ["a", "Overloaded"]);
}

#[tokio::test]
async fn a_silent_end_is_truncated() {
    assert_eq!(
        kinds(source(vec![Ok(StreamEvent::text("a"))])).await,
        ["a", "Truncated"]
    );
    assert_eq!(kinds(source(vec![])).await, ["Truncated"]);
}

#[tokio::test]
async fn commits_at_the_first_content() {
    let events = vec![
        Ok(StreamEvent::start(None, None)),
        Ok(StreamEvent::text("")),
        Ok(StreamEvent::text("a")),
        Err(failure(ErrorKind::Server)),
    ];
    let stream = source(events).committed().await.expect("content came");
    assert_eq!(
        kinds(stream).await,
        ["start", "", "a", "Server"],
        "nothing is lost"
    );
    let early = vec![
        Ok(StreamEvent::start(None, None)),
        Ok(StreamEvent::text("")),
        Err(failure(ErrorKind::Server)),
    ];
    let error = source(early).committed().await.expect_err("no content came");
    assert_eq!(error.kind(), ErrorKind::Server);
    let empty = source(vec![Ok(StreamEvent::start(None, None))]);
    let error = empty.committed().await.expect_err("no content came");
    assert_eq!(error.kind(), ErrorKind::Truncated);
    // An answer without content is an answer.
    let stream = source(vec![Ok(finish())])
        .committed()
        .await
        .expect("it is complete");
    assert_eq!(kinds(stream).await, ["finish"]);
}

type Seen = Arc<Mutex<Vec<String>>>;

fn watch(stream: &mut EventStream, seen: &Seen) {
    for name in ["first", "second"] {
        let seen = Arc::clone(seen);
        stream.on_end(move |end| {
            let word = match end {
                End::Finished(usage) => format!("finished {:?}", usage.map(Usage::total_tokens)),
                End::Failed(error) => format!("failed {}", error.kind()),
                End::Dropped => "dropped".to_owned(),
            };
            seen.lock().expect("no panic").push(format!("{name} {word}"));
        });
    }
}

#[tokio::test]
async fn watchers_are_told_once() {
    let seen = Seen::default();
    for events in [
        vec![Ok(StreamEvent::text("a")), Ok(finish())],
        vec![Err(failure(ErrorKind::Decode))],
        vec![Ok(StreamEvent::text("a"))],
    ] {
        let mut stream = source(events);
        watch(&mut stream, &seen);
        while stream.next().await.is_some() {}
        drop(stream);
    }
    let mut unread = source(vec![Ok(finish())]);
    watch(&mut unread, &seen);
    drop(unread);
    let told = std::mem::take(&mut *seen.lock().expect("no panic"));
    assert_eq!(
        told,
        [
            "first finished Some(5)",
            "second finished Some(5)",
            "first failed decode",
            "second failed decode",
            "first failed truncated",
            "second failed truncated",
            "first dropped",
            "second dropped",
        ]
    );
}

/// A committed stream that is dropped unread, with its end already in hand, was dropped all the same.
#[tokio::test]
async fn dropped_after_the_commit() {
    let seen = Seen::default();
    let events = vec![Ok(StreamEvent::text("a")), Ok(finish())];
    let mut stream = source(events).committed().await.expect("content");
    watch(&mut stream, &seen);
    drop(stream);
    assert_eq!(
        *seen.lock().expect("no panic"),
        ["first dropped", "second dropped"]
    );
}

/// What a watcher holds is released at the terminal event, though the caller keeps the stream.
#[tokio::test]
async fn permits_are_free_at_the_end() {
    let permit = Arc::new(());
    let held = Arc::clone(&permit);
    let reply =
        Reply::stream(source(vec![Ok(StreamEvent::text("a")), Ok(finish())])).on_end(move |_| drop(held));
    let Body::Stream(mut stream) = reply.body else {
        panic!("a stream")
    };
    assert_eq!(Arc::strong_count(&permit), 2);
    while stream.next().await.is_some() {}
    assert_eq!(Arc::strong_count(&permit), 1);
    drop(stream);
}

#[tokio::test]
async fn watchers_see_every_event() {
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    let reply = Reply::stream(source(vec![Ok(StreamEvent::text("a")), Ok(finish())]))
        .on_event(move |_| *count.lock().expect("no panic") += 1);
    reply.into_output().await.expect("an answer");
    assert_eq!(*seen.lock().expect("no panic"), 2);
}

/// A watcher of waits is asked only when nothing is there, is told whether content came, and can end the stream.
#[tokio::test]
async fn waits_can_be_bounded() {
    let mut script = vec![
        None,
        Some(Ok(StreamEvent::text("a"))),
        None,
        Some(Ok(StreamEvent::start(None, None))),
        None,
        Some(Ok(StreamEvent::text("never"))),
    ]
    .into_iter();
    let dropped = Arc::new(());
    let held = Arc::clone(&dropped);
    let mut stream = EventStream::new(stream::poll_fn(move |task| {
        let _ = &held;
        match script.next() {
            Some(Some(event)) => Poll::Ready(Some(event)),
            _ => {
                task.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heard);
    stream.on_wait(move |_, content| {
        let mut seen = seen.lock().expect("no panic");
        seen.push(content);
        match seen.len() {
            3 => Poll::Ready(failure(ErrorKind::Timeout(TimeoutKind::BetweenContents))),
            _ => Poll::Pending,
        }
    });
    let told = Seen::default();
    watch(&mut stream, &told);
    assert!(matches!(
        stream.next().await,
        Some(Ok(StreamEvent::TextDelta { .. }))
    ));
    assert!(matches!(stream.next().await, Some(Ok(StreamEvent::Start(_)))));
    let error = stream
        .next()
        .await
        .expect("an end")
        .expect_err("the watcher ends it");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::BetweenContents));
    assert_eq!(Arc::strong_count(&dropped), 1, "the source is gone");
    assert!(stream.next().await.is_none());
    assert_eq!(*heard.lock().expect("no panic"), [false, true, false]);
    assert_eq!(
        told.lock().expect("no panic").len(),
        2,
        "those who watch are told"
    );
}

#[tokio::test]
async fn collects() {
    let events = vec![
        Ok(StreamEvent::start(Some("id".into()), Some("m".into()))),
        Ok(StreamEvent::text("Hel")),
        Ok(StreamEvent::text("lo")),
        Ok(finish()),
    ];
    let answer = source(events).collect().await.expect("an answer");
    assert_eq!(
        (answer.text().as_str(), answer.id.as_deref()),
        ("Hello", Some("id"))
    );
    let error = source(vec![Ok(StreamEvent::text("Hel"))])
        .collect()
        .await
        .expect_err("it is cut");
    assert_eq!(error.kind(), ErrorKind::Truncated);
}

/// The scripted provider keeps the invariant of providers.
#[tokio::test]
async fn scripted_commits() {
    let provider = Scripted::new()
        .events([
            Ok(StreamEvent::start(None, None)),
            Err(failure(ErrorKind::Overloaded)),
        ])
        .events([Ok(StreamEvent::text("a")), Err(failure(ErrorKind::Overloaded))]);
    let call = Call::new("m", ChatRequest::user("Hi")).streaming();
    let error = provider.call(&call).await.expect_err("before the content");
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    let reply = provider.call(&call).await.expect("content came");
    let Body::Stream(stream) = reply.body else {
        panic!("a stream")
    };
    assert_eq!(kinds(stream).await, ["a", "Overloaded"]);
}

#[test]
fn pieces_are_estimated_as_they_come() {
    let tokens = |text: &'static str| StreamEvent::text(text).token_estimate();
    assert_eq!(tokens(""), 0);
    assert_eq!(tokens(" unbelievable"), 1, "a word is a token");
    assert_eq!(tokens("\n"), 1);
    assert_eq!(tokens(" several words in one piece"), 7);
    assert_eq!(
        tokens("\u{4f60}\u{597d}"),
        2,
        "others than ASCII are as in whole texts"
    );
    assert_eq!(finish().token_estimate(), 0);
}
