//! Tokens that run out, on a clock that stands still.

use std::future::Future as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::AUTHORIZATION;
use router_core::{BoxFuture, Error, ErrorKind, ProviderExt as _, Result};
use router_http::replay::ReplayTransport;
use router_http::token::exchange;
use router_http::{Auth, Authorize as _, Token, TokenAuth, TokenSource, TransportRequest};
use tokio::time::{advance, sleep};

use crate::builder;

const HOUR: Duration = Duration::from_secs(3600);
const ANSWER: &str = r#"{"choices":[{"message":{"content":"Hello!"},"finish_reason":"stop"}]}"#;
const REFUSED: &str = r#"{"error":{"code":401,"message":"expired","status":"UNAUTHENTICATED"}}"#;

/// Gives `token-1`, `token-2`, … after a second each; fails while `broken`.
#[derive(Debug)]
struct Counted {
    fetched: Arc<AtomicU32>,
    broken: Arc<AtomicU32>,
    lifetime: Duration,
}

impl TokenSource for Counted {
    fn fetch(&self) -> BoxFuture<'_, Result<Token>> {
        Box::pin(async {
            let number = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
            sleep(Duration::from_secs(1)).await;
            if self.broken.load(Ordering::SeqCst) > 0 {
                return Err(Error::new(ErrorKind::Server, "the token endpoint is down"));
            }
            Ok(Token::new(format!("token-{number}"), self.lifetime))
        })
    }
}

struct Fixture {
    auth: Arc<TokenAuth<Counted>>,
    fetched: Arc<AtomicU32>,
    broken: Arc<AtomicU32>,
}

fn fixture(lifetime: Duration) -> Fixture {
    let (fetched, broken) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    Fixture {
        auth: Arc::new(TokenAuth::new(Counted {
            fetched: Arc::clone(&fetched),
            broken: Arc::clone(&broken),
            lifetime,
        })),
        fetched,
        broken,
    }
}

impl Fixture {
    async fn used(&self) -> Result<String> {
        let mut request = get("https://vendor.invalid/");
        self.auth.authorize(&mut request).await?;
        Ok(request.headers[AUTHORIZATION]
            .to_str()
            .expect("a token")
            .to_owned())
    }

    fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

fn get(url: &str) -> TransportRequest {
    TransportRequest::new(
        http::Method::GET,
        url.to_owned(),
        http::HeaderMap::new(),
        bytes::Bytes::new(),
    )
}

#[tokio::test(start_paused = true)]
async fn one_token_serves_until_shortly_before_its_end() {
    let fixture = fixture(HOUR);
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-1");
    advance(HOUR - Duration::from_secs(302)).await;
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-1");
    advance(Duration::from_secs(3)).await;
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-2");
    assert_eq!(fixture.fetched(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_renewed_in_its_last_quarter() {
    let fixture = fixture(Duration::from_secs(100));
    fixture.used().await.expect("a token");
    advance(Duration::from_secs(74)).await;
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-1");
    advance(Duration::from_secs(2)).await;
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn many_that_wait_share_one_fetch() {
    let fixture = fixture(HOUR);
    let all = futures_util::future::join_all((0..100).map(|_| fixture.used())).await;
    assert!(
        all.iter()
            .all(|used| used.as_ref().is_ok_and(|used| used == "Bearer token-1"))
    );
    assert_eq!(fixture.fetched(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_renews_while_the_others_go_on() {
    let fixture = fixture(HOUR);
    fixture.used().await.expect("a token");
    advance(HOUR - Duration::from_secs(100)).await;
    let all = futures_util::future::join_all((0..10).map(|_| fixture.used())).await;
    let new = all
        .iter()
        .filter(|used| used.as_ref().is_ok_and(|used| used == "Bearer token-2"))
        .count();
    let old = all
        .iter()
        .filter(|used| used.as_ref().is_ok_and(|used| used == "Bearer token-1"))
        .count();
    assert_eq!((new, old), (1, 9));
    assert_eq!(fixture.fetched(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_failure_get_it_too() {
    let fixture = fixture(HOUR);
    fixture.broken.store(1, Ordering::SeqCst);
    let all = futures_util::future::join_all((0..50).map(|_| fixture.used())).await;
    assert!(all.iter().all(|used| {
        used.as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Server)
    }));
    assert_eq!(fixture.fetched(), 1);
    // Who comes later tries again.
    fixture.broken.store(0, Ordering::SeqCst);
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_leaves_the_old_token_to_its_end() {
    let fixture = fixture(HOUR);
    fixture.used().await.expect("a token");
    fixture.broken.store(1, Ordering::SeqCst);
    advance(HOUR - Duration::from_secs(200)).await;
    for _ in 0..3 {
        assert_eq!(fixture.used().await.expect("the old token"), "Bearer token-1");
    }
    assert_eq!(
        fixture.fetched(),
        2,
        "a failed renewal is not tried again at once"
    );
    advance(Duration::from_secs(11)).await;
    assert_eq!(fixture.used().await.expect("the old token"), "Bearer token-1");
    assert_eq!(fixture.fetched(), 3);
    advance(Duration::from_secs(200)).await;
    assert_eq!(
        fixture.used().await.expect_err("it ended").kind(),
        ErrorKind::Server
    );
}

#[tokio::test(start_paused = true)]
async fn when_the_one_who_fetches_gives_up_another_does() {
    let fixture = fixture(HOUR);
    let mut first = Box::pin(fixture.used());
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(first.as_mut().poll(&mut task).is_pending());
    let second = fixture.used();
    drop(first);
    assert_eq!(second.await.expect("a token"), "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let cases = [
        (ReplayTransport::new().json(401, REFUSED).json(200, ANSWER), None),
        (
            ReplayTransport::new().json(401, REFUSED).json(401, REFUSED),
            Some(ErrorKind::Authentication),
        ),
    ];
    for (transport, failure) in cases {
        let (fixture, transport) = (fixture(HOUR), Arc::new(transport));
        let auth: Arc<dyn router_http::Authorize> = Arc::clone(&fixture.auth) as _;
        let provider = builder()
            .base_url("https://vendor.invalid/v1")
            .auth(Auth::Custom(auth))
            .transport(Arc::clone(&transport) as _)
            .build()
            .expect("the provider builds");
        let answer = provider.chat("m", "Hi").await;
        assert_eq!(answer.err().map(|error| error.kind()), failure);
        let used: Vec<_> = transport
            .requests()
            .iter()
            .map(|sent| sent.headers[AUTHORIZATION].clone())
            .collect();
        assert_eq!(used, ["Bearer token-1", "Bearer token-2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn many_refused_with_one_token_renew_it_once() {
    let fixture = fixture(HOUR);
    let mut request = get("https://vendor.invalid/");
    fixture.auth.authorize(&mut request).await.expect("a token");
    assert!(fixture.auth.renews(&request));
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-2");
    assert!(fixture.auth.renews(&request));
    assert_eq!(fixture.used().await.expect("a token"), "Bearer token-2");
    assert_eq!(fixture.fetched(), 2);
}

#[tokio::test]
async fn answers_of_token_endpoints() {
    let ask = async |status, body: &'static str| {
        let transport = ReplayTransport::new().json(status, body);
        exchange(&transport, get("https://token.invalid/token?secret=1")).await
    };
    let token = ask(
        200,
        r#"{"access_token":"ya29.abc","expires_in":3599,"token_type":"Bearer"}"#,
    )
    .await;
    let token = token.expect("a token");
    assert_eq!(
        (token.value.expose(), token.lifetime),
        ("ya29.abc", Duration::from_secs(3599))
    );
    assert!(!format!("{token:?}").contains("ya29"));
    let token = ask(200, r#"{"access_token":"t","expires_in":"3599"}"#)
        .await
        .expect("a token");
    assert_eq!(token.lifetime, Duration::from_secs(3599));
    let cases = [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
            ErrorKind::Authentication,
            "invalid_grant: Invalid JWT Signature.",
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            ErrorKind::Authentication,
            "invalid_client",
        ),
        (
            400,
            r#"{"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found."}"#,
            ErrorKind::Authentication,
            "could not be found",
        ),
        (503, "<html>", ErrorKind::Server, "status 503"),
        (404, "<html>", ErrorKind::Config, "status 404"),
        (200, "{}", ErrorKind::Decode, "no token"),
        (200, "<html>", ErrorKind::Decode, "no token"),
    ];
    for (status, body, kind, words) in cases {
        let error = ask(status, body).await.expect_err(body);
        assert_eq!(error.kind(), kind, "{body}");
        assert!(error.message().contains(words), "{error}");
        assert!(
            error.message().contains("https://token.invalid/token") && !error.message().contains("secret"),
            "{error}"
        );
    }
}
