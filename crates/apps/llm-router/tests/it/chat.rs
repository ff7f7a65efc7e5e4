//! `chat` and `models`: what is asked, who answers, what is printed.

use llm_api_router::{Entry, Registry};
use serde_json::{Value, json};

use crate::binary::{Ran, Server, run, run_with};
use crate::loopback::Vendor;

const ANSWER: &str = r#"{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;

fn vendor() -> Vendor {
    Vendor::answering("200 OK", "application/json", ANSWER)
}

#[test]
fn without_model_and_key_the_simulated_vendor_answers_and_says_so() {
    let ran = run(&["chat", "Count from 1 to 5"], &[]);
    assert_eq!(ran.ok(), "1 2 3 4 5\n");
    let note = ran.stderr.lines().next().unwrap_or_default();
    assert!(
        note.starts_with("note: no key is set (") && note.contains("OPENAI_API_KEY"),
        "{note}"
    );
    assert!(note.ends_with("the simulated vendor answers"), "{note}");
    assert!(note.len() < 200, "one line of a terminal or two: {note}");
    let help = run(&["--help"], &[]);
    for variable in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY"] {
        assert!(help.ok().contains(variable), "{variable}");
    }
}

#[test]
fn the_question_is_the_argument_or_comes_from_stdin() {
    for arguments in [&["chat"][..], &["chat", "-"]] {
        assert_eq!(
            run_with(arguments, &[], "Reply with exactly: piped\n").ok(),
            "piped\n"
        );
    }
    assert_eq!(
        run(&["chat", "Count", "from", "1", "to", "3"], &[]).ok(),
        "1 2 3\n"
    );
}

#[test]
fn whole_answers_and_json() {
    assert_eq!(
        run(&["chat", "--no-stream", "Count from 1 to 3"], &[]).ok(),
        "1 2 3\n"
    );
    let ran = run(&["chat", "--json", "Count from 1 to 3"], &[]);
    let answer: Value = serde_json::from_str(ran.ok()).expect("JSON");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert!(answer["usage"]["output_tokens"].as_u64() >= Some(3), "{answer}");
    assert!(answer.to_string().contains("1 2 3"), "{answer}");
}

#[test]
fn settings_and_instructions_are_sent() {
    let vendor = vendor();
    let arguments = [
        "chat",
        "-m",
        "openai/gpt-test",
        "--no-stream",
        "--system",
        "Be brief.",
        "--max-tokens",
        "7",
        "-t",
        "0.5",
        "Hello?",
    ];
    let ran = run(
        &arguments,
        &[("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &vendor.base)],
    );
    assert_eq!(ran.ok(), "Hello.\n");
    let (path, body) = vendor.asked();
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!(body["model"], "gpt-test");
    assert_eq!(body["temperature"], 0.5);
    let most = body.get("max_completion_tokens").or(body.get("max_tokens"));
    assert_eq!(most, Some(&json!(7)));
    assert_eq!(body["messages"][0]["content"], "Be brief.");
    assert_eq!(body["messages"][1], json!({"role": "user", "content": "Hello?"}));
}

#[test]
fn pictures_go_along_by_their_content() {
    let folder = std::env::temp_dir().join(format!("llm-router-{}-picture", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    // The name says nothing: the first bytes do.
    let file = folder.join("picture.dat");
    std::fs::write(&file, b"\x89PNG\r\n\x1a\n0123456789").expect("a file");
    let file = file.to_str().expect("UTF-8");
    let ran = run(&["chat", "--image", file, "What is it?"], &[]);
    assert!(ran.ok().contains("image/png, 18 bytes"), "{ran:?}");
    let ran = run(
        &["chat", "--image", "https://a.example/b.png", "What is it?"],
        &[],
    );
    assert!(ran.ok().contains("image"), "{ran:?}");
    std::fs::remove_dir_all(folder).expect("a folder");
}

/// With one key the vendor's default model answers, asked as that vendor is asked.
#[test]
fn one_key_picks_its_vendor_and_its_default_model() {
    for id in ["openai", "deepseek", "groq"] {
        let registry = Registry::builtin();
        let known = registry.get(id).expect("a vendor").vendor();
        let vendor = vendor();
        let (key, base) = (known.key_env[0], known.base_url_env[0]);
        let ran = run(
            &["chat", "--no-stream", "Hello?"],
            &[(key, "k"), (base, &vendor.base)],
        );
        let Some(model) = known.default_model else {
            assert!(ran.error().contains(&format!("-m {id}/MODEL")), "{ran:?}");
            continue;
        };
        assert_eq!(ran.ok(), "Hello.\n", "{id}");
        assert_eq!(vendor.asked().1["model"], model, "{id}");
        assert_eq!(ran.stderr, "");
    }
}

/// Of several keys the first in the documented order counts.
#[test]
fn several_keys_follow_the_documented_order() {
    let readme = include_str!("../../README.md");
    let (_, order) = readme.split_once("in this order:").expect("an order");
    let (order, _) = order.split_once(". ").expect("an end");
    let listed: Vec<&str> = order.split('`').skip(1).step_by(2).collect();
    let registry = Registry::builtin();
    let first = |entry: &Entry| {
        let remedy = entry.remedy();
        let name = remedy.trim_start_matches("set ").split(' ').next();
        name.unwrap_or_default().to_owned()
    };
    assert_eq!(listed, registry.entries().map(first).collect::<Vec<_>>());
    let (first, second) = (vendor(), vendor());
    let environment = [
        ("DEEPSEEK_API_KEY", "k"),
        ("DEEPSEEK_BASE_URL", second.base.as_str()),
        ("OPENAI_API_KEY", "k"),
        ("OPENAI_BASE_URL", first.base.as_str()),
    ];
    assert_eq!(
        run(&["chat", "--no-stream", "Hello?"], &environment).ok(),
        "Hello.\n"
    );
    assert_eq!(first.asked().0, "/v1/chat/completions");
}

#[test]
fn models_are_listed() {
    let sim = Server::start("sim", &[], &[]);
    let ran = run(&["models"], &[]);
    let has = |ran: &Ran, name: &str| ran.ok().lines().any(|line| line.split(' ').next() == Some(name));
    assert!(has(&ran, "sim/sim-model"), "{ran:?}");
    let ran = run(&["models", "--json", "sim"], &[]);
    for line in ran.ok().lines() {
        let line: Value = serde_json::from_str(line).expect("a JSON line");
        assert_eq!(line["provider"], "sim");
    }
    let base = sim.base();
    let ran = run(
        &["models", "openai"],
        &[("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &base)],
    );
    assert!(has(&ran, "openai/sim-model"), "{ran:?}");
}

/// What a vendor does not say of its models, the catalog may: sizes, and prices in dollars.
#[test]
fn models_have_sizes_and_prices_where_they_are_known() {
    use llm_api_router::catalog::Catalog;
    let known = Catalog::builtin()
        .get(&"openai".into(), &"gpt-4o".into())
        .expect("a model");
    let price = known.price.as_ref().expect("a price");
    let numbers = [
        known.context.expect("a size").to_string(),
        known.max_output.expect("a size").to_string(),
        price.input.expect("a price").to_string(),
        price.output.expect("a price").to_string(),
    ];
    let list =
        r#"{"object":"list","data":[{"id":"gpt-4o","object":"model"},{"id":"mine","object":"model"}]}"#;
    let vendor = Vendor::answering("200 OK", "application/json", list);
    let environment = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*vendor.base)];
    let ran = run(&["models"], &environment);
    let rows: Vec<Vec<&str>> = ran
        .ok()
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(rows[0].starts_with(&["MODEL", "CONTEXT"]), "{ran:?}");
    assert_eq!(rows[1][0], "openai/gpt-4o");
    assert_eq!(rows[1][1..], numbers);
    assert_eq!(rows[2], ["openai/mine"]);
    let ran = run(&["models", "openai", "--json"], &environment);
    let line: Value = serde_json::from_str(ran.ok().lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["model"]["id"], "gpt-4o");
    assert_eq!(line["catalog"]["context"], known.context.expect("a size"));
    // The same for a provider of a configuration that goes by another name.
    let text = format!(
        "environment = false\n[providers.mine]\ntype = \"openai\"\nbase_url = \"{}\"\napi_key = \"${{KEY}}\"\n",
        vendor.base
    );
    let file = crate::config::File::new("models.toml", &text);
    let ran = run(&["models", "--config", file.path()], &[("KEY", "k")]);
    assert!(
        ran.ok().contains(&format!("mine/gpt-4o  {}", numbers[0])),
        "{ran:?}"
    );
}

#[test]
fn models_of_vendors_that_fail() {
    let vendor = Vendor::answering("401 Unauthorized", "application/json", "{}");
    let sim = Server::start("sim", &[], &[]);
    let base = sim.base();
    let one = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*vendor.base)];
    let ran = run(&["models"], &one);
    assert!(ran.code == 1 && ran.error().contains("openai"), "{ran:?}");
    let both = [one[0], one[1], ("GROQ_API_KEY", "k"), ("GROQ_BASE_URL", &*base)];
    let ran = run(&["models"], &both);
    assert!(ran.ok().contains("groq/sim-model"), "{ran:?}");
    assert!(
        ran.stderr.starts_with("warning: ") && ran.stderr.contains("openai"),
        "{ran:?}"
    );
    let all = [both[0], both[1], both[2], ("GROQ_BASE_URL", &*vendor.base)];
    let ran = run(&["models"], &all);
    assert!(ran.code == 1 && ran.stdout.is_empty(), "nobody answered: {ran:?}");
}
