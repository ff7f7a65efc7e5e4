//! A client from a file: what the documentation shows works, with a dead primary, and what is wrong is told in one clear line.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use llm_api_router::balance::BalanceOptions;
use llm_api_router::cache::CacheControl;
use llm_api_router::config::ProviderConfig;
use llm_api_router::context::TrailEntry;
use llm_api_router::serve::Service;
use llm_api_router::serve::listener::{Limits, bind, listen};
use llm_api_router::sim::SimModel;
use llm_api_router::{
    BoxFuture, Call, Capabilities, ChatRequest, Client, Config, Context, ErrorKind, ModelId, ModelRef,
    Provider, ProviderExt, ProviderId, Registry, Reply, Result,
};

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// The simulated vendor under any model's name, and how often it was asked.
#[derive(Clone)]
struct AnyModel {
    sim: SimModel,
    model: &'static str,
    asked: Arc<AtomicUsize>,
}

impl Provider for AnyModel {
    fn id(&self) -> &ProviderId {
        self.sim.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.sim.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::AcqRel);
            self.sim.call(&call.with_model(self.model.into())).await
        })
    }
}

/// A vendor on loopback that answers as a model of the simulated one, and how often it was asked.
async fn vendor(model: &'static str) -> (String, Arc<AtomicUsize>) {
    let provider = AnyModel {
        sim: SimModel::new(),
        model,
        asked: Arc::default(),
    };
    let asked = Arc::clone(&provider.asked);
    let (listener, address) = bind("127.0.0.1:0").await.expect("a free port");
    let service = Service::new(provider);
    tokio::spawn(listen(
        listener,
        service,
        Limits::default(),
        std::future::pending(),
    ));
    (format!("http://{address}"), asked)
}

/// An address where nobody is.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn variables(name: &str) -> Option<String> {
    match name {
        "REDIS_URL" => Some(nobody().replace("http", "redis")),
        _ => Some(format!("value-of-{name}")),
    }
}

/// The blocks of a page that are configuration.
fn examples() -> Vec<&'static str> {
    let blocks = PAGE.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().expect("a block ends"))
        .collect()
}

/// A configuration with all its vendors on loopback: those of the first target somewhere else than the others.
fn moved(text: &str, first: &str, others: &str) -> Config {
    let mut config = Config::from_toml("router.toml", text).expect(text);
    let mut models: Vec<String> = Vec::new();
    let mut dead = Vec::new();
    for route in config.routes.values() {
        let name = |model: &str| {
            ModelRef::parse(model, |_| true)
                .provider
                .expect("provider/model")
                .to_string()
        };
        dead.push(name(&route.targets[0].model));
        models.extend(route.targets.iter().map(|target| name(&target.model)));
        let fallbacks = &route.fallbacks;
        let listed = [
            &fallbacks.any,
            &fallbacks.context_length,
            &fallbacks.content_filtered,
        ];
        models.extend(listed.into_iter().flatten().map(|model| name(model)));
    }
    for name in models
        .iter()
        .map(String::as_str)
        .chain(config.providers.clone().keys().map(String::as_str))
    {
        let provider = config.providers.entry(name.to_owned()).or_default();
        let base = if dead.iter().any(|dead| dead == name) {
            first
        } else {
            others
        };
        let kind = provider.kind.clone().unwrap_or_else(|| name.to_owned());
        provider.base_url = Some(match kind.as_str() {
            "anthropic" => base.to_owned(),
            "gemini" => format!("{base}/v1beta"),
            _ => format!("{base}/v1"),
        });
        if provider.api_key.is_none() {
            provider.api_key = Some("${SOME_KEY}".to_owned());
        }
    }
    config
}

fn client(config: &Config) -> Client {
    config
        .client_with(&Registry::builtin(), &variables)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Check 12: what is documented is tried, with a primary that is gone, and one that always fails.
#[tokio::test]
async fn every_documented_configuration_works_with_a_dead_primary() {
    let (well, _) = vendor("sim-model").await;
    let (failing, _) = vendor("sim-fault-503").await;
    let examples = examples();
    assert_eq!(examples.len(), 10);
    for example in examples {
        for dead in [&nobody(), &failing] {
            let config = moved(example, dead, &well);
            config.gateway_keys_with(&variables).expect("keys of callers");
            let client = client(&config);
            let (name, _) = client
                .routes()
                .next()
                .unwrap_or_else(|| panic!("a route: {example}"));
            let name = ModelId::from(name.to_owned());
            for number in 0..4 {
                let request = ChatRequest::user(format!("Say only: pong {number}"));
                let answer = client.chat(name.clone(), request.clone()).await;
                let answer = answer.unwrap_or_else(|error| panic!("{error}\n{example}"));
                assert_eq!(answer.text(), format!("pong {number}"));
                let stream = client.chat_stream(name.clone(), request).await;
                let stream = stream.unwrap_or_else(|error| panic!("{error}\n{example}"));
                let answer = stream.into_value().collect().await.expect("it ends");
                assert_eq!(answer.text(), format!("pong {number}"));
            }
        }
    }
}

fn two(first: &str, second: &str, more: &str) -> Config {
    let text = format!(
        r#"
        environment = false
        retry = {{ attempts = 4, base = "1ms", cap = "2ms" }}
        [providers.one]
        type = "custom"
        base_url = "{first}/v1"
        [providers.two]
        type = "custom"
        base_url = "{second}/v1"
        [routes.smart]
        strategy = "failover"
        targets = ["one/a", "two/b"]
        {more}
        "#
    );
    Config::from_toml("router.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// One loop of retries, above the balancer: four attempts are four, over however many targets.
#[tokio::test]
async fn four_attempts_over_two_targets_are_four_calls() {
    let (one, asked_one) = vendor("sim-fault-503").await;
    let (two_at, asked_two) = vendor("sim-fault-503").await;
    let client = client(&two(&one, &two_at, "health = { cooldown = \"0s\" }"));
    let error = client.chat("smart", "Hello").await.expect_err("both fail");
    assert_eq!(error.status(), Some(503));
    let calls = asked_one.load(Ordering::Acquire) + asked_two.load(Ordering::Acquire);
    assert_eq!(calls, 4);
}

#[tokio::test]
async fn a_breaker_that_is_open_costs_no_attempt() {
    let (dead, asked) = vendor("sim-fault-503").await;
    let (well, _) = vendor("sim-model").await;
    let more = "health = { cooldown = \"0s\", consecutive_failures = 0, error_ratio = 0.0 }";
    let client = client(&two(&dead, &well, more));
    for _ in 0..40 {
        client
            .chat("smart", "Say only: pong")
            .await
            .expect("the second answers");
    }
    let before = asked.load(Ordering::Acquire);
    assert!(before < 40, "the breaker is open after {before} calls");
    let context = Context::new().with_attempts(1);
    let answer = client
        .send("smart", ChatRequest::user("Say only: pong"), context)
        .await;
    assert_eq!(answer.expect("its only attempt is the second's").text(), "pong");
    assert_eq!(asked.load(Ordering::Acquire), before);
}

#[tokio::test]
async fn clients_of_one_configuration_share_the_budget_of_retries() {
    let (dead, asked) = vendor("sim-fault-503").await;
    let (well, _) = vendor("sim-model").await;
    let mut config = two(&dead, &well, "");
    let budget = r#"retry = { attempts = 3, budget = { percent = 100, per_second = 0 } }"#;
    config.retry = Config::from_toml("retry.toml", budget).expect("a policy").retry;
    // What the calls of one client save up, another spends.
    let saving = client(&config.clone());
    for _ in 0..3 {
        saving.chat("two/b", "Say only: pong").await.expect("answered");
    }
    client(&config.clone())
        .chat("one/a", "Hello")
        .await
        .expect_err("it fails");
    assert_eq!(
        asked.load(Ordering::Acquire),
        3,
        "its own retry, and one of the others'"
    );
}

#[tokio::test]
async fn a_route_caches_and_limits_in_front_of_its_targets() {
    let (well, asked) = vendor("sim-model").await;
    let more = r#"
        cache = { ttl = "10m" }
        limits = [ { per = "caller", requests = "2/day" } ]
    "#;
    let client = client(&two(&well, &well, more));
    let ask = |text: &'static str, context: Context| client.send("smart", ChatRequest::user(text), context);
    let of = |caller: &'static str| Context::new().with_caller(caller);
    for _ in 0..5 {
        ask("Say only: pong", of("alice"))
            .await
            .expect("hits cost no limit");
    }
    assert_eq!(asked.load(Ordering::Acquire), 1);
    ask("Say only: ping", of("alice"))
        .await
        .expect("the second of two");
    let error = ask("Say only: pang", of("alice")).await.expect_err("the third");
    assert_eq!(error.code(), Some("limit_reached"));
    ask("Say only: pang", of("bob")).await.expect("another caller");
    // What a call says of its target is not answered by another.
    let to_two = of("bob").with_extension(BalanceOptions::new().to_target("two/b"));
    let answer = ask("Say only: pang", to_two).await.expect("answered");
    assert_eq!(answer.head.provider, "two");
    let fresh = of("carol").with_extension(CacheControl::new().refresh());
    assert!(
        ask("Say only: pong", fresh)
            .await
            .expect("answered")
            .head
            .age
            .is_none()
    );
}

#[tokio::test]
async fn limits_count_each_key_of_a_provider() {
    let (well, asked) = vendor("sim-model").await;
    let text = format!(
        r#"
        environment = false
        retry = false
        [providers.pool]
        type = "custom"
        base_url = "{well}/v1"
        api_keys = ["${{ONE}}", "${{TWO}}", "${{THREE}}"]
        limits = [ {{ per = "key", requests = "2/day" }} ]
        "#
    );
    let client = client(&Config::from_toml("router.toml", &text).expect("a configuration"));
    let mut passed = 0;
    for _ in 0..20 {
        passed += usize::from(client.chat("pool/a", "Say only: pong").await.is_ok());
    }
    assert_eq!(
        (passed, asked.load(Ordering::Acquire)),
        (6, 6),
        "two for each of three keys"
    );
}

#[tokio::test]
async fn an_unreachable_redis_is_no_matter_to_calls() {
    let (well, _) = vendor("sim-model").await;
    let more = format!(
        r#"
        cache = {{ ttl = "10m" }}
        limits = [ {{ requests = "100/min" }} ]
        [redis]
        url = "{}"
        "#,
        nobody().replace("http", "redis")
    );
    let client = client(&two(&well, &well, &more));
    for _ in 0..5 {
        client
            .chat("smart", "Say only: pong")
            .await
            .expect("Redis is not needed");
    }
}

fn error_of(text: &str) -> String {
    let error = match Config::from_toml("router.toml", text) {
        Err(error) => error,
        Ok(config) => config
            .client_with(&Registry::builtin(), &|name| {
                (name == "SET").then(|| "value".to_owned())
            })
            .map(drop)
            .expect_err(text),
    };
    assert_eq!(error.kind(), ErrorKind::Config, "{text}");
    error.message().to_owned()
}

#[tokio::test]
async fn what_is_wrong_is_told_with_file_place_and_next_step() {
    for (text, words) in [
        (
            "rety = false",
            &["router.toml:1:1", "unknown field `rety`", "did you mean `retry`?"][..],
        ),
        (
            "\n[cache]\ntll = \"5m\"",
            &["router.toml:3:1", "`tll`", "did you mean `ttl`?"],
        ),
        (
            "[routes.a]\nstrategy = \"fastest\"\ntargets = [\"x/y\"]",
            &["router.toml:2", "fastest", "least_latency"],
        ),
        (
            "[routes.a]\ntargets = [{ model = \"x/y\", weigth = 2 }]",
            &["router.toml:2", "weigth", "weight"],
        ),
        ("[routes.a]\ntargets = 5", &["router.toml:2"]),
        (
            "environment = false\n[routes.a]\ntargets = []",
            &["routes.a.targets", "none"],
        ),
        (
            "environment = false\n[routes.a]\ntargets = [\"nosuch/m\"]",
            &["router.toml:3:12: routes.a.targets[0].model", "nosuch/m"],
        ),
        (
            "environment = false\n[providers.x]\ntype = \"custom\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
             [routes.a]\ntargets = [\"b\"]\n[routes.b]\ntargets = [\"a\"]",
            &[
                "routes.a.targets[0].model",
                "is a route",
                "routes.b.targets[0].model",
            ],
        ),
        (
            "environment = false\n[providers.x]\ntype = \"custom\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
             [routes.a]\ntargets = [{ model = \"x/y\", weight = 0 }]",
            &["routes.a", "weight"],
        ),
        (
            "[providers.opnai]",
            &["providers.opnai.type", "opnai", "did you mean \"openai\"?"],
        ),
        (
            "environment = false\n[providers.openai]\napi_key = \"${UNSET}\"",
            &["providers.openai.api_key", "UNSET", "set it"],
        ),
        (
            "[providers.openai]\napi_key_file = \"/nosuch/file\"",
            &["providers.openai.api_key_file", "/nosuch/file"],
        ),
        (
            "[providers.openai]\napi_key = \"${SET}\"\napi_keys = [\"${SET}\"]",
            &["providers.openai", "only one of"],
        ),
        ("limits = [ { requests = \"0/min\" } ]", &["requests"]),
        (
            "limits = [ { requests = \"-5/min\" } ]",
            &["router.toml:1", "requests"],
        ),
        ("limits = [ { tokens = \"0/day\" } ]", &["tokens"]),
        ("limits = [ { concurrency = 0 } ]", &["limits[0]", "concurrency"]),
        ("limits = [ { per = \"caller\" } ]", &["limits[0]", "requests"]),
        (
            "limits = [ { requests = \"5/min\", concurrency = -1 } ]",
            &["router.toml:1", "-1"],
        ),
        ("cache = { ttl = \"0s\" }", &["router.toml:1:17: cache.ttl"]),
        ("[redis]\nurl = \"nonsense\"", &["redis.url", "redis://HOST:PORT"]),
        ("[redis]\nconnections = 0", &["redis.connections"]),
        (
            "[redis]\nurl = \"rediss://127.0.0.1:1\"\nca_file = \"/nosuch/ca.pem\"",
            &["redis.ca_file", "/nosuch/ca.pem"],
        ),
        (
            "[telemetry]\nlogs = \"jsn\"",
            &["router.toml:2", "jsn", "did you mean `json`?"],
        ),
        (
            "[telemetry]\nlevl = \"info\"",
            &["router.toml:2", "levl", "did you mean `level`?"],
        ),
        (
            "[telemetry]\nmetrics = \"9464\"",
            &["router.toml:2:11: telemetry.metrics", "127.0.0.1:9464"],
        ),
        (
            "[telemetry]\nmetrics = \"0.0.0.0:80\"\n[gateway]\nlisten = \"0.0.0.0:80\"",
            &["telemetry.metrics", "an address of their own"],
        ),
        (
            "[telemetry]\nlog_queue = 0",
            &["telemetry.log_queue", "level = \"off\""],
        ),
        ("[telemetry]\nmax_series = 0", &["telemetry.max_series"]),
        ("default_provider = \"nobody\"\nenvironment = false", &["nobody"]),
        (
            "[providers.openai]\napi_key = \"${SET}\"\noptions = { region = \"eu\" }",
            &["providers.openai", "region"],
        ),
        (
            "[providers.custom]\nbase_url = \"http://127.0.0.1:1/v1\"\ndialect = { nosuch_field = 1 }",
            &["providers.custom", "nosuch_field"],
        ),
    ] {
        let message = error_of(text);
        for word in words {
            assert!(message.contains(word), "{text}\n{message}\nlacks {word}");
        }
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let message = error_of(
        "environment = false\n[providers.openai]\napi_key = \"${UNSET}\"\n[providers.nosuch]\n[cache]\nttl = \"0s\"",
    );
    assert_eq!(message.lines().count(), 3, "{message}");
    // Each cause once, whatever refers to it; what else is wrong there is told too.
    let message = error_of(
        "environment = false\ndefault_provider = \"openai\"\n[providers.openai]\napi_key = \"${UNSET}\"\n\
         [routes.one]\ntargets = [\"openai/a\", \"openai/b\"]\n\
         [routes.two]\ntargets = [\"openai/a\"]\nfallbacks = { any = [\"openai/b\"] }\n\
         [routes.three]\ntargets = [{ model = \"openai/a\", weight = 0 }]",
    );
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 2, "{message}");
    assert!(
        lines[0].contains("UNSET") && lines[1].contains("routes.three"),
        "{message}"
    );
}

/// No key is ever printed, wherever it stands by mistake.
#[tokio::test]
async fn keys_are_shown_nowhere() {
    const CANARY: &str = "sk-canary0123456789abcdef";
    for text in [
        format!("[providers.openai]\napi_key = \"{CANARY}\""),
        format!("[providers.openai]\napi_key = [\"{CANARY}\"]"),
        format!("[providers.openai]\napi_keys = \"{CANARY}\""),
        format!("[gateway]\nkeys = \"{CANARY}\""),
        format!("[redis]\nurl = \"redis://user:{CANARY}@127.0.0.1\""),
        format!("[redis]\nurl = [\"redis://user:{CANARY}@127.0.0.1\"]"),
        format!("[providers.openai]\napi_key = \"{CANARY}"),
    ] {
        let message = error_of(&text);
        assert!(!message.contains(CANARY), "{message}");
    }
    let message = error_of(&format!("[providers.openai]\napi_key = \"{CANARY}\""));
    assert!(message.contains("${VARIABLE}"), "{message}");
    let mut provider = ProviderConfig::default();
    provider.api_key = Some(CANARY.to_owned());
    provider.headers.insert("x".to_owned(), CANARY.to_owned());
    assert!(!format!("{provider:?}").contains(CANARY));
}

#[test]
fn json_is_read_as_well() {
    let config =
        Config::from_json("router.json", r#"{"retry": false, "cache": {"ttl": "5s"}}"#).expect("JSON");
    assert_eq!(config.cache.expect("set").ttl, Duration::from_secs(5));
    let error =
        Config::from_json("router.json", "{\n  \"retyr\": false\n}").expect_err("a word that does not exist");
    for word in ["router.json:2:", "`retyr`", "did you mean `retry`?"] {
        assert!(error.message().contains(word), "{error}");
    }
}

#[tokio::test]
async fn the_trail_tells_the_way_of_a_call() {
    let (well, _) = vendor("sim-model").await;
    let more = "cache = { ttl = \"10m\" }";
    let client = client(&two(&nobody(), &well, more));
    let answer = client
        .chat("smart", "Say only: pong")
        .await
        .expect("the second answers");
    let entries = answer.trail.entries();
    let layers: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            TrailEntry::Decision { layer, what } => format!("{layer}: {what}"),
            TrailEntry::Attempt { provider, error, .. } => format!("{provider}: {error:?}"),
            TrailEntry::Failed { target, .. } => format!("failed {target}"),
            TrailEntry::Fallback { target, .. } => format!("{target} stood in"),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        "cache: miss",
        "one: Some(Transport)",
        "failed one/a",
        "two: None",
        "two/b stood in",
    ];
    assert_eq!(layers, expected);
    let again = client.chat("smart", "Say only: pong").await.expect("answered");
    assert!(again.head.age.is_none(), "what a stand-in said is not kept");
}

#[test]
fn what_is_wrong_with_conversations_is_told() {
    for (settings, told) in [
        (
            "window = 100\nreserve = 100",
            "reserve 100 leaves nothing of window 100",
        ),
        ("store = \"redis\"", "needs a [redis]"),
        ("summarizer = \"nobody/m\"", "summarizer: "),
        (
            "strategy = { summary = { budget = 100 } }",
            "name a model as summarizer",
        ),
    ] {
        let text = format!("environment = false\n[conversations]\n{settings}");
        let config = Config::from_toml("router.toml", &text).expect(&text);
        let error = config
            .client_with(&Registry::builtin(), &variables)
            .expect_err(settings);
        let line = error.message();
        assert!(
            line.starts_with("router.toml:2:1: conversations: ") && line.contains(told),
            "{line}"
        );
    }
    let error = Config::from_toml("router.toml", "[conversations]\nwindows = 1").expect_err("a typo");
    assert!(error.message().contains("window"), "{error}");
}
