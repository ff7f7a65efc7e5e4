//! Tokens of Entra ID: what is asked of the authority, and that one serves all, over sockets of loopback.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use router_azure::credentials::Credentials;
use router_azure::{Azure, AzureBuilder, Surface};
use router_core::{ErrorKind, ProviderExt as _, Secret};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &str =
    r#"{"id":"a","model":"gpt-4.1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;

/// An authority and a resource at one address: the authority numbers its tokens, the resource takes the youngest.
#[derive(Default)]
struct World {
    exchanges: AtomicUsize,
    refused: AtomicUsize,
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
        let (status, answer) = if head.starts_with("POST /my-tenant/oauth2/v2.0/token ") {
            let number = self.exchanges.fetch_add(1, Ordering::SeqCst) + 1;
            self.forms.lock().expect("no panic").push(body);
            let token =
                format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"entra-{number}"}}"#);
            ("200 OK", token)
        } else {
            let lower = head.to_ascii_lowercase();
            let number = lower
                .split_once("authorization: bearer entra-")
                .and_then(|(_, rest)| rest.split_whitespace().next()?.parse::<usize>().ok());
            if number.is_some_and(|number| number > self.revoked.load(Ordering::SeqCst)) {
                ("200 OK", ANSWER.to_owned())
            } else {
                self.refused.fetch_add(1, Ordering::SeqCst);
                (
                    "401 Unauthorized",
                    r#"{"statusCode":401,"message":"expired"}"#.to_owned(),
                )
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

fn application() -> Credentials {
    Credentials::ClientSecret {
        tenant: "my-tenant".to_owned(),
        client_id: "my-app".to_owned(),
        client_secret: Secret::from("s3cr&t="),
    }
}

fn azure(address: SocketAddr) -> Azure {
    AzureBuilder::new()
        .endpoint(format!("http://{address}"))
        .authority(format!("http://{address}/"))
        .credentials(application())
        .build()
        .expect("a provider")
}

#[tokio::test]
async fn many_calls_at_once_share_one_exchange() {
    let (world, address) = World::start().await;
    let azure = azure(address);
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let azure = azure.clone();
            tokio::spawn(async move { azure.chat("d", "x").await.map(|answer| answer.text()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("an answer"), "Hi");
    }
    assert_eq!(world.exchanges.load(Ordering::SeqCst), 1);
    let form = world.forms.lock().expect("no panic")[0].clone();
    assert_eq!(
        form,
        "grant_type=client_credentials&client_id=my-app&client_secret=s3cr%26t%3D\
         &scope=https%3A%2F%2Fai.azure.com%2F.default"
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all() {
    let (world, address) = World::start().await;
    let azure = azure(address);
    azure.chat("d", "x").await.expect("an answer");
    world.revoked.store(1, Ordering::SeqCst);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let azure = azure.clone();
            tokio::spawn(async move { azure.chat("d", "x").await.map(|answer| answer.text()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("an answer"), "Hi");
    }
    assert_eq!(
        world.exchanges.load(Ordering::SeqCst),
        2,
        "one exchange for all that were refused"
    );
    world.revoked.store(99, Ordering::SeqCst);
    let error = azure.chat("d", "x").await.expect_err("no token is good");
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(
        world.exchanges.load(Ordering::SeqCst),
        3,
        "tried again once, and not for ever"
    );
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_refuses_is_heard() {
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}"#;
    let transport = Arc::new(ReplayTransport::new().json(401, refusal));
    let azure = AzureBuilder::new()
        .endpoint("https://r.openai.azure.com")
        .credentials(application())
        .settings(ProviderSettings::default().with_transport(Arc::clone(&transport) as _))
        .build()
        .expect("a provider");
    let error = azure.chat("d", "x").await.expect_err("no token");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Authentication, Some("invalid_client"))
    );
    assert!(error.to_string().contains("AADSTS7000215"), "{error}");
    assert!(!format!("{error:?} {azure:?}").contains("s3cr"), "{error:?}");
    assert_eq!(
        transport.requests()[0].url,
        "https://login.microsoftonline.com/my-tenant/oauth2/v2.0/token"
    );
}

#[tokio::test(start_paused = true)]
async fn a_machine_asks_who_it_is() {
    let token = r#"{"access_token":"m-1","expires_in":"86399","token_type":"Bearer"}"#;
    let transport = Arc::new(ReplayTransport::new().json(200, token).json(200, ANSWER));
    let azure = AzureBuilder::new()
        .endpoint("https://r.openai.azure.com")
        .surface(Surface::deployments("2024-10-21"))
        .credentials(Credentials::ManagedIdentity {
            client_id: None,
            endpoint: None,
        })
        .settings(ProviderSettings::default().with_transport(Arc::clone(&transport) as _))
        .build()
        .expect("a provider");
    azure.chat("d", "x").await.expect("an answer");
    let sent = transport.requests();
    assert_eq!(
        sent[0].url,
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
         &resource=https%3A%2F%2Fcognitiveservices.azure.com"
    );
    assert_eq!(sent[0].headers["metadata"], "true");
    assert_eq!(sent[1].headers["authorization"], "Bearer m-1");
}
