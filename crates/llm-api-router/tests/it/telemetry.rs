//! What is told and counted of a whole stack, over sockets; and that no key is in it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use llm_api_router::serve::Service;
use llm_api_router::sim::Sim;
use llm_api_router::telemetry::logs::{LogFormat, LogLevel, LogPolicy, Logs};
use llm_api_router::wire::HttpRequest;
use llm_api_router::{
    Body, Call, ChatRequest, Client, Config, Context, EmbeddingRequest, MetricsPage, Provider, ProviderExt,
    Registry,
};

const DASHBOARD: &str = include_str!("../../../layers/router-telemetry/dashboards/llm-router.json");

/// A key that differs from itself in a URL, in JSON and in base64.
const KEY: &str = "sk-canary/+0123456789abcdefABCDEF";

/// Two vendors, both simulated, and a route over them.
fn client(sim: &Sim) -> Client {
    let text = r#"
        retry = { base = "1ms" }
        [telemetry]
        content = true
        [providers.one]
        type = "openai"
        base_url = "${SIM}/v1"
        api_key = "${KEY}"
        [providers.two]
        type = "anthropic"
        base_url = "${SIM}"
        api_key = "${KEY}"
        [providers.three]
        type = "gemini"
        base_url = "${SIM}/v1beta"
        api_key = "${KEY}"
        [routes.smart]
        strategy = "failover"
        targets = ["one/sim-fault-503", "two/sim-model"]
        cache = { ttl = "10m" }
        [routes.narrow]
        targets = ["three/sim-model"]
        cache = { ttl = "10m" }
        limits = [ { requests = "1/h" } ]
    "#;
    let url = sim.url().to_owned();
    let variables = move |name: &str| match name {
        "SIM" => Some(url.clone()),
        "KEY" => Some(KEY.to_owned()),
        _ => None,
    };
    let config = Config::from_toml("router.toml", text).expect("a configuration");
    assert!(!format!("{config:?}").contains("canary"));
    config
        .client_with(&Registry::builtin(), &variables)
        .expect("a client")
}

async fn read(client: &Client, model: &str) -> bool {
    let call = Call::new(model, ChatRequest::user("Count from 1 to 5")).streaming();
    match client.call(&call).await {
        Ok(reply) => reply.into_output().await.is_ok(),
        Err(_) => false,
    }
}

/// Calls that end in every way.
async fn calls(client: &Client) {
    client
        .chat("smart", "Say only: pong")
        .await
        .expect("the second target answers");
    for _ in 0..2 {
        client
            .chat("narrow", "Say only: pong")
            .await
            .expect("the first of an hour, and the same again");
    }
    client
        .chat("narrow", "Say only: ping")
        .await
        .expect_err("the second of an hour");
    client
        .chat("one/sim-fault-503-x1-a", "Say only: pong")
        .await
        .expect("the second attempt");
    client
        .chat("one/sim-fault-401", "Say only: pong")
        .await
        .expect_err("it is told to fail");
    client
        .chat("nobody/nothing", "Say only: pong")
        .await
        .expect_err("there is nobody");
    client
        .embed("one/sim-model", EmbeddingRequest::new(["pong"]))
        .await
        .expect("a vector");
    assert!(read(client, "one/sim-model").await);
    assert!(!read(client, "two/sim-fault-cut4").await);
    let call = Call::new("three/sim-model", ChatRequest::user("Count from 1 to 5")).streaming();
    let Body::Stream(mut stream) = client.call(&call).await.expect("a stream").body else {
        panic!("a stream was asked for");
    };
    stream.next().await.expect("an event").expect("no error");
}

fn sum(page: &str, name: &str, labels: &[&str]) -> f64 {
    let lines = page.lines().filter(|line| {
        let series = line.split(['{', ' ']).next();
        series == Some(name) && labels.iter().all(|label| line.contains(label))
    });
    lines
        .map(|line| {
            line.rsplit(' ')
                .next()
                .expect("a value")
                .parse::<f64>()
                .expect("a number")
        })
        .sum()
}

#[tokio::test]
async fn a_stack_is_counted() {
    let sim = Sim::start().await.expect("a free port");
    let client = client(&sim);
    calls(&client).await;
    let page = client.metrics().expect("it counts").page();
    for (name, labels, count) in [
        ("llm_router_calls_total", &[][..], 11.0),
        ("llm_router_calls_total", &["outcome=\"ok\""], 6.0),
        (
            "llm_router_calls_total",
            &["outcome=\"incomplete\"", "gen_ai_provider_name=\"two\""],
            1.0,
        ),
        (
            "llm_router_calls_total",
            &["outcome=\"cancelled\"", "gen_ai_provider_name=\"three\""],
            1.0,
        ),
        ("llm_router_calls_total", &["error_type=\"authentication\""], 1.0),
        (
            "llm_router_calls_total",
            &["error_type=\"rate_limited\"", "gen_ai_provider_name=\"narrow\""],
            1.0,
        ),
        (
            "llm_router_calls_total",
            &["error_type=\"not_found\"", "gen_ai_request_model=\"none\""],
            1.0,
        ),
        (
            "llm_router_calls_total",
            &["gen_ai_operation_name=\"embeddings\""],
            1.0,
        ),
        ("llm_router_calls_in_flight", &[], 0.0),
        ("llm_router_attempts_total", &["error_type=\"overloaded\""], 2.0),
        ("llm_router_target_failures_total", &["balancer=\"smart\""], 1.0),
        (
            "llm_router_decisions_total",
            &["layer=\"cache\"", "decision=\"hit\""],
            1.0,
        ),
        (
            "llm_router_decisions_total",
            &["layer=\"cache\"", "decision=\"miss\""],
            3.0,
        ),
        (
            "llm_router_decisions_total",
            &["layer=\"retry\"", "decision=\"waits\""],
            1.0,
        ),
        (
            "llm_router_decisions_total",
            &["layer=\"ratelimit\"", "decision=\"refused\""],
            1.0,
        ),
        (
            "gen_ai_client_operation_time_to_first_chunk_seconds_count",
            &[],
            3.0,
        ),
        ("llm_router_time_per_output_token_seconds_count", &[], 1.0),
    ] {
        assert_eq!(sum(&page, name, labels), count, "{name} {labels:?}: {page}");
    }
    assert!(
        sum(
            &page,
            "llm_router_tokens_total",
            &["gen_ai_token_type=\"output\""]
        ) > 5.0
    );
    assert!(sum(&page, "llm_router_overhead_seconds_count", &[]) >= 4.0);
}

/// What a caller may not ask for is counted and told as well, as nobody's.
#[tokio::test]
async fn what_a_caller_may_not_ask_for_is_counted() {
    let text = r#"
        environment = false
        [telemetry]
        [providers.openai]
        base_url = "http://127.0.0.1:9/v1"
        api_key = "${KEY}"
        [routes.smart]
        targets = ["openai/gpt-5.5"]
        [gateway]
        keys = [ { name = "team-a", key = "${KEY}", routes = ["smart"] } ]
    "#;
    let config = Config::from_toml("router.toml", text).expect("a configuration");
    let client = config
        .client_with(&Registry::builtin(), &|_| Some(KEY.to_owned()))
        .expect("a client");
    let context = Context::new().with_caller("team-a");
    let call = Call::new("openai/other", ChatRequest::user("Hello")).with_context(context);
    client.call(&call).await.expect_err("it may not");
    let page = client.metrics().expect("it counts").page();
    let labels = [
        "error_type=\"permission_denied\"",
        "gen_ai_provider_name=\"none\"",
        "gen_ai_request_model=\"none\"",
    ];
    assert_eq!(sum(&page, "llm_router_calls_total", &labels), 1.0, "{page}");
}

/// The page that Prometheus gets, and nothing else there.
#[tokio::test]
async fn the_page_is_at_one_address() {
    use llm_api_router::serve::Serve as _;

    let sim = Sim::start().await.expect("a free port");
    let client = client(&sim);
    client.chat("smart", "Say only: pong").await.expect("an answer");
    let page = MetricsPage::new(client.metrics().expect("it counts").clone());
    let answer = page
        .admit(&HttpRequest::get("/metrics?x=1"))
        .expect_err("answered at once")
        .into_whole()
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert!(String::from_utf8_lossy(&answer.body).contains("llm_router_calls_total{"));
    let answer = page
        .admit(&HttpRequest::get("/"))
        .expect_err("answered at once")
        .into_whole()
        .await;
    assert_eq!(answer.status, 404);
    // And not where callers come in.
    let gateway = Service::new(client);
    assert_eq!(gateway.respond(HttpRequest::get("/metrics")).await.status(), 404);
}

/// Every metric and label that the dashboard asks for is on the page after some calls.
#[tokio::test]
async fn the_dashboard_shows_what_there_is() {
    let sim = Sim::start().await.expect("a free port");
    let client = client(&sim);
    calls(&client).await;
    let page = client.metrics().expect("it counts").page();
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let mut asked = BTreeSet::new();
    gather(&dashboard, &mut asked);
    let mut metrics = BTreeSet::new();
    for query in &asked {
        let named: Vec<&str> = words(query).filter(|word| is_metric(word)).collect();
        assert!(!named.is_empty(), "{query} asks for nothing");
        let samples: Vec<&str> = page
            .lines()
            .filter(|line| {
                line.split(['{', ' '])
                    .next()
                    .is_some_and(|name| named.contains(&name))
            })
            .collect();
        for metric in &named {
            let shown = samples
                .iter()
                .any(|line| line.split(['{', ' ']).next() == Some(metric));
            assert!(shown, "{query}: {metric} is not on the page");
            metrics.insert(*metric);
        }
        for label in words(query).filter(|word| is_label(word)) {
            let shown = samples.iter().any(|line| line.contains(&format!("{label}=\"")));
            assert!(shown, "{query}: no series has {label}");
        }
    }
    assert!(asked.len() > 25, "{}", asked.len());
    assert!(metrics.len() > 10, "{metrics:?}");
}

/// All queries of a dashboard, those of variables too.
fn gather(value: &serde_json::Value, queries: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (field, value) in fields {
                match value.as_str() {
                    Some(text) if field == "expr" || field == "definition" => {
                        queries.insert(text.to_owned());
                    }
                    _ => gather(value, queries),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| gather(value, queries)),
        _ => {}
    }
}

/// The words of a query, those in quotes left out.
fn words(query: &str) -> impl Iterator<Item = &str> {
    let bare = query.split('"').step_by(2);
    bare.flat_map(|part| part.split(|char: char| !char.is_ascii_alphanumeric() && char != '_'))
}

fn is_metric(word: &str) -> bool {
    word.starts_with("llm_router_") || word.starts_with("gen_ai_client_")
}

fn is_label(word: &str) -> bool {
    const OF_PROMQL: [&str; 9] = [
        "sum",
        "by",
        "rate",
        "increase",
        "histogram_quantile",
        "label_values",
        "__rate_interval",
        "__range",
        "",
    ];
    !is_metric(word) && !OF_PROMQL.contains(&word) && !word.starts_with(|char: char| char.is_ascii_digit())
}

/// A sink that keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// With everything told that can be, requests and answers too, a key is nowhere: neither as it is, nor in a URL, in JSON, in base64.
#[tokio::test]
async fn no_key_is_told() {
    let kept = Kept::default();
    let policy = LogPolicy::default()
        .with_format(LogFormat::Json)
        .with_level(LogLevel::Trace);
    let (dispatch, logs) = Logs::to(&policy, kept.clone());
    let guard = tracing::dispatcher::set_default(&dispatch);
    let sim = Sim::start().await.expect("a free port");
    let client = client(&sim);
    calls(&client).await;
    client
        .chat("one/sim-model", format!("Say only: {KEY}"))
        .await
        .expect("an answer");
    client
        .chat(format!("one/{KEY}"), "Say only: pong")
        .await
        .expect_err("no model");
    drop(guard);
    drop(logs);
    let told = String::from_utf8(kept.0.lock().expect("no panic").clone()).expect("UTF-8");
    assert!(
        told.contains("Say only: pong") && told.contains("\"TRACE\""),
        "{told}"
    );
    let page = client.metrics().expect("it counts").page();
    for (place, text) in [
        ("logs", told),
        ("metrics", page),
        ("debug", format!("{client:?}")),
    ] {
        for form in forms(KEY) {
            assert!(!text.contains(&form), "{place} has {form}");
        }
    }
}

/// A key as it is, and as it looks elsewhere; of base64 what is the same wherever the key begins.
fn forms(key: &str) -> Vec<String> {
    let mut forms = vec![
        "canary".to_owned(),
        key.replace('/', "%2F").replace('+', "%2B"),
        key.replace('/', "\\/"),
    ];
    for before in 0..3 {
        let text = format!("{}{key}", &"   "[..before]);
        let encoded = base64(text.as_bytes());
        forms.push(encoded[4..encoded.len() - 4].to_owned());
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= three.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}
