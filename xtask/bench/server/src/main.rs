//! A vendor that answers at once with canned bytes: what it takes does not depend on who asks.
//!
//! `POST /chunks/N/v1/chat/completions` answers a request with `"stream":true` with N chunks of text, and others whole.
//! `/plain/0/…` answers whole ones plainly, with one header of the vendor's own.
//! `/chunks/N/pace/M/…` waits M microseconds before each frame, so that each is read alone.

use std::collections::HashMap;
use std::time::Duration;

use bench_harness::canned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!(
            "listening on http://{}",
            listener.local_addr().expect("an address")
        );
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        }
    });
}

/// Answers requests one after another until the client hangs up.
async fn serve(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut answers: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    loop {
        let request = Request::read(&mut stream, &mut buffer).await?;
        let pace = request.setting("pace");
        let answer = answers
            .entry(format!("{} {}", request.streams, request.path))
            .or_insert_with(|| answer(&request));
        match pace {
            None => stream.write_all(&answer.concat()).await.ok()?,
            Some(micros) => {
                for part in answer.iter() {
                    stream.write_all(part).await.ok()?;
                    tokio::time::sleep(Duration::from_micros(micros)).await;
                }
            }
        }
    }
}

/// Headers that OpenAI adds.
const OWN: &str = "openai-processing-ms: 412\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n";

/// The bytes of an answer, in the parts in which a vendor would send them.
fn answer(request: &Request) -> Vec<Vec<u8>> {
    let plain = request.setting("plain").is_some();
    let head = |more: &str| {
        let own = if plain { "" } else { OWN };
        format!(
            "HTTP/1.1 200 OK\r\ndate: Tue, 25 Nov 2025 16:00:00 GMT\r\n{more}\r\n\
             x-request-id: req_7f1c1b5f7d2c4f6c9f3f6d0f4b1a2c3d\r\n{own}\r\n"
        )
    };
    if !request.streams {
        let body = if plain { canned::plain() } else { canned::whole() };
        let head = head(&format!(
            "content-type: application/json\r\ncontent-length: {}",
            body.len()
        ));
        return vec![format!("{head}{body}").into_bytes()];
    }
    let pieces = request.setting("chunks").unwrap_or(16) as usize;
    let mut parts = vec![
        head("content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked").into_bytes(),
    ];
    for frame in canned::frames(pieces) {
        parts.push(format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes());
    }
    parts.push(b"0\r\n\r\n".to_vec());
    parts
}

/// What of a request matters here.
struct Request {
    path: String,
    streams: bool,
}

impl Request {
    /// Reads a request to its end; `None` when the client is gone.
    async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Self> {
        buffer.clear();
        let (head, end) = loop {
            if stream.read_buf(buffer).await.ok()? == 0 {
                return None;
            }
            if let Some(head) = memchr::memmem::find(buffer, b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
                let length = text
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length:"))
                    .and_then(|length| length.trim().parse::<usize>().ok())
                    .expect("a length: no contender sends chunks");
                break (text, head + 4 + length);
            }
        };
        while buffer.len() < end {
            if stream.read_buf(buffer).await.ok()? == 0 {
                return None;
            }
        }
        Some(Self {
            path: head.split(' ').nth(1)?.to_owned(),
            streams: memchr::memmem::find(buffer, b"\"stream\":true").is_some(),
        })
    }

    /// A number behind a word of the path.
    fn setting(&self, name: &str) -> Option<u64> {
        let mut segments = self.path.split('/');
        segments.find(|segment| *segment == name)?;
        segments.next()?.parse().ok()
    }
}
