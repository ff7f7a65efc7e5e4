//! Tokens for an API key: what the authority is asked, and that one token serves all, over sockets of loopback.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use router_core::{ErrorKind, ProviderExt as _};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_watsonx::{Watsonx, WatsonxBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &str =
    r#"{"id":"a","model_id":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;

/// An authority and the vendor at one address: the authority numbers its tokens, the vendor takes those that are not revoked.
#[derive(Default)]
struct World {
    exchanges: AtomicUsize,
    /// Tokens up to this number are good no more.
    revoked: AtomicUsize,
    forms: Mutex<Vec<String>>,
}

impl World {
    async fn start() -> (Arc<Self>, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let world = Arc::new(Self::default());
        let served = Arc::clone(&world);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let world = Arc::clone(&served);
                tokio::spawn(async move { world.serve(stream).await });
            }
        });
        (world, address)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let (head, body) = read(&mut stream).await;
        let (status, answer) = if head.starts_with("POST /identity/token ") {
            let number = self.exchanges.fetch_add(1, Ordering::SeqCst) + 1;
            self.forms.lock().expect("no panic").push(body);
            let token = format!(
                r#"{{"access_token":"iam-{number}","refresh_token":"not_supported","token_type":"Bearer","expires_in":3600,"expiration":1}}"#
            );
            ("200 OK", token)
        } else {
            let lower = head.to_ascii_lowercase();
            let number = lower
                .split_once("authorization: bearer iam-")
                .and_then(|(_, rest)| rest.split_whitespace().next()?.parse::<usize>().ok());
            if number.is_some_and(|number| number > self.revoked.load(Ordering::SeqCst)) {
                ("200 OK", ANSWER.to_owned())
            } else {
                let refusal = r#"{"errors":[{"code":"authentication_token_expired","message":"Expired."}],"status_code":401}"#;
                ("401 Unauthorized", refusal.to_owned())
            }
        };
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
        let _ = stream.write_all(reply.as_bytes()).await;
    }
}

async fn read(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_ascii_lowercase()
                .split_once("content-length: ")
                .and_then(|(_, rest)| rest.lines().next()?.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return (head.to_owned(), body.to_owned());
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return Default::default(),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn watsonx(address: SocketAddr) -> Watsonx {
    let settings = ProviderSettings::default().with_base_url(format!("http://{address}"));
    WatsonxBuilder::new()
        .project("p")
        .key("k&y=")
        .iam_url(format!("http://{address}/"))
        .settings(settings)
        .build()
        .expect("a provider")
}

/// Asks so many times at once.
async fn ask(watsonx: &Watsonx, times: usize) {
    let calls: Vec<_> = (0..times)
        .map(|_| {
            let watsonx = watsonx.clone();
            tokio::spawn(async move { watsonx.chat("m", "x").await.map(|answer| answer.text()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("an answer"), "Hi");
    }
}

#[tokio::test]
async fn many_calls_at_once_share_one_exchange() {
    let (world, address) = World::start().await;
    let watsonx = watsonx(address);
    ask(&watsonx, 16).await;
    assert_eq!(world.exchanges.load(Ordering::SeqCst), 1);
    assert_eq!(
        world.forms.lock().expect("no panic")[0],
        "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=k%26y%3D"
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all() {
    let (world, address) = World::start().await;
    let watsonx = watsonx(address);
    ask(&watsonx, 1).await;
    world.revoked.store(1, Ordering::SeqCst);
    ask(&watsonx, 8).await;
    assert_eq!(
        world.exchanges.load(Ordering::SeqCst),
        2,
        "one exchange for all that were refused"
    );
    world.revoked.store(99, Ordering::SeqCst);
    let error = watsonx.chat("m", "x").await.expect_err("no token is good");
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(world.exchanges.load(Ordering::SeqCst), 3, "tried again once");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_no_bad_request() {
    let refusal = r#"{"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found.","context":{"requestId":"r"}}"#;
    let transport = Arc::new(ReplayTransport::new().json(400, refusal));
    let watsonx = WatsonxBuilder::new()
        .project("p")
        .key("s3cret")
        .settings(ProviderSettings::default().with_transport(Arc::clone(&transport) as _))
        .build()
        .expect("a provider");
    let error = watsonx.chat("m", "x").await.expect_err("no token");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Authentication, Some("BXNIM0415E"))
    );
    assert!(error.to_string().contains("could not be found"), "{error}");
    assert!(!format!("{error:?} {watsonx:?}").contains("s3cret"), "{error:?}");
    assert_eq!(
        transport.requests()[0].url,
        "https://iam.cloud.ibm.com/identity/token"
    );
}
