//! More inputs than one request takes: all are answered, in order, a few requests at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use router_core::{BatchLimits, EmbeddingRequest, ErrorKind, ProviderExt as _, ProviderId};
use router_http::{HttpProvider, TransportKind};
use router_wire_openai::{Compatible, Dialect};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{config, on_both};

on_both! {
    all_are_answered_in_order_and_counted
    a_failure_is_the_calls
    a_piece_with_too_few_answers_is_an_error
    what_fits_is_one_request
}

#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A server whose vectors are the numbers that the inputs are; later pieces are answered sooner.
async fn vendor(answer: fn(Vec<f64>) -> (u16, Value)) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Arc::new(Seen::default());
    let shared = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let seen = Arc::clone(&shared);
            tokio::spawn(async move {
                while let Some(body) = body(&mut stream).await {
                    seen.requests.fetch_add(1, Ordering::AcqRel);
                    let now = seen.now.fetch_add(1, Ordering::AcqRel) + 1;
                    seen.most.fetch_max(now, Ordering::AcqRel);
                    let inputs = body["input"].as_array().expect("inputs").iter();
                    let numbers: Vec<f64> = inputs
                        .map(|input| input.as_str().expect("a text").parse().expect("a number"))
                        .collect();
                    tokio::time::sleep(Duration::from_millis(30 - numbers[0] as u64)).await;
                    let (status, answer) = answer(numbers);
                    let answer = answer.to_string();
                    seen.now.fetch_sub(1, Ordering::AcqRel);
                    let head = format!(
                        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                        answer.len()
                    );
                    if stream.write_all((head + &answer).as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, seen)
}

/// The body of the next request on a connection.
async fn body(stream: &mut TcpStream) -> Option<Value> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n")
            && let Ok(value) = serde_json::from_slice(&read[end + 4..])
        {
            return Some(value);
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => read.extend_from_slice(&more[..count]),
        }
    }
}

fn vectors(numbers: Vec<f64>) -> (u16, Value) {
    let rows = numbers.iter().enumerate();
    let rows = rows.map(|(index, number)| json!({"index": index, "embedding": [number]}));
    let answer =
        json!({"data": rows.collect::<Vec<_>>(), "model": "m", "usage": {"prompt_tokens": numbers.len()}});
    (200, answer)
}

fn provider(kind: TransportKind, url: String, most: usize) -> HttpProvider<Compatible> {
    let mut dialect = Dialect::default();
    dialect.embeddings.limits = Some(BatchLimits::inputs(most));
    let codec = Compatible::new(ProviderId::from_static("plain"), dialect);
    let builder = HttpProvider::builder_with(codec)
        .base_url(url)
        .config(config(kind));
    builder.build().expect("the provider builds")
}

fn inputs(count: usize) -> EmbeddingRequest {
    EmbeddingRequest::new((0..count).map(|number| number.to_string()))
}

async fn all_are_answered_in_order_and_counted(kind: TransportKind) {
    let (url, seen) = vendor(vectors).await;
    let answer = provider(kind, url, 2)
        .embed("m", inputs(23))
        .await
        .expect("vectors");
    let numbers: Vec<f32> = answer.embeddings.iter().map(|vector| vector[0]).collect();
    assert_eq!(numbers, (0u8..23).map(f32::from).collect::<Vec<_>>());
    assert_eq!(answer.usage.as_ref().map(|usage| usage.input_tokens), Some(23));
    assert_eq!(
        (answer.model.as_deref(), answer.head.status()),
        (Some("m"), Some(200))
    );
    assert_eq!(seen.requests.load(Ordering::Acquire), 12);
    let most = seen.most.load(Ordering::Acquire);
    assert!((2..=4).contains(&most), "{most} requests at a time");
    assert_eq!(answer.trail.entries().len(), 1, "one call is one attempt");
}

async fn a_failure_is_the_calls(kind: TransportKind) {
    let (url, seen) = vendor(|numbers| match numbers.contains(&4.0) {
        true => (
            429,
            json!({"error": {"message": "too fast", "code": "rate_limit_exceeded"}}),
        ),
        false => vectors(numbers),
    })
    .await;
    let error = provider(kind, url, 1)
        .embed("m", inputs(20))
        .await
        .expect_err("a failure");
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::RateLimited, "too fast")
    );
    assert!(error.is_retryable());
    let asked = seen.requests.load(Ordering::Acquire);
    assert!(asked < 20, "{asked} requests, of which none was needed any more");
}

async fn a_piece_with_too_few_answers_is_an_error(kind: TransportKind) {
    let (url, _) = vendor(|mut numbers| {
        numbers.retain(|number| *number != 3.0);
        vectors(numbers)
    })
    .await;
    let error = provider(kind, url, 2)
        .embed("m", inputs(6))
        .await
        .expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::Decode);
}

async fn what_fits_is_one_request(kind: TransportKind) {
    let (url, seen) = vendor(vectors).await;
    let answer = provider(kind, url, 3)
        .embed("m", inputs(3))
        .await
        .expect("vectors");
    assert_eq!(
        (answer.embeddings.len(), seen.requests.load(Ordering::Acquire)),
        (3, 1)
    );
}
