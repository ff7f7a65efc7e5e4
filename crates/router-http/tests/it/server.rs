//! A server that sends what a test wrote, byte for byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes so many times over.
    Repeat(Vec<u8>, usize),
    /// Waits.
    Wait(Duration),
    /// Waits until the client is gone.
    Hang,
    /// Closes the connection.
    Close,
    /// Breaks the connection.
    Reset,
}

#[derive(Debug, Default)]
struct State {
    connections: AtomicUsize,
    closed: AtomicUsize,
    written: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

/// A server on a free port of loopback.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

impl Server {
    /// A server that answers its requests by a script, given the number of the request from 0.
    pub(crate) async fn start(script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State::default());
        let (script, shared) = (Arc::new(script), Arc::clone(&state));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::AcqRel);
                let (script, state) = (Arc::clone(&script), Arc::clone(&shared));
                tokio::spawn(async move {
                    serve(stream, &*script, &state).await;
                    state.closed.fetch_add(1, Ordering::AcqRel);
                });
            }
        });
        Self { address, state }
    }

    /// A server with the same answer for all.
    pub(crate) async fn always(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_| vec![Step::Send(answer.clone())]).await
    }

    /// A server that sends this and closes.
    pub(crate) async fn once(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_| vec![Step::Send(answer.clone()), Step::Close]).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Acquire)
    }

    /// Connections that are over.
    pub(crate) fn closed(&self) -> usize {
        self.state.closed.load(Ordering::Acquire)
    }

    /// Bytes that could be written.
    pub(crate) fn written(&self) -> usize {
        self.state.written.load(Ordering::Acquire)
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().expect("no test panics here").clone()
    }
}

async fn serve(mut stream: TcpStream, script: &(dyn Fn(usize) -> Vec<Step> + Send + Sync), state: &State) {
    let _ = stream.set_nodelay(true);
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut requests = state.requests.lock().expect("no test panics here");
            requests.push(request);
            requests.len() - 1
        };
        for step in script(number) {
            let (bytes, times) = match step {
                Step::Send(bytes) => (bytes, 1),
                Step::Repeat(bytes, times) => (bytes, times),
                Step::Wait(time) => {
                    tokio::time::sleep(time).await;
                    continue;
                }
                Step::Hang => {
                    let mut rest = [0; 64];
                    while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                    return;
                }
                Step::Close => return,
                Step::Reset => {
                    let _ = stream.set_zero_linger();
                    return;
                }
            };
            for piece in (0..times).flat_map(|_| bytes.chunks(16 * 1024)) {
                if stream.write_all(piece).await.is_err() {
                    return;
                }
                state.written.fetch_add(piece.len(), Ordering::AcqRel);
            }
        }
    }
}

/// A request with its body; `None` when the client closed.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length: usize = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            return Some(text);
        }
    }
}

/// An answer with a length.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// An answer in JSON.
pub(crate) fn json(status: u16, body: impl AsRef<[u8]>) -> Vec<u8> {
    answer(status, &[("content-type", "application/json")], body)
}

/// The head of a stream of events in chunks.
pub(crate) fn stream_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec()
}

/// One chunk of a body.
pub(crate) fn chunk(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("{:x}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The end of a body in chunks.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A whole stream of events.
pub(crate) fn events(body: impl AsRef<[u8]>) -> Vec<u8> {
    [stream_head(), chunk(body), LAST_CHUNK.to_vec()].concat()
}

/// A text delta as an event.
pub(crate) fn delta(text: &str) -> String {
    let chunk =
        serde_json::json!({"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]});
    format!("data: {chunk}\n\n")
}

/// The last events of an answer.
pub(crate) const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
     data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

/// A whole answer.
pub(crate) const HELLO: &str = r#"{"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
