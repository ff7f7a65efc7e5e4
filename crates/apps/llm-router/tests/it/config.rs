//! A configuration file: checked, served and chatted with.

use std::path::PathBuf;

use crate::binary::{Server, run};
use crate::loopback::post;

/// A file of this test's own.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let name = format!("llm-router-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("a temporary file can be written");
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn routed(base: &str) -> String {
    format!(
        r#"
        [providers.dead]
        type = "custom"
        base_url = "http://127.0.0.1:9/v1"
        [providers.well]
        type = "custom"
        base_url = "{base}"
        [routes.smart]
        strategy = "failover"
        targets = ["dead/any", "well/sim-model"]
        [gateway]
        keys = ["${{GATEWAY_KEY}}"]
        "#
    )
}

#[test]
fn a_route_is_checked_served_and_asked() {
    let sim = Server::start("sim", &[], &[]);
    let file = File::new("routed.toml", &routed(&sim.base()));
    let environment = [("GATEWAY_KEY", "sk-of-the-gateway")];
    let checked = run(&["config", "check", file.path()], &environment);
    assert!(checked.ok().contains("providers: dead, well"), "{checked:?}");
    assert!(checked.ok().contains("routes: smart"), "{checked:?}");

    let ran = run(
        &["chat", "--config", file.path(), "Count from 1 to 3"],
        &environment,
    );
    assert_eq!(ran.ok(), "1 2 3\n");

    let server = Server::start("serve", &["--config", file.path()], &environment);
    let body = r#"{"model":"smart","messages":[{"role":"user","content":"Count from 1 to 3"}]}"#;
    let (status, _) = post(&server.address, "/v1/chat/completions", &[], body);
    assert_eq!(status, 401, "the file names a key");
    let key = [("authorization", "Bearer sk-of-the-gateway")];
    let (status, answer) = post(&server.address, "/v1/chat/completions", &key, body);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("1 2 3"), "{answer}");
}

#[test]
fn yaml_is_checked_served_and_asked_as_well() {
    let sim = Server::start("sim", &[], &[]);
    let text = format!(
        "environment: false\nproviders:\n  well:\n    type: custom\n    base_url: {}\nroutes:\n  smart:\n    targets: [well/sim-model]\n",
        sim.base()
    );
    let file = File::new("routed.yaml", &text);
    let checked = run(&["config", "check", file.path()], &[]);
    assert!(checked.ok().contains("routes: smart"), "{checked:?}");
    let ran = run(&["chat", "--config", file.path(), "Count from 1 to 3"], &[]);
    assert_eq!(ran.ok(), "1 2 3\n");
    let server = Server::start("serve", &["--config", file.path()], &[]);
    let body = r#"{"model":"smart","messages":[{"role":"user","content":"Count from 1 to 3"}]}"#;
    let (status, answer) = post(&server.address, "/v1/chat/completions", &[], body);
    assert!(status == 200 && answer.contains("1 2 3"), "{answer}");

    let file = File::new("wrong.yml", "cache:\n  tll: 5m\n");
    let ran = run(&["config", "check", file.path()], &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for word in [file.path(), ":2:3: cache.tll: ", "did you mean `ttl`?"] {
        assert!(ran.error().contains(word), "{ran:?}");
    }
}

#[test]
fn what_is_wrong_is_one_clear_line_and_exit_code_2() {
    for (text, words) in [
        (
            "[cache]\ntll = \"5m\"",
            &[":2:1", "`tll`", "did you mean `ttl`?"][..],
        ),
        (
            "[routes.smart]\ntargets = [\"custom/a\"]",
            &["routes.smart.targets[0].model", "CUSTOM_BASE_URL"],
        ),
        (
            "[gateway]\nkeys = [\"sk-written-out-0123456789\"]",
            &["gateway.keys[0]", "${VARIABLE}"],
        ),
    ] {
        let file = File::new("wrong.toml", text);
        for command in [&["config", "check"][..], &["serve", "--config"]] {
            let arguments: Vec<&str> = command.iter().copied().chain([file.path()]).collect();
            let ran = run(&arguments, &[]);
            assert_eq!(ran.code, 2, "{ran:?}");
            for word in words {
                assert!(ran.error().contains(word), "{ran:?}");
            }
            assert!(ran.error().contains(file.path()), "{ran:?}");
            assert!(!ran.stderr.contains("sk-written-out"), "{ran:?}");
        }
    }
    let ran = run(&["config", "check", "/nosuch/router.toml"], &[]);
    assert!(ran.error().contains("/nosuch/router.toml"), "{ran:?}");
}

/// `validate` is `config check`, and neither shows a key, however much it tells.
#[test]
fn validate_tells_where_keys_come_from_and_none_of_them() {
    const CANARY: &str = "sk-canary0123456789abcdef";
    let key_file = File::new("key.txt", CANARY);
    let text = format!(
        r#"
        [providers.openai]
        [providers.claude]
        type = "anthropic"
        api_key = "${{CLAUDE_KEY}}"
        [providers.local]
        type = "custom"
        base_url = "http://user:hidden-word@127.0.0.1:8000/v1"
        api_key_file = "{}"
        headers = {{ x-secret = "${{CLAUDE_KEY}}" }}
        [routes.smart]
        strategy = "failover"
        targets = ["claude/claude-sonnet-5-5", "local/qwen3"]
        [gateway]
        keys = ["${{GATEWAY_KEY}}"]
        "#,
        key_file.path()
    );
    let file = File::new("validate.toml", &text);
    let environment = [
        ("OPENAI_API_KEY", CANARY),
        ("CLAUDE_KEY", CANARY),
        ("GATEWAY_KEY", CANARY),
    ];
    let short = run(&["validate", file.path()], &environment);
    let check = run(&["config", "check", file.path()], &environment);
    assert_eq!(short.ok(), check.ok());
    let long = run(&["validate", "--verbose", file.path()], &environment);
    for words in [
        "provider openai: OpenAI, key of OPENAI_API_KEY\n",
        "provider claude: Anthropic, key of providers.claude.api_key\n",
        ", at http://127.0.0.1:8000/v1, key of providers.local.api_key_file\n",
        "route smart: claude/claude-sonnet-5-5\nroute smart: local/qwen3\n",
    ] {
        assert!(long.ok().contains(words), "{words}{long:?}");
    }
    assert!(long.stdout.starts_with(short.stdout.as_str()), "{long:?}");
    for ran in [short, check, long] {
        let shown = format!("{ran:?}");
        assert!(
            !shown.contains(CANARY) && !shown.contains("hidden-word"),
            "{shown}"
        );
    }
    let broken = text.replace("${CLAUDE_KEY}", CANARY);
    let file = File::new("validate-broken.toml", &broken);
    let ran = run(&["validate", "-v", file.path()], &environment);
    assert!(
        ran.code == 2 && ran.error().contains("providers.claude.api_key"),
        "{ran:?}"
    );
    assert!(!format!("{ran:?}").contains(CANARY), "{ran:?}");
    assert_eq!(run(&["validate"], &[]).code, 2);
}
