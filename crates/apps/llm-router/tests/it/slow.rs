//! Many clients that read slowly, of answers that are long: the gateway holds little for each, and the vendor is slowed.
//!
//! 200 clients here; `ROUTER_SLOW_CLIENTS=1000` needs 5,000 open files.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::binary::Server;
use crate::config::File;

/// What a vendor has to say to each.
const ANSWER: usize = 50 << 20;
/// What a client takes in a second, and how long the test looks.
const PIECE: usize = 1024;
const SECONDS: usize = 3;
/// Most that the gateway holds for one of them, and for 1,000 with itself.
const MOST_EACH: usize = 256 << 10;
const MOST: usize = 400 << 20;

/// What a vendor has sent: in all, and how many answers it has begun and ended.
#[derive(Default)]
struct Sent {
    bytes: AtomicUsize,
    begun: AtomicUsize,
    ended: AtomicUsize,
}

/// A vendor whose streams are 50 MB long and come as fast as they are taken.
async fn vendor(sent: Arc<Sent>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let text = "x".repeat(4000);
    let event = format!(
        "data: {{\"id\":\"1\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
    );
    tokio::spawn(async move {
        let event: Arc<str> = event.into();
        while let Ok((mut stream, _)) = listener.accept().await {
            let (event, sent) = (Arc::clone(&event), Arc::clone(&sent));
            tokio::spawn(async move {
                let mut request = [0; 16 * 1024];
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                if stream.read(&mut request).await.is_err()
                    || stream.write_all(head.as_bytes()).await.is_err()
                {
                    return;
                }
                sent.begun.fetch_add(1, Ordering::AcqRel);
                for _ in 0..ANSWER / event.len() {
                    if stream.write_all(event.as_bytes()).await.is_err() {
                        return;
                    }
                    sent.bytes.fetch_add(event.len(), Ordering::AcqRel);
                }
                sent.ended.fetch_add(1, Ordering::AcqRel);
            });
        }
    });
    base
}

/// A client that has asked and takes little; its own system holds next to nothing for it.
async fn client(address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address = address.parse().expect("an address");
    let mut stream = socket.connect(address).await.expect("a gateway");
    let body = r#"{"model":"custom/m","stream":true,"messages":[{"role":"user","content":"Tell me all."}]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all((head + body).as_bytes())
        .await
        .expect("a request");
    stream
}

/// What a process holds in memory.
fn resident(process: u32) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{process}/statm")).expect("a process");
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number") * 4096
}

/// So many clients more, each with what it read in the time, and the most that the gateway held.
async fn more(clients: usize, server: &Server) -> (Vec<TcpStream>, usize) {
    let mut reading = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let mut stream = client(&server.address).await;
        reading.spawn(async move {
            let mut second = tokio::time::interval(Duration::from_secs(1));
            for _ in 0..SECONDS {
                second.tick().await;
                stream.read_exact(&mut [0; PIECE]).await.expect("it goes on");
            }
            stream
        });
    }
    let (mut streams, mut most) = (Vec::new(), 0);
    while let Some(stream) = reading.join_next().await {
        streams.push(stream.expect("no panic"));
        most = most.max(resident(server.process()));
    }
    (streams, most)
}

async fn check(clients: usize) {
    let sent = Arc::new(Sent::default());
    let base = vendor(Arc::clone(&sent)).await;
    // On the transport that can be told how much to read ahead.
    let file = File::new(
        "slow.toml",
        &format!("http = {{ transport = \"hyper\" }}\n[providers.custom]\nbase_url = \"{base}\"\n"),
    );
    let server = Server::start("serve", &["--config", file.path()], &[]);
    // What the first of them make it hold for all is not counted as theirs.
    let (first, before) = more(50, &server).await;
    let (others, most) = more(clients - first.len(), &server).await;
    let each = most.saturating_sub(before) / others.len();
    let asked = sent.bytes.load(Ordering::Acquire) / clients;
    println!(
        "{clients} clients: {} MiB in all, {} KiB for each; the vendor sent {} KiB to each",
        most >> 20,
        each >> 10,
        asked >> 10
    );
    assert_eq!(
        sent.begun.load(Ordering::Acquire),
        clients,
        "each has its own answer"
    );
    assert!(each <= MOST_EACH, "{each} bytes for each");
    assert!(most < MOST, "{most} bytes in all");
    // Of what was sent, most lies in the system's buffers for sockets.
    assert!(
        asked < ANSWER / 4,
        "{asked} bytes were asked of the vendor for {} taken",
        SECONDS * PIECE
    );
    assert_eq!(sent.ended.load(Ordering::Acquire), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(target_os = "linux"), ignore = "memory is read from /proc")]
async fn slow_clients_hold_little_and_slow_the_vendor() {
    let wanted = std::env::var("ROUTER_SLOW_CLIENTS").ok();
    let wanted = wanted.map(|clients| clients.parse().expect("a number"));
    check(wanted.unwrap_or(200)).await;
}
