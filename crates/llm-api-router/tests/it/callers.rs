//! Callers of a gateway: each has a key, routes and limits of its own, and nothing of another's.

use std::time::{Duration, Instant};

use llm_api_router::serve::listener::{Limits, bind, listen};
use llm_api_router::serve::{KeyHash, Service};
use llm_api_router::sim::Sim;
use llm_api_router::{Body, Call, ChatRequest, Client, Config, Context, ErrorKind, Provider as _, Registry};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn variables(name: &str) -> Option<String> {
    Some(format!("sk-{}", name.to_ascii_lowercase()))
}

fn config(base: &str) -> Config {
    let text = format!(
        r#"
        environment = false
        [providers.well]
        type = "custom"
        base_url = "{base}/v1"
        [routes.smart]
        targets = ["well/sim-model"]
        cache = {{ ttl = "10m" }}
        limits = [ {{ per = "caller", requests = "100/day" }} ]
        [routes.fast]
        targets = ["well/sim-model"]
        [gateway]
        keys = [
            "${{FIRST}}",
            "${{SECOND}}",
            {{ name = "team-a", key = "${{TEAM_A}}", routes = ["smart"], limits = [ {{ requests = "2/day" }} ] }},
            {{ name = "team-b", key = "${{TEAM_B}}", limits = [ {{ concurrency = 1 }} ] }},
        ]
        "#
    );
    Config::from_toml("router.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

fn client(config: &Config) -> Client {
    config
        .client_with(&Registry::builtin(), &variables)
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn gateway(config: &Config) -> String {
    let keys = config.gateway_keys_with(&variables).expect("keys");
    let service = Service::new(client(config)).with_keys(keys);
    let (listener, address) = bind("127.0.0.1:0").await.expect("a free port");
    tokio::spawn(listen(
        listener,
        service,
        Limits::default(),
        std::future::pending(),
    ));
    address.to_string()
}

/// The whole answer to a request with a key.
async fn ask(address: &str, key: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a gateway");
    let head = format!(
        "{request} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all((head + body).as_bytes())
        .await
        .expect("a request");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    text
}

async fn chat(address: &str, key: &str, model: &str, prompt: &str) -> String {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"{prompt}"}}]}}"#);
    ask(address, key, "POST /v1/chat/completions", &body).await
}

#[tokio::test]
async fn a_caller_has_its_routes_and_its_limits() {
    let sim = Sim::start().await.expect("a free port");
    let config = config(&sim.url());
    let address = gateway(&config).await;
    let refused = chat(&address, "sk-stranger", "smart", "Say only: pong").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");

    for model in ["fast", "well/sim-model", "nosuch"] {
        let refused = chat(&address, "sk-team_a", model, "Say only: pong").await;
        assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
        assert!(
            refused.contains("model_not_allowed") && refused.contains("smart"),
            "{refused}"
        );
    }
    let models = ask(&address, "sk-team_a", "GET /v1/models", "").await;
    assert!(
        models.contains(r#""smart""#) && !models.contains("fast"),
        "{models}"
    );
    for prompt in ["Say only: one", "Say only: one", "Say only: two"] {
        let answer = chat(&address, "sk-team_a", "smart", prompt).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "hits cost no limit: {answer}");
    }
    let refused = chat(&address, "sk-team_a", "smart", "Say only: three").await;
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: "), "{refused}");

    // Others have theirs still, and may ask for everything.
    for (key, model) in [
        ("sk-team_b", "smart"),
        ("sk-team_b", "fast"),
        ("sk-first", "well/sim-model"),
    ] {
        let answer = chat(&address, key, model, "Say only: three").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let models = ask(&address, "sk-first", "GET /v1/models", "").await;
    for model in ["smart", "fast", "sim-model"] {
        assert!(models.contains(&format!(r#"{model}""#)), "{models}");
    }
}

/// Keys without a name are callers of their own too: equal prompts of two of them are two calls.
#[tokio::test]
async fn callers_with_different_keys_share_no_answer() {
    let sim = Sim::start().await.expect("a free port");
    let address = gateway(&config(&sim.url())).await;
    let asked = async || {
        let ledger = sim.ledger().entries();
        ledger.len()
    };
    for (key, calls) in [
        ("sk-first", 1),
        ("sk-first", 1),
        ("sk-second", 2),
        ("sk-team_a", 3),
        ("sk-team_b", 4),
        ("sk-second", 4),
    ] {
        let answer = chat(&address, key, "smart", "Say only: pong").await;
        assert!(answer.contains("pong"), "{answer}");
        assert_eq!(asked().await, calls, "{key}");
    }
}

/// The same rules in the library: a caller is who a context says.
#[tokio::test]
async fn callers_of_the_library_are_held_to_the_same() {
    let sim = Sim::start().await.expect("a free port");
    let client = client(&config(&sim.url()));
    let ask = async |caller: &'static str, model: &'static str, number: u32| {
        let call = Call::new(model, ChatRequest::user(format!("Say only: {number}")));
        let call = call.with_context(Context::new().with_caller(caller));
        client.call(&call).await.map(drop)
    };
    let error = ask("team-a", "fast", 0).await.expect_err("it may not");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(
        error.message().contains("team-a") && error.message().contains("smart"),
        "{error}"
    );
    for number in 0..2 {
        ask("team-a", "smart", number).await.expect("within its limit");
    }
    let error = ask("team-a", "smart", 9).await.expect_err("the third");
    assert_eq!(error.code(), Some("limit_reached"));
    ask("somebody", "fast", 9).await.expect("another one");
    let names: Vec<&str> = client.limiters().map(|(name, _)| name).collect();
    assert_eq!(names, ["caller:team-a", "caller:team-b", "route:smart"]);
}

/// Above its calls under way a caller is refused at once, with the time to wait; the next one passes as soon as one is over.
#[tokio::test]
async fn one_call_too_many_is_refused_at_once() {
    let sim = Sim::start().await.expect("a free port");
    let config = config(&sim.url());
    let (client, address) = (client(&config), gateway(&config).await);
    let call = |number: u32| {
        let call = Call::new("fast", ChatRequest::user(format!("Count from 1 to {number}"))).streaming();
        call.with_context(Context::new().with_caller("team-b"))
    };
    for number in 10..60 {
        let Body::Stream(mut stream) = client.call(&call(number)).await.expect("the only one").body else {
            panic!("a stream was asked for");
        };
        let started = Instant::now();
        let error = client.call(&call(5)).await.expect_err("one is under way");
        assert!(
            started.elapsed() < Duration::from_millis(100),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(error.code(), Some("limit_reached"));
        assert!(
            error.retry_after().is_some_and(|wait| !wait.is_zero()),
            "{error:?}"
        );
        // Every other one is read to its end, and not dropped before the next.
        if number % 2 == 0 {
            while stream.next().await.is_some() {}
            client.call(&call(7)).await.expect("the last event is the end");
        }
        drop(stream);
    }
    // At a gateway it is a status with whole seconds.
    let mut first = TcpStream::connect(&address).await.expect("a gateway");
    let body =
        r#"{"model":"fast","stream":true,"messages":[{"role":"user","content":"Count from 1 to 200000"}]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer sk-team_b\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    first.write_all(head.as_bytes()).await.expect("a request");
    let mut piece = [0; 64];
    assert!(first.read(&mut piece).await.expect("it begins") > 0);
    let refused = chat(&address, "sk-team_b", "fast", "Say only: pong").await;
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n"), "{refused}");
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_with_its_field() {
    for (keys, words) in [
        (
            r#"{ key = "${X}" }"#,
            &["gateway.keys[0].name", "needs a name"][..],
        ),
        (
            r#"{ name = "a", key = "${X}", routes = ["smrt"] }"#,
            &["gateway.keys[0].routes[0]", "smrt", "did you mean \"smart\"?"],
        ),
        (
            r#"{ name = "a", key = "${X}", limits = [ { requests = "0/min" } ] }"#,
            &["router.toml:", "requests"],
        ),
        (
            r#"{ name = "a", key = "${X}", limits = [ { per = "model" } ] }"#,
            &["gateway.keys[0].limits[0]", "requests"],
        ),
        (
            r#"{ name = "a", key = "${X}" }, { name = "a", key = "${Y}" }"#,
            &["gateway.keys[1].name", "two callers have the name \"a\""],
        ),
        (r#"{ nmae = "a", key = "${X}" }"#, &["router.toml:", "`nmae`"]),
        (r#"5"#, &["router.toml:", "name, key or hash, routes and limits"]),
    ] {
        let text = format!(
            "environment = false\n[providers.x]\ntype = \"custom\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
             [routes.smart]\ntargets = [\"x/y\"]\n[gateway]\nkeys = [ {keys} ]"
        );
        let config = Config::from_toml("router.toml", &text);
        let client = config.and_then(|config| config.client_with(&Registry::builtin(), &variables));
        let error = client.map(drop).expect_err(keys);
        assert_eq!(error.kind(), ErrorKind::Config);
        for word in words {
            assert!(error.message().contains(word), "{keys}\n{error}\nlacks {word}");
        }
    }
    // Also what a page that masks keys would have written back.
    for (keys, words) in [
        (
            r#"{ name = "a", key = "sk-canary0123456789abcdef" }"#,
            &["gateway.keys[0].key", "${VARIABLE}"][..],
        ),
        (
            r#"{ name = "a", key = "***" }"#,
            &["gateway.keys[0].key", "${VARIABLE}"],
        ),
        (r#""***""#, &["gateway.keys[0]", "${VARIABLE}"]),
        (
            r#"{ name = "a", hash = "***" }"#,
            &["gateway.keys[0].hash", "llm-router key new"],
        ),
        (
            r#""${X}", { name = "a", hash = "sk-canary0123456789abcdef" }, { name = "b" }"#,
            &["gateway.keys[1].hash", "gateway.keys[2]: key or hash"],
        ),
        (
            r#"{ name = "a", key = "${X}", hash = "blake3:" }"#,
            &["gateway.keys[0]", "only one of key and hash"],
        ),
    ] {
        let config = Config::from_toml("router.toml", &format!("[gateway]\nkeys = [{keys}]"));
        let config = config.expect("it reads");
        let error = config.gateway_keys_with(&variables).expect_err(keys);
        for word in words {
            assert!(error.message().contains(word), "{keys}\n{error}\nlacks {word}");
        }
        assert!(!format!("{error} {config:?}").contains("canary"), "{error}");
    }
    let nobody = Config::from_toml("router.toml", "[gateway]\nmax_in_flight = 0").expect("it reads");
    let error = nobody.client_with(&Registry::builtin(), &variables);
    let error = error.map(drop).expect_err("room for nobody");
    assert!(error.message().contains("gateway.max_in_flight"), "{error}");
}

/// A caller whose key the configuration knows by its hash only has routes and limits as any other.
#[tokio::test]
async fn a_caller_may_be_known_by_a_hash() {
    let (key, hash) = KeyHash::of_new_key(&[5; KeyHash::RANDOM]);
    let sim = Sim::start().await.expect("a free port");
    let text = format!(
        r#"
        environment = false
        [providers.well]
        type = "custom"
        base_url = "{}/v1"
        [routes.smart]
        targets = ["well/sim-model"]
        [gateway]
        keys = [ {{ name = "team-a", hash = "{hash}", routes = ["smart"], limits = [ {{ requests = "1/day" }} ] }} ]
        "#,
        sim.url()
    );
    let config = Config::from_toml("router.toml", &text).expect("it reads");
    assert!(!format!("{config:?}").contains(&hash.to_string()), "{config:?}");
    let address = gateway(&config).await;
    for (key, model, status) in [
        (hash.to_string().as_str(), "smart", "401"),
        (key.expose(), "well/sim-model", "403"),
        (key.expose(), "smart", "200"),
        (key.expose(), "smart", "429"),
    ] {
        let answer = chat(&address, key, model, "Say only: pong").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}
