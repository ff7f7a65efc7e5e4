//! A vendor on loopback that sends what a test wrote, and says when its client is gone.

use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What a vendor does once it was asked.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// Closes the connection.
    Close,
    /// Breaks the connection.
    Reset,
    /// Waits until the client is gone.
    Hang,
}

/// What a vendor saw.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A request, and that its answer was sent.
    Asked,
    /// The client is gone since then.
    Gone(Instant),
}

/// A vendor.
pub(crate) struct Vendor {
    pub(crate) address: String,
    pub(crate) seen: UnboundedReceiver<Seen>,
}

impl Vendor {
    /// Sends these pieces to everybody who asks, each on its own.
    pub(crate) async fn start(pieces: Vec<Vec<u8>>, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (tell, seen) = unbounded_channel();
        let pieces = Arc::new(pieces);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (pieces, then, tell) = (Arc::clone(&pieces), then.clone(), tell.clone());
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    if !read_request(&mut stream).await {
                        return;
                    }
                    for piece in pieces.iter() {
                        if stream.write_all(piece).await.is_err() {
                            break;
                        }
                        // What is written apart is to be read apart.
                        tokio::task::yield_now().await;
                    }
                    // The test may not look.
                    let _ = tell.send(Seen::Asked);
                    match then {
                        Then::Close => {}
                        Then::Reset => {
                            // A client that has not read yet would lose what came before.
                            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                            let _ = stream.set_zero_linger();
                        }
                        Then::Hang => {
                            let mut rest = [0; 64];
                            while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                            let _ = tell.send(Seen::Gone(Instant::now()));
                        }
                    }
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn read_request(stream: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&piece[..read]),
            _ => return false,
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|value| value.trim().parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return true;
        }
    }
}

/// A whole answer.
pub(crate) fn answer(status: u16, content_type: &str, more: &str, body: &str) -> Vec<Vec<u8>> {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    vec![(head + body).into_bytes()]
}

/// The head of a stream that ends with its connection.
pub(crate) fn head(content_type: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n").into_bytes()
}
