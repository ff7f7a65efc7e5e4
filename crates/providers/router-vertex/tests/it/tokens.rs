//! Tokens for credentials: what is sent to the token endpoint, and how long its answer serves.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use router_core::{ErrorKind, ProviderExt as _};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_vertex::VertexBuilder;
use router_vertex::credentials::Credentials;
use serde_json::{Value, json};

/// Made for these tests and used nowhere else.
const PRIVATE_KEY: &str = include_str!("test_key.pem");
const PUBLIC_KEY: &[u8] = include_bytes!("test_key.public.der");
const ANSWER: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}"#;

fn key_file() -> Value {
    json!({
        "type": "service_account",
        "project_id": "test-project",
        "private_key_id": "key-1",
        "private_key": PRIVATE_KEY,
        "client_email": "robot@test-project.iam.gserviceaccount.com",
        "token_uri": "https://token.test/token",
    })
}

fn vertex(file: &Value, transport: &Arc<ReplayTransport>) -> router_vertex::Vertex {
    let credentials = Credentials::parse(&file.to_string()).expect("credentials");
    assert!(!format!("{credentials:?}").contains("PRIVATE"), "{credentials:?}");
    let settings = ProviderSettings::default().with_transport(Arc::clone(transport) as _);
    VertexBuilder::new()
        .credentials(credentials)
        .project("test-project")
        .settings(settings)
        .build()
        .expect("a provider")
}

fn token(name: &str) -> String {
    json!({"access_token": name, "expires_in": 3599, "token_type": "Bearer"}).to_string()
}

fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(body).expect("a form");
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").replace("%2F", "/")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_service_account_signs_for_its_token() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(200, token("ya29.one"))
            .json(200, ANSWER),
    );
    vertex(&key_file(), &transport)
        .chat("gemini-3-pro", "x")
        .await
        .expect("an answer");
    let sent = transport.requests();
    assert_eq!(sent[0].url, "https://token.test/token");
    assert_eq!(
        sent[0].headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    let form = fields(&sent[0].body);
    assert_eq!(form[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let assertion = &form[1].1;
    let (signed, signature) = assertion.rsplit_once('.').expect("a signature");
    let (header, claims) = signed.split_once('.').expect("claims");
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    };
    assert_eq!(
        read(header),
        json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
    );
    let claims = read(claims);
    assert_eq!(claims["iss"], "robot@test-project.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(claims["aud"], "https://token.test/token");
    let number = |name: &str| claims[name].as_u64().expect("a time");
    assert_eq!(number("exp") - number("iat"), 3600);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    assert!(number("iat").abs_diff(now) < 60, "the claim is of now");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PUBLIC_KEY)
        .verify(signed.as_bytes(), &signature)
        .expect("the signature fits the public key");
    assert_eq!(sent[1].headers["authorization"], "Bearer ya29.one");
}

#[tokio::test(start_paused = true)]
async fn one_token_serves_until_it_is_renewed_before_its_end() {
    let replies = ReplayTransport::new()
        .json(200, token("ya29.one"))
        .json(200, ANSWER)
        .json(200, ANSWER)
        .json(200, token("ya29.two"))
        .json(200, ANSWER);
    let transport = Arc::new(replies);
    let vertex = vertex(&key_file(), &transport);
    vertex.chat("gemini-3-pro", "x").await.expect("an answer");
    tokio::time::advance(Duration::from_secs(3000)).await;
    vertex.chat("gemini-3-pro", "x").await.expect("an answer");
    tokio::time::advance(Duration::from_secs(400)).await;
    vertex.chat("gemini-3-pro", "x").await.expect("an answer");
    let used: Vec<_> = transport
        .requests()
        .iter()
        .filter_map(|sent| Some(sent.headers.get("authorization")?.to_str().ok()?.to_owned()))
        .collect();
    assert_eq!(used, ["Bearer ya29.one", "Bearer ya29.one", "Bearer ya29.two"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_told_in_the_endpoints_words() {
    let refusal = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
    let transport = Arc::new(ReplayTransport::new().json(400, refusal));
    let error = vertex(&key_file(), &transport)
        .chat("gemini-3-pro", "x")
        .await
        .expect_err("no token");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Authentication, Some("invalid_grant"))
    );
    assert!(error.to_string().contains("Invalid JWT Signature."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_user_exchanges_a_refresh_token() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(200, token("ya29.user"))
            .json(200, ANSWER),
    );
    let file = json!({"type": "authorized_user", "client_id": "id", "client_secret": "se/cret", "refresh_token": "1//r"});
    vertex(&file, &transport)
        .chat("gemini-3-pro", "x")
        .await
        .expect("an answer");
    let sent = transport.requests();
    assert_eq!(sent[0].url, "https://oauth2.googleapis.com/token");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("grant_type", "refresh_token"),
        pair("client_id", "id"),
        pair("client_secret", "se/cret"),
        pair("refresh_token", "1//r"),
    ];
    assert_eq!(fields(&sent[0].body), expected);
    assert_eq!(sent[1].headers["authorization"], "Bearer ya29.user");
}

#[tokio::test(start_paused = true)]
async fn a_machine_asks_its_metadata_server() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(200, token("ya29.machine"))
            .json(200, ANSWER),
    );
    let settings = ProviderSettings::default().with_transport(Arc::clone(&transport) as _);
    let vertex = VertexBuilder::new()
        .credentials(Credentials::Metadata("metadata.test".to_owned()))
        .project("p")
        .settings(settings)
        .build()
        .expect("a provider");
    vertex.chat("gemini-3-pro", "x").await.expect("an answer");
    let sent = &transport.requests()[0];
    assert_eq!(
        sent.url,
        "http://metadata.test/computeMetadata/v1/instance/service-accounts/default/token"
    );
    assert_eq!(sent.headers["metadata-flavor"], "Google");
}

#[test]
fn files_are_read_leniently_and_their_faults_named() {
    let mut mangled = key_file();
    mangled["private_key"] = PRIVATE_KEY.replace('\n', "\\n").into();
    let credentials =
        Credentials::parse(&mangled.to_string()).expect("a key with line ends in two characters");
    assert_eq!(credentials.project(), Some("test-project"));
    let fault = |change: fn(&mut Value)| {
        let mut file = key_file();
        change(&mut file);
        let error = Credentials::parse(&file.to_string())
            .map(|_| ())
            .expect_err("a fault");
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    assert!(fault(|file| file["client_email"] = Value::Null).contains("client_email"));
    assert!(fault(|file| file["private_key"] = "nonsense".into()).contains("private_key"));
    assert!(fault(|file| file["token_uri"] = "file:///etc/passwd".into()).contains("token_uri"));
    assert!(fault(|file| file["type"] = "external_account".into()).contains("external_account"));
    assert!(Credentials::parse("not json").is_err());
}
