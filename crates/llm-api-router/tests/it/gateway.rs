//! The gateway in front of failing vendors: no wire ever shows a clean end, and no client that is gone is worked for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use llm_api_router::serve::Service;
use llm_api_router::serve::listener::{Limits, bind, listen};
use llm_api_router::sim::Sim;
use llm_api_router::{
    BoxFuture, Call, Capabilities, Config, Provider, ProviderId, ProviderSettings, Registry, Reply, Result,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::loopback::{Seen, Then, Vendor, head};

/// How soon the vendor must see that the client is gone: half of the times, and on a loaded machine every time.
const SOON: Duration = Duration::from_millis(250);
const AT_THE_LATEST: Duration = Duration::from_secs(2);

/// A wire as a client of the gateway sees it.
struct Wire {
    path: &'static str,
    /// A streamed request for `MODEL`.
    body: &'static str,
    /// What only a clean end has.
    ends: &'static [&'static str],
    /// What an error inside a stream has.
    fails: &'static str,
}

const WIRES: [Wire; 5] = [
    Wire {
        path: "/v1/chat/completions",
        body: r#"{"model":"MODEL","stream":true,"messages":[{"role":"user","content":"Count from 1 to 5"}]}"#,
        ends: &["data: [DONE]", r#""finish_reason":"stop""#],
        fails: r#"data: {"error":{"#,
    },
    Wire {
        path: "/v1/responses",
        body: r#"{"model":"MODEL","stream":true,"input":"Count from 1 to 5"}"#,
        ends: &["event: response.completed", "event: response.incomplete"],
        fails: "event: response.failed",
    },
    Wire {
        path: "/v1/messages",
        body: r#"{"model":"MODEL","stream":true,"max_tokens":99,"messages":[{"role":"user","content":"Count from 1 to 5"}]}"#,
        ends: &["event: message_stop", r#""stop_reason":"end_turn""#],
        fails: "event: error",
    },
    Wire {
        path: "/v1beta/models/MODEL:streamGenerateContent?alt=sse",
        body: r#"{"contents":[{"parts":[{"text":"Count from 1 to 5"}]}]}"#,
        ends: &[r#""finishReason":"#],
        fails: r#"{"error":{"#,
    },
    Wire {
        path: "/api/chat",
        body: r#"{"model":"MODEL","messages":[{"role":"user","content":"Count from 1 to 5"}]}"#,
        ends: &[r#""done":true"#],
        fails: r#"{"error":"#,
    },
];

/// Vendors, with what stands behind the simulated vendor's address.
const VENDORS: [(&str, &str); 4] = [
    ("openai", "/v1"),
    ("anthropic", ""),
    ("gemini", "/v1beta"),
    ("ollama", ""),
];

/// A gateway in front of one vendor, at the address that it gives.
pub(crate) async fn gateway(vendor: &str, base_url: String) -> String {
    let settings = ProviderSettings::default()
        .with_api_key("sk-canary")
        .with_base_url(base_url);
    let provider = Registry::builtin().build(vendor, &settings).expect("a provider");
    serve(Service::new(provider)).await
}

/// A service on a socket, at the address that it gives.
async fn serve(service: Service) -> String {
    let (listener, address) = bind("127.0.0.1:0").await.expect("a free port");
    tokio::spawn(listen(
        listener,
        service,
        Limits::default(),
        std::future::pending(),
    ));
    address.to_string()
}

impl Wire {
    fn request(&self, model: &str, stream: bool) -> Vec<u8> {
        let mut body = self.body.replace("MODEL", model);
        let mut path = self.path.replace("MODEL", model);
        if !stream {
            body = body.replace(r#""stream":true"#, r#""stream":false"#);
            path = path.replace("streamGenerateContent?alt=sse", "generateContent");
            if self.path == "/api/chat" {
                body = body.replacen('{', r#"{"stream":false,"#, 1);
            }
        }
        format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// Status and body of the answer; a body that broke off is as long as it came.
    async fn ask(&self, address: &str, model: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).await.expect("a gateway");
        stream
            .write_all(&self.request(model, true))
            .await
            .expect("a request");
        let mut bytes = Vec::new();
        // A gateway may break off too, if that is how its wire says so; what came is judged.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), body.to_owned())
    }

    fn check_failed(&self, status: u16, body: &str, what: &str) {
        for end in self.ends {
            assert!(
                !body.contains(end),
                "{what} at {}: a clean end in {body}",
                self.path
            );
        }
        if status == 200 {
            assert!(
                body.contains(self.fails),
                "{what} at {}: no error in {body}",
                self.path
            );
        } else {
            assert!(
                status >= 400 && body.contains("error"),
                "{what} at {}: {status} {body}",
                self.path
            );
        }
    }
}

/// A vendor that fails at any event, behind any wire: the client is told in the words of its wire.
#[tokio::test]
async fn a_break_at_every_event_reaches_every_client() {
    let sim = Sim::start().await.expect("a free port");
    let mut told = 0;
    for (vendor, base) in VENDORS {
        let address = gateway(vendor, format!("{}{base}", sim.url())).await;
        for wire in &WIRES {
            let (status, body) = wire.ask(&address, "sim-model").await;
            assert_eq!(status, 200, "{vendor}: {body}");
            assert!(
                wire.ends.iter().all(|end| body.contains(end))
                    || wire.ends.iter().any(|end| body.contains(end))
            );
            for fault in ["cut", "error", "garbage", "reset"] {
                // The answer has five tokens: five events and what is around them.
                for count in 0..5 {
                    let model = format!("sim-fault-{fault}{count}");
                    let (status, body) = wire.ask(&address, &model).await;
                    wire.check_failed(status, &body, &format!("{vendor} {model}"));
                    told += 1;
                }
            }
            // Where a finish reason has come, `[DONE]` may be missing: vendors leave it out.
            if vendor != "openai" {
                let (status, body) = wire.ask(&address, "sim-fault-noend").await;
                wire.check_failed(status, &body, &format!("{vendor} sim-fault-noend"));
            }
        }
    }
    assert_eq!(told, 400);
}

/// The same is counted: as incomplete where the client had something of the answer, as an error where it had nothing.
#[cfg(feature = "telemetry")]
#[tokio::test]
async fn a_break_at_every_event_is_counted_as_incomplete() {
    use llm_api_router::Layer as _;
    use llm_api_router::telemetry::TelemetryLayer;

    let sim = Sim::start().await.expect("a free port");
    for (vendor, base) in VENDORS {
        let telemetry = TelemetryLayer::default();
        let settings = ProviderSettings::default()
            .with_api_key("sk-canary")
            .with_base_url(format!("{}{base}", sim.url()));
        let provider = Registry::builtin().build(vendor, &settings).expect("a provider");
        let address = serve(Service::new(telemetry.layer(provider))).await;
        let count = |outcome: &str| -> u32 {
            let page = telemetry.metrics().page();
            let label = format!("outcome=\"{outcome}\"");
            let lines = page
                .lines()
                .filter(|line| line.starts_with("llm_router_calls_total{") && line.contains(&label));
            lines
                .filter_map(|line| line.rsplit(' ').next()?.parse::<u32>().ok())
                .sum()
        };
        let (mut broken, mut failed) = (0, 0);
        for wire in &WIRES {
            for count in 0..5 {
                let (status, _) = wire.ask(&address, &format!("sim-fault-cut{count}")).await;
                if status == 200 {
                    broken += 1;
                } else {
                    failed += 1;
                }
            }
        }
        assert!(broken >= WIRES.len() as u32, "{vendor}: {broken}");
        assert_eq!(count("incomplete"), broken, "{vendor}");
        assert_eq!(count("error"), failed, "{vendor}");
        assert_eq!(count("ok") + count("cancelled"), 0, "{vendor}");
    }
}

/// Every byte of a failed attempt before the first content stays back: the client gets a status and an error body.
#[tokio::test]
async fn a_failure_before_the_first_content_is_a_status() {
    let sim = Sim::start().await.expect("a free port");
    for (vendor, base) in VENDORS {
        let address = gateway(vendor, format!("{}{base}", sim.url())).await;
        for wire in &WIRES {
            for model in [
                "sim-fault-429",
                "sim-fault-503",
                "sim-fault-cut0",
                "sim-fault-error0",
                "sim-fault-garbage0",
            ] {
                let (status, body) = wire.ask(&address, model).await;
                assert!(
                    status >= 400,
                    "{vendor} {model} at {}: {status} {body}",
                    wire.path
                );
                let json: serde_json::Value = serde_json::from_str(&body).expect("an error body");
                assert!(
                    !json["error"].is_null(),
                    "{vendor} {model} at {}: {body}",
                    wire.path
                );
            }
        }
    }
}

const DELTA: &str =
    "data: {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";

/// A client that goes away before the head, before the first content, inside a stream or while it waits for a whole answer takes
/// the vendor's work with it.
#[tokio::test]
async fn a_client_that_goes_away_ends_the_call() {
    let head = || head("text/event-stream");
    let points: [(&str, Vec<Vec<u8>>, bool); 4] = [
        ("before the head", vec![], true),
        (
            "before the first content",
            vec![head(), b": ping\n\n".to_vec()],
            true,
        ),
        ("inside a stream", vec![head(), DELTA.as_bytes().to_vec()], true),
        ("while it waits for a whole answer", vec![], false),
    ];
    let mut times = Vec::new();
    for wire in &WIRES {
        for (point, pieces, stream) in &points {
            let mut vendor = Vendor::start(pieces.clone(), Then::Hang).await;
            let address = gateway("openai", format!("{}/v1", vendor.url())).await;
            let mut client = TcpStream::connect(&address).await.expect("a gateway");
            client
                .write_all(&wire.request("m", *stream))
                .await
                .expect("a request");
            assert!(matches!(vendor.seen.recv().await, Some(Seen::Asked)));
            if *point == "inside a stream" {
                let mut text = Vec::new();
                while !String::from_utf8_lossy(&text).contains("Hi") {
                    let mut piece = [0; 1024];
                    let read = client.read(&mut piece).await.expect("an answer");
                    assert_ne!(read, 0, "{} {point}", wire.path);
                    text.extend_from_slice(&piece[..read]);
                }
            }
            let left = Instant::now();
            drop(client);
            let gone = tokio::time::timeout(AT_THE_LATEST, vendor.seen.recv()).await;
            let Ok(Some(Seen::Gone(at))) = gone else {
                panic!("{} {point}: the vendor still works", wire.path);
            };
            times.push(at.duration_since(left));
        }
    }
    times.sort_unstable();
    let (half, last) = (times[times.len() / 2], times[times.len() - 1]);
    println!("the vendor sees it after {half:?} half of the times, after {last:?} at the latest");
    assert!(half < SOON, "{times:?}");
}

/// Clients that ask the same share one call, which goes on without the first of them, and without the second; the last one takes it
/// with it.
#[tokio::test]
async fn the_last_client_of_a_shared_call_ends_it() {
    let points: [(Vec<Vec<u8>>, bool); 4] = [
        (vec![], true),
        (vec![head("text/event-stream"), b": ping\n\n".to_vec()], true),
        (vec![head("text/event-stream"), DELTA.as_bytes().to_vec()], true),
        (vec![], false),
    ];
    let mut times = Vec::new();
    for (pieces, stream) in points {
        let mut vendor = Vendor::start(pieces, Then::Hang).await;
        let text = format!(
            "environment = false\n[cache]\nttl = \"10m\"\n[providers.well]\ntype = \"custom\"\nbase_url = \"{}/v1\"",
            vendor.url()
        );
        let config = Config::from_toml("router.toml", &text).expect("it reads");
        let client = config
            .client_with(&Registry::builtin(), &|_| None)
            .expect("a client");
        let shared = || {
            let (_, cache) = client.caches().next().expect("a cache");
            cache.stats().collapsed
        };
        let address = serve(Service::new(client.clone())).await;
        let mut clients = Vec::new();
        for others in 0..3 {
            let mut client = TcpStream::connect(&address).await.expect("a gateway");
            client
                .write_all(&WIRES[0].request("well/m", stream))
                .await
                .expect("a request");
            if others == 0 {
                assert!(matches!(vendor.seen.recv().await, Some(Seen::Asked)));
            }
            while shared() < others {
                tokio::task::yield_now().await;
            }
            clients.push(client);
        }
        for _ in 0..2 {
            drop(clients.remove(0));
            let seen = tokio::time::timeout(Duration::from_millis(100), vendor.seen.recv()).await;
            assert!(seen.is_err(), "{seen:?} while somebody waits");
        }
        let left = Instant::now();
        drop(clients);
        let gone = tokio::time::timeout(AT_THE_LATEST, vendor.seen.recv()).await;
        let Ok(Some(Seen::Gone(at))) = gone else {
            panic!("the vendor works for nobody");
        };
        times.push(at.duration_since(left));
    }
    times.sort_unstable();
    println!("the vendor sees it after {times:?}");
    assert!(times[times.len() / 2] < SOON, "{times:?}");
}

/// A client that goes away while its call waits for its turn leaves the line: the vendor never hears of it, and its place is free.
#[tokio::test]
async fn a_client_that_goes_away_in_a_queue_leaves_it() {
    let mut vendor = Vendor::start(
        vec![head("text/event-stream"), DELTA.as_bytes().to_vec()],
        Then::Hang,
    )
    .await;
    let text = format!(
        r#"
        environment = false
        [providers.well]
        type = "custom"
        base_url = "{}/v1"
        limits = [ {{ concurrency = 1, wait = "60s" }} ]
        "#,
        vendor.url()
    );
    let config = Config::from_toml("router.toml", &text).expect("it reads");
    let client = config
        .client_with(&Registry::builtin(), &|_| None)
        .expect("a client");
    let service = Service::new(client);
    let address = serve(service.clone()).await;
    let ask = async |under_way: usize| {
        let mut client = TcpStream::connect(&address).await.expect("a gateway");
        client
            .write_all(&WIRES[0].request("well/m", true))
            .await
            .expect("a request");
        while service.in_flight() != under_way {
            tokio::task::yield_now().await;
        }
        client
    };
    let first = ask(1).await;
    assert!(matches!(vendor.seen.recv().await, Some(Seen::Asked)));
    let second = ask(2).await;
    let third = ask(3).await;
    let left = Instant::now();
    drop(second);
    while service.in_flight() != 2 {
        assert!(left.elapsed() < AT_THE_LATEST, "it still waits");
        tokio::task::yield_now().await;
    }
    assert!(vendor.seen.try_recv().is_err(), "the vendor heard of it");
    drop(first);
    assert!(matches!(vendor.seen.recv().await, Some(Seen::Gone(_))));
    assert!(
        matches!(vendor.seen.recv().await, Some(Seen::Asked)),
        "the third's turn"
    );
    drop(third);
    assert!(matches!(vendor.seen.recv().await, Some(Seen::Gone(_))));
    while service.in_flight() != 0 {
        tokio::task::yield_now().await;
    }
}

/// Ten times as many clients as there is room for: those above it are refused in milliseconds, and those that were let in have
/// their answers.
#[tokio::test]
async fn a_full_gateway_refuses_quickly_and_harms_nobody() {
    const ROOM: usize = 20;
    let sim = Sim::start().await.expect("a free port");
    let settings = ProviderSettings::default()
        .with_api_key("sk-canary")
        .with_base_url(format!("{}/v1", sim.url()));
    let inner = Registry::builtin()
        .build("openai", &settings)
        .expect("a provider");
    let gate = Arc::new(Semaphore::new(0));
    let gated = Gated {
        inner,
        gate: Arc::clone(&gate),
    };
    let service = Service::new(gated).with_max_in_flight(ROOM);
    let address = serve(service.clone()).await;
    let accepted = futures_util::future::join_all((0..ROOM).map(|_| WIRES[0].ask(&address, "sim-model")));
    let refused = async {
        while service.in_flight() < ROOM {
            tokio::task::yield_now().await;
        }
        let mut times = Vec::new();
        for wire in WIRES.iter().cycle().take(10 * ROOM) {
            let mut stream = TcpStream::connect(&address).await.expect("a gateway");
            let began = Instant::now();
            stream
                .write_all(&wire.request("sim-model", true))
                .await
                .expect("a request");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("an answer");
            times.push(began.elapsed());
            assert!(answer.starts_with("HTTP/1.1 503"), "{}: {answer}", wire.path);
            assert!(answer.contains("retry-after: 1\r\n"), "{}: {answer}", wire.path);
        }
        assert_eq!(service.in_flight(), ROOM, "all were refused by a full gateway");
        gate.add_permits(ROOM);
        times.sort_unstable();
        times
    };
    let (accepted, refused) = tokio::join!(accepted, refused);
    for (status, body) in accepted {
        assert!(status == 200 && body.contains("[DONE]"), "{status} {body}");
    }
    // Not half of them, since other tests may have the processors.
    let quarter = refused[refused.len() / 4];
    assert!(quarter < Duration::from_millis(5), "{refused:?}");
    assert_eq!(service.in_flight(), 0);
}

/// A vendor that begins to answer when it is let.
struct Gated {
    inner: Arc<dyn Provider>,
    gate: Arc<Semaphore>,
}

impl Provider for Gated {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async {
            let _let_in = self.gate.acquire().await.expect("a gate that is never closed");
            self.inner.call(call).await
        })
    }
}
