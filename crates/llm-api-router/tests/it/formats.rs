//! One configuration in TOML, JSON and YAML is the same, and what is wrong with it is told in the same words.

use std::fmt::Write as _;

use llm_api_router::config::ProviderConfig;
use llm_api_router::{Config, ErrorKind};
use serde_json::Value;

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// The blocks of the page in a format.
fn examples(format: &str) -> Vec<&'static str> {
    let fence = format!("```{format}\n");
    let blocks = PAGE.split(fence.as_str()).skip(1);
    blocks
        .map(|block| block.split("```").next().expect("a block ends"))
        .collect()
}

/// All that a configuration says. Of providers it shows little by itself, since keys may stand there.
fn shown(config: &Config) -> String {
    let mut text = format!("{config:?}");
    for (name, provider) in &config.providers {
        let ProviderConfig {
            kind,
            base_url,
            api_key,
            api_keys,
            api_key_file,
            headers,
            options,
            dialect,
            timeouts,
            breaker,
            limits,
            http,
            ..
        } = provider;
        let _ = write!(
            text,
            "\n{name}: {kind:?} {base_url:?} {api_key:?} {api_keys:?} {api_key_file:?} {headers:?} {options:?} \
             {dialect:?} {timeouts:?} {breaker:?} {limits:?} {http:?}"
        );
    }
    text
}

fn toml(text: &str) -> Config {
    Config::from_toml("router", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn yaml(text: &str) -> Config {
    Config::from_yaml("router", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What is wrong with a text of YAML.
fn wrong(text: &str) -> String {
    let error = Config::from_yaml("router.yaml", text).expect_err(text);
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.message().lines().count(), 1, "{error}");
    error.message().to_owned()
}

/// As people write it: a line for each field, words without quotes.
fn block(value: &Value, indent: usize, out: &mut String) {
    let space = " ".repeat(indent);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let _ = write!(out, "\n{space}{name}:");
                block(value, indent + 2, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(out, "\n{space}-");
                block(item, indent + 2, out);
            }
        }
        Value::String(word)
            if word.starts_with(char::is_alphanumeric)
                && !word.contains([':', '#', '{']) | word.contains("://") =>
        {
            let _ = write!(out, " {word}");
        }
        other => {
            let _ = write!(out, " {other}");
        }
    }
}

#[test]
fn every_documented_example_is_the_same_in_three_formats() {
    for example in examples("toml") {
        let value: Value = toml::from_str(example).expect(example);
        let expected = shown(&toml(example));
        let json = serde_json::to_string_pretty(&value).expect("JSON");
        assert_eq!(
            shown(&Config::from_json("router", &json).expect("JSON")),
            expected
        );
        assert_eq!(shown(&yaml(&json)), expected, "JSON is YAML");
        let mut text = String::from("# A comment.");
        block(&value, 0, &mut text);
        assert_eq!(shown(&yaml(&text)), expected, "{text}");
    }
    let (json, in_yaml) = (examples("json"), examples("yaml"));
    assert_eq!((json.len(), in_yaml.len()), (1, 1));
    let json = Config::from_json("router", json[0]).expect("JSON");
    assert_eq!(shown(&json), shown(&yaml(in_yaml[0])));
    let same = examples("toml").into_iter().map(|text| shown(&toml(text)));
    assert_eq!(same.filter(|text| *text == shown(&json)).count(), 1);
}

#[test]
fn the_ending_chooses_the_format() {
    let folder = std::env::temp_dir().join(format!("llm-api-router-formats-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in [
        ("a.yaml", "retry: false"),
        ("a.yml", "retry: false"),
        ("a.YAML", "retry: false"),
        ("a.json", "{\"retry\": false}"),
        ("a.toml", "retry = false"),
        ("a.conf", "retry = false"),
    ] {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("a file");
        let config = Config::from_file(&file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.retry.policy(), None, "{name}");
    }
    std::fs::remove_dir_all(&folder).expect("a folder");
}

#[test]
fn errors_name_place_field_and_what_was_meant() {
    // The same mistakes in each format.
    let cases: &[([&str; 3], &[&str])] = &[
        (
            ["rety = false", "{\"rety\": false}", "rety: false"],
            &[":1:", "unknown field `rety`", "did you mean `retry`?"],
        ),
        (
            [
                "\n[cache]\ntll = \"5m\"",
                "{\n\"cache\": {\n\"tll\": \"5m\"}}",
                "\ncache:\n  tll: 5m",
            ],
            &[":3:", "cache.tll: unknown field `tll`", "did you mean `ttl`?"],
        ),
        (
            [
                "[routes.a]\nstrategy = \"weigted\"",
                "{\"routes\": {\"a\": {\n\"strategy\": \"weigted\"}}}",
                "routes:\n  a: { strategy: weigted }",
            ],
            &[
                ":2:",
                "routes.a.strategy: unknown variant `weigted`",
                "did you mean `weighted`?",
            ],
        ),
        (
            [
                "[[limits]]\nconcurrency = 1\n[[limits]]\nconcurrency = \"many\"",
                "{\"limits\": [{\"concurrency\": 1},\n\n\n{\"concurrency\": \"many\"}]}",
                "limits:\n- concurrency: 1\n-\n  concurrency: many",
            ],
            &[":4:", "limits[1].concurrency: "],
        ),
        (
            [
                "[cache]\nttl = \"5 parsecs\"",
                "{\n\"cache\": {\"ttl\": \"5 parsecs\"}}",
                "cache:\n  ttl: 5 parsecs",
            ],
            &[":2:", "cache.ttl: ", "parsecs"],
        ),
        (
            [
                "[http]\nhttp_version = \"http9\"",
                "{\n\"http\": {\"http_version\": \"http9\"}}",
                "http:\n  http_version: http9",
            ],
            &["http_version", "http9"],
        ),
    ];
    for ([toml, json, yaml], words) in cases {
        for error in [
            Config::from_toml("router", toml),
            Config::from_json("router", json),
            Config::from_yaml("router", yaml),
        ] {
            let error = error.expect_err(toml);
            for word in *words {
                assert!(
                    error.message().contains(word),
                    "{}\nlacks {word}",
                    error.message()
                );
            }
        }
    }
}

/// What is found wrong when the client is built has its place too, or that of what is there of the way to it.
#[test]
fn what_cannot_be_built_is_told_with_its_place() {
    let toml = "environment = false\n[providers.\"a.b\"]\ntype = \"opnai\"\n\n[providers.c]\ntype = \"custom\"\napi_keys = [\n  \"${UNSET}\",\n]";
    let json = "{\"environment\": false,\n\"providers\": {\"a.b\": {\n\"type\": \"opnai\"},\n\"c\": {\"type\": \"custom\",\n\"api_keys\": [\n\"${UNSET}\"]}}}";
    let yaml = "environment: false\nproviders:\n  a.b: { type: opnai }\n  c:\n    type: custom\n    api_keys:\n      - ${UNSET}";
    for (config, lines) in [
        (
            Config::from_toml("router", toml),
            ["router:3:8: ", "router:8:3: "],
        ),
        (Config::from_json("router", json), ["router:3:", "router:6:"]),
        (Config::from_yaml("router", yaml), ["router:3:10: ", "router:7:"]),
    ] {
        let error = config
            .expect("a configuration")
            .client_with(&llm_api_router::Registry::builtin(), &|_| None)
            .expect_err("no such vendor");
        let told: Vec<&str> = error.message().lines().collect();
        assert_eq!(told.len(), 2, "{told:?}");
        let fields = ["providers.a.b.type: ", "providers.c.api_keys[0]: "];
        for ((told, line), field) in told.iter().zip(lines).zip(fields) {
            assert!(told.starts_with(line) && told.contains(field), "{told}");
        }
    }
    // What is not there has the place of what it is missing from, or none.
    let text = "environment = false\n\n[providers.nosuch]\n";
    let config = Config::from_toml("router", text).expect("a configuration");
    let error = config.client_with(&llm_api_router::Registry::builtin(), &|_| None);
    let error = error.expect_err("no such vendor");
    assert!(
        error.message().starts_with("router:3:1: providers.nosuch.type: "),
        "{error}"
    );
}

#[test]
fn yaml_that_is_none_or_more_than_one_configuration() {
    for (text, words) in [
        (
            "retry: false\nretry: true",
            &["router.yaml:2:1: duplicate key `retry`"][..],
        ),
        (
            "providers:\n  a: {type: custom}\n  a: {type: openai}",
            &["router.yaml:3:3: providers: duplicate key `a`"],
        ),
        ("retry: [", &["router.yaml:"]),
        (
            "retry: false\n---\nretry: true",
            &["router.yaml:", "more than one document"],
        ),
        ("retry: *nobody", &["router.yaml:1:8", "unknown"]),
        ("- retry", &["router.yaml:1"]),
        ("environment: no", &["router.yaml:1", "environment"]),
        ("retry: \"open", &["router.yaml:1"]),
    ] {
        let message = wrong(text);
        for word in words {
            assert!(message.contains(word), "{text}\n{message}\nlacks {word}");
        }
    }
    for text in ["", "# nothing\n", "---\n", "{}"] {
        assert_eq!(shown(&yaml(text)), shown(&toml("")), "{text:?}");
    }
}

/// Texts that are made to cost much are refused, and soon.
#[test]
fn hostile_yaml_is_an_error() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", [before.as_str(); 10].join(", "));
    }
    // Where anything is taken, so that all of it would be made.
    let anywhere = bomb.replace('\n', "\n  ");
    let deep = 100_000;
    let started = std::time::Instant::now();
    for text in [
        bomb.clone(),
        format!("http:\n  {}", anywhere.trim_end()),
        format!(
            "providers:\n  x:\n    dialect:\n      {}",
            bomb.replace('\n', "\n      ").trim_end()
        ),
        format!("http: {}", "[".repeat(deep)),
        format!("http: {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("http: {}1{}", "{a: ".repeat(deep), "}".repeat(deep)),
        "- ".repeat(deep),
        "? ".repeat(deep),
        (0..deep).fold(String::new(), |text, level| {
            text + &" ".repeat(level.min(400)) + "a:\n"
        }),
        format!("providers: {{ {} }}", "a: {}, ".repeat(deep)),
        "--- {}\n".repeat(deep),
        "http: &a\n  b: *a".to_owned(),
        "a: \u{0}".to_owned(),
        format!("\"{}", "\\x".repeat(deep)),
        "!!binary retry: !!set {}".to_owned(),
        "%YAML 9.9\n%TAG ! x\n--- !a\n".repeat(3),
    ] {
        assert!(wrong(&text).len() < 2000, "{}", wrong(&text));
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn keys_are_not_shown_by_errors_of_yaml() {
    const CANARY: &str = "sk-canary0123456789abcdef";
    for text in [
        format!("providers:\n  openai:\n    api_key: [{CANARY}]"),
        format!("providers:\n  openai:\n    api_keys: {CANARY}"),
        format!("gateway:\n  keys: {CANARY}"),
        format!("providers:\n  openai:\n    {CANARY}: 1"),
        format!("providers:\n  openai:\n    api_key: \"{CANARY}"),
        format!("redis:\n  url: [\"redis://user:{CANARY}@127.0.0.1\"]"),
        format!("{CANARY}: 1"),
    ] {
        let message = wrong(&text);
        assert!(!message.contains(CANARY), "{message}");
    }
}

/// JSON lets a name stand twice and keeps the last: the first would be gone without a word.
#[test]
fn a_name_that_stands_twice_in_json_is_refused() {
    for (text, expected) in [
        (
            r#"{"providers": {"a": {"type": "sim"}, "a": {"type": "sim"}}}"#,
            "providers: duplicate key `a`",
        ),
        (
            r#"{"routes": {"r": {"targets": ["sim/a"]}, "r": {"targets": ["sim/b"]}}}"#,
            "routes: duplicate key `r`",
        ),
        (
            r#"{"providers": {"a": {"type": "sim", "headers": {"x": "1", "x": "2"}}}}"#,
            "providers.a.headers: duplicate key `x`",
        ),
        (r#"{"retry": false, "retry": true}"#, "duplicate field `retry`"),
    ] {
        let error = Config::from_json("router.json", text).expect_err(text);
        assert!(error.message().contains(expected), "{error}");
    }
}
