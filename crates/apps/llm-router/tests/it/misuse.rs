//! Wrong use and broken vendors: one clear line each, an exit code, and nothing lost of what had come.

use std::net::TcpListener;

use llm_api_router::Registry;

use crate::binary::{Ran, Server, run, run_with};
use crate::loopback::Vendor;

/// Asks OpenAI at an address.
fn ask(base: &str) -> Ran {
    let environment = [("OPENAI_API_KEY", "sk-canary"), ("OPENAI_BASE_URL", base)];
    let ran = run(&["chat", "-m", "openai/gpt-test", "Hello?"], &environment);
    assert!(!ran.stderr.contains("sk-canary"), "{ran:?}");
    ran
}

#[test]
fn a_vendor_that_is_not_configured_names_its_variable() {
    let registry = Registry::builtin();
    for entry in registry.entries().filter(|entry| entry.vendor().id != "sim") {
        let vendor = entry.vendor();
        let model = format!("{}/any-model", vendor.id);
        let ran = run(&["chat", "-m", &model, "Hello?"], &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.error().contains(vendor.id), "{ran:?}");
        assert!(ran.error().contains(&entry.remedy()), "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn an_unknown_provider_is_told_which_there_are() {
    let ran = run(&["chat", "-m", "nobody/gpt-5", "Hello?"], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.error().contains("nobody/gpt-5") && ran.error().contains("anthropic"),
        "{ran:?}"
    );
    for command in ["serve", "models"] {
        let arguments: &[&str] = match command {
            "serve" => &["serve", "--listen", "127.0.0.1:0", "--default", "nobody"],
            _ => &["models", "nobody"],
        };
        for environment in [&[][..], &[("OPENAI_API_KEY", "k")]] {
            let ran = run(arguments, environment);
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(ran.error().contains("nobody"), "{ran:?}");
        }
    }
}

#[test]
fn an_unknown_model_is_the_vendors_answer() {
    let ran = run(&["chat", "-m", "sim/no-such-model", "Hello?"], &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.error().contains("no-such-model"), "{ran:?}");
}

#[test]
fn attachments_that_are_none() {
    let missing = run(&["chat", "--image", "/no/such/file.png", "What?"], &[]);
    assert_eq!(missing.code, 2);
    assert!(missing.error().contains("/no/such/file.png"), "{missing:?}");
    let malformed = run(
        &[
            "chat",
            "--image",
            env!("CARGO_MANIFEST_DIR").to_owned().as_str(),
            "What?",
        ],
        &[],
    );
    assert_eq!(malformed.code, 2);
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let malformed = run(&["chat", "--image", text, "What?"], &[]);
    assert_eq!(malformed.code, 2);
    assert!(
        malformed.error().contains("Cargo.toml: not a PNG"),
        "{malformed:?}"
    );
}

#[test]
fn no_question() {
    let ran = run_with(&["chat"], &[], " \n");
    assert_eq!(ran.code, 2);
    assert!(ran.error().contains("no question"), "{ran:?}");
}

#[test]
fn addresses_that_are_none() {
    for base in ["not a url", "ftp://127.0.0.1/v1", "127.0.0.1:1/v1"] {
        let ran = ask(base);
        assert!(
            ran.error().contains("OPENAI_BASE_URL") || ran.error().contains(base),
            "{base}: {ran:?}"
        );
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn nobody_at_the_address() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let base = format!("http://{}/v1", port.expect("a free port"));
    let ran = ask(&base);
    assert_eq!(ran.code, 1);
    assert!(ran.error().contains("openai"), "{ran:?}");
    let ran = ask("http://no-such-host.invalid/v1");
    assert_eq!(ran.code, 1);
    assert!(ran.error().contains("openai"), "{ran:?}");
}

#[test]
fn a_page_instead_of_json() {
    let page = "<!doctype html>\n<html><body><h1>Welcome!</h1></body></html>\n";
    for status in ["200 OK", "404 Not Found"] {
        let vendor = Vendor::answering(status, "text/html", page);
        let ran = ask(&vendor.base);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.error().contains("HTML") || ran.error().contains("404"),
            "{ran:?}"
        );
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn what_came_before_a_break_stays() {
    let sim = Server::start("sim", &[], &[]);
    for fault in ["cut3", "error3", "garbage3", "reset3"] {
        let model = format!("openai/sim-fault-{fault}");
        let environment = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*sim.base())];
        let ran = run(&["chat", "-m", &model, "Count from 1 to 9"], &environment);
        assert_eq!(ran.code, 1, "{fault}: {ran:?}");
        assert!(!ran.error().is_empty());
        let whole = "1 2 3 4 5 6 7 8 9";
        let text = ran.stdout.strip_suffix('\n').expect("an ended line");
        assert!(
            !text.is_empty() && whole.starts_with(text) && text != whole,
            "{fault}: {ran:?}"
        );
        // Nothing that had not been asked whole is printed of a whole answer that broke off.
        let ran = run(
            &["chat", "--no-stream", "-m", &model, "Count from 1 to 9"],
            &environment,
        );
        if ran.code == 1 {
            assert!(!ran.error().is_empty());
        }
    }
}

#[test]
fn wrong_arguments_are_wrong_use() {
    for arguments in [
        &["chat", "--temperature", "hot", "Hello?"][..],
        &["chat", "--nonsense"],
        &["nonsense"],
        &[],
    ] {
        let ran = run(arguments, &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
}
