//! All layers: cache, a caller's limits, retry, a balancer over three targets, and to each a breaker and timeouts.

use std::cell::Cell;
use std::fmt::Write as _;

use bench_harness::canned;
use llm_api_router::{Client, Config, Registry};

pub const MODEL: &str = "smart";

pub type Layered = Client;

pub fn connect(base_url: &str) -> Layered {
    let mut text = String::from(
        r#"
        cache = { ttl = "10m" }
        limits = [{ per = "caller", requests = "1M/s", concurrency = 1000 }]
        [routes.smart]
        targets = ["one/gpt-4o-mini", "two/gpt-4o-mini", "three/gpt-4o-mini"]
        "#,
    );
    for name in ["one", "two", "three"] {
        let _ = write!(
            text,
            "[providers.{name}]\ntype = \"openai\"\nbase_url = \"{base_url}\"\napi_key = \"${{KEY}}\"\n"
        );
    }
    let config = Config::from_toml("bench.toml", &text).expect("a configuration");
    let key = |_: &str| Some(canned::KEY.to_owned());
    config.client_with(&Registry::builtin(), &key).expect("a client")
}

/// What is asked: each time something new, so that the cache never has the answer.
#[derive(Default)]
pub struct Asked(Cell<u32>);

impl Asked {
    pub fn question(&self) -> String {
        let mut text = String::with_capacity(canned::QUESTION.len() + 8);
        text.push_str(canned::QUESTION);
        let number = self.0.replace(self.0.get() + 1);
        let _ = write!(text, " {number:07}");
        text
    }

    /// A message that a conversation has besides.
    pub fn more(&self) -> Option<String> {
        Some(self.question())
    }
}
