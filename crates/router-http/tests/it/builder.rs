//! Address, key and headers, and where they come from.

use std::process::Command;
use std::sync::Arc;

use http::HeaderValue;
use http::header::{AUTHORIZATION, HeaderName};
use router_core::{BoxFuture, ChatRequest, Error, ErrorKind, ProviderExt as _, ProviderId, Result, Secret};
use router_http::replay::ReplayTransport;
use router_http::{Auth, Authorize, HttpProvider, ProviderSettings, TransportRequest};
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};
use router_wire_openai::{Compatible, Dialect};

use crate::builder;
use crate::server::HELLO;

const KEY: &str = "sk-test-0123456789abcdef";

/// A vendor for these tests alone.
#[derive(Debug)]
struct Testing(Compatible);

fn without_path(address: &str) -> String {
    address.trim_end_matches("/v1/chat/completions").to_owned()
}

impl VendorCodec for Testing {
    const VENDOR: Vendor = Vendor::new("testing", "Testing Inc.", "https://api.testing.invalid/v1")
        .with_key_env(&["TESTING_API_KEY", "TESTING_TOKEN"])
        .with_base_url_env(&["TESTING_BASE_URL"])
        .with_address_reader(without_path)
        .with_auth(AuthScheme::Header("x-testing-key"));

    fn new(id: ProviderId) -> Self {
        Self(Compatible::new(id, Dialect::default()))
    }
}

impl Codec for Testing {
    fn provider(&self) -> &ProviderId {
        self.0.provider()
    }

    fn capabilities(&self) -> Arc<router_core::Capabilities> {
        self.0.capabilities()
    }

    fn encode(&self, call: &router_core::Call) -> Result<Encoded> {
        self.0.encode(call)
    }

    fn decode(&self, call: &router_core::Call, response: &HttpResponse) -> Result<router_core::Output> {
        self.0.decode(call, response)
    }

    fn stream_decoder(&self, call: &router_core::Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.0.stream_decoder(call)
    }

    fn error(&self, call: &router_core::Call, response: &HttpResponse) -> Error {
        self.0.error(call, response)
    }
}

fn replay() -> Arc<ReplayTransport> {
    Arc::new(ReplayTransport::new().json(200, HELLO))
}

#[test]
fn addresses() {
    for (url, why) in [
        ("", "needed"),
        ("  ", "needed"),
        ("localhost:8000", "http://"),
        ("ftp://example.com", "http://"),
        ("http://", "base URL"),
        ("http://exa mple.com/?key=sk-abcdef1234567890", "base URL"),
    ] {
        let error = builder()
            .base_url(url)
            .transport(replay())
            .build()
            .map(|_| ())
            .expect_err("no address");
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        assert!(error.message().contains(why), "{url}: {error}");
        assert!(!error.to_string().contains("sk-abcdef"), "{error}");
    }
}

#[tokio::test]
async fn one_slash_at_the_end_is_taken_off() {
    let transport = replay();
    let provider = builder()
        .base_url(" http://example.com/v1/ ")
        .transport(transport.clone())
        .build()
        .expect("the provider builds");
    provider.chat("m", "Hi").await.expect("an answer");
    assert_eq!(
        transport.requests()[0].url,
        "http://example.com/v1/chat/completions"
    );
}

#[test]
fn a_missing_key_names_its_variables() {
    let error = HttpProvider::<Testing>::builder()
        .transport(replay())
        .build()
        .map(|_| ())
        .expect_err("no key");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.message().contains("TESTING_API_KEY or TESTING_TOKEN"),
        "{error}"
    );
    assert_eq!(error.provider().map(|id| id.as_str()), Some("testing"));
    let blank = HttpProvider::<Testing>::builder()
        .api_key("  ")
        .transport(replay())
        .build();
    assert!(blank.is_err(), "a blank key is none");
    let bad = HttpProvider::<Testing>::builder()
        .api_key("key\nwith a line feed")
        .transport(replay())
        .build()
        .map(|_| ())
        .expect_err("no header can have it");
    assert!(!bad.to_string().contains("line feed"), "{bad}");
}

#[tokio::test]
async fn ways_to_authenticate() {
    let name = HeaderName::from_static("x-other");
    let cases = [
        (None, "x-testing-key", KEY.to_owned()),
        (
            Some(Auth::Bearer(Secret::from(KEY))),
            "authorization",
            format!("Bearer {KEY}"),
        ),
        (
            Some(Auth::Header(name, Secret::from(KEY))),
            "x-other",
            KEY.to_owned(),
        ),
        (
            Some(Auth::Custom(Arc::new(Signing))),
            "authorization",
            "Signed 2".to_owned(),
        ),
    ];
    for (auth, header, value) in cases {
        let transport = replay();
        let mut builder = HttpProvider::<Testing>::builder()
            .api_key(KEY)
            .transport(transport.clone());
        if let Some(auth) = auth {
            builder = builder.auth(auth);
        }
        let provider = builder.build().expect("the provider builds");
        assert!(
            !format!("{provider:?}").contains("0123456789abcdef"),
            "{provider:?}"
        );
        provider.chat("m", "Hi").await.expect("an answer");
        let sent = &transport.requests()[0];
        assert_eq!(sent.headers[header], *value);
        assert!(sent.url.starts_with("https://api.testing.invalid/v1/"));
        assert!(!format!("{sent:?} {:?}", sent.headers).contains("0123456789abcdef"));
    }
    let transport = replay();
    let provider = HttpProvider::<Testing>::builder()
        .auth(Auth::None)
        .transport(transport.clone())
        .build()
        .expect("no key is needed");
    provider.chat("m", "Hi").await.expect("an answer");
    assert!(!transport.requests()[0].headers.contains_key(AUTHORIZATION));
}

/// Signs with the number of headers, to show that it sees the whole request.
#[derive(Debug)]
struct Signing;

impl Authorize for Signing {
    fn authorize<'a>(&'a self, request: &'a mut TransportRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let value = format!("Signed {}", request.headers.len());
            request
                .headers
                .insert(AUTHORIZATION, HeaderValue::from_str(&value).expect("digits"));
            Ok(())
        })
    }
}

#[tokio::test]
async fn another_id() {
    let provider = HttpProvider::<Testing>::builder()
        .id("testing-eu")
        .api_key(KEY)
        .transport(replay())
        .build()
        .expect("the provider builds");
    let answer = provider.chat("m", "Hi").await.expect("an answer");
    assert_eq!(answer.head.provider.as_str(), "testing-eu");
}

#[test]
fn bad_headers() {
    for (name, value) in [("bad name", "x"), ("x-fine", "line\nfeed")] {
        let error = builder()
            .base_url("http://example.com")
            .header(name, value)
            .transport(replay())
            .build()
            .map(|_| ())
            .expect_err("it cannot be sent");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(name), "{error}");
        assert!(!error.message().contains("feed"), "{error}");
    }
}

/// The environment is read in a process of its own, since a test must not change that of the others.
#[test]
fn from_the_environment() {
    let this = std::env::current_exe().expect("a test is a program");
    let run = |variables: &[(&str, &str)], expected: &str| {
        let output = Command::new(&this)
            .args(["--exact", "builder::in_a_child", "--nocapture"])
            .env_remove("TESTING_API_KEY")
            .env("ROUTER_HTTP_CHILD", "1")
            .envs(variables.iter().copied())
            .output()
            .expect("the test runs again");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains(expected),
            "{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!text.contains("0123456789abcdef"), "{text}");
    };
    run(&[], "no API key for Testing Inc.");
    run(&[("TESTING_API_KEY", " ")], "no API key for Testing Inc.");
    run(&[("TESTING_TOKEN", KEY)], "https://api.testing.invalid/v1");
    run(
        &[
            ("TESTING_API_KEY", KEY),
            ("TESTING_BASE_URL", "http://localhost:1/x/"),
        ],
        "http://localhost:1/x",
    );
}

#[test]
fn in_a_child() {
    if std::env::var_os("ROUTER_HTTP_CHILD").is_none() {
        return;
    }
    match HttpProvider::<Testing>::builder()
        .from_env()
        .transport(replay())
        .build()
    {
        Ok(provider) => println!("{provider:?}"),
        Err(error) => println!("{error}"),
    }
}

/// An address of a configuration is read as one of the vendor's variables is, and one in code as it stands.
#[tokio::test]
async fn addresses_of_configurations_are_read_as_the_vendor_reads_them() {
    let given = "http://testing.test/v1/chat/completions";
    let transport = Arc::new(ReplayTransport::new().json(200, "{}").json(200, "{}"));
    let settings = ProviderSettings::default()
        .with_api_key("k")
        .with_base_url(given)
        .with_transport(Arc::clone(&transport) as _);
    let read = HttpProvider::<Testing>::from_settings(&settings).expect("a provider");
    let plain = HttpProvider::<Testing>::builder()
        .base_url(given)
        .api_key("k")
        .transport(Arc::clone(&transport) as _);
    let plain = plain.build().expect("a provider");
    let _ = read.chat("m", ChatRequest::user("x")).await;
    let _ = plain.chat("m", ChatRequest::user("x")).await;
    let urls: Vec<String> = transport
        .requests()
        .iter()
        .map(|request| request.url.to_string())
        .collect();
    assert_eq!(
        urls,
        [
            "http://testing.test/chat/completions".to_owned(),
            format!("{given}/chat/completions")
        ]
    );
}
